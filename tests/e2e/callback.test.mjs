// The redirect back: once, twice, reloaded, revisited, and two of them at the same time.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  ADA,
  allow,
  errorCode,
  giveCredentials,
  isSignedIn,
  isStarted,
  openDemo,
  openSignedIn,
  session,
  signIn,
  tokenRequests,
} from "./harness.mjs";

const TWO_CLIENTS = fileURLToPath(new URL("./two-clients/", import.meta.url));

describe("callback", { concurrency: 3 }, () => {
  test("keeps the session over a reload without one request to the provider", async (t) => {
    const demo = await openSignedIn(t);
    const before = demo.provider.requests.length;
    const signedIn = await session(demo.tab);
    await demo.tab.reload();
    await isSignedIn(demo.tab);
    assert.deepEqual(await session(demo.tab), signedIn);
    assert.equal(demo.provider.requests.length, before);
  });

  test("stays signed in when the user goes back and forward again", async (t) => {
    const demo = await openSignedIn(t);
    await demo.tab.goBack();
    await demo.tab.goto(demo.url);
    await isSignedIn(demo.tab);
    await demo.tab.goBack();
    await demo.tab.goForward();
    await isSignedIn(demo.tab);
    assert.equal(await errorCode(demo.tab), null);
    assert.equal(tokenRequests(demo, "authorization_code"), 1);
  });

  test("shows the session on the page from which the sign-in began", async (t) => {
    const demo = await openSignedIn(t);
    const devtools = await demo.context.newCDPSession(demo.tab);
    const { entries, currentIndex } = await devtools.send("Page.getNavigationHistory");
    const first = entries.findIndex(({ url }) => url === demo.url);
    assert.ok(first < currentIndex, "the page is in the history twice");
    await Promise.all([
      demo.tab.waitForEvent("load"),
      devtools.send("Page.navigateToHistoryEntry", { entryId: entries[first].id }),
    ]);
    await isSignedIn(demo.tab);
    assert.equal(await errorCode(demo.tab), null);
    assert.equal(tokenRequests(demo, "authorization_code"), 1);
  });

  test("of two clients of a page the one that asked gets the answer", async (t) => {
    const path = "/two-clients/index.html";
    const demo = await openDemo(t, {
      page: { mounts: { "/two-clients/": TWO_CLIENTS } },
      provider: { redirectPaths: [path] },
    });
    demo.provider.presume(ADA.username);
    const tab = await demo.context.newPage();
    const url = new URL(path, demo.url).href;
    await tab.goto(`${url}#here`);
    const isReady = () => tab.locator("[data-state=started]").waitFor({ state: "attached" });
    await isReady();
    const returned = tab.waitForURL(url);
    await tab.evaluate(() => void globalThis.client.signIn());
    await returned;
    await isReady();
    const found = await tab.evaluate(() => ({
      first: [globalThis.first.session, globalThis.first.error],
      error: globalThis.client.error,
      subject: globalThis.client.session?.subject,
      returnTo: globalThis.client.returnTo,
    }));
    assert.deepEqual(found, {
      first: [null, null],
      error: null,
      subject: "ada",
      returnTo: `${url}#here`,
    });
  });

  test("answers a callback URL that is opened again with the same session", async (t) => {
    const demo = await openDemo(t);
    const callback = nextCallback(demo);
    const tab = await demo.newTab();
    await signIn(tab);
    const signedIn = await session(tab);

    await tab.goto(await callback);
    await isSignedIn(tab);
    assert.deepEqual(await session(tab), signedIn);
    assert.equal(await errorCode(tab), null);
    assert.equal(tab.url(), demo.url, "the URL is clean");
    assert.equal(tokenRequests(demo, "authorization_code"), 1);
  });

  test("gives one session to handleRedirect called twice at once, and again", async (t) => {
    const demo = await openDemo(t, { client: { handleRedirect: false } });
    const tab = await demo.newTab();
    const callback = nextCallback(demo);
    await tab.getByTestId("sign-in").click();
    await giveCredentials(tab, ADA);
    await allow(tab);
    await callback;
    await isStarted(tab);
    await tab.waitForFunction(() => globalThis.client);

    const subjects = await tab.evaluate(async () => {
      const url = location.href;
      const [first, second] = await Promise.all([
        client.handleRedirect(url),
        client.handleRedirect(url),
      ]);
      const third = await client.handleRedirect(url);
      const current = await client.handleRedirect();
      return [first, second, third, current].map((session) => session?.subject);
    });
    assert.deepEqual(subjects, ["ada", "ada", "ada", "ada"]);
    assert.equal(tab.url(), demo.url, "the URL is clean");
    assert.equal(tokenRequests(demo, "authorization_code"), 1);
  });

  for (const order of ["first begun, first finished", "last begun, first finished"]) {
    test(`finishes two sign-ins begun in two tabs: ${order}`, async (t) => {
      const demo = await openDemo(t);
      const [one, two] = [await demo.newTab(), await demo.newTab()];
      for (const tab of [one, two]) {
        await tab.getByTestId("sign-in").click();
        await tab.locator("[name=username]").waitFor();
      }
      const [earlier, later] = order.startsWith("first") ? [one, two] : [two, one];
      await giveCredentials(earlier, ADA);
      await allow(earlier);
      await isSignedIn(earlier);
      await giveCredentials(later, ADA);
      await isSignedIn(later);

      for (const tab of [one, two]) {
        assert.equal((await session(tab)).subject, "ada");
        assert.equal(await errorCode(tab), null);
        assert.equal(tab.url(), demo.url);
      }
    });
  }
});

/** The URL that the provider sends the browser back to. */
async function nextCallback({ context, url }) {
  const request = await context.waitForEvent(
    "request",
    (candidate) =>
      candidate.url().startsWith(`${url}?`) && new URL(candidate.url()).searchParams.has("code"),
  );
  return request.url();
}
