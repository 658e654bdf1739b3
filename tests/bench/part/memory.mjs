// What stays in memory: the page's heap and the module's, before and after much of the same.

import { CLIENTS } from "../contender.mjs";

const TESSERA = CLIENTS[0].id;
/** A timer holds what it is for until it goes off: so long for those that would take half a minute or more. */
const TIMER_MS = 1_000;
/** How often each is done before the first look, so that what is made once, or is there for a while, is there. */
const WARM_UP = 400;
const DEEDS = [
  {
    id: "calls",
    label: "1,000 calls",
    times: 1_000,
    act: () => app.call(`${config.api}/ok`).then((answer) => answer.text()),
  },
  { id: "renewals", label: "100 renewals", times: 100, act: () => app.renew() },
  {
    id: "clients",
    label: "100 clients, made and closed",
    times: 100,
    act: async () =>
      (await openApp({ ...config, options: { ...config.options, resources: [] } })).close(),
  },
];

export async function measure({ stage, progress }) {
  const profile = await stage.newProfile();
  await profile.context.addInitScript(watchModules);
  await profile.context.addInitScript(hurryTimers, TIMER_MS);
  const tab = await profile.newTab();
  await tab.devtools.send("HeapProfiler.enable");
  await tab.signIn(TESSERA);
  const rows = [];
  for (const { id, label, times, act } of DEEDS) {
    progress(label);
    const repeat = (count) =>
      tab.page.evaluate(`(async () => {
      const act = ${act};
      for (let done = 0; done < ${count}; done++) await act();
    })()`);
    await repeat(WARM_UP);
    const before = await look(tab);
    await repeat(times);
    const after = await look(tab);
    rows.push({
      id,
      heapBefore: before.heap,
      heapAfter: after.heap,
      heapGrowth: after.heap - before.heap,
      pagesBefore: before.pages,
      pagesAfter: after.pages,
      pagesGrowth: after.pages - before.pages,
    });
  }
  await profile.close();
  return rows;
}

/** Bytes in use when all that is garbage is gone, and pages of 64 KiB that the module has. */
async function look({ page, devtools }) {
  await page.waitForTimeout(TIMER_MS * 1.5);
  await page.evaluate(() => performance.clearResourceTimings());
  for (let time = 0; time < 3; time++) await devtools.send("HeapProfiler.collectGarbage");
  const { usedSize } = await devtools.send("Runtime.getHeapUsage");
  return { heap: usedSize, pages: await page.evaluate(() => globalThis.wasmPages()) };
}

/** Runs before the page's scripts: who makes an instance is known by its memory. */
function watchModules() {
  // A memory can have several names.
  const memories = new Set();
  globalThis.wasmPages = () =>
    [...memories].reduce((sum, { buffer }) => sum + buffer.byteLength / 65_536, 0);
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...words) => {
      const result = await original.apply(WebAssembly, words);
      const exports = Object.values((result.instance ?? result).exports);
      for (const value of exports) if (value instanceof WebAssembly.Memory) memories.add(value);
      return result;
    };
  }
}

/** Runs before the page's scripts. */
function hurryTimers(ms) {
  const original = globalThis.setTimeout;
  globalThis.setTimeout = (act, delay, ...words) =>
    original(act, delay >= 30_000 ? ms : delay, ...words);
}
