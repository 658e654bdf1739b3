// The header of a double submit goes where the cookie can have gone, and nowhere else.

import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "../../www/server/listen.mjs";
import { openBarePage } from "./bare-page.mjs";

/** A server that notes the header of every call, or that there was none. */
async function startListener(t) {
  const { url, serve, close } = await listen({ name: "listener" });
  t.after(close);
  const seen = [];
  serve((request, response) => {
    response.setHeader("access-control-allow-origin", request.headers.origin ?? "*");
    response.setHeader("access-control-allow-credentials", "true");
    response.setHeader("access-control-allow-headers", "x-csrf-token");
    if (request.method === "POST") seen.push(request.headers["x-csrf-token"]);
    response.writeHead(200, { "content-type": "application/json" }).end('{"sub":"ada"}');
  });
  return { url, seen };
}

test("a csrf header is for servers of the cookie's site", async (t) => {
  const [own, other] = [await startListener(t), await startListener(t)];
  // The same machine, and another site: cookies of `localhost` are none of `127.0.0.1`.
  const elsewhere = other.url.replace("localhost", "127.0.0.1");
  const { tab } = await openBarePage(t, { page: { connect: [own.url, elsewhere] } });
  const statuses = await tab.evaluate(
    async ([own, elsewhere]) => {
      document.cookie = "csrf=of-this-site";
      const client = await globalThis.tessera.open(
        {
          sessionUrl: `${own}/session`,
          csrf: { cookie: "csrf", header: "X-CSRF-Token" },
          resources: [own, elsewhere],
        },
        "createCookieClient",
      );
      const calls = [own, elsewhere].map((url) => client.fetch(`${url}/x`, { method: "POST" }));
      return (await Promise.all(calls)).map(({ status }) => status);
    },
    [own.url, elsewhere],
  );
  assert.deepEqual(statuses, [200, 200]);
  assert.deepEqual([own.seen, other.seen], [["of-this-site"], [undefined]]);
});
