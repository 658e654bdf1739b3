// A React page in strict mode, built by vite from the packed package: for the tests that run it in every engine.

import { cpSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { packInto } from "./workspace.js";

const here = import.meta.dirname;
const modules = join(here, "node_modules");

/** Builds it below `folder`, and resolves with where the page is. */
export async function buildStrictMode(folder) {
  packInto(folder);
  const root = join(folder, "strict-mode");
  cpSync(join(here, "apps/strict-mode"), root, { recursive: true });
  await build({
    root,
    base: "./",
    configFile: false,
    logLevel: "error",
    // Only in development are effects run twice.
    mode: "development",
    define: { "process.env.NODE_ENV": JSON.stringify("development") },
    resolve: {
      alias: { react: join(modules, "react"), "react-dom": join(modules, "react-dom") },
    },
    build: { minify: false, target: "esnext" },
  });
  return join(root, "dist");
}
