// What another tab does.

import assert from "node:assert/strict";
import {
  GRACE,
  call,
  giveCredentials,
  allow,
  isSignedIn,
  isSignedOut,
  leaveToSignIn,
  openSignedIn,
  session,
  told,
  tokenRequests,
  until,
} from "../world.mjs";

export const scenarios = {
  "a sign-out reaches every tab, and none renews after it": async (t, browser) => {
    const world = await openSignedIn(t, browser, { provider: { accessTokenLifetime: 3 } });
    const others = await Promise.all([world.newTab(), world.newTab()]);
    for (const tab of others) await isSignedIn(tab);
    const { expiresAt } = await session(world.tab);
    await world.tab.evaluate(() => client.signOut({ local: true }));

    for (const tab of others) {
      await isSignedOut(tab);
      assert.equal(await session(tab), null);
      assert.deepEqual(await call(tab), ["login_required"]);
      const ended = (await told(tab)).findLast(({ type }) => type === "signedout");
      assert.equal(ended.reason, "other_tab");
    }
    const renewals = tokenRequests(world);
    await until(() => Date.now() / 1000 > expiresAt, "the token would have been renewed");
    assert.equal(tokenRequests(world), renewals);
  },

  "another user's sign-in reaches every tab, and none serves the last one": async (t, browser) => {
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    const slow = async (_request, response, { sub }) => {
      await finished;
      response.writeHead(200, { "content-type": "text/plain" }).end(sub);
    };
    const world = await openSignedIn(t, browser, { api: { routes: { "/whose": slow } } });
    const other = await world.newTab();
    await isSignedIn(other, "ada");
    // On its way while the user changes.
    const asked = other.evaluate(async () => {
      const answer = await client.fetch(`${config.api}/whose`);
      return answer.text();
    });
    const outcome = asked.catch((error) => error);
    await until(() => world.api.requests.some(({ path }) => path === "/whose"), "the call is out");

    await leaveToSignIn(world.tab, { prompt: "login" });
    await giveCredentials(world.tab, GRACE);
    await allow(world.tab);
    await isSignedIn(world.tab, "grace");
    await isSignedIn(other, "grace");
    finish();
    assert.notEqual(await outcome, "ada", "an answer fetched for the last user is his");

    for (const tab of [world.tab, other]) {
      const whose = await tab.evaluate(async () => (await client.fetch(`${config.api}/me`)).json());
      assert.equal(whose.sub, "grace");
      assert.equal((await session(tab)).subject, "grace");
    }
    const changes = (await told(other)).filter(({ reason }) => reason === "user_changed");
    assert.equal(changes.length, 1);
  },
};
