// Signing in: consent, refusal, wrong passwords, other accounts, other algorithms.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  allow,
  call,
  errorCode,
  giveCredentials,
  isSignedIn,
  isSignedOut,
  isStarted,
  openDemo,
  openSignedIn,
  refuse,
  session,
  signIn,
  tokenRequests,
} from "./harness.mjs";

describe("sign in", { concurrency: 3 }, () => {
  test("signs in with consent, shows who it is, and calls the API", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await signIn(tab);

    assert.equal(await tab.getByTestId("name").textContent(), "Ada Lovelace");
    assert.equal(await tab.getByTestId("email").textContent(), "ada@demo.example");
    assert.equal(tab.url(), demo.url, "the URL is clean");
    assert.equal(tokenRequests(demo, "authorization_code"), 1);

    const { claims, subject, tokenType, canRefresh, expiresAt } = await session(tab);
    assert.equal(subject, "ada");
    assert.equal(claims.iss, demo.provider.url);
    assert.equal(tokenType, "Bearer");
    assert.equal(canRefresh, true);
    assert.ok(
      Math.abs(expiresAt - Date.now() / 1000 - 60) < 15,
      "the access token lives for a minute",
    );

    const answer = await call(tab, `${demo.api.url}/me`);
    assert.equal(answer.status, 200);
    assert.equal(JSON.parse(answer.text).aud, demo.api.url);
  });

  test("starts the app when the user refuses, and says why", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.getByTestId("sign-in").click();
    await giveCredentials(tab, ADA);
    await refuse(tab);

    await isSignedOut(tab);
    assert.equal(await errorCode(tab), "access_denied");
    assert.equal(await tab.getByTestId("problem-code").textContent(), "access_denied");
    assert.equal(await tab.evaluate(() => globalThis.client.error.oauth.error), "access_denied");
    assert.equal(tab.url(), demo.url, "the URL is clean");
    assert.equal(tokenRequests(demo, "authorization_code"), 0);
  });

  test("forgets a refusal once a sign-in succeeds", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.getByTestId("sign-in").click();
    await refuse(tab);
    await isSignedOut(tab);
    assert.equal(await errorCode(tab), "access_denied");

    await signIn(tab);
    assert.equal(await errorCode(tab), null);
    assert.equal(await tab.getByTestId("problem").isVisible(), false);
  });

  test("lets the user correct a wrong password", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.getByTestId("sign-in").click();
    await giveCredentials(tab, { ...ADA, password: "engine-1842" });
    await tab.getByTestId("sign-in-problem").waitFor();
    await giveCredentials(tab, ADA);
    await allow(tab);
    await isSignedIn(tab);
  });

  test("shows names in every script as they are", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await signIn(tab, { account: { username: "zoë", password: "pässwörd" } });
    assert.equal(await tab.getByTestId("name").textContent(), "Zoë Ångström 🦉");
    assert.equal((await session(tab)).subject, "zoë");
  });

  test("checks ID tokens signed with ES256", async (t) => {
    const { tab } = await openSignedIn(t, { provider: { idTokenAlg: "ES256" } });
    assert.equal((await session(tab)).subject, "ada");
  });

  test("asks for the password again when told to, and takes another user", async (t) => {
    const { tab } = await openSignedIn(t);
    await tab.getByTestId("sign-out-local").click();
    await isSignedOut(tab);

    await tab.getByTestId("sign-in-other").click();
    await giveCredentials(tab, { username: "grace", password: "nanosecond" });
    await allow(tab);
    await isSignedIn(tab);
    assert.equal((await session(tab)).subject, "grace");
  });

  test("asks the provider about the user, where the token is for the provider", async (t) => {
    const { tab } = await openSignedIn(t, {
      client: { resources: [], scope: "openid profile email" },
    });
    const { sub, name, email } = await tab.evaluate(() => client.userInfo());
    assert.deepEqual(
      { sub, name, email },
      { sub: "ada", name: "Ada Lovelace", email: "ada@demo.example" },
    );
  });

  test("remembers where the user was going", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.goto(`${demo.url}?view=orders#latest`);
    await isStarted(tab);
    await signIn(tab);
    assert.equal(
      String(await tab.evaluate(() => globalThis.client.returnTo)),
      `${demo.url}?view=orders#latest`,
    );
  });

  test("refuses to return to another origin", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    for (const returnTo of ["https://evil.test/", "//evil.test/", "javascript:alert(1)"]) {
      const code = await tab.evaluate(
        (returnTo) => globalThis.client.signIn({ returnTo }).catch((error) => error.code),
        returnTo,
      );
      assert.equal(code, "invalid_option", returnTo);
    }
    assert.equal(tab.url(), demo.url);
  });

  test("answers a callback that nobody began with state_mismatch, and starts", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.context.newPage();
    await tab.goto(
      `${demo.url}?code=somebody-elses-code&state=somebody-elses-state&iss=${encodeURIComponent(demo.provider.url)}`,
    );
    await isSignedOut(tab);
    assert.equal(await tab.getByTestId("problem-code").textContent(), "state_mismatch");
    assert.equal(tab.url(), demo.url, "the URL is clean");
    assert.equal(tokenRequests(demo, "authorization_code"), 0);
  });
});
