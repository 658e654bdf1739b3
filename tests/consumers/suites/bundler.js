// The packed package, built by each bundler with no configuration beyond the entry, and run in a browser under a strict policy.

import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import * as esbuild from "esbuild";
import * as vite from "vite";
import * as vite7 from "vite-7";
import webpack from "webpack";
import { visit } from "../browser.js";
import { policy, serve } from "../server.js";
import { project, projectWithoutBundler } from "../workspace.js";

const expected = {
  decodeBeforeInit: "wasm_failed",
  session: null,
  error: null,
  returnTo: null,
  seen: [null],
  decoded: {
    header: { typ: "JWT", alg: "HS256" },
    claims: { iss: "joe", exp: 1300819380, "http://example.com/is_root": true },
  },
  malformedToken: "malformed_token",
  expiredToken: "token_expired",
  tamperedToken: "signature_invalid",
  unknownOption: "invalid_option",
  unlistedUrl: "unlisted_resource",
  signedOut: "login_required",
  overlap: "invalid_option",
  credentialsModule: "ApiKey",
  keyIsGone: null,
};

async function runs(url) {
  const { report, complaints } = await visit(url);
  assert.deepEqual(complaints, []);
  assert.deepEqual(report, expected);
}

async function runsFrom(folder) {
  const server = await serve(folder);
  try {
    await runs(server.url);
  } finally {
    server.close();
  }
}

const viteOptions = (root) => ({
  root,
  configFile: false,
  logLevel: "error",
  cacheDir: join(root, ".vite"),
});

const builders = {
  async esbuild(root, entry) {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      minify: true,
      format: "esm",
      loader: { ".wasm": "file" },
      outdir: "dist",
      logLevel: "error",
    });
  },
  async vite(root) {
    await vite.build(viteOptions(root));
  },
  async webpack(root, entry) {
    const compiler = webpack({
      context: root,
      entry,
      mode: "production",
      output: { path: join(root, "dist"), filename: entry },
      // The hint is about what holds up the page. The module streams beside it, and has a budget of its own.
      performance: { assetFilter: (name) => !name.endsWith(".wasm") },
    });
    const stats = await new Promise((resolve, reject) =>
      compiler.run((error, result) => (error ? reject(error) : resolve(result))),
    );
    assert.equal(stats.toString({ all: false, errors: true, warnings: true }), "");
  },
};

describe("a page runs the packed package", { concurrency: true }, () => {
  test("without a bundler", () => runsFrom(projectWithoutBundler("plain", "plain.js")));

  // The policy holds here too: the server's own client is a script of the site, and its socket is `'self'`.
  async function runsInDevelopment({ createServer }, name, options) {
    const root = project(name, "bundled.js");
    const server = await createServer({
      ...viteOptions(root),
      ...options,
      server: { port: 0, headers: { "content-security-policy": policy } },
    });
    try {
      await server.listen();
      await runs(server.resolvedUrls.local[0]);
    } finally {
      await server.close();
    }
  }

  test("from the development server of vite", () => runsInDevelopment(vite, "vite-dev", {}));

  // Before version 8 it moves dependencies without the files that they name.
  test("from the development server of vite 7, told to leave the package alone", () =>
    runsInDevelopment(vite7, "vite-7-dev", { optimizeDeps: { exclude: ["tessera-auth"] } }));

  test("built by vite", async () => {
    const root = project("vite-build", "bundled.js");
    await builders.vite(root);
    await runsFrom(join(root, "dist"));
  });

  test("built by webpack", async () => {
    const root = project("webpack", "bundled.js", "dist");
    await builders.webpack(root, "./main.js");
    await runsFrom(join(root, "dist"));
  });

  test("built by esbuild", async () => {
    const root = project("esbuild", "esbuild.js", "dist");
    await builders.esbuild(root, "./main.js");
    await runsFrom(join(root, "dist"));
  });
});

describe("an application that imports only AuthError has no glue", { concurrency: true }, () => {
  for (const [name, build] of Object.entries(builders)) {
    test(`built by ${name}`, async () => {
      const root = project(`error-only-${name}`, "error-only.js");
      await build(root, "./main.js");
      const files = await readdir(join(root, "dist"), { recursive: true });
      const scripts = files.filter((file) => file.endsWith(".js"));
      assert.equal(scripts.length, 1);
      const script = await readFile(join(root, "dist", scripts[0]), "utf8");
      assert.match(script, /AuthError/);
      assert.doesNotMatch(script, /core_bg|WebAssembly/);
    });
  }
});
