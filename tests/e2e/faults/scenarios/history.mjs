// Pages that come back as they were left, and stores that do not.

import assert from "node:assert/strict";
import {
  call,
  errorCode,
  goBack,
  holds,
  isSignedIn,
  isSignedOut,
  openSignedIn,
  session,
  told,
  untilAnswered,
  untilExpired,
} from "../world.mjs";

const CHANNELS = {
  "a page that comes back by Back after a sign-out elsewhere shows the truth": {},
  // A page that is told something while it is kept is thrown away by some engines: this one is told nothing.
  "a page that nobody told of the sign-out shows the truth too when it comes back": {
    isMute: true,
  },
};

const returns = Object.entries(CHANNELS).map(([name, settings]) => [
  name,
  async (t, browser) => {
    const world = await openSignedIn(t, browser);
    const { tab } = world;
    Object.assign(world.settings, settings);
    const other = await world.newTab();
    await isSignedIn(other);
    const elsewhere = new URL("/theme.css", world.url).href;
    await tab.goto(elsewhere);
    await holds(
      tab,
      (url) => location.href === url && document.readyState === "complete",
      elsewhere,
    );
    await other.evaluate(() => client.signOut({ local: true }));
    await isSignedOut(other);

    await goBack(tab);
    await isSignedOut(tab);
    const isFromCache = await tab.evaluate(() => globalThis.isFromCache);
    t.diagnostic(`${name}: the page came ${isFromCache ? "as it was" : "anew"}`);
    assert.equal(await session(tab), null);
    assert.deepEqual(await call(tab), ["login_required"]);
    assert.equal(world.api.requests.length, 0);
  },
]);

export const scenarios = {
  ...Object.fromEntries(returns),

  "storage cleared under a live page: calls go on, also after the next expiry": async (
    t,
    browser,
  ) => {
    const wipe = (_request, response) =>
      response.writeHead(204, { "clear-site-data": '"storage"' }).end();
    const world = await openSignedIn(t, browser, {
      settings: { isHidden: true },
      provider: { accessTokenLifetime: 3 },
      page: { routes: { "/faults/wipe": wipe } },
    });
    const { tab } = world;
    await tab.evaluate(() => {
      localStorage.setItem("canary", "alive");
      return fetch("/faults/wipe").then(() => undefined);
    });
    await holds(tab, () => localStorage.getItem("canary") === null);
    assert.deepEqual(await call(tab), [200]);
    await untilExpired(tab);
    world.provider.setAccessTokenLifetime(600);
    await untilAnswered(tab);
    assert.equal((await session(tab)).subject, "ada");
    assert.equal(await errorCode(tab), null);
    assert.equal((await told(tab)).filter(({ type }) => type === "signedout").length, 0);

    const later = await world.newTab();
    await isSignedIn(later);
  },
};
