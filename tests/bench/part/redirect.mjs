// Back from the provider with a code, to signed in.

import { CLIENTS } from "../contender.mjs";
import { median, turns } from "../statistic.mjs";

/** So slow that whatever does not wait for another request begins before that one ends. */
const FAR_MS = 200;

export async function measure({ stage, signedIn, runs, progress }) {
  // It is known then what each page has to preload.
  await signedIn();
  const profile = await stage.newProfile();
  const tab = await profile.newTab();
  const samples = Object.fromEntries(CLIENTS.map(({ id }) => [id, []]));
  const comeBack = async (id) => {
    await forget(tab, stage.url);
    const outcome = await tab.signIn(id);
    if (!outcome.isSignedIn) throw new Error(`${id} came back and is not signed in.`);
    return sample(stage, outcome);
  };
  for (let round = 0; round < runs; round++) {
    progress(`round ${round + 1} of ${runs}`);
    for (const { id } of turns(CLIENTS, round)) samples[id].push(await comeBack(id));
  }
  progress("over a long way");
  await tab.devtools.send("Network.enable");
  await tab.devtools.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: FAR_MS,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  const far = {};
  for (const { id } of CLIENTS) far[id] = await comeBack(id);
  await profile.close();
  return CLIENTS.map(({ id }) => ({
    id,
    signedInMs: median(samples[id].map(({ ms }) => ms)),
    depth: far[id].depth,
    requests: far[id].asked.length,
    asked: far[id].asked,
  }));
}

/** Everything that the pages have stored; the provider's cookies stay. */
async function forget(tab, url) {
  await tab.rest();
  await tab.page.evaluate(() => (localStorage.clear(), sessionStorage.clear()));
  await tab.devtools.send("Storage.clearDataForOrigin", {
    origin: new URL(url).origin,
    storageTypes: "indexeddb",
  });
  for (const { name } of await tab.page.context().cookies(url))
    if (name.includes("auth0")) await tab.page.context().clearCookies({ name });
}

function sample(stage, { readyMs, fetchStartMs, loaded }) {
  const own = new URL(stage.url).origin;
  const foreign = loaded.filter(({ name }) => !name.startsWith(own));
  const asked = stage.askedSinceReturn();
  // The browser's own questions (CORS) are in no list of the page's; what they are about waits for them.
  const preflights = asked.filter(({ method }) => method === "OPTIONS").length;
  return {
    ms: readyMs - fetchStartMs,
    depth: depth(foreign) + preflights,
    asked: asked.map(({ method, path }) => `${method} ${path}`),
  };
}

/** The longest row of requests in which each begins after the one before has ended. */
function depth(requests) {
  const sorted = requests.toSorted((one, other) => one.startTime - other.startTime);
  const lengths = [];
  for (const [index, { startTime }] of sorted.entries()) {
    const before = lengths.filter((_, other) => sorted[other].responseEnd <= startTime);
    lengths[index] = 1 + Math.max(0, ...before);
  }
  return Math.max(0, ...lengths);
}
