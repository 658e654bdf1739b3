// `createCookieClient` against Flask: Flask-JWT-Extended's cookie mode with its double submit, and Flask's own session.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  act,
  assertKept,
  events,
  makeClient,
  openPage,
  skip,
  startServer,
} from "./first-party.mjs";
import { call, session, until } from "./harness.mjs";

const options = ({ url }) => ({
  sessionUrl: `${url}/session`,
  loginUrl: `${url}/login`,
  refreshUrl: `${url}/refresh`,
  logoutUrl: `${url}/logout`,
  resources: [`${url}/api`],
  csrf: {
    cookie: "csrf_access_token",
    header: "X-CSRF-TOKEN",
    refreshCookie: "csrf_refresh_token",
  },
});

async function openFlask(t) {
  const flask = await startServer(t, "cookies");
  const page = await openPage(t, [flask]);
  await makeClient(page.tab, "createCookieClient", options(flask));
  return { ...page, flask };
}

const cookies = async (context) =>
  Object.fromEntries((await context.cookies()).map(({ name, value }) => [name, value]));

describe("a cookie client and Flask-JWT-Extended", { concurrency: 3, skip }, () => {
  test("signs in, calls, and signs out", async (t) => {
    const { flask, tab, context, ...page } = await openFlask(t);
    assert.equal(await session(tab), null);
    const signedIn = await act(tab, "signIn", ADA);
    assert.equal(signedIn.subject, "ada");
    assert.equal(signedIn.tokenType, "Cookie");
    assert.equal(signedIn.claims.fresh, true);
    assert.equal((await call(tab, `${flask.url}/api/me`)).status, 200);

    const jar = await cookies(context);
    const secrets = [jar.access_token_cookie, jar.refresh_token_cookie];
    assert.ok(secrets.every((secret) => secret.startsWith("ey")));
    assert.doesNotMatch(await tab.evaluate(() => document.cookie), /access_token_cookie/);
    await assertKept({ ...page, context }, tab, secrets);

    await act(tab, "signOut");
    assert.equal(await session(tab), null);
    assert.equal((await cookies(context)).access_token_cookie, undefined);
    await tab.reload();
    await tab.waitForFunction(() => globalThis.tessera);
    await makeClient(tab, "createCookieClient", options(flask));
    assert.equal(await session(tab), null);
  });

  test("sends cookies only under resources, and the CSRF header only with what changes something", async (t) => {
    const { flask, tab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    assert.equal((await call(tab, `${flask.url}/login`)).code, "unlisted_resource");
    const before = (await flask.requests()).length;
    for (const method of ["GET", "POST", "DELETE"]) {
      assert.equal((await call(tab, `${flask.url}/api/me`, { method })).status, 200, method);
    }
    const body = JSON.stringify({ words: "with a body" });
    const init = { method: "POST", body, headers: { "content-type": "application/json" } };
    assert.equal((await call(tab, `${flask.url}/api/me`, init)).status, 200);
    const seen = (await flask.requests()).slice(before);
    assert.deepEqual(
      seen.map(({ method, headers }) => [method, "x-csrf-token" in headers]),
      [
        ["GET", false],
        ["POST", true],
        ["DELETE", true],
        ["POST", true],
      ],
    );
    assert.ok(seen.every(({ headers }) => /access_token_cookie=/.test(headers.cookie)));
    assert.equal(seen.at(-1).body, body);
    // The plain fetch of the same page has no cookies there: it is another origin.
    const plain = await tab.evaluate(
      async (url) => (await fetch(url)).status,
      `${flask.url}/api/me`,
    );
    assert.equal(plain, 401);
  });

  test("renews with the refresh cookie's own CSRF value, once for two tabs and many calls", async (t) => {
    const { flask, tab, context, newTab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    const other = await newTab();
    await makeClient(other, "createCookieClient", options(flask));
    await flask.post("/test/revoke/access");
    const { csrf_refresh_token } = await cookies(context);
    const calls = [tab, other].flatMap((each) =>
      Array.from({ length: 5 }, () => call(each, `${flask.url}/api/me`, { method: "POST" })),
    );
    for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    const refreshes = await flask.requests("/refresh");
    assert.equal(refreshes.length, 1);
    assert.equal(refreshes[0].headers["x-csrf-token"], csrf_refresh_token);
    assert.ok(
      (await events(tab)).includes("refreshed") || (await events(other)).includes("refreshed"),
    );
  });

  test("a revoked refresh cookie ends the session in every tab", async (t) => {
    const { flask, tab, newTab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    const other = await newTab();
    await makeClient(other, "createCookieClient", options(flask));
    await flask.post("/test/revoke/access");
    await flask.post("/test/revoke/refresh");
    assert.equal((await call(tab, `${flask.url}/api/me`)).status, 401);
    await until(async () => (await session(tab)) === null, "the session ends");
    await until(async () => (await session(other)) === null, "the other tab hears of it");
  });

  test("a page that knows nothing asks the server, and renews an access cookie that is over", async (t) => {
    const { flask, tab, context, newTab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    const memory = { ...options(flask), storage: "memory", name: "knows nothing" };
    const next = await newTab();
    await makeClient(next, "createCookieClient", memory);
    assert.equal((await session(next)).subject, "ada");
    await context.clearCookies({ name: "access_token_cookie" });
    await next.reload();
    await next.waitForFunction(() => globalThis.tessera);
    await makeClient(next, "createCookieClient", memory);
    assert.equal((await session(next)).subject, "ada");
    assert.equal((await session(next)).claims.fresh, false);
    assert.equal((await act(next, "refresh")).subject, "ada");
  });

  test("a wrong password is access_denied in the server's words", async (t) => {
    const { tab } = await openFlask(t);
    const refused = await act(tab, "signIn", { ...ADA, password: "difference-1822" });
    assert.equal(refused.code, "access_denied");
    assert.equal(refused.oauth.errorDescription, "Bad username or password");
  });
});

describe("a cookie client and Flask's own session", { concurrency: 2, skip }, () => {
  const plain = ({ url }) => ({
    sessionUrl: `${url}/session`,
    loginUrl: `${url}/login`,
    logoutUrl: `${url}/logout`,
    resources: [`${url}/api`],
  });

  test("signs in, calls, follows the end of the session, and signs out", async (t) => {
    const flask = await startServer(t, "session");
    const { tab, context } = await openPage(t, [flask]);
    await makeClient(tab, "createCookieClient", plain(flask));
    assert.equal((await act(tab, "signIn", ADA)).subject, "ada");
    assert.equal((await session(tab)).canRefresh, false);
    assert.equal((await call(tab, `${flask.url}/api/me`, { method: "POST" })).status, 200);
    assert.equal((await flask.requests("/api/me")).at(-1).headers["x-csrf-token"], undefined);
    // The server forgets the session: the API's 401 makes the client ask who is signed in.
    await context.clearCookies({ name: "session" });
    assert.equal((await call(tab, `${flask.url}/api/me`)).status, 401);
    assert.equal(await session(tab), null);
    await act(tab, "signIn", ADA);
    await act(tab, "signOut");
    assert.equal(await session(tab), null);
    assert.equal((await act(tab, "refresh")) ?? null, null);
    assert.deepEqual(await events(tab), ["signedin", "signedout", "signedin", "signedout"]);
  });
});
