// Options as JavaScript gives them: each mistake has its code and names its option.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAuthError } from "./bare-page.mjs";
import { openOptionsPage } from "./options-page.mjs";

const TYPES = {
  createClient: {
    issuer: "url",
    metadata: "object",
    resource: "url",
    register: "object",
    profile: "choice",
    provider: "string",
    clientId: "string",
    redirectUri: "url",
    postLogoutRedirectUri: "url",
    scope: "string",
    parameters: "object",
    handleRedirect: "boolean",
    dpop: "boolean",
    par: "boolean",
    verifySignature: "boolean",
    stepUp: "choice",
    checkSession: "boolean",
    frontchannelLogout: "boolean",
    resources: "list",
    storage: "choice",
    name: "string",
    timeoutMs: "integer",
    clockTolerance: "integer",
    idleTimeout: "integer",
    logger: "function",
  },
  signIn: {
    mode: "choice",
    returnTo: "url",
    scope: "string",
    prompt: "string",
    loginHint: "string",
    acrValues: "string",
    maxAge: "integer",
    uiLocales: "string",
    authorizationDetails: "list",
    parameters: "object",
    signal: "signal",
  },
  signOut: { local: "boolean", returnTo: "url", idTokenHint: "boolean" },
  accessToken: { resource: "string", scope: "string", minValidity: "integer", fresh: "boolean" },
  verifyJwt: {
    issuer: "string",
    keys: "key set",
    audience: "strings",
    algorithms: "list",
    typ: "string",
    clockTolerance: "integer",
  },
};

