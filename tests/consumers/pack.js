// Packs `pkg/` as npm would publish it, and installs the tarball where the consumers find it. `npm test` runs this first, once.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { workspace } from "./workspace.js";

const built = fileURLToPath(new URL("../../pkg/", import.meta.url));
if (!existsSync(join(built, "core_bg.wasm"))) {
  console.error("There is no package to pack: run `cargo xtask build` first.");
  process.exit(1);
}

rmSync(workspace, { recursive: true, force: true });
mkdirSync(workspace, { recursive: true });
writeFileSync(join(workspace, "package.json"), JSON.stringify({ private: true, type: "module" }));

const npm = (...args) => execFileSync("npm", [...args, "--loglevel=error"], { cwd: workspace, encoding: "utf8" }).trim();
const packed = npm("pack", built, "--ignore-scripts");
npm("install", packed, "--offline", "--no-package-lock");
