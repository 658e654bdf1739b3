// Expiry and renewal: ahead of time, on demand, after a 401, and when there is nothing left to renew.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  HIDDEN,
  arrive,
  call,
  errorCode,
  events,
  isSignedOut,
  openDemo,
  openSignedIn,
  session,
  signIn,
  tokenRequests,
  untilExpired,
} from "./harness.mjs";

const SHORT = { provider: { accessTokenLifetime: 5 } };

describe("renewal", { concurrency: 4 }, () => {
  test("renews ahead of time while the page is visible, again and again", async (t) => {
    const demo = await openSignedIn(t, SHORT);
    const token = () => demo.tab.evaluate(() => client.accessToken({ minValidity: 0 }));
    const tokens = [await token()];
    for (const renewal of [1, 2]) {
      const { expiresAt } = await session(demo.tab);
      await demo.tab.waitForFunction((before) => client.session.expiresAt > before, expiresAt);
      assert.ok(tokenRequests(demo) >= renewal);
      tokens.push(await token());
    }
    assert.equal(new Set(tokens).size, 3);
    assert.ok((await events(demo.tab)).includes("refreshed"));
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
    assert.ok(
      demo.api.requests.every(({ status }) => status === 200),
      "no call met an expired token",
    );
  });

  test("renews on demand when the token has expired in a tab that nobody looks at", async (t) => {
    const demo = await openDemo(t, SHORT);
    await demo.context.addInitScript(HIDDEN);
    const tab = await demo.newTab();
    await arrive(demo, tab);
    await untilExpired(tab);
    demo.provider.setAccessTokenLifetime(600);

    assert.equal((await call(tab, `${demo.api.url}/ok`)).status, 200);
    assert.equal(tokenRequests(demo), 1);
    assert.deepEqual(
      demo.api.requests.map(({ status }) => status),
      [200],
    );
  });

  test("renews once and repeats once after a 401", async (t) => {
    const demo = await openSignedIn(t);
    demo.api.refuseNext(1);
    assert.equal(
      (await call(demo.tab, `${demo.api.url}/ok`, { method: "POST", body: "the body comes again" }))
        .status,
      200,
    );
    assert.equal(tokenRequests(demo), 1);
    assert.deepEqual(
      demo.api.requests.map(({ status }) => status),
      [401, 200],
    );
  });

  test("hands back the second 401: it does not try for ever", async (t) => {
    const demo = await openSignedIn(t);
    assert.equal((await call(demo.tab, `${demo.api.url}/refuse`)).status, 401);
    assert.equal(tokenRequests(demo), 1);
    assert.equal(demo.api.requests.length, 2);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200, "the session lives");
  });

  test("says session_lost when the provider has ended the session, and starts over", async (t) => {
    const demo = await openSignedIn(t);
    demo.provider.endSessions();
    const code = await demo.tab.evaluate(() =>
      client.accessToken({ fresh: true }).catch((error) => error.code),
    );
    assert.equal(code, "session_lost");
    await isSignedOut(demo.tab);
    assert.equal(await errorCode(demo.tab), "session_lost");
    assert.equal(await session(demo.tab), null);

    await demo.tab.reload();
    await isSignedOut(demo.tab);
    await signIn(demo.tab);
    assert.equal(await errorCode(demo.tab), null);
  });

  test("says login_required when nobody is signed in", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    assert.equal(
      await tab.evaluate(() => client.accessToken().catch((error) => error.code)),
      "login_required",
    );
    assert.equal((await call(tab, `${demo.api.url}/ok`)).code, "login_required");
    assert.equal(demo.api.requests.length, 0);
  });
});
