// The switches of the demo page: each shows on the page what it does on the wire.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { answer, press, saw } from "./demo-page.mjs";
import {
  ADA,
  allow,
  arrive,
  events,
  giveCredentials,
  isSignedIn,
  isSignedOut,
  isStarted,
  openDemo,
  openSignedIn,
} from "./harness.mjs";

/** The provider's page is asked every two seconds. */
const LOOKED_TWICE_MS = 5_000;
const STRONG = "urn:demo:two-factor";

/** Presses a button that opens a window. */
async function popupOf(tab, button) {
  const [popup] = await Promise.all([tab.waitForEvent("popup"), tab.getByTestId(button).click()]);
  return popup;
}

describe("switches of OAuth", { concurrency: 3 }, () => {
  test("DPoP and the second API: a proof with each call, a token for each API, at the address where it began", async (t) => {
    const at = "?with=oauth&on=dpop+second";
    const { tab, url, api, second } = await openSignedIn(t, { at });
    assert.equal(tab.url(), url + at);
    assert.equal(await tab.getByTestId("token-type").textContent(), "DPoP");
    for (const [call, { url: audience }] of [
      ["call-me", api],
      ["call-second", second],
    ]) {
      assert.match(await press(tab, call), /^200 OK/);
      const [scheme, proof, aud] = await saw(tab);
      assert.deepEqual(
        [scheme, proof, aud],
        ["Authorization: DPoP", "DPoP: a proof", `aud ${audience}`],
      );
    }
    await tab.getByTestId("token-toggle").click();
    await tab.locator("#token .audience").nth(1).waitFor();
    assert.deepEqual(await tab.locator("#token .audience").allTextContents(), [
      `For ${api.url}`,
      `For ${second.url}`,
    ]);
  });

  test("PAR and Popup: the window's address names a reference, and the page stays as it is", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    for (const id of ["par", "popup"]) {
      await tab.getByTestId(`on-${id}`).click();
      await tab.locator(`#on-${id}:focus:checked`).waitFor();
    }
    assert.equal(tab.url(), `${demo.url}?with=oauth&on=par+popup`);
    await tab.evaluate(() => (globalThis.draft = "unsent words"));
    const popup = await popupOf(tab, "sign-in");
    await popup.getByTestId("addressed").waitFor();
    const named = await popup.getByTestId("addressed").locator("code").allTextContents();
    assert.deepEqual(named.sort(), ["client_id", "request_uri"]);
    await giveCredentials(popup, ADA);
    await allow(popup);
    await isSignedIn(tab);
    assert.equal(await tab.evaluate(() => globalThis.draft), "unsent words");
  });

  test("everything at once, and Step-up in a window: the call goes again and is answered; a wider scope opens what was closed", async (t) => {
    const demo = await openSignedIn(t, {
      at: "?with=oauth&on=popup+dpop+par+step-up+second",
      expectError: /status of 403/,
    });
    const { tab } = demo;
    await tab.getByTestId("strength").waitFor({ state: "hidden" });
    const popup = await popupOf(tab, "call-vault");
    assert.match(await popup.getByTestId("asked").textContent(), new RegExp(STRONG));
    await giveCredentials(popup, ADA);
    assert.match(await answer(tab), /^200 OK/);
    assert.ok((await saw(tab)).includes(`acr ${STRONG}`));
    assert.match(await tab.getByTestId("strength").textContent(), new RegExp(STRONG));

    assert.match(await press(tab, "call-orders"), /^403 .*insufficient_scope/s);
    await allow(await popupOf(tab, "widen"));
    await tab.getByTestId("scope").filter({ hasText: "api:write" }).waitFor();
    assert.match(await press(tab, "call-orders"), /^200 OK/);
  });

  test("Step-up by redirect: comes back to the address; without it the page has the answer", async (t) => {
    const { tab, url } = await openSignedIn(t);
    assert.match(await press(tab, "call-vault"), /^401 .*insufficient_user_authentication/s);
    await tab.getByTestId("problem").filter({ hasText: "step_up_required" }).waitFor();
    await tab.getByTestId("on-step-up").click();
    await isSignedIn(tab);
    await tab.getByTestId("call-vault").click();
    await giveCredentials(tab, ADA);
    await tab.getByTestId("strength").filter({ hasText: STRONG }).waitFor();
    assert.equal(tab.url(), `${url}?with=oauth&on=step-up`);
    assert.match(await press(tab, "call-vault"), /^200 OK/);
  });

  test("Only an API: the page asks it who its provider is, once, and every token is for it", async (t) => {
    const { tab, url, api, provider } = await openSignedIn(t, { at: "?with=oauth&on=resource" });
    assert.match(await press(tab, "call-me"), /^200 OK/);
    assert.ok((await saw(tab)).includes(`aud ${api.url}`));
    assert.ok(provider.tokenRequests.every(({ resource }) => resource === api.url));
    await tab.reload();
    await isSignedIn(tab);
    const asked = api.requests.filter(({ path }) => path.startsWith("/.well-known/"));
    assert.deepEqual(
      asked.map(({ path, authorized, status }) => [path, authorized, status]),
      [["/.well-known/oauth-protected-resource", false, 200]],
    );
    await tab.getByTestId("on-second").click();
    await isSignedOut(tab);
    assert.equal(tab.url(), `${url}?with=oauth&on=resource+second`);
    const listing = await tab.locator("#listing code").textContent();
    assert.match(listing, new RegExp(`resource: "${api.url}"`));
    assert.doesNotMatch(listing, /issuer/);
  });

  test("Watch the session: who signs out at the provider is signed out here, and a session that goes on is left alone", async (t) => {
    const demo = await openSignedIn(t, { at: "?with=oauth&on=watch" });
    const { tab, context, provider } = demo;
    const looked = () => provider.requests.filter(({ path }) => path === "/auth").length;
    await tab.locator("iframe").waitFor({ state: "attached" });
    const before = looked();
    await wait(LOOKED_TWICE_MS);
    assert.equal(looked(), before, "nothing has changed");

    const [there] = await Promise.all([
      context.waitForEvent("page"),
      tab.getByTestId("end-session").click(),
    ]);
    await there.getByRole("button", { name: "Sign out", exact: true }).click();
    await there.getByText("You can close this tab.").waitFor();
    await there.close();
    await tab.bringToFront();
    await isSignedOut(tab);
    await tab.getByTestId("problem").filter({ hasText: "session_lost" }).waitFor();
    assert.ok((await events(tab)).includes("signedout · expired"));
  });

  test("FAPI 2.0: the client of that profile pushes its request, shows proofs, and has its ID token by ES256", async (t) => {
    const demo = await openDemo(t, { at: "?with=oauth&on=fapi2" });
    const tab = await demo.newTab();
    await tab.getByTestId("sign-in").click();
    await tab.getByTestId("addressed").waitFor();
    const named = await tab.getByTestId("addressed").locator("code").allTextContents();
    assert.deepEqual(named.sort(), ["client_id", "request_uri"]);
    await giveCredentials(tab, ADA);
    await allow(tab);
    await isSignedIn(tab);
    assert.equal(await tab.getByTestId("token-type").textContent(), "DPoP");
    assert.match(await press(tab, "call-me"), /^200 OK/);
    assert.deepEqual((await saw(tab)).slice(0, 2), ["Authorization: DPoP", "DPoP: a proof"]);
    assert.ok(demo.provider.tokenRequests.every(({ isProven }) => isProven));
    await tab.getByTestId("claims").getByText("tessera-demo-fapi2").first().waitFor();

    // The other client is none of that profile's.
    const other = await demo.context.newPage();
    await other.goto(demo.url);
    await arrive(demo, other);
    assert.equal(await other.getByTestId("token-type").textContent(), "Bearer");
  });

  test("signs in silently while the provider knows the user, and says login_required when it does not", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.getByTestId("sign-in-silent").click();
    await tab.getByTestId("problem").filter({ hasText: "login_required" }).waitFor();
    await arrive(demo, tab);
    await tab.getByTestId("sign-out-local").click();
    await isSignedOut(tab);
    await tab.getByTestId("sign-in-silent").click();
    await isSignedIn(tab);
    assert.ok((await events(tab)).includes("signedin"));
  });
});

