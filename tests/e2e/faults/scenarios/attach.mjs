// Where the credential does not go, by each engine's own `fetch`.

import assert from "node:assert/strict";
import { listen } from "../../../../www/server/listen.mjs";
import { call, openSignedIn } from "../world.mjs";

const STATUSES = [301, 302, 303, 307, 308];

export const scenarios = {
  "does not follow a redirect to another origin": async (t, browser) => {
    const arrivals = [];
    const stranger = await listen({ name: "stranger" });
    t.after(stranger.close);
    stranger.serve((request, response) => {
      arrivals.push(request);
      const welcome = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
      response.writeHead(200, welcome).end("welcome");
    });
    const routes = Object.fromEntries(
      STATUSES.map((status) => [
        `/leave/${status}`,
        (_request, response) =>
          response.writeHead(status, { location: `${stranger.url}/landed` }).end(),
      ]),
    );
    const world = await openSignedIn(t, browser, {
      page: { connect: [stranger.url] },
      api: { routes },
    });

    for (const status of STATUSES)
      assert.deepEqual(await call(world.tab, 1, `${world.api.url}/leave/${status}`), [200]);
    assert.equal(arrivals.filter(({ method }) => method === "GET").length, STATUSES.length);
    for (const { headers, url } of arrivals) {
      assert.equal(headers.authorization, undefined);
      assert.doesNotMatch(JSON.stringify([url, headers]), /bearer/i);
    }
    assert.ok(world.api.requests.every(({ authorized }) => authorized));
  },

  "takes a proof along to no other address": async (t, browser) => {
    const arrivals = [];
    const stranger = await listen({ name: "stranger" });
    t.after(stranger.close);
    stranger.serve((request, response) => {
      arrivals.push(request.headers.dpop);
      const welcome = { "access-control-allow-origin": "*", "access-control-allow-headers": "*" };
      response.writeHead(200, welcome).end("welcome");
    });
    const leave = (_request, response) =>
      response.writeHead(302, { location: `${stranger.url}/landed` }).end();
    const world = await openSignedIn(t, browser, {
      client: { dpop: true },
      page: { connect: [stranger.url] },
      api: { routes: { "/leave": leave } },
    });
    assert.deepEqual(await call(world.tab), [200]);
    assert.deepEqual(await call(world.tab, 1, `${world.api.url}/leave`), ["invalid_response"]);
    assert.deepEqual(arrivals, []);
  },
};
