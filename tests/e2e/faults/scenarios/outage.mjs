// A provider that does not answer for a while, or answers something else.

import assert from "node:assert/strict";
import { answerHtml, answerInstead, loseRequest } from "../proxy.mjs";
import {
  call,
  errorCode,
  isSignedIn,
  openSignedIn,
  session,
  told,
  tokenRequests,
  until,
  untilAnswered,
  untilExpired,
} from "../world.mjs";

/** All tabs together may ask so often in a minute. */
const MOST_TRIES = 6;
const MINUTE_MS = 60_000;
const RETRY_AFTER = 2;

const OUTAGES = {
  "requests that are lost": loseRequest,
  "a 503": answerInstead(503),
  "a page of HTML": answerHtml,
};

/** Ada in two tabs, with a token that has just expired. */
async function openExpired(t, browser) {
  const world = await openSignedIn(t, browser, {
    settings: { isHidden: true },
    provider: { accessTokenLifetime: 2 },
  });
  const second = await world.newTab();
  await isSignedIn(second);
  await untilExpired(world.tab);
  world.provider.setAccessTokenLifetime(600);
  return { ...world, tabs: [world.tab, second] };
}

const outages = Object.entries(OUTAGES).map(([name, fault]) => [
  `${name}: no storm while it lasts, and the session lives after it`,
  async (t, browser) => {
    const world = await openSignedIn(t, browser, { provider: { accessTokenLifetime: 4 } });
    const { proxy, provider } = world;
    const tabs = [world.tab, await world.newTab()];
    await isSignedIn(tabs[1]);
    proxy.onToken(fault);
    await until(proxy.isQuiet, "what was on its way is answered");
    const before = { tries: proxy.renewals().length, renewals: tokenRequests(world) };
    const tries = () => proxy.renewals().length - before.tries;

    await until(() => tries() > 0, "it is tried ahead of time");
    await untilExpired(tabs[0]);
    const outcomes = (await Promise.all(tabs.map((tab) => call(tab, 10)))).flat();
    for (const outcome of outcomes)
      assert.match(`${outcome}`, /^(network|server_error|invalid_response)$/);
    await until(() => tries() > 1, "it is tried again");
    for (const tab of tabs) assert.equal((await session(tab)).subject, "ada");
    const failures = (await Promise.all(tabs.map(told)))
      .flat()
      .filter(({ type }) => type === "refresherror");
    assert.ok(failures.length > 0, "the page is told");
    for (const { retryAt } of failures) assert.equal(typeof retryAt, "number");

    provider.setAccessTokenLifetime(600);
    const times = proxy
      .renewals()
      .slice(before.tries)
      .map(({ atMs }) => atMs);
    const tooMany = times.filter((atMs, index) => atMs - times[index - MOST_TRIES] < MINUTE_MS);
    proxy.heal();
    for (const tab of tabs) await untilAnswered(tab);
    assert.deepEqual(tooMany, [], `${times.length} tries`);
    assert.equal(tokenRequests(world) - before.renewals, 1, "one renewal for all tabs");
    for (const tab of tabs) assert.equal(await errorCode(tab), null, "what is over is forgotten");
  },
]);

export const scenarios = {
  ...Object.fromEntries(outages),

  "a 429 with Retry-After: no tab asks again before": async (t, browser) => {
    const world = await openExpired(t, browser);
    const { proxy, tabs } = world;
    proxy.onToken(answerInstead(429, { "retry-after": String(RETRY_AFTER) }));
    await Promise.all(tabs.map((tab) => call(tab)));
    const [refused] = proxy.renewals();
    proxy.heal();
    for (const tab of tabs) await untilAnswered(tab);
    const again = proxy.renewals().slice(1);
    assert.equal(again.length, 1, "once for all tabs");
    assert.ok(again[0].atMs - refused.atMs >= RETRY_AFTER * 1000, "not before it may");
    assert.equal(tokenRequests(world), 1);
  },

  "offline and back: the session lives, and the first call after it is answered": async (
    t,
    browser,
  ) => {
    const world = await openExpired(t, browser);
    const { proxy, tabs } = world;
    proxy.onToken(loseRequest);
    for (const tab of tabs) await tab.setOnline(false);
    const [outcome] = await call(tabs[0]);
    assert.ok(["network", "timeout"].includes(outcome), String(outcome));
    for (const tab of tabs) assert.equal((await session(tab)).subject, "ada");

    proxy.heal();
    for (const tab of tabs) await tab.setOnline(true);
    // Back-off ends with `online`: nothing is waited for.
    assert.deepEqual(await call(tabs[0]), [200]);
    assert.deepEqual(await call(tabs[1]), [200]);
    assert.equal(tokenRequests(world), 1);
  },
};
