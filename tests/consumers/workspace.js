// The folder in which the consumers live. The packed package is installed at its top, so that every project in it finds it,
// as in a real one.

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const here = import.meta.dirname;
const built = join(here, "../../pkg");

export const workspace = join(here, "../output/consumers");
export const installed = join(workspace, "node_modules/tessera-auth");
export const tarball = join(workspace, "tessera-auth.tgz");

/** Empties the folder, packs what `cargo xtask build` has made, and installs the tarball. */
export function pack() {
  renameSync(packInto(workspace), tarball);
}

/** The same for any `folder`. Gives the tarball. */
export function packInto(folder) {
  if (!existsSync(built)) throw new Error("There is no pkg/ to pack: run `cargo xtask build`.");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `{ "private": true, "type": "module" }\n`);
  const npm = (...words) => {
    const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
    return execFileSync("npm", [...words, "--loglevel=error"], options).trim();
  };
  const packed = npm("pack", built, "--ignore-scripts");
  npm("install", `./${packed}`, "--offline", "--no-package-lock");
  return join(folder, packed);
}

/** Makes a project of three files: a page, what it does, and how it gets the package. */
export function project(name, main, folderOfPage = "") {
  const folder = join(workspace, name);
  const copy = (source, target) => cpSync(join(here, "apps", source), join(folder, target));
  mkdirSync(join(folder, folderOfPage), { recursive: true });
  copy("index.html", join(folderOfPage, "index.html"));
  copy("page.js", "page.js");
  copy(main, "main.js");
  return folder;
}

/** A project without a bundler, which has the files of the package beside its own. */
export function projectWithoutBundler(name, main) {
  const folder = project(name, main);
  cpSync(installed, join(folder, "tessera-auth"), { recursive: true });
  return folder;
}
