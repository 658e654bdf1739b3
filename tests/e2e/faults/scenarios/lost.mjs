// An answer that never came: nobody knows whether the server has rotated the refresh token.

import assert from "node:assert/strict";
import { hold, holdAnswerWithGrace, loseAnswer, loseAnswerWithGrace, passOn } from "../proxy.mjs";
import {
  call,
  errorCode,
  isSignedIn,
  isSignedOut,
  openSignedIn,
  session,
  told,
  tokenRequests,
  untilAnswered,
  untilExpired,
} from "../world.mjs";

/** Ada in two tabs, with a token that has just expired. */
async function openExpired(t, browser, provider) {
  const world = await openSignedIn(t, browser, {
    settings: { isHidden: true },
    // Whoever waits for a tab that has died shall not wait longer than a test can.
    client: { timeoutMs: 2000 },
    provider: { accessTokenLifetime: 2, ...provider },
  });
  const second = await world.newTab();
  await isSignedIn(second);
  await untilExpired(world.tab);
  world.provider.setAccessTokenLifetime(4);
  return { ...world, tabs: [world.tab, second] };
}

/** Everything goes on: after the fault, and after the next expiry too. */
async function assertAlive({ tabs }) {
  for (const tab of tabs) await untilAnswered(tab);
  await untilExpired(tabs[0]);
  for (const tab of tabs) {
    await untilAnswered(tab);
    assert.equal((await session(tab)).subject, "ada");
    assert.equal(await errorCode(tab), null);
  }
}

export const scenarios = {
  "lives where the server gives a lost answer again": async (t, browser) => {
    const world = await openExpired(t, browser);
    world.proxy.onToken(loseAnswerWithGrace, passOn);
    await Promise.all(world.tabs.map((tab) => call(tab, 5)));
    await assertAlive(world);
  },

  "lives where the server does not rotate": async (t, browser) => {
    const world = await openExpired(t, browser, { rotateRefreshToken: false });
    world.proxy.onToken(loseAnswer, passOn);
    await Promise.all(world.tabs.map((tab) => call(tab, 5)));
    await assertAlive(world);
  },

  "is told as session_lost, once, where the server takes a repetition for theft": async (
    t,
    browser,
  ) => {
    const world = await openExpired(t, browser);
    const { proxy, tabs } = world;
    proxy.onToken(loseAnswer, passOn);
    const codes = new Set((await Promise.all(tabs.map((tab) => call(tab, 5)))).flat());
    assert.ok(!codes.has(200), [...codes].join());
    for (const tab of tabs) {
      await call(tab);
      await untilEnded(tab);
      assert.equal(await session(tab), null);
    }
    const losses = (await Promise.all(tabs.map(told)))
      .flat()
      .filter(({ type, code }) => type === "error" && code === "session_lost");
    assert.ok(losses.length > 0, "with its reason");
    assert.equal(tokenRequests(world), 2, "the same token once more, and no more");

    for (const tab of tabs) assert.deepEqual(await call(tab, 3), Array(3).fill("login_required"));
    assert.equal(tokenRequests(world), 2, "nothing goes round in circles");
  },

  "a tab that dies before the server has seen its request: another one renews": async (
    t,
    browser,
  ) => {
    const world = await openExpired(t, browser);
    const { proxy, tabs } = world;
    const held = hold();
    proxy.onToken(held, passOn);
    const [dying, other] = tabs;
    call(dying).catch(() => undefined);
    await held.arrival;
    const waiting = call(other);
    await world.kill(dying);
    await held.abandonment;
    held.release();
    await waiting;
    await assertAlive({ tabs: [other] });
    assert.equal((await told(other)).filter(({ type }) => type === "signedout").length, 0);
  },

  "a tab that dies with the answer on its way: lives where the server gives it again": async (
    t,
    browser,
  ) => {
    const world = await openExpired(t, browser);
    const { proxy, tabs } = world;
    const held = holdAnswerWithGrace();
    proxy.onToken(held, passOn);
    const [dying, other] = tabs;
    call(dying).catch(() => undefined);
    await held.arrival;
    await world.kill(dying);
    await held.abandonment;
    held.release();
    await assertAlive({ tabs: [other] });
  },
};

/** The session has ended, asked for or not: a renewal that failed for now may have to be repeated first. */
async function untilEnded(tab) {
  await untilAnswered(tab, (outcome) => outcome === "login_required");
  await isSignedOut(tab);
}
