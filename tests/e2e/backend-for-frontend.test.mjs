// `createCookieClient` before a real backend-for-frontend, which has the tokens of a real provider: no token ever comes to the page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { start as startApi } from "../../www/server/api.mjs";
import { listen } from "../../www/server/listen.mjs";
import { SCOPE, start as startProvider } from "../../www/server/provider.mjs";
import { startBackend } from "./backend-for-frontend/server.mjs";
import { ADA, allow, browser, giveCredentials, until } from "./harness.mjs";
import { assertNoSecrets } from "./secrets.mjs";

const CLIENT_ID = "backend-for-frontend";
const CLIENT_SECRET = "of-the-backend-alone-0123456789abcdef";

async function open(t, { accessTokenLifetime } = {}) {
  const [socket, providerSocket, apiSocket] = await Promise.all(
    ["backend", "identity provider", "API"].map((name) => listen({ name })),
  );
  const provider = await startProvider({
    socket: providerSocket,
    pageUrl: socket.url,
    apiUrl: apiSocket.url,
    accessTokenLifetime,
    otherClients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        token_endpoint_auth_method: "client_secret_basic",
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        redirect_uris: [`${socket.url}/bff/callback`],
        post_logout_redirect_uris: [`${socket.url}/`],
      },
    ],
  });
  const issuer = provider.url;
  const audience = apiSocket.url;
  const api = await startApi({
    socket: apiSocket,
    issuer,
    origins: [],
    audience,
    clientId: CLIENT_ID,
  });
  const client = { clientID: CLIENT_ID, clientSecret: CLIENT_SECRET };
  const backend = startBackend({ socket, issuer, client, apiUrl: api.url, scope: SCOPE });
  const context = await (await browser()).newContext();
  context.setDefaultTimeout(20_000);

  // Whatever the backend and the API send to the browser.
  const bodies = [];
  context.on("response", (response) => {
    if (!response.url().startsWith(issuer)) bodies.push(read(response));
  });
  t.after(async () => {
    await context.close();
    for (const server of [backend, api, provider]) await server.close();
  });

  const newTab = async () => {
    const tab = await context.newPage();
    await tab.goto(`${backend.url}/`);
    await start(tab);
    return tab;
  };
  /** No token in what came to the page, nor in anything that it can read. */
  const assertNoTokens = async (tab) => {
    const readable = await tab.evaluate(readEverything);
    const came = (await Promise.all(bodies)).flat();
    assert.ok(provider.secrets.size > 2);
    // The code comes by in an address of the backend's, and is used up there.
    const tokens = [...provider.secrets].filter(
      (secret) => !came.some((text) => isAddressWith(text, secret)),
    );
    assertNoSecrets(new Set([...tokens, CLIENT_SECRET]), [...came, ...readable]);
  };
  return { backend, api, provider, context, newTab, assertNoTokens };
}

/** What came with an answer. Of one whose page is gone the body is gone too, and Playwright may wait for it for ever. */
async function read(response) {
  const headers = Object.values(response.headers());
  const gone = new Promise((resolve) => setTimeout(resolve, 2_000, ""));
  return [...headers, await Promise.race([response.text().catch(() => ""), gone])];
}

const isAddressWith = (text, code) => URL.parse(text)?.searchParams.get("code") === code;

/** The page's client: `globalThis.client`. */
async function start(tab) {
  await tab.waitForFunction(() => globalThis.tessera);
  await tab.evaluate(async () => {
    globalThis.client = await globalThis.tessera.createCookieClient({
      sessionUrl: "/bff/session",
      loginUrl: "/bff/login",
      logoutUrl: "/bff/logout",
      csrf: { cookie: "csrf", header: "X-CSRF-Token" },
      resources: ["/api"],
    });
  });
}

