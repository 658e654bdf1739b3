// A page load with a stored session, to the first authenticated answer.

import { BARE, CLIENTS, STORED } from "../contender.mjs";
import { median, turns } from "../statistic.mjs";

const SLOW = { latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8 };
const SLOW_CPU = 4;

/** How a page is loaded, and how many are for a run: one is quick and noisy, a slow one neither. */
const CONDITIONS = [
  { id: "cold", share: 2, isCached: false },
  { id: "slow", share: 0.5, isCached: false, isSlow: true },
  { id: "warm", share: 2, isCached: true },
];
/** The browser keeps compiled code from the second use on. */
const WARM_UPS = 2;

export async function measure({ stage, signedIn, runs, progress }) {
  const { tab } = await signedIn();
  const contenders = [BARE, STORED, ...CLIENTS];
  const samples = Object.fromEntries(contenders.map(({ id }) => [id, {}]));
  for (const condition of CONDITIONS) {
    await setUp(tab, condition);
    for (const { id } of condition.isCached ? contenders : [])
      for (let load = 0; load < WARM_UPS; load++) await loadOnce(stage, tab, id);
    const rounds = Math.max(1, Math.round(runs * condition.share));
    for (let round = 0; round < rounds; round++) {
      progress(`${condition.id}, round ${round + 1} of ${rounds}`);
      for (const { id } of turns(contenders, round))
        (samples[id][condition.id] ??= []).push(await loadOnce(stage, tab, id));
    }
  }
  await setUp(tab, { isCached: true });
  return contenders.map(({ id }) => ({
    id,
    ...Object.fromEntries(
      CONDITIONS.map((condition) => [
        condition.id,
        summary(samples[id][condition.id], samples[BARE.id][condition.id]),
      ]),
    ),
  }));
}

async function setUp({ devtools }, { isCached, isSlow = false }) {
  await devtools.send("Performance.enable");
  await devtools.send("Network.enable");
  await devtools.send("Network.setCacheDisabled", { cacheDisabled: !isCached });
  await devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    ...(isSlow ? SLOW : { latency: 0, downloadThroughput: -1, uploadThroughput: -1 }),
  });
  await devtools.send("Emulation.setCPUThrottlingRate", { rate: isSlow ? SLOW_CPU : 1 });
}

async function loadOnce(stage, tab, id) {
  await tab.rest();
  const asked = stage.asked().length;
  const outcome = await tab.load(`${id}/?calls`);
  if (outcome.status !== 200) throw new Error(`${id}: the API answered ${outcome.status}.`);
  return {
    answeredMs: outcome.answeredMs,
    blockingMs: outcome.blockingMs,
    taskMs: await taskMs(tab),
    asked: stage.asked().length - asked,
  };
}

/** What the main thread has done since the navigation. */
async function taskMs({ devtools }) {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration").value * 1000;
}

function summary(samples, bare) {
  const middle = (name, of = samples) => median(of.map((sample) => sample[name]));
  return {
    answeredMs: middle("answeredMs"),
    ratio: middle("answeredMs") / middle("answeredMs", bare),
    blockingMs: middle("blockingMs"),
    taskMs: middle("taskMs"),
    requests: middle("asked"),
  };
}
