// A module that does not load: the error says why and how to mend it, and the next attempt starts afresh.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { launch, visit } from "./browser.js";
import { policy, serve } from "./server.js";
import { installed, project } from "./workspace.js";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** @returns What the page reports of its three attempts: a URL where nothing is, a client, a JWT. */
async function attempts(name, contentSecurityPolicy) {
  const root = project(name, { "index.html": "index.html", "main.js": "bad-load.js" });
  cpSync(installed, join(root, "tessera-auth"), { recursive: true });
  const server = await serve(root, contentSecurityPolicy);
  try {
    return (await visit(browser, server.url)).report;
  } finally {
    server.close();
  }
}

test("a load that failed can be tried again", async () => {
  const [missing, client, jwt] = await attempts("load-again", policy);
  assert.equal(missing.code, "wasm_failed");
  assert.equal(missing.retryable, false);
  assert.match(missing.message, /404/);
  assert.notEqual(client.code, "wasm_failed");
  assert.equal(jwt.code, "malformed_token");
});

test("a policy without 'wasm-unsafe-eval' is named in the error", async () => {
  const refused = await attempts("load-blocked", policy.replace(" 'wasm-unsafe-eval'", ""));
  for (const { name, code, message } of refused.slice(1)) {
    assert.equal(name, "AuthError");
    assert.equal(code, "wasm_failed");
    assert.match(message, /CompileError.*script-src 'wasm-unsafe-eval'/);
  }
});
