// What every page of the benchmark does, whatever signs it in: open the client, say so, make one call, say so.

/**
 * @param {(config: object) => Promise<object>} open gives what the pages of the benchmark ask of a client:
 *   `isSignedIn`, `signIn()`, `call(url)`, `accessToken()`, `session()`, `renew()` and `close()`; `null`: it has no such thing
 */
export async function run(open) {
  const config = JSON.parse(document.querySelector("script[type='application/json']").textContent);
  const blocking = countBlocking();
  try {
    const app = await open(config);
    const outcome = { isSignedIn: app.isSignedIn, readyMs: performance.now() };
    Object.assign(globalThis, { app, config, openApp: open });
    if (app.isSignedIn && config.callsAtOnce) {
      outcome.calledMs = performance.now();
      const answer = await app.call(`${config.api}/ok`);
      await answer.text();
      outcome.answeredMs = performance.now();
      outcome.status = answer.status;
    }
    outcome.blockingMs = blocking();
    outcome.fetchStartMs = performance.getEntriesByType("navigation")[0].fetchStart;
    outcome.loaded = performance
      .getEntriesByType("resource")
      .map(({ name, startTime, responseEnd }) => ({ name, startTime, responseEnd }));
    globalThis.report?.(outcome);
  } catch (error) {
    globalThis.report?.({ error: `${error?.stack ?? JSON.stringify(error)}` });
  }
}

/** What long tasks take past their first 50 ms, which is how long a page may keep its user waiting. */
function countBlocking() {
  const observer = new PerformanceObserver(() => {});
  observer.observe({ type: "longtask", buffered: true });
  let blocked = 0;
  return () => {
    for (const { duration } of observer.takeRecords()) blocked += Math.max(0, duration - 50);
    return blocked;
  };
}
