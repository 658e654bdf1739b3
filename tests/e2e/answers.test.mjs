// What servers, proxies and cables answer instead of what was asked for: each has its code, no session is lost by it, nothing
// leaks, and the client works again once the server behaves.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAuthError, isLoaded, openBarePage } from "./bare-page.mjs";
import {
  BAD_ANSWERS,
  makeKey,
  randomSecret,
  send,
  sendChanged,
  sendWith,
  startBrokenServer,
} from "./broken-server.mjs";
import { until } from "./harness.mjs";

/** Chromium's own lines about requests that fail. */
const FAILED_REQUEST = /^Failed to load resource|^Access to fetch at/;

const NETWORK = ["no CORS", "a reset connection", "a cut connection"];
const NEVER = ["no answer", "an answer without end"];
const NOT_NOW = [
  "408 without a body",
  "429 without a body",
  "500 without a body",
  "503 with a page",
];
const REFUSED = ["400 without a body", "401 without a body"];

/** For those who wait for what never comes; the others have the ten seconds of the default. */
const patience = (name) => (NEVER.includes(name) ? { timeoutMs: 400 } : {});

/** The code of a bad answer: `refused` for a 4xx, `invalid` for what is no answer at all, or a proxy's (403 with a page, 404). */
function expectedCode(name, { refused, invalid }) {
  if (NETWORK.includes(name)) return "network";
  if (NEVER.includes(name)) return "timeout";
  if (NOT_NOW.includes(name)) return "server_error";
  return REFUSED.includes(name) ? refused : invalid;
}

/** Codes and tokens as servers make them. */
const SECRETS = {
  "as they are made today": () => randomSecret(),
  "short ones": (kind) => `${kind.replace(" ", "-")}-4711`,
  "words only": (kind) => `${kind.replace(" ", "-")}-correct-horse-battery-staple`,
  "with slashes and signs": () => `4/0A-${randomSecret().slice(0, 12)}/+=~${randomSecret()}`,
};

/** Where a server puts what it was sent. */
const ECHOES = {
  "in the description": (sent) => ({
    error: "invalid_request",
    error_description: `Bad parameter: ${sent}.`,
  }),
  "in the error and the URI": (sent) => ({
    error: sent,
    error_uri: `https://as.example/help?about=${sent}`,
  }),
  "between many words": (sent) => ({
    error: "invalid_request",
    error_description: `${"so ".repeat(30)}${sent}${" so".repeat(300)}`,
  }),
};

