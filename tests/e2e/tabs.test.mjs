// Several tabs, one session.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  arrive,
  events,
  isSignedIn,
  isSignedOut,
  openDemo,
  openSignedIn,
  session,
  tokenRequests,
  until,
} from "./harness.mjs";

describe("tabs", { concurrency: 3 }, () => {
  test("a second tab follows the sign-in of the first", async (t) => {
    const demo = await openDemo(t);
    const [first, second] = [await demo.newTab(), await demo.newTab()];
    await arrive(demo, first);
    await isSignedIn(second);
    assert.deepEqual(await session(second), await session(first));
    assert.ok((await events(second)).includes("signedin"));
  });

  test("a tab opened later has the session, without a request to the provider", async (t) => {
    const demo = await openSignedIn(t);
    const before = demo.provider.requests.length;
    const [second] = await Promise.all([
      demo.context.waitForEvent("page"),
      demo.tab.getByTestId("second-tab").click(),
    ]);
    await isSignedIn(second);
    assert.deepEqual(await session(second), await session(demo.tab));
    assert.equal(demo.provider.requests.length, before);
  });

  test("a second tab follows a renewal, and uses it", async (t) => {
    const demo = await openSignedIn(t);
    const second = await demo.newTab();
    const { expiresAt } = await session(second);
    demo.provider.setAccessTokenLifetime(600);
    const renewed = await demo.tab.evaluate(() => client.accessToken({ fresh: true }));

    await second.waitForFunction((before) => client.session.expiresAt > before, expiresAt);
    assert.equal(await second.evaluate(() => client.accessToken()), renewed);
    assert.ok((await events(second)).includes("refreshed"));
    assert.equal(tokenRequests(demo), 1);
  });

  test("two tabs that renew at the same moment ask the provider once", async (t) => {
    const demo = await openSignedIn(t);
    const second = await demo.newTab();
    const held = await holdTokenRequests(demo);

    const renew = (tab) => tab.evaluate(() => client.accessToken({ fresh: true }));
    const renewals = [renew(demo.tab), renew(second)];
    await held.arrival;
    await until(
      () => second.evaluate(async () => (await navigator.locks.query()).pending.length > 0),
      "the other tab waits its turn",
    );
    held.release();

    const [one, other] = await Promise.all(renewals);
    assert.equal(one, other);
    assert.equal(tokenRequests(demo), 1);
  });

  test("a second tab follows the sign-out", async (t) => {
    const demo = await openSignedIn(t);
    const second = await demo.newTab();
    await isSignedIn(second);
    await demo.tab.getByTestId("sign-out-local").click();
    await isSignedOut(second);
    assert.equal(await session(second), null);
    await until(
      async () => (await events(second)).includes("signedout · other_tab"),
      "the second tab says who signed out",
    );
  });
});

/** Stops requests to the token endpoint on their way, until `release` is called. */
async function holdTokenRequests({ context, provider }) {
  let arrive;
  let release;
  const arrival = new Promise((resolve) => (arrive = resolve));
  const released = new Promise((resolve) => (release = resolve));
  await context.route(`${provider.url}/token`, async (route) => {
    arrive();
    await released;
    await route.continue();
  });
  return { arrival, release };
}
