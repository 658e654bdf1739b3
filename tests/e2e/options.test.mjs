// Options as JavaScript gives them: each mistake has its code and names its option, and none of them breaks anything.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAuthError, isLoaded, openBarePage } from "./bare-page.mjs";
import { ADA, allow, giveCredentials } from "./harness.mjs";

/** Stands in every option that may end up in an error, and must not. */
const SECRET = "hunter2-Zm9yYmlkZGVu-4711";

const TYPES = {
  createClient: {
    issuer: "url",
    metadata: "object",
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
    parameters: "object",
    signal: "signal",
  },
  signOut: { local: "boolean", returnTo: "url" },
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
  const demo = await openBarePage(t);
  const { tab } = demo;
  demo.provider.secrets.add(SECRET);
  await tab.evaluate(install, { issuer: demo.provider.url, clientId: "tessera-demo" });

  /** Runs each expression in the page and says what it comes to. */
  const outcomes = async (expressions) => {
    const found = [];
    for (const expression of expressions) {
      found.push(await tab.evaluate(`tessera.attempt(() => (${expression}))`));
    }
    return found;
  };
  /** Each expression is refused with the code and names the option. */
  const assertRefused = async (code, cases) => {
    const found = await outcomes(cases.map(([expression]) => expression));
    for (const [index, [expression, about]] of cases.entries()) {
      assertAuthError(found[index], code, about, expression);
      assert.equal(found[index].retryable, false, expression);
      assert.ok(!JSON.stringify(found[index]).includes(SECRET), `${expression} keeps the secret`);
    }
  };
  const assertAccepted = async (expressions) => {
    const found = await outcomes(expressions);
    for (const [index, outcome] of found.entries()) {
      assert.ok("value" in outcome, `${expressions[index]}: ${JSON.stringify(outcome)}`);
    }
  };

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
      const [{ message }] = await outcomes([`call.${method}({ ${shouted}: "x" })`]);
      assert.match(message, new RegExp(`did you mean ${first}\\?`));
    });

    await t.test(`${method} takes an object`, async () => {
      const wrong = ["null", "7", '"x"', "true", "[]", "() => {}", "new Map()", "Symbol()", "7n"];
      const cases = wrong.map((value) => [`call.${method}(${value}, true)`, "options"]);
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
      "invalid_option",
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
    ["issuer", (url) => `call.verifyJwt({ keys: undefined, issuer: String(${url}), forge: true })`],
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

  await t.test("what comes in a later version is unsupported, its default is not", async () => {
    const later = {
      dpop: "call.createClient({ dpop: true })",
      par: "call.createClient({ par: true })",
      provider: "call.createClient({ provider: 'google' })",
      stepUp: "call.createClient({ stepUp: 'popup' })",
      mode: "call.signIn({ mode: 'popup' })",
      audience:
        "call.createClient({ resources: [{ url: api, audience: 'a' }, { url: api, audience: 'b' }] })",
      createPasswordClient: "tessera.createPasswordClient({ loginUrl: '/login' })",
      createApiKeyClient: "tessera.createApiKeyClient({ key: 'x' })",
      createCookieClient: "tessera.createCookieClient({})",
    };
    const found = await outcomes([
      ...Object.values(later),
      "call.createClient({ stepUp: 'redirect' })",
      "call.signIn({ mode: 'silent' })",
    ]);
    for (const outcome of found) {
      assert.equal(outcome.code, "unsupported", JSON.stringify(outcome));
      assert.deepEqual([outcome.isAuthError, outcome.retryable], [true, false]);
    }
    for (const [index, option] of ["dpop", "par", "provider", "stepUp", "mode"].entries()) {
      assert.match(found[index].message, new RegExp(`\\b${option}\\b`));
    }
    await assertAccepted([
      "call.createClient({ dpop: false, par: false, stepUp: 'none', provider: undefined })",
    ]);
  });

  await t.test("options may be any kind of object that can be read", async () => {
    await assertAccepted([
      "call.createClient()",
      "tessera.createClient(Object.freeze({ ...good, resources: Object.freeze([api]) }))",
      "tessera.createClient(Object.create(good))",
      "tessera.createClient(Object.assign(Object.create(null), good))",
      "tessera.createClient(new (class Config { issuer = good.issuer; get clientId() { return 'x' } })())",
      "tessera.createClient(new Proxy(good, {}))",
      "tessera.createClient({ ...good, [Symbol('note')]: 7 })",
      "tessera.createClient({ ...good, issuer: new URL(good.issuer) })",
      "tessera.createClient({ ...good, scope: undefined, resources: undefined, logger: undefined })",
      "tessera.createClient({ ...good, redirectUri: '/bare/index.html', postLogoutRedirectUri: './' })",
      "tessera.createClient({ ...good, resources: [api, new URL(api), { url: api }, '/api'] })",
      "tessera.createClient({ ...good, resources: [{ url: api, audience: 'a' }, { url: '/b', audience: 'a' }] })",
      "tessera.createClient({ ...good, issuer: 'http://127.0.0.2:81' })",
      "tessera.createClient({ ...good, issuer: 'http://[::1]:81' })",
      "tessera.createClient({ ...good, issuer: 'http://as.localhost' })",
      "tessera.createClient({ ...good, metadata: { scopes_supported: 7, x: null } })",
      "tessera.createClient({ ...good, clockTolerance: 0, idleTimeout: 1, timeoutMs: 600000 })",
      "client.signOut({ local: true })",
    ]);
  });

  await t.test("10 000 resources, and texts of a megabyte", async () => {
    await assertAccepted([
      "call.createClient({ resources: many })",
      "call.createClient({ resources: many.map((url) => ({ url, scope: 'read' })) })",
      "call.createClient({ scope: 'x'.repeat(1e6), name: 'y'.repeat(1e6), clientId: 'z'.repeat(1e6) })",
      "call.createClient({ parameters: Object.fromEntries(many.map((url, i) => [`p${i}`, url])) })",
    ]);
    await assertRefused("invalid_option", [
      ["call.createClient({ ['x'.repeat(1e6)]: 7 })", "x".repeat(1e6)],
    ]);
  });

  await t.test("texts with NUL and lone surrogates", async () => {
    await assertAccepted([
      "call.createClient({ clientId: 'a\\0b', name: '\\0', scope: 'open\\0id' })",
      "call.createClient({ clientId: '\\ud800', name: 'a\\udfffb', scope: '\\udc00\\ud83d' })",
      "call.createClient({ parameters: { '\\ud800': '\\0', '\\0': '\\udfff' } })",
    ]);
    const found = await outcomes([
      "call.createClient({ issuer: '\\ud800' })",
      "call.createClient({ '\\0': 7 })",
      "call.createClient({ '\\udfff': 7 })",
      "call.createClient({ storage: 'memory\\0' })",
      "call.createClient({ resources: ['https://api.example\\0.evil.example'] })",
      "call.signIn({ returnTo: 'https://\\ud800' })",
      "client.handleRedirect('\\0https://')",
      "call.verifyJwt({ keys: 'https://\\ud800' })",
    ]);
    for (const outcome of found) assertAuthError(outcome, "invalid_option");
  });

  await t.test("objects that throw when they are looked at", async () => {
    await assertRefused("invalid_option", [
      ["call.createClient({ get dpop() { throw boo } })", "dpop"],
      ["tessera.createClient({ ...good, get scope() { throw boo } })", "scope"],
      ["tessera.createClient({ get clientId() { throw boo } })", "clientId"],
      ["tessera.createClient(hostile(good, 'get'))", "options"],
      ["tessera.createClient(hostile(good, 'ownKeys'))", "options"],
      ["tessera.createClient(hostile(good, 'getOwnPropertyDescriptor'))", "options"],
      ["tessera.createClient(revoked({}))", "options"],
      ["call.createClient({ issuer: hostile(new URL(api), 'get') })", "issuer"],
      ["call.createClient({ issuer: hostile(new URL(api), 'getPrototypeOf') })", "issuer"],
      ["call.createClient({ issuer: new Proxy(new URL(api), {}) })", "issuer"],
      ["call.createClient({ issuer: Object.create(URL.prototype) })", "issuer"],
      ["call.createClient({ redirectUri: revoked({}) })", "redirectUri"],
      ["call.createClient({ metadata: hostile({ issuer: api }, 'get') })", "metadata"],
      ["call.createClient({ metadata: { get jwks_uri() { throw boo } } })", "metadata.jwks_uri"],
      ["call.createClient({ metadata: revoked({}) })", "metadata"],
      ["call.createClient({ parameters: { get hd() { throw boo } } })", "parameters.hd"],
      ["call.createClient({ parameters: hostile({}, 'ownKeys') })", "parameters"],
      ["call.createClient({ parameters: revoked({}) })", "parameters"],
      ["call.createClient({ resources: hostile([api], 'get') })", "resources"],
      ["call.createClient({ resources: revoked([]) })", "resources"],
      ["call.createClient({ resources: Object.create(Array.prototype) })", "resources"],
      ["call.createClient({ resources: [api, revoked({})] })", "resources[1]"],
      ["call.createClient({ resources: [{ get url() { throw boo } }] })", "resources[0].url"],
      [
        "call.createClient({ resources: [{ url: Object.create(URL.prototype) }] })",
        "resources[0].url",
      ],
      ["call.signIn({ signal: Object.create(AbortSignal.prototype) })", "signal"],
      ["call.signIn({ signal: new Proxy(AbortSignal.timeout(9e4), {}) })", "signal"],
      ["call.signIn(hostile({}, 'ownKeys'))", "options"],
      ["client.signOut({ get local() { throw boo } })", "local"],
      ["client.accessToken(revoked({}))", "options"],
      ["call.verifyJwt({ keys: { get keys() { throw boo } } })", "keys"],
      ["call.verifyJwt({ keys: { keys: [{ toJSON() { throw boo } }] } })", "keys"],
      ["call.verifyJwt({ keys: revoked({}) })", "keys"],
      ["call.verifyJwt({ audience: hostile(['a'], 'get') })", "audience"],
      ["call.verifyJwt({ algorithms: revoked([]) })", "algorithms"],
    ]);
  });

  await t.test("fetch refuses what the browser's own fetch refuses, and never hangs", async () => {
    const found = await outcomes([
      "client.fetch()",
      "client.fetch(Symbol())",
      "client.fetch(api, 7)",
      "client.fetch(api, { get method() { throw boo } })",
      "client.fetch(api, { headers: { 'x y': '1' } })",
      "client.fetch(api, { signal: 7 })",
      "client.fetch(revoked({}))",
      "client.fetch({ toString() { throw boo } })",
      "client.fetch(api, hostile({}, 'get'))",
    ]);
    for (const outcome of found) {
      assert.equal(outcome.isAuthError, true, JSON.stringify(outcome));
      assert.match(outcome.code, /^(invalid_option|unlisted_resource)$/, JSON.stringify(outcome));
      assert.ok(!JSON.stringify(outcome).includes(SECRET));
    }
  });

  await t.test("after all that, a new client signs in", async () => {
    assert.equal(await signInOnBarePage(tab), "ada");
  });
});

