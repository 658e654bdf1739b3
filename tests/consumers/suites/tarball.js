// The packed package as tools and servers see it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { installed, tarball, workspace } from "../workspace.js";

const run = promisify(execFile);
const manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));

/** Runs a module in Node, in a fresh process beside the installed package; resolves with what it prints. */
async function node(script) {
  const { stdout, stderr } = await run(
    process.execPath,
    ["--input-type=module", "--eval", script],
    { cwd: workspace },
  );
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

describe("the tarball", { concurrency: true }, () => {
  test("holds the files that it names, and no others", () => {
    // npm adds these two without being told.
    const named = [...manifest.files, "package.json", "README.md"];
    assert.deepEqual(readdirSync(installed).sort(), named.sort());
    for (const target of Object.values(manifest.exports).flatMap((entry) =>
      Object.values(typeof entry === "string" ? { entry } : entry),
    )) {
      assert.ok(readFileSync(join(installed, target)).length > 0, target);
    }
  });

  test("has a version", () => {
    assert.match(manifest.version, /^\d+\.\d+\.\d+/);
    assert.notEqual(manifest.version, "0.0.0");
  });

  test("needs no other package", () => {
    assert.equal(manifest.dependencies ?? manifest.peerDependencies, undefined);
  });

  test("publint finds nothing", async () => {
    const { messages } = await publint({ pkgDir: installed, pack: false, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, manifest)),
      [],
    );
  });

  test("attw finds nothing", async () => {
    const attw = [
      "node_modules/@arethetypeswrong/cli/dist/index.js",
      tarball,
      "--profile",
      "esm-only",
      "--no-color",
      "--no-emoji",
    ];
    await run(process.execPath, attw, { cwd: join(import.meta.dirname, "..") });
  });

  test("is imported on a server without touching the browser", async () => {
    const exported = await node(`
    import * as tessera from "tessera-auth";
    console.log(JSON.stringify(Object.keys(tessera)));
  `);
    assert.deepEqual(exported, [
      "AuthError",
      "createApiKeyClient",
      "createClient",
      "createCookieClient",
      "createPasswordClient",
      "decodeJwt",
      "init",
      "verifyJwt",
    ]);
  });

  test("says on a server that a client needs a browser", async () => {
    const refused = await node(`
    import { AuthError, createClient } from "tessera-auth";
    const error = await createClient({ issuer: "https://id.example.com", clientId: "server" }).catch((error) => error);
    console.log(JSON.stringify({ isAuthError: error instanceof AuthError, code: error.code }));
  `);
    assert.deepEqual(refused, { isAuthError: true, code: "unsupported" });
  });

  test("reads tokens on a server that gives the module's bytes, after a failed load too", async () => {
    const read = await node(`
    import { readFile } from "node:fs/promises";
    import { fileURLToPath } from "node:url";
    import { decodeJwt, init } from "tessera-auth";
    const failed = await init(new Uint8Array(8)).catch((error) => error.code);
    await init(await readFile(fileURLToPath(import.meta.resolve("tessera-auth/core_bg.wasm"))));
    await init();
    console.log(JSON.stringify({ failed, claims: decodeJwt("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln").claims }));
  `);
    assert.deepEqual(read, { failed: "wasm_failed", claims: { sub: "u" } });
  });
});