test("options", async (t) => {
  const { tab, outcome, assertRefused, assertAccepted } = await openOptionsPage(t);

  for (const [method, types] of Object.entries(TYPES)) {
    await t.test(`${method} names each option that has the wrong type`, async () => {
      const found = await tab.evaluate(
        ([method, types]) => tryWrongValues(method, types),
        [method, types],
      );
      assert.ok(found.length > 10 * Object.keys(types).length);
      for (const { name, value, outcome } of found) {
        assertAuthError(outcome, "invalid_option", name, `${method} ${name} = ${value}`);
        assert.equal(outcome.retryable, false);
      }
    });

    await t.test(`${method} names an option that it does not know`, async () => {
      const [first] = Object.keys(types);
      const shouted = first.toUpperCase();
      await assertRefused("invalid_option", [
        [`call.${method}({ ${first}s: "x" })`, `${first}s`],
        [`call.${method}({ ${shouted}: "x" })`, shouted],
        [`call.${method}({ "": "x" })`, " is no option"],
        [`call.${method}({ __proto__: null, constructor: "x" })`, "constructor"],
        [`call.${method}(JSON.parse('{ "__proto__": "x" }'))`, "__proto__"],
      ]);
      const { message } = await outcome(`call.${method}({ ${shouted}: "x" })`);
      assert.match(message, new RegExp(`did you mean ${first}\\?`));
    });

    await t.test(`${method} takes an object`, async () => {
      const wrong = ["null", "7", '"x"', "true", "[]", "() => {}", "new Map()", "Symbol()", "7n"];
      const cases = wrong.map((value) => [`call.${method}(${value})`, "options"]);
      await assertRefused("invalid_option", cases);
    });
  }

  await t.test("revoke takes the name of a token", async () => {
    const wrong = ["null", "7", '""', '"id_token"', "{}", '["access_token"]', "Symbol()"];
    const cases = wrong.map((value) => [`client.revoke(${value})`, "token"]);
    await assertRefused("invalid_option", cases);
  });

  await t.test("handleRedirect takes a URL", async () => {
    await assertRefused("invalid_option", [
      ["client.handleRedirect(null)", "url"],
      ["client.handleRedirect(7)", "url"],
      ["client.handleRedirect({ href: location.href })", "url"],
      ["client.handleRedirect(Object.create(URL.prototype))", "url"],
      ["client.handleRedirect('https://[')", "url"],
    ]);
  });

  await t.test("verifyJwt and decodeJwt take a string", async () => {
    const wrong = ["undefined", "null", "7", "{}", "['a.b.c']", "new String('a.b.c')", "Symbol()"];
    await assertRefused(
      "malformed_token",
      wrong.flatMap((value) => [
        [`tessera.verifyJwt(${value}, {})`, "token"],
        [`tessera.decodeJwt(${value})`, "token"],
      ]),
    );
  });

  await t.test("what is missing is named", async () => {
    await assertRefused("invalid_option", [
      ["tessera.createClient()", "clientId"],
      ["tessera.createClient({})", "clientId"],
      ["tessera.createClient({ issuer: good.issuer })", "clientId"],
      ["tessera.createClient({ ...good, clientId: '' })", "clientId"],
      ["tessera.createClient({ clientId: 'app' })", "issuer"],
      ["tessera.createClient({ clientId: 'app', metadata: {} })", "issuer"],
      ["tessera.createClient({ ...good, resources: [{}] })", "resources[0].url"],
      ["tessera.verifyJwt(token, {})", "keys"],
      ["tessera.verifyJwt(token)", "keys"],
    ]);
  });

  await t.test("values that cannot work are refused", async () => {
    await assertRefused("invalid_option", [
      ["call.createClient({ timeoutMs: 0 })", "timeoutMs"],
      ["call.createClient({ timeoutMs: 600001 })", "timeoutMs"],
      ["call.createClient({ idleTimeout: 0 })", "idleTimeout"],
      ["call.createClient({ storage: 'IndexedDB' })", "storage"],
      ["call.createClient({ storage: 'cookie' })", "storage"],
      ["call.createClient({ profile: 'fapi1' })", "profile"],
      ["call.createClient({ profile: 'fapi2', par: false })", "profile"],
      ["call.createClient({ profile: 'fapi2', metadata: {} })", "profile"],
      ["call.createClient({ register: { client_name: 'App' } })", "register"],
      ["call.createClient({ clientId: '', register: { scope: 'x' } })", "register.scope"],
      ["call.createClient({ clientId: '', register: { contacts: [7] } })", "register.contacts"],
      ["call.createClient({ resource: '/mcp' })", "resource"],
      ["call.verifyJwt({ audience: [] })", "audience"],
      ["call.verifyJwt({ keys: { keys: 'x' } })", "keys"],
      ["call.verifyJwt({ keys: [] })", "keys"],
      ["call.verifyJwt({ keys: { kty: 'RSA' } })", "keys"],
    ]);
  });

  await t.test("parameters that the client owns are named", async () => {
    const owned = [
      ...["response_type", "response_mode", "client_id", "redirect_uri", "scope", "state", "nonce"],
      ...["code_challenge", "code_challenge_method", "resource", "acr_values", "max_age"],
      ...["id_token_hint", "request", "request_uri"],
    ];
    await assertRefused(
      "invalid_option",
      owned.flatMap((name) => [
        [`call.createClient({ parameters: { ${name}: secret } })`, `parameters.${name}`],
        [
          `call.signIn({ parameters: { kc_idp_hint: "x", ${name}: secret } })`,
          `parameters.${name}`,
        ],
      ]),
    );
  });

  await t.test("members of an option are named by their path", async () => {
    await assertRefused("invalid_option", [
      ["call.createClient({ resources: [api, 7] })", "resources[1]"],
      ["call.createClient({ resources: [null] })", "resources[0]"],
      ["call.createClient({ resources: [api, , api] })", "resources[1]"],
      ["call.createClient({ resources: [[api]] })", "resources[0]"],
      ["call.createClient({ resources: [api, { url: 7 }] })", "resources[1].url"],
      ["call.createClient({ resources: [{ url: null }] })", "resources[0].url"],
      [
        "call.createClient({ resources: [api, { url: api, audience: 7 }] })",
        "resources[1].audience",
      ],
      ["call.createClient({ resources: [{ url: api, scope: ['a'] }] })", "resources[0].scope"],
      ["call.createClient({ resources: [{ url: api, scopes: 'a' }] })", "resources[0].scopes"],
      ["call.createClient({ resources: [...many, { uri: api }] })", "resources[9999].uri"],
      ["call.createClient({ parameters: { ui: { mode: secret } } })", "parameters.ui"],
      ["call.createClient({ parameters: { ok: 'x', nothing: null } })", "parameters.nothing"],
      ["call.createClient({ parameters: [['a', 'b']] })", "parameters"],
      ["call.createClient({ parameters: new URLSearchParams('a=b') })", "parameters"],
      ["call.signIn({ parameters: { hd: 7 } })", "parameters.hd"],
      ["call.createClient({ metadata: { issuer: 7 } })", "metadata.issuer"],
      ["call.createClient({ metadata: { token_endpoint: null } })", "metadata.token_endpoint"],
      [
        "call.createClient({ metadata: { code_challenge_methods_supported: 'S256' } })",
        "metadata.code_challenge_methods_supported",
      ],
      [
        "call.createClient({ metadata: { authorization_response_iss_parameter_supported: 1 } })",
        "metadata.authorization_response_iss_parameter_supported",
      ],
      ["call.verifyJwt({ audience: ['a', 7] })", "audience"],
      ["call.verifyJwt({ algorithms: ['RS256', null] })", "algorithms"],
    ]);
  });

  const ENDPOINTS = [
    ...["authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"],
    ...["end_session_endpoint", "jwks_uri"],
  ];
  const URL_OPTIONS = [
    ["issuer", (url) => `call.createClient({ issuer: ${url} })`],
    ["redirectUri", (url) => `call.createClient({ redirectUri: ${url} })`],
    ["postLogoutRedirectUri", (url) => `call.createClient({ postLogoutRedirectUri: ${url} })`],
    ["resources[1]", (url) => `call.createClient({ resources: [api, ${url}] })`],
    ["resources[0]", (url) => `call.createClient({ resources: [{ url: ${url} }] })`],
    ...ENDPOINTS.map((name) => [
      `metadata.${name}`,
      (url) => `call.createClient({ metadata: { ${name}: String(${url}) } })`,
    ]),
    ["keys", (url) => `call.verifyJwt({ keys: ${url} })`],
    ["issuer", (url) => `discover(String(${url}))`],
  ];

  await t.test("insecure URLs are refused wherever one may stand", async () => {
    const insecure = [
      "'http://as.example/' + secret",
      "new URL('http://as.example/?' + secret)",
      "'http://localhost.evil.example/'",
      "'http://127.0.0.1.evil.example/'",
      "'http://0.0.0.0/'",
      "'http://[::ffff:127.0.0.1]/'",
      "'ftp://as.example/'",
      "'javascript:alert(1)'",
      "'data:text/html,' + secret",
      "'com.example.app:/callback'",
      "'ws://localhost/'",
    ];
    const cases = URL_OPTIONS.flatMap(([about, write]) =>
      insecure.map((url) => [write(url), about]),
    );
    await assertRefused("insecure_url", cases);
  });

  await t.test("URLs that are none, or that name a user, are refused", async () => {
    const wrong = [
      "'https://'",
      "'https://as.example:99999/'",
      "'https://[::1'",
      "`https://ada:${secret}@as.example/`",
      "`https://${secret}@as.example/`",
    ];
    const cases = URL_OPTIONS.flatMap(([about, write]) => wrong.map((url) => [write(url), about]));
    await assertRefused("invalid_option", [
      ...cases,
      ["call.createClient({ issuer: 'as.example' })", "issuer"],
      ["call.createClient({ issuer: '' })", "issuer"],
      ["call.createClient({ issuer: '//as.example' })", "issuer"],
      ["call.createClient({ metadata: { token_endpoint: '/token' } })", "metadata.token_endpoint"],
      ["call.createClient({ metadata: { jwks_uri: '' } })", "metadata.jwks_uri"],
    ]);
  });

  await t.test("URLs with parts that nothing could match are refused", async () => {
    await assertRefused("invalid_option", [
      ["call.createClient({ resources: ['https://api.example/?key=' + secret] })", "resources[0]"],
      ["call.createClient({ resources: ['https://api.example/#' + secret] })", "resources[0]"],
      [
        "call.createClient({ resources: ['https://api.example/v1/%2e%2e%2fadmin'] })",
        "resources[0]",
      ],
      [
        "call.createClient({ metadata: { token_endpoint: 'https://as.example/token#' + secret } })",
        "metadata.token_endpoint",
      ],
    ]);
  });

  await t.test("returnTo stays on this origin", async () => {
    const elsewhere = [
      "'https://evil.example/' + secret",
      "'//evil.example'",
      "'\\\\\\\\evil.example'",
      "'javascript:alert(1)'",
      "'data:text/html,x'",
      "`http://ada:${secret}@${location.host}/`",
      "new URL('https://evil.example')",
    ];
    const cases = elsewhere.flatMap((url) => [
      [`call.signIn({ returnTo: ${url} })`, "returnTo"],
      [`call.signOut({ returnTo: ${url} })`, "returnTo"],
    ]);
    await assertRefused("invalid_option", cases);
  });

  await t.test("what is in the module that has everything is accepted", async () => {
    await assertAccepted([
      "call.createClient({ dpop: false, par: false, stepUp: 'none', provider: undefined })",
      "call.createClient({ dpop: true, par: true })",
      "call.createClient({ resources: ['a', 'b'].map((audience) => ({ url: api, audience })) })",
      "call.createClient({ stepUp: 'popup' })",
      "call.createClient({ stepUp: 'redirect' })",
      "call.createClient({ checkSession: true, frontchannelLogout: true })",
    ]);
  });
});
