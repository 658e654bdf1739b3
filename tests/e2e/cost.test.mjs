// What it costs to have a session: how many requests, exactly, and how much longer a call takes. `cargo xtask bench` measures the
// same beside other packages; here it is kept.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  arrive,
  call,
  isSignedIn,
  isSignedOut,
  openDemo,
  openSignedIn,
  until,
} from "./harness.mjs";

const ROUNDS = 8;
/** The page's clock is coarse: so many calls are timed together. */
const CALLS = 25;
const CALLS_WITHOUT_NETWORK = 200;
/** The goal is 1.02; the rest is what repeated runs differ by on a machine that does much else. */
const MOST_TIMES = 1.05;
/** A read of the store or a lock would take longer. */
const MOST_MS = 0.1;

/** How often the module calls JavaScript for each. Lowered with every gain. */
const MOST_CROSSINGS = { call: 2, token: 7, session: 0 };

/** What pages, and not the API, have asked the provider beside its own pages. */
const asked = ({ provider }) =>
  provider.requests
    .filter(({ origin, path }) => origin && !/^\/(auth|interaction)/.test(path))
    .map(({ method, path }) => `${method} ${path}`);

describe("cost", () => {
  test("coming back waits for one request, beside which the keys are fetched", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await isSignedOut(tab);
    // The token is given when the keys have been asked for: who would wait for it first would wait for ever.
    const keys = tab.waitForRequest(`${demo.provider.url}/jwks`);
    await demo.context.route(`${demo.provider.url}/token`, async (route) => {
      await keys;
      await route.continue();
    });
    await arrive(demo, tab);
    assert.deepEqual(asked(demo).sort(), [
      "GET /.well-known/openid-configuration",
      "GET /jwks",
      "POST /token",
    ]);

    // Who comes back again has metadata and keys from the first time.
    const before = asked(demo).length;
    await tab.getByTestId("sign-out-local").click();
    await isSignedOut(tab);
    await arrive(demo, tab);
    assert.deepEqual(asked(demo).slice(before), ["POST /token"]);
  });

  test("a page with a good session asks the provider nothing, and the API once", async (t) => {
    const demo = await openSignedIn(t);
    const before = asked(demo).length;
    await demo.tab.reload();
    await isSignedIn(demo.tab);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
    assert.deepEqual(asked(demo).slice(before), []);
    assert.equal(demo.api.requests.length, 1);
  });

  test("a call takes hardly longer than without the client", async (t) => {
    const { tab, api } = await openSignedIn(t);
    const best = { bare: Infinity, own: Infinity, call: Infinity };
    for (let round = 0; round < ROUNDS; round++)
      for (const [name, ms] of Object.entries(
        await tab.evaluate(time, [api.url, CALLS, CALLS_WITHOUT_NETWORK]),
      ))
        best[name] = Math.min(best[name], ms);
    const cost = best.own - best.bare;
    const ratio = 1 + cost / best.call;
    t.diagnostic(
      `a bare call takes ${best.call.toFixed(3)} ms, the client adds ${(cost * 1000).toFixed(0)} µs: ${ratio.toFixed(3)} ×`,
    );
    assert.ok(ratio <= MOST_TIMES, `${ratio} × a bare call`);
    assert.ok(cost <= MOST_MS, `${cost} ms more than a bare call`);
  });

  test("a call leaves the module no oftener than it must", async (t) => {
    const demo = await openDemo(t);
    await demo.context.addInitScript(countCrossings);
    const tab = await demo.newTab();
    await arrive(demo, tab);
    const { api } = demo;
    const crossings = await tab.evaluate(async (url) => {
      const count = async (act) => {
        await act();
        const before = globalThis.crossings;
        await act();
        return globalThis.crossings - before;
      };
      return {
        call: await count(() => client.fetch(url)),
        token: await count(() => client.accessToken()),
        session: await count(() => client.session),
      };
    }, `${api.url}/ok`);
    t.diagnostic(JSON.stringify(crossings));
    for (const [name, most] of Object.entries(MOST_CROSSINGS))
      assert.ok(crossings[name] <= most, `${name}: ${crossings[name]}`);
  });

  test("a call with a signal and a renewal leave nothing behind", async (t) => {
    const demo = await openDemo(t);
    await demo.context.addInitScript(countClosures);
    await demo.context.addInitScript(hurryTimers);
    const tab = await demo.newTab();
    await arrive(demo, tab);
    const left = await tab.evaluate(async (url) => {
      const act = async (times) => {
        for (let done = 0; done < times; done++) {
          await client.fetch(url, { signal: new AbortController().signal });
          await client.accessToken({ fresh: true });
        }
        await new Promise((resolve) => setTimeout(resolve, 1_000));
        return globalThis.closures;
      };
      const before = await act(5);
      return (await act(20)) - before;
    }, `${demo.api.url}/ok`);
    t.diagnostic(`${left} closures more after 20 of each`);
    assert.ok(left < 20, `${left} closures more`);
  });

  test("a client that was closed leaves nothing behind", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.evaluate(async () => {
      const { createClient } = await import("/pkg/index.js");
      const config = await (await fetch("/config.json")).json();
      const { issuer, clientId } = config.client;
      const closed = await createClient({ issuer, clientId, name: "closed", logger() {} });
      closed.subscribe(() => {});
      closed.close();
      globalThis.weak = new WeakRef(closed);
    });
    const devtools = await demo.context.newCDPSession(tab);
    const isForgotten = async () => {
      await devtools.send("HeapProfiler.collectGarbage");
      return tab.evaluate(() => globalThis.weak.deref() === undefined);
    };
    await until(isForgotten, "the closed client is collected");
  });
});

