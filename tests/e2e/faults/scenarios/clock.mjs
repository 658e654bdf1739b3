// A machine whose clock is wrong.

import assert from "node:assert/strict";
import {
  call,
  errorCode,
  isSignedIn,
  openSignedIn,
  reload,
  session,
  told,
  tokenRequests,
  until,
  untilAnswered,
} from "../world.mjs";

const DAY_MS = 24 * 60 * 60 * 1000;
const SHIFTS = { "a day fast": DAY_MS, "a day slow": -DAY_MS };
const LIFETIME = { provider: { accessTokenLifetime: 4 } };

const fromTheStart = Object.entries(SHIFTS).map(([name, clockShiftMs]) => [
  `${name} from the start: signs in, renews when it is time, and survives a reload`,
  async (t, browser) => {
    const world = await openSignedIn(t, browser, { ...LIFETIME, settings: { clockShiftMs } });
    const { tab } = world;
    assert.equal(tokenRequests(world), 0, "nothing was taken for expired");
    assert.deepEqual(await call(tab), [200]);
    await assertRenewsInTime(world);

    await reload(tab);
    await isSignedIn(tab);
    assert.deepEqual(await call(tab), [200]);
    assert.equal(await errorCode(tab), null);
  },
]);

const whileLive = Object.entries(SHIFTS).map(([name, ms]) => [
  `set to ${name} under a live page: the session lives, and renews when it is time`,
  async (t, browser) => {
    const world = await openSignedIn(t, browser, LIFETIME);
    const second = await world.newTab();
    await isSignedIn(second);
    for (const tab of [world.tab, second]) await tab.evaluate((ms) => void shiftClock(ms), ms);
    for (const tab of [world.tab, second]) {
      await untilAnswered(tab);
      assert.equal((await session(tab)).subject, "ada");
    }
    await assertRenewsInTime(world);
    assert.equal((await told(second)).filter(({ type }) => type === "signedout").length, 0);
  },
]);

export const scenarios = Object.fromEntries([...fromTheStart, ...whileLive]);

/** Two renewals come, and no more of them than a token's life allows. */
async function assertRenewsInTime(world) {
  const before = tokenRequests(world);
  const began = Date.now();
  await until(() => tokenRequests(world) >= before + 2, "it has renewed twice");
  const renewals = tokenRequests(world) - before;
  const lives = (Date.now() - began) / 4000;
  assert.ok(renewals <= lives / 0.7 + 2, `${renewals} renewals in ${lives} lives of a token`);
  assert.deepEqual(await call(world.tab), [200]);
  assert.ok(
    world.api.requests.every(({ status }) => status === 200),
    "no call met an expired token",
  );
}
