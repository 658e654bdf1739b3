// A call with the client over one without, in the same page, in turns; and what is read without a call.

import { CLIENTS, VARIANTS } from "../contender.mjs";
import { median, turns } from "../statistic.mjs";

/** In turns, one by one: what else the machine does meets both alike. */
const CALLS = 50;
/** So many are timed together, which take less than the page's clock can tell. */
const CALLS_WITHOUT_NETWORK = 200;
const READS = 1_000;
const COUNTS = { calls: CALLS, withoutNetwork: CALLS_WITHOUT_NETWORK, reads: READS };
const ROUNDS_PER_RUN = 2;

export async function measure({ stage, signedIn, runs, progress }) {
  const { profile } = await signedIn();
  const contenders = [...CLIENTS, ...VARIANTS];
  const tabs = new Map();
  for (const { id, label } of contenders) {
    progress(`signing in: ${label}`);
    tabs.set(id, await signedInTab(profile, id));
  }
  const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
  const rounds = runs * ROUNDS_PER_RUN;
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1} of ${rounds}`);
    for (const { id } of turns(contenders, round)) {
      const { page } = tabs.get(id);
      samples[id].push(await page.evaluate(timeCalls, [stage.config.api, COUNTS, round % 2 === 0]));
    }
  }
  for (const { page } of tabs.values()) await page.close();
  return contenders.map(({ id }) => ({ id, ...summary(samples[id]) }));
}

/** A client that keeps its session in memory has one only where it signed in. */
async function signedInTab(profile, id) {
  const tab = await profile.newTab();
  const { isSignedIn } = await tab.load(`${id}/?isolated`);
  if (!isSignedIn) await tab.signIn(id);
  return tab;
}

function summary(samples) {
  const middle = (name) => median(samples.flatMap((sample) => sample[name]));
  // What only the processor is in has one true time, and everything else comes on top of it.
  const best = (name) => Math.min(...samples.map((sample) => sample[name]));
  return {
    ratio: middle("withMs") / middle("bareMs"),
    bareMs: middle("bareMs"),
    withMs: middle("withMs"),
    overheadUs: (best("withoutNetworkMs") - best("bareWithoutNetworkMs")) * 1000,
    accessTokenUs: best("accessTokenMs") * 1000,
    sessionUs: best("sessionMs") * 1000,
  };
}

/** Runs in the page. Milliseconds for one of each. */
async function timeCalls([api, counts, isBareFirst]) {
  const url = `${api}/ok`;
  // Not the client's own: a token that is bound to a key is not for a bare call.
  const authorization = `Bearer ${localStorage.getItem("bare")}`;
  const bare = async () => (await fetch(url, { headers: { authorization } })).text();
  const own = async () => (await app.call(url)).text();
  const each = async (count, act) => {
    const began = performance.now();
    for (let done = 0; done < count; done++) {
      const result = act();
      if (result?.then) await result;
    }
    return (performance.now() - began) / count;
  };
  const inTurns = async (count) => {
    const [first, second] = isBareFirst ? [bare, own] : [own, bare];
    const [one, other] = [await each(count, first), await each(count, second)];
    return isBareFirst ? [one, other] : [other, one];
  };

  const oneByOne = async (count) => {
    const [bareMs, withMs] = [[], []];
    for (let done = 0; done < count; done++) {
      const isFirst = isBareFirst === (done % 2 === 0);
      if (isFirst) bareMs.push(await each(1, bare));
      withMs.push(await each(1, own));
      if (!isFirst) bareMs.push(await each(1, bare));
    }
    return [bareMs, withMs];
  };

  const [bareMs, withMs] = await oneByOne(counts.calls);
  const original = globalThis.fetch;
  globalThis.fetch = async () => new Response();
  const [bareWithoutNetworkMs, withoutNetworkMs] = await inTurns(counts.withoutNetwork);
  globalThis.fetch = original;
  const accessTokenMs = await each(counts.reads, () => app.accessToken());
  const sessionMs = await each(counts.reads, () => app.session());
  return { bareMs, withMs, bareWithoutNetworkMs, withoutNetworkMs, accessTokenMs, sessionMs };
}
