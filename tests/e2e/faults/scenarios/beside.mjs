// Sign-ins beside the page, in each engine's own windows and frames. The provider knows the user: no window has to be driven.

import assert from "node:assert/strict";
import {
  ADA,
  call,
  errorCode,
  holds,
  isSignedIn,
  isSignedOut,
  isStarted,
  openSignedIn,
  openWorld,
  session,
  tokenRequests,
} from "../world.mjs";

const STRONG = "urn:demo:two-factor";

/** Does `act` at a click, for which alone browsers open windows. What it comes to is `outcome`, and the window is `popup`. */
async function click(tab, act) {
  await tab.evaluate((act) => {
    const { open } = window;
    window.open = (...words) => (window.popup = open.apply(window, words));
    window.outcome = undefined;
    const button = document.body.appendChild(document.createElement("button"));
    button.id = "test";
    button.textContent = "Test";
    const steps = {
      popup: () => client.signIn({ mode: "popup" }).then(({ subject }) => subject),
      vault: () =>
        client
          .fetch(`${config.api}/vault`, { method: "POST", body: "100" })
          .then(({ status }) => status),
    };
    button.onclick = () => {
      button.remove();
      steps[act]().then(
        (outcome) => (window.outcome = outcome),
        (error) => (window.outcome = error.code),
      );
    };
  }, act);
  await tab.click("#test");
}

async function outcome(tab) {
  await holds(tab, () => window.outcome !== undefined);
  return tab.evaluate(() => window.outcome);
}

/** A page that is not signed in, at a provider that knows Ada. */
async function openKnown(t, browser, options) {
  const world = await openWorld(t, browser, options);
  const tab = await world.newTab();
  await isStarted(tab);
  world.provider.presume(ADA.username);
  return { ...world, tab };
}

export const scenarios = {
  "a popup signs in, closes itself, and the page stays as it is": async (t, browser) => {
    const world = await openKnown(t, browser);
    const { tab } = world;
    await tab.evaluate(() => void (window.draft = "unsent words"));
    await click(tab, "popup");
    assert.equal(await outcome(tab), "ada");
    await isSignedIn(tab);
    await holds(tab, () => popup.closed);
    assert.equal(await tab.evaluate(() => globalThis.draft), "unsent words");
    assert.deepEqual(await call(tab), [200]);
    assert.equal(tokenRequests(world, "authorization_code"), 1);
  },

  "a popup signs in past a Cross-Origin-Opener-Policy": async (t, browser) => {
    const headers = { "cross-origin-opener-policy": "same-origin" };
    const world = await openKnown(t, browser, { provider: { headers } });
    // Of a window that is cut off nobody can tell whether it is closed, but for where the user is.
    await world.tab.evaluate(() => void (document.hasFocus = () => false));
    await click(world.tab, "popup");
    assert.equal(await outcome(world.tab), "ada");
    assert.equal(tokenRequests(world, "authorization_code"), 1);
  },

  "silence signs in whom the provider knows, and leaves no frame behind": async (t, browser) => {
    const world = await openSignedIn(t, browser);
    const { tab } = world;
    await tab.evaluate(() => client.signOut({ local: true }));
    await isSignedOut(tab);
    const subject = await tab.evaluate(() =>
      client.signIn({ mode: "silent" }).then(
        ({ subject }) => subject,
        ({ code }) => code,
      ),
    );
    assert.equal(subject, "ada");
    assert.equal(await tab.evaluate(() => document.querySelectorAll("iframe").length), 0);
    assert.equal(await errorCode(tab), null);
  },

  "silence says login_required when the provider knows nobody": async (t, browser) => {
    const world = await openWorld(t, browser);
    const tab = await world.newTab();
    await isStarted(tab);
    const code = await tab.evaluate(() =>
      client.signIn({ mode: "silent" }).catch(({ code }) => code),
    );
    assert.equal(code, "login_required");
    assert.equal(tokenRequests(world, "authorization_code"), 0);
  },

  "step-up by popup: signs in for what the API asks, and repeats the call": async (
    t,
    browser,
    engine,
  ) => {
    const world = await openSignedIn(t, browser, { client: { stepUp: "popup" } });
    const { tab } = world;
    world.provider.presume(ADA.username);
    await click(tab, "vault");
    if (engine === "WebKit") {
      // A click is forgotten there once the API has been asked: the call is answered, and the page can have another click.
      assert.equal(await outcome(tab), 401);
      assert.equal(await errorCode(tab), "popup_blocked");
      return;
    }
    assert.equal(await outcome(tab), 200);
    assert.equal((await session(tab)).claims.acr, STRONG);
    assert.equal(tokenRequests(world, "authorization_code"), 2);
  },
};
