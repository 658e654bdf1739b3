// The demo's Flask and FastAPI, which we did not write, and a page of a test's own to use them from.

import assert from "node:assert/strict";
import { PYTHON, start } from "../../www/server/python.mjs";
import { openBarePage } from "./bare-page.mjs";
import { HIDDEN } from "./harness.mjs";
import { assertNoSecrets } from "./secrets.mjs";

/** For `test`: why the tests of these servers are left out, if they are. */
export const skip = PYTHON ? false : "there is no Python: TESSERA_PYTHON is not set";

export const ADA = { username: "ada", password: "engine-1843" };

/** Starts one of the demo's servers in Python for test `t`. */
export async function startServer(t, name) {
  const { url, close } = await start(name);
  t.after(close);

  const post = async (path, body) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
  };
  /** What came in, all of it or for one path; names of headers in lower case. */
  const requests = async (path) => {
    const all = await (await fetch(`${url}/test/requests`)).json();
    const lower = (headers) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      );
    const seen = all.map((request) => ({ ...request, headers: lower(request.headers) }));
    return path ? seen.filter((request) => request.path === path) : seen;
  };
  return { url, post, requests };
}

/** A bare page that may talk to these servers, and that renews nothing while nobody looks. */
export async function openPage(t, servers, options) {
  const page = await openBarePage(t, {
    expectError: /status of 422/,
    ...options,
    page: { connect: servers.map(({ url }) => url) },
  });
  await page.context.addInitScript(HIDDEN);
  await page.tab.reload();
  await page.tab.waitForFunction(() => globalThis.tessera);
  return page;
}

/** Makes a client in the tab, as `globalThis.client`. */
export const makeClient = (tab, create, options) =>
  tab.evaluate(
    async ([create, options]) => {
      globalThis.outcome = await tessera.attempt(async () => {
        globalThis.client = await tessera.open(options, create);
      });
      if (outcome.code) throw new Error(`${outcome.code}: ${outcome.message}`);
    },
    [create, options],
  );

/** `client[method](...given)`: what it gives, or its error as a plain object. */
export const act = (tab, method, ...given) =>
  tab.evaluate(
    async ([method, given]) => {
      const outcome = await tessera.attempt(() => globalThis.client[method](...given));
      return outcome.code ? outcome : outcome.value;
    },
    [method, given],
  );

export const events = (tab) => tab.evaluate(() => globalThis.client.events);

/** Nothing that the page said, stored in the clear or was sent along with it has any of these. */
export async function assertKept(page, tab, secrets) {
  const stored = await tab.evaluate(async () => {
    const databases = await new Promise((resolve, reject) => {
      const opening = indexedDB.open("tessera-auth");
      opening.onerror = reject;
      opening.onsuccess = () => {
        const database = opening.result;
        if (!database.objectStoreNames.contains("values")) return resolve([]);
        const all = database.transaction("values").objectStore("values").getAll();
        all.onsuccess = () => resolve(all.result.map((value) => new TextDecoder().decode(value)));
      };
    });
    return [...databases, JSON.stringify(localStorage), JSON.stringify(sessionStorage)];
  });
  assertNoSecrets(secrets, [...page.seen.texts, ...stored]);
  for (const text of [...page.seen.texts, ...stored]) {
    assert.ok(!text.includes(ADA.password), `the password is in ${text.slice(0, 200)}`);
  }
}
