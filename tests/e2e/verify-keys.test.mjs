// `verifyJwt` with keys that a server has: fetched, discovered, and everything that can come instead of them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAuthError, openBarePage } from "./bare-page.mjs";
import { BAD_ANSWERS, sendChanged, sendWith, startBrokenServer } from "./broken-server.mjs";
import { openSignedIn } from "./harness.mjs";

/** Chromium's own lines about requests that fail. */
const FAILED_REQUEST = /^Failed to load resource|^Access to fetch at/;

test("verifyJwt with keys from a server", async (t) => {
  const server = await startBrokenServer(t);
  const demo = await openBarePage(t, {
    page: { connect: [server.url] },
    expectError: FAILED_REQUEST,
  });
  const { tab } = demo;
  await tab.evaluate(() => import("/bare/signer.js"));
  server.keys = [await tab.evaluate(() => publicKey("ES256", { kid: "a" }))];
  const verify = (options) =>
    tab.evaluate(
      async ([options, iss]) => {
        const token = await issue({ alg: "ES256", kid: "a" }, { iss });
        return tessera.attempt(() => tessera.verifyJwt(token, options));
      },
      [options, server.url],
    );
  const keys = `${server.url}/jwks`;

  await t.test("fetches them from a URL, or discovers where they are", async () => {
    for (const options of [{ keys }, { keys, issuer: server.url }, { issuer: server.url }]) {
      assert.equal((await verify(options)).value?.claims.sub, "ada");
    }
    const asUrl = await tab.evaluate(
      async ([keys, iss]) => {
        const token = await issue({ alg: "ES256", kid: "a" }, { iss });
        return tessera.attempt(() => tessera.verifyJwt(token, { keys: new URL(keys) }));
      },
      [keys, server.url],
    );
    assert.equal(asUrl.value?.claims.sub, "ada");
    const { headers } = server.requests.at(-1);
    assert.deepEqual([headers.cookie, headers.authorization], [undefined, undefined]);
    assert.ok(!`${headers.referer}`.includes("bare"), "the referrer is no more than the origin");
  });

  await t.test("asks nobody about a token that cannot be good", async () => {
    const before = server.requests.length;
    const [unsupported, foreign] = await tab.evaluate(
      async (issuer) => [
        await tessera.attempt(() => tessera.verifyJwt(unsignedToken({ alg: "HS256" }), { issuer })),
        await tessera.attempt(() => tessera.verifyJwt(unsignedToken({ alg: "RS256" }), { issuer })),
      ],
      server.url,
    );
    assertAuthError(unsupported, "algorithm_not_allowed");
    assertAuthError(foreign, "claim_invalid");
    assert.equal(server.requests.length, before);
  });

  await t.test("has a code for each answer that is no key set, and works after it", async () => {
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      if (/^no answer|without end/.test(name)) continue; // ten seconds each; answers.test.mjs has them
      server.answers.keys = answer;
      const outcome = await verify({ keys });
      const isNetwork = /CORS|reset|cut/.test(name);
      const isTransient = /^(408|429|500|503)/.test(name);
      const code = isNetwork ? "network" : isTransient ? "server_error" : "invalid_response";
      assertAuthError(outcome, code, "", name);
      assert.equal(outcome.retryable, isNetwork || isTransient, name);
      delete server.answers.keys;
      assert.equal((await verify({ keys })).value?.claims.sub, "ada", `after ${name}`);
    }
    assert.equal(server.count("elsewhere"), 0, "no redirect is followed");
  });

  await t.test("has a code for each answer that is no metadata", async () => {
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      if (/^no answer|without end/.test(name)) continue;
      server.answers.metadata = answer;
      const outcome = await verify({ issuer: server.url });
      const isNetwork = /CORS|reset|cut/.test(name);
      const isTransient = /^(408|429|500|503)/.test(name);
      const code = isNetwork ? "network" : isTransient ? "server_error" : "discovery_failed";
      assertAuthError(outcome, code, "", name);
      delete server.answers.metadata;
    }
    server.answers.metadata = sendChanged((body) => ({ ...body, issuer: "https://evil.example" }));
    assertAuthError(await verify({ issuer: server.url }), "issuer_mismatch");
    server.answers.metadata = sendChanged((body) => ({ ...body, jwks_uri: "http://evil.example" }));
    assertAuthError(await verify({ issuer: server.url }), "insecure_url");
    server.answers.metadata = sendChanged(({ jwks_uri, ...body }) => body);
    assertAuthError(await verify({ issuer: server.url }), "unsupported");
    delete server.answers.metadata;
    assert.equal((await verify({ issuer: server.url })).value?.claims.sub, "ada");
  });

  await t.test("does not mind a wrong content type around good keys", async () => {
    for (const type of ["text/html", "text/plain", "application/jwk-set+json", "image/png"]) {
      server.answers.keys = sendWith({ "content-type": type });
      assert.equal((await verify({ keys })).value?.claims.sub, "ada", type);
    }
  });
});

test("verifyJwt checks an access token of the demo's provider", async (t) => {
  const demo = await openSignedIn(t);
  const verify = (options) =>
    demo.tab.evaluate(async (options) => {
      const { verifyJwt } = await import("/pkg/index.js");
      const token = await client.accessToken();
      return verifyJwt(token, options).then(
        ({ header, claims }) => [header.typ, claims.sub],
        ({ code }) => code,
      );
    }, options);
  const issuer = demo.provider.url;
  assert.deepEqual(await verify({ issuer, audience: demo.api.url, typ: "at+jwt" }), [
    "at+jwt",
    "ada",
  ]);
  assert.deepEqual(await verify({ keys: `${issuer}/jwks` }), ["at+jwt", "ada"]);
  assert.equal(await verify({ issuer, audience: "tessera-demo" }), "claim_invalid");
  assert.equal(await verify({ issuer: `${issuer}/` }), "claim_invalid");
  assert.equal(await verify({ issuer, typ: "JWT" }), "claim_invalid");
});