/** Cookies, storage, IndexedDB, the page and its client, as texts. */
async function readEverything() {
  const texts = [document.cookie, document.documentElement.outerHTML, location.href];
  texts.push(JSON.stringify(globalThis.client.session), JSON.stringify(history.state));
  for (const area of [localStorage, sessionStorage]) texts.push(JSON.stringify({ ...area }));
  for (const { name } of await indexedDB.databases()) {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open(name);
      request.onsuccess = () => resolve(request.result);
    });
    for (const store of database.objectStoreNames) {
      const request = database.transaction(store).objectStore(store).getAll();
      const values = await new Promise(
        (resolve) => (request.onsuccess = () => resolve(request.result)),
      );
      for (const value of values)
        texts.push(
          value instanceof Uint8Array ? String.fromCharCode(...value) : JSON.stringify(value),
        );
    }
    database.close();
  }
  return texts;
}

/** The page goes to the backend, which goes to the provider, and back. */
async function signIn(tab) {
  await tab.evaluate(() => void globalThis.client.signIn());
  await giveCredentials(tab, ADA);
  await allow(tab);
  await tab.waitForFunction(() => globalThis.tessera);
  await start(tab);
}

const subject = (tab) => tab.evaluate(() => globalThis.client.session?.subject ?? null);
const call = (tab, path, init) =>
  tab.evaluate(
    ([path, init]) =>
      globalThis.client.fetch(path, init).then(
        ({ status }) => status,
        ({ code }) => code,
      ),
    [path, init],
  );

describe("backend-for-frontend", { concurrency: 2 }, () => {
  test("signs in by leaving for it, calls through it, and signs out; no token comes to the page", async (t) => {
    const demo = await open(t);
    const tab = await demo.newTab();
    assert.equal(await subject(tab), null);
    assert.equal(await call(tab, "/api/me"), "login_required");
    await signIn(tab);
    assert.equal(await subject(tab), "ada");
    assert.equal((await tab.evaluate(() => globalThis.client.session)).tokenType, "Cookie");
    assert.equal(await call(tab, "/api/me"), 200);
    assert.equal(await call(tab, "/api/me", { method: "POST" }), 200);
    assert.equal(await call(tab, "/elsewhere"), "unlisted_resource");
    assert.ok(
      demo.api.requests.every(({ headers }) => headers.authorization?.startsWith("Bearer ")),
    );
    const [get, post] = demo.backend.calls;
    assert.equal(get.headers["x-csrf-token"], undefined);
    assert.ok(post.headers["x-csrf-token"]);
    assert.equal(post.headers.authorization, undefined);
    await demo.assertNoTokens(tab);

    // Another tab of the same browser is signed in too, and hears of the end.
    const other = await demo.newTab();
    assert.equal(await subject(other), "ada");
    await tab.evaluate(() => globalThis.client.signOut());
    await until(async () => (await subject(other)) === null, "the other tab hears of it");
    assert.equal(await subject(tab), null);
    assert.equal(await tab.evaluate(() => fetch("/api/me").then(({ status }) => status)), 401);
    await demo.assertNoTokens(tab);
  });

  test("a page of somebody else's cannot change anything: without the header it is refused", async (t) => {
    const demo = await open(t);
    const tab = await demo.newTab();
    await signIn(tab);
    assert.equal(
      await tab.evaluate(() => fetch("/api/me", { method: "POST" }).then(({ status }) => status)),
      403,
    );
    assert.equal(await call(tab, "/api/me", { method: "POST" }), 200);
  });

  test("the backend renews its tokens, and the page knows nothing of it", async (t) => {
    const demo = await open(t, { accessTokenLifetime: 3 });
    const tab = await demo.newTab();
    await signIn(tab);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    assert.equal(await call(tab, "/api/me"), 200);
    assert.ok(demo.provider.tokenRequests.some(({ grantType }) => grantType === "refresh_token"));
    await demo.assertNoTokens(tab);
  });

  test("signOut can end the provider's session too, by an address of the backend's", async (t) => {
    const demo = await open(t);
    const tab = await demo.newTab();
    await signIn(tab);
    await tab.evaluate(() => void globalThis.client.signOut({ returnTo: "/bff/bye" }));
    await tab.getByRole("button", { name: "Sign out", exact: true }).click();
    await tab.waitForURL(`${demo.backend.url}/`);
    await start(tab);
    assert.equal(await subject(tab), null);
    await tab.evaluate(() => void globalThis.client.signIn());
    // The provider asks again.
    await tab.locator("[name=password]").waitFor();
  });
});
