// A module that does not load: the error says why and how to mend it, and the next attempt starts afresh.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { visit } from "../browser.js";
import { policy, serve } from "../server.js";
import { projectWithoutBundler } from "../workspace.js";

/** What `visit` tells of a page that makes three attempts: a URL where nothing is, a client, a JWT. */
async function attempts(name, contentSecurityPolicy) {
  const server = await serve(projectWithoutBundler(name, "bad-load.js"), contentSecurityPolicy);
  try {
    return await visit(server.url);
  } finally {
    server.close();
  }
}

describe("a module that does not load", () => {
  test("a load that failed can be tried again", async () => {
    const { report } = await attempts("load-again", policy);
    const [missing, client, jwt] = report;
    assert.equal(missing.code, "wasm_failed");
    assert.equal(missing.retryable, false);
    assert.match(missing.message, /404/);
    assert.notEqual(client.code, "wasm_failed");
    assert.equal(jwt.code, "malformed_token");
  });

  test("a policy without 'wasm-unsafe-eval' is named in the error", async () => {
    const { report, complaints } = await attempts(
      "load-blocked",
      policy.replace(" 'wasm-unsafe-eval'", ""),
    );
    // The other suites count on it that a violation is heard.
    assert.match(complaints.join(), /violates script-src/);
    for (const { name, code, message } of report.slice(1)) {
      assert.equal(name, "AuthError");
      assert.equal(code, "wasm_failed");
      assert.match(message, /CompileError.*script-src 'wasm-unsafe-eval'/);
    }
  });
});
