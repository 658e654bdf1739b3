// Sign-ins beside the page: in a window of its own, and in a frame that nobody sees.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { listen } from "../../www/server/listen.mjs";
import { launchChromium } from "./engines/chromium.mjs";
import {
  ADA,
  allow,
  arrive,
  call,
  errorCode,
  events,
  giveCredentials,
  isSignedIn,
  isSignedOut,
  isStarted,
  openDemo,
  openSignedIn,
  refuse,
  session,
  tokenRequests,
  until,
} from "./harness.mjs";

/** A browser that blocks popups, as browsers of people do and Playwright's does not. */
let strict;
const strictBrowser = () =>
  (strict ??= launchChromium({ ignoreDefaultArgs: ["--disable-popup-blocking"] }));
after(async () => (await strict)?.close());

const TWO_CLIENTS = fileURLToPath(new URL("./two-clients/", import.meta.url));

/** Clicks a button of the test's own. What the sign-in comes to is `globalThis.outcome` of the page. */
async function clickForSignIn(tab, options) {
  await tab.evaluate((options) => {
    globalThis.outcome = undefined;
    const button = document.body.appendChild(document.createElement("button"));
    button.dataset.testid = "test-sign-in";
    button.onclick = () => {
      button.remove();
      globalThis.client.signIn(options).then(
        (session) => (globalThis.outcome = session.subject),
        (error) => (globalThis.outcome = error.code ?? String(error)),
      );
    };
  }, options);
  await tab.getByTestId("test-sign-in").click();
}

/** The same, and the window that it opens. */
async function clickForPopup(tab, options) {
  const [popup] = await Promise.all([
    tab.waitForEvent("popup"),
    clickForSignIn(tab, { mode: "popup", ...options }),
  ]);
  return popup;
}

const outcome = (tab) =>
  tab.waitForFunction(() => globalThis.outcome).then((handle) => handle.jsonValue());

/** The user is at this page, or at another window. Playwright lets every page believe that it is the one. */
const setFocus = (tab, hasFocus) =>
  tab.evaluate((hasFocus) => (document.hasFocus = () => hasFocus), hasFocus);

const isClosed = (popup) => until(() => popup.isClosed(), "the window closes itself");

const COOP = { "cross-origin-opener-policy": "same-origin" };

describe("popup", { concurrency: 3 }, () => {
  for (const storage of ["indexeddb", "local", "session", "memory"])
    test(`signs in beside a page that stays as it is, with storage ${storage}`, async (t) => {
      const demo = await openDemo(t, { client: { storage } });
      const tab = await demo.newTab();
      await tab.evaluate(() => (globalThis.draft = "unsent words"));
      const popup = await clickForPopup(tab);
      await giveCredentials(popup, ADA);
      await allow(popup);
      assert.equal(await outcome(tab), "ada");
      await isClosed(popup);
      await isSignedIn(tab);
      assert.equal(await tab.evaluate(() => globalThis.draft), "unsent words");
      assert.equal((await call(tab, `${demo.api.url}/me`)).status, 200);
      assert.equal(tokenRequests(demo, "authorization_code"), 1);
      assert.equal(await tab.evaluate(() => globalThis.client.returnTo), null);
    });

  for (const [whose, options] of [
    ["the server's pages", { provider: { headers: COOP } }],
    ["the app's pages", { page: { headers: COOP } }],
    ["both", { provider: { headers: COOP }, page: { headers: COOP } }],
  ])
    test(`survives a Cross-Origin-Opener-Policy of ${whose}`, async (t) => {
      const demo = await openDemo(t, options);
      const tab = await demo.newTab();
      await setFocus(tab, false);
      const popup = await clickForPopup(tab);
      await popup.locator("[name=username]").waitFor();
      // Longer than it takes to find that a window is closed.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      assert.equal(await tab.evaluate(() => globalThis.outcome), undefined);
      await giveCredentials(popup, ADA);
      await allow(popup);
      assert.equal(await outcome(tab), "ada");
      await isClosed(popup);
    });

  test("opens at a click where popups are blocked, and says popup_blocked without one", async (t) => {
    const demo = await openDemo(t, { launched: await strictBrowser() });
    const tab = await demo.newTab();
    // Playwright acts as the user, whose last act counts for five seconds.
    await tab.evaluate(() => {
      const signIn = () => globalThis.client.signIn({ mode: "popup" });
      setTimeout(() => signIn().catch(({ code }) => (globalThis.outcome = code)), 6_000);
    });
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    assert.equal(await outcome(tab), "popup_blocked");
    assert.equal(await errorCode(tab), "popup_blocked");

    demo.provider.presume(ADA.username);
    await clickForPopup(tab);
    assert.equal(await outcome(tab), "ada");
    assert.equal(await errorCode(tab), null);
  });

  test("says popup_closed when the user closes it, and works at the next click", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    const popup = await clickForPopup(tab);
    await popup.locator("[name=username]").waitFor();
    await popup.close();
    assert.equal(await outcome(tab), "popup_closed");
    demo.provider.presume(ADA.username);
    await clickForPopup(tab);
    assert.equal(await outcome(tab), "ada");
  });

  test("closes when its options are wrong", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    const popup = await clickForPopup(tab, { scope: 7 });
    assert.equal(await outcome(tab), "invalid_option");
    await isClosed(popup);
  });

  for (const mode of ["popup", "silent"])
    test(`${mode}: of two clients of a page the one that asked gets the answer`, async (t) => {
      const path = "/two-clients/index.html";
      const demo = await openDemo(t, {
        page: { mounts: { "/two-clients/": TWO_CLIENTS } },
        provider: { redirectPaths: [path] },
      });
      demo.provider.presume(ADA.username);
      const tab = await demo.context.newPage();
      await tab.goto(new URL(path, demo.url).href);
      await tab.locator("[data-state=started]").waitFor({ state: "attached" });
      if (mode === "silent") {
        await clickForPopup(tab);
        assert.equal(await outcome(tab), "ada");
        await tab.evaluate(() => globalThis.client.signOut({ local: true }));
      }
      await clickForSignIn(tab, { mode });
      assert.equal(await outcome(tab), "ada");
      assert.equal(await tab.evaluate(() => globalThis.first.session), null);
      assert.equal((await session(tab)).subject, "ada");
    });

  test("closes when the caller gives up, whose reason comes through", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    const [popup] = await Promise.all([
      tab.waitForEvent("popup"),
      tab.evaluate(() => {
        globalThis.controller = new AbortController();
        const { signal } = globalThis.controller;
        globalThis.client
          .signIn({ mode: "popup", signal })
          .catch((error) => (globalThis.outcome = String(error)));
      }),
    ]);
    await popup.locator("[name=username]").waitFor();
    await tab.evaluate(() => globalThis.controller.abort("changed my mind"));
    assert.equal(await outcome(tab), "changed my mind");
    await isClosed(popup);
    assert.equal(await session(tab), null);
  });

  test("tells a refusal where the click was", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    const popup = await clickForPopup(tab);
    await giveCredentials(popup, ADA);
    await refuse(popup);
    assert.equal(await outcome(tab), "access_denied");
    await isClosed(popup);
    assert.equal(await errorCode(tab), "access_denied");
  });

  test("finishes by itself when the page that began is gone", async (t) => {
    const demo = await openDemo(t, { provider: { headers: COOP } });
    const tab = await demo.newTab();
    const popup = await clickForPopup(tab);
    await giveCredentials(popup, ADA);
    await tab.reload();
    await isStarted(tab);
    await allow(popup);
    await isSignedIn(tab);
    await isClosed(popup);
    assert.equal(tokenRequests(demo, "authorization_code"), 1);
  });
});