describe("answers", { concurrency: 3 }, () => {
  test("to discovery: the user stays where he is", async (t) => {
    const { server, tab, open, signIn } = await openBroken(t);
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      server.answers.metadata = answer;
      await open(name, patience(name));
      const code = expectedCode(name, { refused: "discovery_failed", invalid: "discovery_failed" });
      assertFailed(await attempt(tab, () => client.signIn()), code, name);
      assert.deepEqual(await state(tab), { subject: null, error: code }, name);
    }
    assert.equal(server.count("authorize"), 0);
    assert.equal(server.count("elsewhere"), 0, "no redirect is followed");
    delete server.answers.metadata;
    await signIn();
  });

  test("to discovery: documents that are another's, or lead astray", async (t) => {
    const { server, tab, open, signIn } = await openBroken(t);
    const cases = [
      ["issuer_mismatch", (body) => ({ ...body, issuer: "https://evil.example" })],
      ["issuer_mismatch", (body) => ({ ...body, issuer: `${body.issuer}/` })],
      ["discovery_failed", ({ authorization_endpoint: _, ...body }) => body],
      ["insecure_url", (body) => ({ ...body, token_endpoint: "http://evil.example/token" })],
      ["insecure_url", (body) => ({ ...body, authorization_endpoint: "javascript:alert(1)" })],
      ["unsupported", (body) => ({ ...body, code_challenge_methods_supported: ["plain"] })],
    ];
    for (const [index, [code, change]] of cases.entries()) {
      server.answers.metadata = sendChanged(change);
      await open(`case ${index}`);
      assertFailed(await attempt(tab, () => client.signIn()), code, `case ${index}`);
    }
    assert.equal(server.count("authorize"), 0);
    delete server.answers.metadata;
    await signIn();
  });

  test("to the code: no session begins, the URL is clean, the next sign-in works", async (t) => {
    const { server, tab, url, open, signIn, comeBack } = await openBroken(t);
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      await open(name);
      await comeBack();
      server.answers.token = answer;
      await open(name, patience(name));
      const code = expectedCode(name, {
        refused: "token_request_failed",
        invalid: "invalid_response",
      });
      assert.deepEqual(await state(tab), { subject: null, error: code }, name);
      assert.equal(tab.url(), url, `${name}: the URL is clean`);
      delete server.answers.token;
      await comeBack();
      await open(name);
      assert.deepEqual(await state(tab), { subject: "ada", error: null }, `after ${name}`);
    }
    assert.equal(server.count("elsewhere"), 0, "no redirect is followed");
  });

  test("to the request for keys: no session begins", async (t) => {
    const { server, tab, url, open, signIn, comeBack } = await openBroken(t);
    const names = ["HTML", "a list", "2 MB", "a redirect", "404", "500 without a body"];
    for (const name of [...names, ...NETWORK, ...NEVER]) {
      await open(name);
      await comeBack();
      server.answers.keys = BAD_ANSWERS[name];
      await open(name, patience(name));
      const code = expectedCode(name, { refused: "invalid_response", invalid: "invalid_response" });
      assert.deepEqual(await state(tab), { subject: null, error: code }, name);
      assert.equal(tab.url(), url, `${name}: the URL is clean`);
    }
    delete server.answers.keys;
    await signIn();
  });

  test("to a renewal: the session stays, and renews when the server behaves", async (t) => {
    const { server, tab, open, signIn } = await openBroken(t);
    await signIn();
    const renew = () => attempt(tab, () => client.accessToken({ fresh: true }));
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      await open("app", patience(name));
      server.answers.token = (request, response, good) => {
        // A refusal without a reason is a proxy's: when the client asks again, the server itself answers.
        if (REFUSED.includes(name)) delete server.answers.token;
        answer(request, response, good);
      };
      const outcome = await renew();
      if (REFUSED.includes(name)) {
        assert.equal(typeof outcome.value, "string", `${name}: ${JSON.stringify(outcome)}`);
      } else {
        const code = expectedCode(name, { invalid: "invalid_response" });
        assertFailed(outcome, code, name);
        assert.deepEqual(await state(tab), { subject: "ada", error: code }, name);
      }
      delete server.answers.token;
      await until(async () => "value" in (await renew()), `the client renews after: ${name}`);
      assert.deepEqual(await state(tab), { subject: "ada", error: null }, name);
      assert.ok(!(await tab.evaluate(() => client.events)).includes("signedout"), name);
    }
    assert.equal(server.count("elsewhere"), 0, "no redirect is followed");
  });

  test("from the userinfo endpoint: an error of this call and of nothing else", async (t) => {
    const { server, tab, open, signIn } = await openBroken(t);
    await signIn();
    const ask = () => attempt(tab, () => client.userInfo());
    for (const [name, answer] of Object.entries(BAD_ANSWERS)) {
      await open("app", patience(name));
      server.answers.userinfo = answer;
      const refused = name.startsWith("401") ? "login_required" : "invalid_response";
      const wrong = /^(an empty object|members of the wrong type)$/.test(name);
      const invalid = wrong ? "claim_invalid" : "invalid_response";
      assertFailed(await ask(), expectedCode(name, { refused, invalid }), name);
      delete server.answers.userinfo;
      assert.equal((await ask()).value?.email, "ada@demo.example", name);
      assert.deepEqual(await state(tab), { subject: "ada", error: null }, name);
    }
    server.answers.userinfo = sendChanged((body) => ({ ...body, sub: "mallory" }));
    assertFailed(await ask(), "claim_invalid");
    server.answers.userinfo = sendWith({ "content-type": "application/jwt" });
    assertFailed(await ask(), "unsupported");
  });

  test("with ID tokens that are not what they must be: no session begins", async (t) => {
    const { server, tab, url, open, signIn, comeBack } = await openBroken(t);
    const other = makeKey("ec", { namedCurve: "P-256" });
    const rsa = makeKey("rsa", { modulusLength: 2048 });
    const claim = (name, value) => (draft) => void (draft.claims[name] = value);
    const cases = {
      "alg none": [
        "algorithm_not_allowed",
        (draft) => Object.assign(draft, { header: { alg: "none" }, key: null }),
      ],
      "HS256 with the public key": [
        "algorithm_not_allowed",
        (draft) => Object.assign(draft, { header: { alg: "HS256" }, key: server.key.pem }),
      ],
      "another's signature": ["signature_invalid", (draft) => void (draft.key = other)],
      "an unknown kid": ["key_not_found", (draft) => void (draft.header.kid = "unknown")],
      "a key of the wrong type": [
        "key_not_found",
        (draft) => Object.assign(draft, { header: { alg: "RS256" }, key: rsa }),
      ],
      crit: ["algorithm_not_allowed", (draft) => void (draft.header.crit = ["exp"])],
      "another issuer": ["claim_invalid", claim("iss", "https://evil.example")],
      "another audience": ["claim_invalid", claim("aud", "another")],
      "another authorized party": ["claim_invalid", claim("azp", "another")],
      "another nonce": ["claim_invalid", claim("nonce", "another")],
      "no nonce": ["claim_invalid", claim("nonce", undefined)],
      "no subject": ["claim_invalid", claim("sub", undefined)],
      "no expiry": ["claim_invalid", claim("exp", undefined)],
      "an expiry of long ago": [
        "token_expired",
        ({ claims }) => Object.assign(claims, { iat: claims.iat - 9000, exp: claims.exp - 9000 }),
      ],
      "another access token's hash": ["claim_invalid", claim("at_hash", "A".repeat(22))],
    };
    for (const [name, [code, change]] of Object.entries(cases)) {
      await open(name);
      await comeBack();
      server.idToken = change;
      await open(name);
      assert.deepEqual(await state(tab), { subject: null, error: code }, name);
      assert.equal(tab.url(), url, `${name}: the URL is clean`);
    }
    server.idToken = () => {};

    for (const [name, change] of Object.entries({
      "no ID token": ({ id_token: _, ...body }) => body,
      "an empty one": (body) => ({ ...body, id_token: "" }),
    })) {
      server.answers.token = sendChanged(change);
      await open(name);
      await comeBack();
      await open(name);
      assert.deepEqual(await state(tab), { subject: null, error: "invalid_response" }, name);
    }
    server.answers.token = sendChanged((body) => ({ ...body, id_token: "not.a.jwt" }));
    await open("no JWT");
    await comeBack();
    await open("no JWT");
    assert.deepEqual(await state(tab), { subject: null, error: "malformed_token" });
    delete server.answers.token;

    server.keys = [{ ...other.jwk, kid: server.key.jwk.kid }, server.key.jwk];
    await signIn("two keys with one kid");
  });

  test("with good content under another content type are good", async (t) => {
    const { server, signIn } = await openBroken(t);
    for (const type of ["text/html", "text/plain;charset=utf-8", "application/octet-stream"]) {
      const answer = sendWith({ "content-type": type });
      server.answers = { metadata: answer, keys: answer, token: answer };
      await signIn(type);
    }
  });

  for (const [shape, makeSecret] of Object.entries(SECRETS)) {
    test(`that repeat a secret do not get it into an error: ${shape}`, async (t) => {
      const { server, tab, open, comeBack, seen } = await openBroken(t);
      server.makeSecret = makeSecret;
      const assertSilent = async (what, outcome) => {
        const error = await tab.evaluate(() => tessera.describe(client.error));
        const said = JSON.stringify([outcome, error, seen.texts]);
        const leaked = [...server.secrets].filter((secret) => said.includes(secret));
        assert.deepEqual(leaked, [], what);
      };

      for (const [where, write] of Object.entries(ECHOES)) {
        const echo = (request, response) => {
          const { form } = server.requests.at(-1);
          const names = ["code", "code_verifier", "refresh_token"];
          const sent = names.map((name) => form.get(name)).filter(Boolean);
          send(400, JSON.stringify(write(sent.join(" "))))(request, response);
        };
        await open(where);
        await comeBack();
        server.answers.token = echo;
        await open(where);
        assert.equal((await state(tab)).subject, null);
        await assertSilent(`the code, ${where}`);

        delete server.answers.token;
        await comeBack();
        await open(where);
        server.answers.token = echo;
        const renewal = await attempt(tab, () => client.accessToken({ fresh: true }));
        assert.equal(renewal.isAuthError, true);
        await assertSilent(`the refresh token, ${where}`, renewal);
        delete server.answers.token;
      }
    });
  }
});

