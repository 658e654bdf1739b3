// Signing out: here only, and at the provider.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  call,
  errorCode,
  events,
  giveCredentials,
  isSignedIn,
  isSignedOut,
  isStarted,
  openSignedIn,
  session,
  signIn,
  tokenRequests,
  until,
} from "./harness.mjs";

const confirm = (tab) => tab.getByRole("button", { name: "Sign out", exact: true }).click();

describe("sign out", { concurrency: 3 }, () => {
  test("forgets the tokens here, and asks the provider for nothing", async (t) => {
    const demo = await openSignedIn(t);
    const navigations = demo.provider.requests.filter(({ path }) =>
      path.startsWith("/session"),
    ).length;
    await demo.tab.getByTestId("sign-out-local").click();
    await isSignedOut(demo.tab);

    assert.equal(await session(demo.tab), null);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).code, "login_required");
    assert.deepEqual((await events(demo.tab)).at(-1), "signedout · user");
    assert.equal(
      demo.provider.requests.filter(({ path }) => path.startsWith("/session")).length,
      navigations,
    );
    await demo.tab.reload();
    await isSignedOut(demo.tab);
  });

  test("leaves the provider's session alone when it signs out here only", async (t) => {
    const { tab } = await openSignedIn(t);
    await tab.getByTestId("sign-out-local").click();
    await tab.getByTestId("sign-in").click();
    await isSignedIn(tab);
  });

  test("ends the session at the provider and comes back to the page", async (t) => {
    const demo = await openSignedIn(t);
    await demo.tab.getByTestId("sign-out").click();
    await confirm(demo.tab);
    await isSignedOut(demo.tab);
    assert.equal(new URL(demo.tab.url()).origin, new URL(demo.url).origin);

    await demo.tab.getByTestId("sign-in").click();
    await giveCredentials(demo.tab, ADA);
    await demo.tab.getByRole("button", { name: "Allow" }).click();
    await isSignedIn(demo.tab);
  });

  test("is signed out here even when the user stays signed in at the provider", async (t) => {
    const demo = await openSignedIn(t);
    await demo.tab.getByTestId("sign-out").click();
    await demo.tab.getByRole("button", { name: "Stay signed in" }).click();
    await isSignedOut(demo.tab);
    assert.equal(await session(demo.tab), null);
  });

  test("without the ID token the provider asks, and the user comes back with the state", async (t) => {
    const demo = await openSignedIn(t, {
      client: { stepUp: "popup" },
      provider: { trustsHint: true },
    });
    const { tab, url } = demo;
    await tab.evaluate(() => void globalThis.client.signOut({ idTokenHint: false }));
    await tab.getByRole("heading", { name: "Sign out?" }).waitFor();
    const asked = new URL(tab.url()).searchParams;
    assert.deepEqual([...asked.keys()], ["client_id", "post_logout_redirect_uri", "state"]);
    assert.match(asked.get("state"), /^signed-out\./);
    const addresses = [];
    tab.on("framenavigated", (frame) => addresses.push(frame.url()));
    await confirm(tab);
    await isSignedOut(tab);
    assert.equal(addresses[0], `${url}?state=${asked.get("state")}`);
    assert.deepEqual([tab.url(), await errorCode(tab)], [url, null]);

    // Once: whoever goes there again brings nothing that this tab has sent.
    await tab.goto(addresses[0]);
    await isSignedOut(tab);
    assert.deepEqual([tab.url(), await errorCode(tab)], [url, "state_mismatch"]);
  });

  test("with the ID token a provider that trusts it asks nobody", async (t) => {
    const demo = await openSignedIn(t, {
      client: { stepUp: "popup" },
      provider: { trustsHint: true },
    });
    const { tab, url } = demo;
    await tab.getByTestId("sign-out").click();
    const isConfirmed = ({ path }) => path === "/session/end/confirm";
    await until(() => demo.provider.requests.some(isConfirmed), "the provider has been told");
    await tab.waitForURL(url);
    await isStarted(tab);
    await isSignedOut(tab);
    assert.deepEqual([tab.url(), await errorCode(tab)], [url, null]);
    await tab.getByTestId("sign-in").click();
    await tab.locator("[name=password]").waitFor();
  });

  test("leaves nothing to renew with: no request to the token endpoint comes after it", async (t) => {
    const demo = await openSignedIn(t, { provider: { accessTokenLifetime: 5 } });
    const { expiresAt } = await session(demo.tab);
    await demo.tab.getByTestId("sign-out-local").click();
    await isSignedOut(demo.tab);
    const renewals = tokenRequests(demo);
    await until(() => Date.now() / 1000 > expiresAt + 1, "the token would have been renewed");
    assert.equal(tokenRequests(demo), renewals);
  });

  test("revokes the refresh token when asked, without ending the provider's session", async (t) => {
    const demo = await openSignedIn(t);
    await demo.tab.evaluate(() => client.revoke("refresh_token"));
    assert.ok(
      demo.provider.requests.some(
        ({ method, path }) => method === "POST" && path === "/token/revocation",
      ),
    );
    await demo.tab.evaluate(() => client.signOut({ local: true }));
    await isSignedOut(demo.tab);
    await demo.tab.getByTestId("sign-in").click();
    await isSignedInWithOrWithoutConsent(demo.tab);
  });

  test("signs in again after signing out, as somebody else", async (t) => {
    const { tab } = await openSignedIn(t);
    await tab.getByTestId("sign-out").click();
    await confirm(tab);
    await isSignedOut(tab);
    await signIn(tab, { account: { username: "grace", password: "nanosecond" } });
    assert.equal((await session(tab)).subject, "grace");
  });
});

/** Revocation ends the grant at this provider, so it may ask for consent once more; never for the password. */
async function isSignedInWithOrWithoutConsent(tab) {
  const allow = tab.getByRole("button", { name: "Allow" });
  await allow.or(tab.getByTestId("subject")).first().waitFor();
  if (await allow.isVisible()) await allow.click();
  await isSignedIn(tab);
}
