// `createPasswordClient` against servers that we did not write: Flask with Flask-JWT-Extended, and FastAPI's password form.

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
import { call, errorCode, session, until } from "./harness.mjs";

const flaskOptions = ({ url }) => ({
  loginUrl: `${url}/login`,
  refreshUrl: `${url}/refresh`,
  logoutUrl: `${url}/logout`,
  resources: [`${url}/api`],
});

const fastApiOptions = ({ url }) => ({
  loginUrl: `${url}/token`,
  encoding: "form",
  resources: [`${url}/users`],
});

async function openFlask(t, options) {
  const flask = await startServer(t, "tokens");
  const page = await openPage(t, [flask]);
  await makeClient(page.tab, "createPasswordClient", { ...flaskOptions(flask), ...options });
  return { ...page, flask };
}

async function openFastApi(t) {
  const fastApi = await startServer(t, "fastApi");
  const page = await openPage(t, [fastApi]);
  await makeClient(page.tab, "createPasswordClient", fastApiOptions(fastApi));
  return { ...page, fastApi };
}

describe("a password client and Flask-JWT-Extended", { concurrency: 3, skip }, () => {
  test("signs in, calls, and signs out", async (t) => {
    const { flask, tab, ...page } = await openFlask(t);
    assert.equal(await session(tab), null);
    const signedIn = await act(tab, "signIn", ADA);
    assert.equal(signedIn.subject, "ada");
    assert.equal(signedIn.tokenType, "Bearer");
    assert.equal(signedIn.claims.fresh, true);
    assert.equal(signedIn.expiresAt, signedIn.claims.exp, "without expires_in it is the JWT's exp");
    const answer = await call(tab, `${flask.url}/api/me`);
    assert.deepEqual(JSON.parse(answer.text), { sub: "ada", fresh: true });
    assert.equal((await call(tab, `${flask.url}/session`)).code, "unlisted_resource");

    const token = await act(tab, "accessToken");
    await act(tab, "signOut");
    assert.equal(await session(tab), null);
    // Both tokens are revoked at the server.
    assert.equal((await flask.requests("/logout")).length, 2);
    const headers = { authorization: `Bearer ${token}` };
    const revoked = await fetch(`${flask.url}/api/me`, { headers });
    assert.deepEqual(await revoked.json(), { msg: "Token has been revoked" });
    assert.deepEqual(await events(tab), ["signedin", "signedout"]);
    await assertKept(page, tab, [token]);
  });

  test("a wrong password is access_denied in the server's words", async (t) => {
    const { tab, ...page } = await openFlask(t);
    const refused = await act(tab, "signIn", { ...ADA, password: "difference-1822" });
    assert.equal(refused.code, "access_denied");
    assert.equal(refused.retryable, false);
    assert.equal(refused.isAuthError, true);
    assert.deepEqual(refused.oauth, {
      error: "",
      errorDescription: "Bad username or password",
      status: 401,
    });
    assert.equal(await errorCode(tab), "access_denied");
    assert.ok(!JSON.stringify(refused).includes("difference-1822"));
    await act(tab, "signIn", ADA);
    assert.equal(await errorCode(tab), null);
    await assertKept(page, tab, []);
  });

  for (const storage of ["indexeddb", "local", "session", "memory"]) {
    test(`sends the password once and keeps it nowhere (${storage})`, async (t) => {
      const { flask, tab, ...page } = await openFlask(t, { storage });
      await act(tab, "signIn", ADA);
      await flask.post("/test/revoke/access");
      assert.equal((await call(tab, `${flask.url}/api/me`)).status, 200);
      const withIt = (await flask.requests()).filter((request) =>
        JSON.stringify(request).includes(ADA.password),
      );
      assert.deepEqual(
        withIt.map(({ method, path }) => `${method} ${path}`),
        ["POST /login"],
      );
      await assertKept(page, tab, []);
    });
  }

  test("refreshes with the refresh token as Bearer, once for two tabs and many calls", async (t) => {
    const { flask, tab, newTab } = await openFlask(t);
    await flask.post("/test/lifetime/2");
    await act(tab, "signIn", ADA);
    const other = await newTab();
    await makeClient(other, "createPasswordClient", flaskOptions(flask));
    assert.equal((await session(other)).subject, "ada");
    const { expiresAt } = await session(tab);
    await until(() => Date.now() / 1000 > expiresAt + 0.5, "the token expires");
    await flask.post("/test/lifetime/900");
    const calls = [tab, other].flatMap((each) =>
      Array.from({ length: 5 }, () => call(each, `${flask.url}/api/me`)),
    );
    for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    const refreshes = await flask.requests("/refresh");
    assert.equal(refreshes.length, 1);
    assert.match(refreshes[0].headers.authorization, /^Bearer ey/);
    assert.equal(refreshes[0].body, "");
    assert.deepEqual(await session(tab), await session(other));
  });

  test("a token that is not fresh is refused where a fresh one is wanted, until the user signs in again", async (t) => {
    const { flask, tab } = await openFlask(t);
    const fresh = () => call(tab, `${flask.url}/api/fresh`, { method: "POST", body: "{}" });
    await act(tab, "signIn", ADA);
    assert.equal((await fresh()).status, 200);
    await act(tab, "accessToken", { fresh: true });
    assert.equal((await session(tab)).claims.fresh, false);
    const refused = await fresh();
    assert.deepEqual(
      [refused.status, JSON.parse(refused.text)],
      [401, { msg: "Fresh token required" }],
    );
    assert.notEqual(await session(tab), null);
    await act(tab, "signIn", ADA);
    assert.equal((await fresh()).status, 200);
  });

  test("a revoked access token is renewed, a revoked refresh token ends the session in every tab", async (t) => {
    const { flask, tab, newTab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    const other = await newTab();
    await makeClient(other, "createPasswordClient", flaskOptions(flask));
    await flask.post("/test/revoke/access");
    assert.equal((await call(tab, `${flask.url}/api/me`)).status, 200);
    await flask.post("/test/revoke/access");
    await flask.post("/test/revoke/refresh");
    const lost = await act(tab, "accessToken", { fresh: true });
    assert.equal(lost.code, "session_lost");
    assert.equal(lost.oauth.errorDescription, "Token has been revoked");
    assert.equal(await session(tab), null);
    await until(async () => (await session(other)) === null, "the other tab hears of it");
    assert.equal((await call(other, `${flask.url}/api/me`)).code, "login_required");
  });

  test("a 422 of the refresh endpoint ends the session in the server's words", async (t) => {
    // What is presented is an access token.
    const { tab } = await openFlask(t, { fields: { refreshToken: "access_token" } });
    await act(tab, "signIn", ADA);
    const lost = await act(tab, "accessToken", { fresh: true });
    assert.equal(lost.code, "session_lost");
    assert.deepEqual(lost.oauth, {
      error: "",
      errorDescription: "Only refresh tokens are allowed",
      status: 422,
    });
  });

  test("a session outlives the page and is there in a new tab", async (t) => {
    const { flask, tab, newTab } = await openFlask(t);
    await act(tab, "signIn", ADA);
    for (const next of [tab, await newTab()]) {
      await next.reload();
      await next.waitForFunction(() => globalThis.tessera);
      await makeClient(next, "createPasswordClient", flaskOptions(flask));
      assert.equal((await session(next)).subject, "ada");
      assert.equal((await call(next, `${flask.url}/api/me`)).status, 200);
    }
    assert.equal((await flask.requests("/login")).length, 1);
  });
});

describe("a password client and FastAPI", { concurrency: 2, skip }, () => {
  test("posts the OAuth2 password form, and takes refusals in `detail`", async (t) => {
    const { fastApi, tab, ...page } = await openFastApi(t);
    const refused = await act(tab, "signIn", { ...ADA, password: "difference-1822" });
    assert.equal(refused.code, "access_denied");
    assert.equal(refused.oauth.errorDescription, "Incorrect username or password");
    const incomplete = await act(tab, "signIn", { username: "ada" });
    assert.equal(incomplete.code, "access_denied");
    assert.equal(incomplete.oauth.status, 422);
    assert.equal(incomplete.oauth.errorDescription, "Field required");

    const signedIn = await act(tab, "signIn", ADA);
    assert.equal(signedIn.subject, "ada");
    assert.equal(signedIn.canRefresh, false);
    const login = (await fastApi.requests("/token")).at(-1);
    assert.equal(login.headers["content-type"], "application/x-www-form-urlencoded");
    assert.equal(login.body, "username=ada&password=engine-1843");
    const answer = await call(tab, `${fastApi.url}/users/me`);
    assert.deepEqual(JSON.parse(answer.text), { username: "ada" });
    await assertKept(page, tab, [await act(tab, "accessToken")]);
  });

  test("a JWT that cannot be renewed ends the session by its exp", async (t) => {
    const { fastApi, tab } = await openFastApi(t);
    await fastApi.post("/test/options", { lifetime: 2 });
    const { expiresAt, claims } = await act(tab, "signIn", ADA);
    assert.equal(expiresAt, claims.exp);
    await until(async () => (await session(tab)) === null, "the session ends");
    assert.deepEqual((await events(tab)).slice(0, 2), ["signedin", "signedout"]);
    assert.equal((await call(tab, `${fastApi.url}/users/me`)).code, "login_required");
  });

  test("an opaque token is never parsed, and is over when the API says so", async (t) => {
    const { fastApi, tab } = await openFastApi(t);
    await fastApi.post("/test/options", { is_opaque: true });
    const signedIn = await act(tab, "signIn", ADA);
    const { subject, claims, expiresAt } = signedIn;
    assert.deepEqual(
      { subject, claims, expiresAt },
      { subject: null, claims: null, expiresAt: null },
    );
    assert.equal((await call(tab, `${fastApi.url}/users/me`)).status, 200);
    await fastApi.post("/test/options", {}); // forgets what it has issued
    const refused = await call(tab, `${fastApi.url}/users/me`);
    assert.equal(refused.status, 401);
    assert.equal(await session(tab), null);
  });
});