test("what a script puts on Object.prototype is no option of anybody's", async (t) => {
  const demo = await openBarePage(t);
  await demo.context.addInitScript(pollute);
  const tab = await demo.newTab();
  await tab.evaluate(install, { issuer: demo.provider.url, clientId: "tessera-demo" });

  const asked = tab.waitForRequest((request) => new URL(request.url()).pathname === "/auth");
  const subject = signInOnBarePage(tab);
  const { searchParams } = new URL((await asked).url());
  assert.equal(searchParams.get("scope"), "openid");
  assert.equal(searchParams.get("redirect_uri"), demo.url);
  for (const name of ["prompt", "evil", "login_hint", "acr_values"]) {
    assert.equal(searchParams.get(name), null, name);
  }
  assert.equal(await subject, "ada");
});

/** Through the real provider, and back to the same page. */
async function signInOnBarePage(tab) {
  const options = await tab.evaluate(() => good);
  await tab.evaluate(async () => {
    const client = await tessera.open(good);
    // Leaves the page, so that it never resolves.
    client.signIn().catch((error) => document.body.append(error.message));
  });
  await giveCredentials(tab, ADA);
  await allow(tab);
  await isLoaded(tab);
  return tab.evaluate(async (options) => {
    const client = await tessera.open(options);
    const { subject } = client.session ?? {};
    return subject ?? tessera.describe(client.error);
  }, options);
}

