// What a proof costs a call: the same calls with bound tokens and with plain ones, without the network's part.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openSignedIn } from "./harness.mjs";

const ROUNDS = 6;
const SAMPLES = 25;
/** The page's clock is coarse: so many calls are timed together. */
const CALLS = 20;
const MOST_MS = 1;

/** The median of what a call takes, in milliseconds, when the answer is there at once. */
const medianOfCalls = ({ tab, api }) =>
  tab.evaluate(
    async ([url, samples, calls]) => {
      const original = globalThis.fetch;
      globalThis.fetch = async () => new Response();
      const times = [];
      for (let sample = 0; sample < samples; sample++) {
        const began = performance.now();
        for (let call = 0; call < calls; call++) await globalThis.client.fetch(url);
        times.push((performance.now() - began) / calls);
      }
      globalThis.fetch = original;
      return times.sort((a, b) => a - b)[samples >> 1];
    },
    [`${api.url}/ok`, SAMPLES, CALLS],
  );

test("a proof costs a call less than a millisecond", async (t) => {
  const bound = await openSignedIn(t, { client: { dpop: true } });
  const plain = await openSignedIn(t);
  const best = { bound: Infinity, plain: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    best.bound = Math.min(best.bound, await medianOfCalls(bound));
    best.plain = Math.min(best.plain, await medianOfCalls(plain));
  }
  const cost = best.bound - best.plain;
  t.diagnostic(
    `median of a call: ${best.plain.toFixed(3)} ms plain, ${best.bound.toFixed(3)} ms bound`,
  );
  t.diagnostic(`a proof costs ${cost.toFixed(3)} ms`);
  assert.ok(cost < MOST_MS, `a proof costs ${cost} ms`);
});