/** A broken server, and a bare page that may talk to it. */
async function openBroken(t) {
  const server = await startBrokenServer(t);
  const demo = await openBarePage(t, {
    page: { connect: [server.url] },
    expectError: FAILED_REQUEST,
  });
  const { tab } = demo;
  // The harness looks for them everywhere when the test is over.
  server.secrets = demo.provider.secrets;

  /** Opens the client of this name, instead of the one that is there. */
  const open = (name, options) =>
    tab.evaluate(
      async (options) => {
        globalThis.client?.close();
        globalThis.client = await tessera.open(options);
      },
      { issuer: server.url, clientId: "app", scope: "openid offline_access", name, ...options },
    );
  /** Leaves for the server with the client that is open, and comes back with a code in the URL. */
  const comeBack = async () => {
    await tab.evaluate(() => void client.signIn());
    await tab.waitForURL(/[?&]code=/);
    await isLoaded(tab);
  };
  const signIn = async (name = "app") => {
    await open(name);
    await comeBack();
    await open(name);
    assert.deepEqual(await state(tab), { subject: "ada", error: null }, name);
  };
  return { ...demo, server, open, comeBack, signIn };
}

const attempt = (tab, act) => tab.evaluate(`tessera.attempt(${act})`);

const state = (tab) =>
  tab.evaluate(() => ({
    subject: client.session?.subject ?? null,
    error: client.error?.code ?? null,
  }));

function assertFailed(outcome, code, name) {
  assertAuthError(outcome, code, "", name);
  assert.equal(outcome.retryable, ["network", "timeout", "server_error"].includes(code), name);
}