/**
 * Runs in the page: milliseconds for a bare call over the network, and for one with and without the client where the answer is
 * there at once. Over the network the client's part would be lost in the noise.
 */
async function time([api, calls, callsWithoutNetwork]) {
  const url = `${api}/ok`;
  const authorization = `Bearer ${await client.accessToken()}`;
  const bare = async () => (await fetch(url, { headers: { authorization } })).text();
  const own = async () => (await client.fetch(url)).text();
  const each = async (count, act) => {
    const began = performance.now();
    for (let done = 0; done < count; done++) await act();
    return (performance.now() - began) / count;
  };
  const result = { call: await each(calls, bare) };
  const original = globalThis.fetch;
  globalThis.fetch = async () => new Response();
  result.bare = await each(callsWithoutNetwork, bare);
  result.own = await each(callsWithoutNetwork, own);
  globalThis.fetch = original;
  return result;
}

/** Runs before the page's scripts. */
function countCrossings() {
  globalThis.crossings = 0;
  const original = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = (source, imports) => {
    for (const [from, module] of Object.entries(imports)) {
      if (from === "b") continue; // what parts of the module have of each other
      for (const [name, imported] of Object.entries(module))
        if (typeof imported === "function")
          module[name] = (...words) => {
            globalThis.crossings++;
            return imported(...words);
          };
    }
    return original.call(WebAssembly, source, imports);
  };
}

/** Runs before the page's scripts: whatever JavaScript may call in the module is registered until it is given back. */
function countClosures() {
  globalThis.closures = 0;
  globalThis.FinalizationRegistry = class extends FinalizationRegistry {
    register(...words) {
      globalThis.closures++;
      super.register(...words);
    }
    unregister(token) {
      const was = super.unregister(token);
      if (was) globalThis.closures--;
      return was;
    }
  };
}

/** Runs before the page's scripts: what waits until it is superseded does not wait long. */
function hurryTimers() {
  const original = globalThis.setTimeout;
  globalThis.setTimeout = (act, ms, ...words) => original(act, ms >= 5_000 ? 200 : ms, ...words);
}
