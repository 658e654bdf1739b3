// Options of odd kinds: what can be read is read, what throws is refused, and none of it breaks the module.

import assert from "node:assert/strict";
import { test } from "node:test";
import { assertAuthError, isLoaded, openBarePage } from "./bare-page.mjs";
import { ADA, allow, giveCredentials } from "./harness.mjs";
import { openOptionsPage, prepare } from "./options-page.mjs";

test("odd options", async (t) => {
  const { tab, outcome, assertRefused, assertAccepted } = await openOptionsPage(t);

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
    const wrong = [
      "call.createClient({ issuer: '\\ud800' })",
      "call.createClient({ '\\0': 7 })",
      "call.createClient({ '\\udfff': 7 })",
      "call.createClient({ storage: 'memory\\0' })",
      "call.createClient({ resources: ['https://api.example\\0.evil.example'] })",
      "call.signIn({ returnTo: 'https://\\ud800' })",
      "client.handleRedirect('\\0https://')",
      "call.verifyJwt({ keys: 'https://\\ud800' })",
    ];
    for (const expression of wrong) {
      assertAuthError(await outcome(expression), "invalid_option", "", expression);
    }
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
    const wrong = [
      "client.fetch()",
      "client.fetch(Symbol())",
      "client.fetch(api, 7)",
      "client.fetch(api, { get method() { throw boo } })",
      "client.fetch(api, { headers: { 'x y': '1' } })",
      "client.fetch(api, { signal: 7 })",
      "client.fetch(revoked({}))",
      "client.fetch({ toString() { throw boo } })",
      "client.fetch(api, hostile({}, 'get'))",
    ];
    for (const expression of wrong) {
      const { isAuthError, code } = await outcome(expression);
      assert.equal(isAuthError, true, expression);
      assert.match(code, /^(invalid_option|unlisted_resource)$/, expression);
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
  await prepare(tab, demo.provider.url);

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