describe("kinds", { concurrency: 3 }, () => {
  test("are links that keep their place over a reload and in a second tab", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.getByTestId("kind-key").click();
    await tab.getByTestId("on-memory").click();
    await tab.locator("#on-memory:checked").waitFor();
    assert.equal(tab.url(), `${demo.url}?with=key&on=memory`);
    await tab.goto(demo.url);
    await isStarted(tab);
    assert.equal(tab.url(), `${demo.url}?with=key&on=memory`);
    assert.equal(await tab.getByTestId("second-tab").getAttribute("href"), "/?with=key&on=memory");
    const fresh = await demo.newTab();
    assert.equal(await fresh.getByTestId("kind-oauth").getAttribute("aria-current"), "page");
  });

  test("say what is not running here, and what to install", async (t) => {
    const lacking = "there is no Python; install python3";
    for (const kind of ["password", "cookie"]) {
      const demo = await openDemo(t, { at: `?with=${kind}`, python: { lacking } });
      const tab = await demo.newTab();
      assert.match(await tab.getByTestId("lacking").textContent(), new RegExp(lacking));
      assert.equal(await tab.getByTestId("sign-in").count(), 0);
      assert.match(await tab.getByTestId(`kind-${kind}`).textContent(), /not running here/);
      await tab.getByTestId("kind-oauth").click();
      await isSignedOut(tab);
    }
  });
});
