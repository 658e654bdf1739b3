// The way to the provider and back, walked as people walk it.

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildStrictMode } from "../../../consumers/strict-mode.js";
import { hold, holdAnswer, passOn } from "../proxy.mjs";
import {
  ADA,
  allow,
  errorCode,
  giveCredentials,
  goBack,
  holds,
  isAskedForConsent,
  isAskedForPassword,
  isSignedIn,
  isSignedOut,
  isStarted,
  leaveToSignIn,
  openWorld,
  reload,
  session,
  signIn,
  tokenRequests,
} from "../world.mjs";

const STRICT_MODE = "/strict-mode/";
const OUTPUT = fileURLToPath(new URL("../../../output/", import.meta.url));

/** Where Back leads from the page: consent, password, and the page before the sign-in. */
const STEPS_BACK = 3;

async function openStarted(t, browser, options) {
  const world = await openWorld(t, browser, options);
  const tab = await world.newTab();
  await isStarted(tab);
  return { ...world, tab };
}

const location = (tab) => tab.evaluate(() => globalThis.location.href);

export const scenarios = {
  "the same callback in two tabs at once: one code exchange, the same session, no error": async (
    t,
    browser,
  ) => {
    const world = await openStarted(t, browser);
    const { proxy, tab } = world;
    const held = hold();
    proxy.onToken(held, passOn);
    await leaveToSignIn(tab);
    await giveCredentials(tab, ADA);
    await allow(tab);
    await held.arrival;
    const duplicate = await world.newTab(proxy.callbacks.at(-1));
    await holds(duplicate, () => document.readyState === "complete");
    held.release();

    for (const either of [tab, duplicate]) {
      await isSignedIn(either);
      assert.equal(await errorCode(either), null);
      assert.equal(await location(either), world.url, "the URL is clean");
    }
    assert.deepEqual(await session(tab), await session(duplicate));
    assert.equal(tokenRequests(world, "authorization_code"), 1);

    const late = await world.newTab(proxy.callbacks.at(-1));
    await isSignedIn(late);
    assert.equal(await errorCode(late), null);
    assert.equal(tokenRequests(world, "authorization_code"), 1);
  },

  "Back after sign-in, all the way: signed in, no error, nothing asked again": async (
    t,
    browser,
  ) => {
    const world = await openStarted(t, browser);
    const { tab } = world;
    await signIn(tab);
    for (let step = 1; step <= STEPS_BACK; step += 1) await goBack(tab);
    assert.equal(await location(tab), world.url);
    await isSignedIn(tab);
    assert.equal(await errorCode(tab), null);
    assert.equal(tokenRequests(world, "authorization_code"), 1);
  },

  "a reload at every step": async (t, browser) => {
    const world = await openStarted(t, browser);
    const { proxy, tab } = world;
    await reload(tab);
    await isStarted(tab);
    await leaveToSignIn(tab);
    await isAskedForPassword(tab);
    await reload(tab);
    await isAskedForPassword(tab);
    await giveCredentials(tab, ADA);
    await isAskedForConsent(tab);
    await reload(tab);
    await isAskedForConsent(tab);
    const held = hold();
    proxy.onToken(held, passOn);
    await allow(tab);
    await held.arrival;
    await reload(tab);
    await held.abandonment;
    held.release();
    // The page has cleaned its address by then; it goes on with what it took out of it.
    await isSignedIn(tab);
    assert.equal(await errorCode(tab), null);
    await reload(tab);
    await isSignedIn(tab);
    assert.equal(await errorCode(tab), null);
  },

  "a reload after the server has taken the code: no loop, and one press of the button signs in":
    async (t, browser) => {
      const world = await openStarted(t, browser);
      const { proxy, tab } = world;
      const held = holdAnswer();
      proxy.onToken(held, passOn);
      await leaveToSignIn(tab);
      await giveCredentials(tab, ADA);
      await allow(tab);
      await held.arrival;
      await reload(tab);
      await held.abandonment;
      held.release();
      // A code is good for one answer (RFC 6749 §4.1.2), and that is lost. Its second use has taken the grant back: the
      // provider knows the user, and asks for consent again.
      await isSignedOut(tab);
      assert.ok(tokenRequests(world, "authorization_code") <= 2);
      await signIn(tab, { account: null, consent: true });
      assert.equal(await errorCode(tab), null);
      await reload(tab);
      await isSignedIn(tab);
    },

  "a React page in strict mode, whose effects run twice: one code exchange, the same session, no error":
    async (t, browser, engine) => {
      const built = await buildStrictMode(join(OUTPUT, `strict-mode-${engine}`));
      const path = `${STRICT_MODE}index.html`;
      const world = await openWorld(t, browser, {
        page: { mounts: { [STRICT_MODE]: built } },
        provider: { redirectPaths: [path] },
      });
      const areMounted = () =>
        holds(tab, () => globalThis.clients?.length === 2 && document.body.dataset.state);
      const mounted = () =>
        tab.evaluate(() => clients.map(({ session, error }) => ({ session, error: error?.code })));
      const tab = await world.newTab(new URL(path, world.url).href);
      await areMounted();
      await signIn(tab);
      await areMounted();
      await holds(tab, () => clients.every(({ session }) => session));
      const [first, second] = await mounted();
      assert.equal(first.session.subject, "ada");
      assert.deepEqual(second, first);
      assert.equal(first.error ?? null, null);
      assert.equal(tokenRequests(world, "authorization_code"), 1);

      await reload(tab);
      await areMounted();
      await holds(tab, () => clients.every(({ session }) => session));
      assert.deepEqual(await mounted(), [first, second]);
    },
};
