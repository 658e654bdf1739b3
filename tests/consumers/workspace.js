// The folder in which the consumers live. The packed package is installed at its top, so that every project in it finds it, as in a real one.

import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const workspace = fileURLToPath(new URL("../output/consumers/", import.meta.url));
export const installed = join(workspace, "node_modules", "tessera-auth");

const apps = fileURLToPath(new URL("apps/", import.meta.url));

/** The tarball that `pack.js` has made. */
export function tarball() {
  return join(workspace, readdirSync(workspace).find((name) => name.endsWith(".tgz")));
}

/** Makes a project: files of `apps/` under the names that it needs. */
export function project(name, files) {
  const folder = join(workspace, name);
  mkdirSync(folder, { recursive: true });
  for (const [target, source] of Object.entries(files)) cpSync(join(apps, source), join(folder, target));
  return folder;
}