/** Runs in the page: what the expressions of the tests may name. */
async function install(good) {
  const secret = "hunter2-Zm9yYmlkZGVu-4711";
  const api = "https://api.example";
  const boo = new Error(secret);
  const hostile = (target, trap) =>
    new Proxy(target, {
      [trap]() {
        throw boo;
      },
    });
  const revoked = (target) => {
    const { proxy, revoke } = Proxy.revocable(target, {});
    revoke();
    return proxy;
  };
  // Each is good until the key that it is checked with is asked for.
  const part = (value) =>
    new TextEncoder()
      .encode(JSON.stringify(value))
      .toBase64({ alphabet: "base64url", omitPadding: true });
  const unsigned = (claims) => `${part({ alg: "RS256" })}.${part(claims)}.AAAA`;
  const token = unsigned({ sub: "ada" });

  const client = await tessera.createClient(good);
  const over = (base, options) =>
    typeof options === "object" && options && Symbol.iterator in options === false
      ? Object.defineProperties({ ...base }, Object.getOwnPropertyDescriptors(options))
      : options;
  const call = {
    createClient: (options = {}, asItIs) =>
      tessera.createClient(asItIs ? options : over(good, options)),
    signIn: (options) => client.signIn(options),
    signOut: (options) => client.signOut(options),
    accessToken: (options) => client.accessToken(options),
    verifyJwt: (options, asItIs) => {
      const { forge, ...rest } = Object(options);
      if (forge) {
        const issued = unsigned({ iss: rest.issuer });
        return tessera.verifyJwt(issued, rest);
      }
      return tessera.verifyJwt(token, asItIs ? options : over({ keys: { keys: [] } }, options));
    },
  };

  const values = {
    null: null,
    boolean: true,
    integer: 7,
    fraction: 0.5,
    negative: -1,
    "not a number": NaN,
    infinity: Infinity,
    "too large": 2 ** 32,
    bigint: 7n,
    string: "x",
    "boxed string": new String("x"),
    "boxed number": new Number(7),
    "boxed boolean": new Boolean(true),
    symbol: Symbol("x"),
    function: () => "x",
    class: class {},
    list: [],
    "list of numbers": [7],
    object: {},
    date: new Date(0),
    map: new Map(),
    promise: Promise.resolve("x"),
    controller: new AbortController(),
  };
  const objects = ["object", "date", "boxed number", "boxed boolean", "promise", "controller"];
  const right = {
    string: ["string"],
    url: ["string"],
    boolean: ["boolean"],
    integer: ["integer"],
    function: ["function", "class"],
    object: objects,
    list: ["list"],
    strings: ["string"],
    "key set": ["string"],
    choice: [],
    signal: [],
  };
  const tryWrongValues = async (method, types) => {
    const found = [];
    for (const [name, type] of Object.entries(types)) {
      for (const [value, wrong] of Object.entries(values)) {
        if (right[type].includes(value)) continue;
        const outcome = await tessera.attempt(() => call[method]({ [name]: wrong }));
        found.push({ name, value, outcome });
      }
    }
    return found;
  };

  const many = Array.from({ length: 9999 }, (_, index) => `https://api${index}.example/v1`);
  const names = { good, secret, api, boo, hostile, revoked, token, client, call, many };
  Object.assign(globalThis, names, { tryWrongValues });
}

/** Runs in the page before its scripts: options that nobody gave, each of which would change something. */
function pollute() {
  Object.assign(Object.prototype, {
    ...{
      issuer: "http://evil.example",
      provider: "evil",
      scope: "evil",
      storage: "evil",
      dpop: true,
    },
    ...{ verifySignature: false, handleRedirect: false, parameters: { evil: "1" }, logger: 7 },
    ...{ prompt: "none", loginHint: "evil", acrValues: "evil", local: true, audience: "evil" },
    ...{ url: "http://evil.example", keys: "http://evil.example", algorithms: ["none"] },
    ...{
      redirect: "error",
      credentials: "include",
      referrerPolicy: "unsafe-url",
      integrity: "evil",
    },
  });
}