describe("silent", { concurrency: 3 }, () => {
  const signInSilently = (tab, options) =>
    tab.evaluate(
      (options) =>
        globalThis.client.signIn({ mode: "silent", ...options }).then(
          (session) => session.subject,
          (error) => error.code,
        ),
      options,
    );

  test("signs in whom the provider knows, and leaves no frame behind", async (t) => {
    const demo = await openSignedIn(t);
    const { tab } = demo;
    await tab.getByTestId("sign-out-local").click();
    await isSignedOut(tab);
    assert.equal(await signInSilently(tab), "ada");
    await isSignedIn(tab);
    assert.equal(await tab.locator("iframe").count(), 0);
    assert.equal(tab.frames().length, 1);
    assert.equal(tab.url(), demo.url);
    assert.ok((await events(tab)).includes("signedin"));
  });

  test("says login_required when the provider knows nobody, once", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    const before = demo.provider.requests.length;
    assert.equal(await signInSilently(tab), "login_required");
    const asked = demo.provider.requests.slice(before).filter(({ path }) => path === "/auth");
    assert.equal(asked.length, 1, "no loop");
    assert.equal(tokenRequests(demo, "authorization_code"), 0);
  });

  /** The app at another site than the provider: `127.0.0.1` is none of `localhost`. */
  async function openElsewhere(t) {
    const socket = await listen({ name: "page" });
    const url = `http://127.0.0.1:${new URL(socket.url).port}/`;
    const demo = await openDemo(t, { page: { socket }, provider: { redirectUris: [url] } });
    const tab = await demo.context.newPage();
    await tab.goto(url);
    await isStarted(tab);
    await arrive(demo, tab);
    await tab.getByTestId("sign-out-local").click();
    await isSignedOut(tab);
    demo.provider.requests.length = 0;
    return { demo, tab };
  }
  const asked = ({ provider }) => provider.requests.filter(({ path }) => path === "/auth").length;

  test("asks a provider of another site once, and knows then that it is hopeless", async (t) => {
    const { demo, tab } = await openElsewhere(t);
    assert.equal(await signInSilently(tab), "login_required");
    assert.equal(asked(demo), 1);
    assert.equal(await signInSilently(tab), "login_required");
    assert.equal(asked(demo), 1);
  });

  test("does not ask a provider of another site in engines that keep its cookies", async (t) => {
    const { demo, tab } = await openElsewhere(t);
    await tab.evaluate(() =>
      Object.defineProperty(Navigator.prototype, "userAgentData", { get: () => undefined }),
    );
    assert.equal(await signInSilently(tab), "login_required");
    assert.equal(asked(demo), 0);
  });

  test("ends after timeoutMs when nothing comes back", async (t) => {
    const demo = await openDemo(t, { client: { timeoutMs: 1_500 } });
    const tab = await demo.newTab();
    await demo.context.route(/\/auth\?/, () => undefined);
    assert.equal(await signInSilently(tab), "timeout");
    assert.equal(await tab.locator("iframe").count(), 0);
  });
});
