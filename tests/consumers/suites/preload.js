// A page that names the module in its head, as README.md tells users of Vite: the build knows what is meant, and the package
// fetches nothing twice. Chromium would complain of what is preloaded and not used.

import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as vite from "vite";
import * as vite7 from "vite-7";
import { visit } from "../browser.js";
import { policy, serve } from "../server.js";
import { installed, workspace } from "../workspace.js";

const apps = join(import.meta.dirname, "../apps");

/** A project that has the package in a folder of its own, as real ones have. */
function project(name) {
  const root = join(workspace, name);
  mkdirSync(root, { recursive: true });
  cpSync(installed, join(root, "node_modules/tessera-auth"), { recursive: true });
  cpSync(join(apps, "preloading.html"), join(root, "index.html"));
  cpSync(join(apps, "preloading.js"), join(root, "main.js"));
  return root;
}

async function usesItsPreload(url) {
  const { report, complaints } = await visit(url);
  assert.deepEqual(complaints, []);
  assert.deepEqual(report, ["link"]);
}

describe("the module that a page names in its head is fetched once", { concurrency: true }, () => {
  for (const [name, { createServer, build }, ours] of [
    ["vite", vite, {}],
    ["vite-7", vite7, { optimizeDeps: { exclude: ["tessera-auth"] } }],
  ]) {
    // A cache of each project's own: servers that shared one would take each other's files away.
    const options = (root) => ({
      root,
      configFile: false,
      logLevel: "error",
      cacheDir: join(root, ".vite"),
      ...ours,
    });

    test(`from the development server of ${name}`, async () => {
      const headers = { "content-security-policy": policy };
      const root = project(`preload-${name}-dev`);
      const server = await createServer({ ...options(root), server: { port: 0, headers } });
      try {
        await server.listen();
        await usesItsPreload(server.resolvedUrls.local[0]);
      } finally {
        await server.close();
      }
    });

    test(`built by ${name}`, async () => {
      const root = project(`preload-${name}`);
      await build(options(root));
      const server = await serve(join(root, "dist"));
      try {
        await usesItsPreload(server.url);
      } finally {
        server.close();
      }
    });
  }
});
