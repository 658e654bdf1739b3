// Back from the provider with a code, to signed in.

import { CLIENTS } from "../contender.mjs";
import { median, turns } from "../statistic.mjs";

export async function measure({ stage, runs, progress }) {
  const profile = await stage.newProfile();
  const tab = await profile.newTab();
  const samples = Object.fromEntries(CLIENTS.map(({ id }) => [id, []]));
  for (let round = 0; round < runs; round++) {
    progress(`round ${round + 1} of ${runs}`);
    for (const { id } of turns(CLIENTS, round)) {
      await forget(tab, stage.url);
      const outcome = await tab.signIn(id);
      if (!outcome.isSignedIn) throw new Error(`${id} came back and is not signed in.`);
      samples[id].push(sample(stage, outcome));
    }
  }
  await profile.close();
  return CLIENTS.map(({ id }) => ({
    id,
    signedInMs: median(samples[id].map(({ ms }) => ms)),
    depth: median(samples[id].map(({ depth }) => depth)),
    requests: median(samples[id].map(({ asked }) => asked.length)),
    asked: samples[id].at(-1).asked,
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
