// Several tabs that want a new token at the same moment.

import assert from "node:assert/strict";
import { call, isSignedIn, openSignedIn, tokenRequests, untilExpired } from "../world.mjs";

export const scenarios = {
  "five tabs with twenty calls each on an expired token: one token request, a hundred answers":
    async (t, browser) => {
      const world = await openSignedIn(t, browser, {
        settings: { isHidden: true },
        provider: { accessTokenLifetime: 3 },
      });
      const others = await Promise.all(Array.from({ length: 4 }, () => world.newTab()));
      const tabs = [world.tab, ...others];
      for (const tab of tabs) await isSignedIn(tab);
      await untilExpired(world.tab);
      const before = tokenRequests(world);
      world.provider.setAccessTokenLifetime(600);
      const storm = () => Promise.all(tabs.map((tab) => call(tab, 20)));
      assert.deepEqual((await storm()).flat(), Array(100).fill(200));
      assert.equal(tokenRequests(world) - before, 1);

      world.provider.setAccessTokenLifetime(2);
      await world.tab.evaluate(() => client.accessToken({ fresh: true }).then(() => undefined));
      await untilExpired(world.tab);
      world.provider.setAccessTokenLifetime(600);
      assert.deepEqual((await storm()).flat(), Array(100).fill(200));
      assert.equal(tokenRequests(world) - before, 3, "the session lives after the next expiry");
    },
};
