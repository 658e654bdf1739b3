// `init`: wherever the module comes from, it is loaded once, and every kind of client works with it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openBarePage } from "./bare-page.mjs";

const FILE = '"/pkg/core_bg.wasm"';
const SOURCES = {
  nothing: "undefined",
  "a text": FILE,
  "a URL": `new URL(${FILE}, location)`,
  "a Response": `await fetch(${FILE})`,
  "a promise of a Response": `fetch(${FILE})`,
  bytes: `await (await fetch(${FILE})).arrayBuffer()`,
  "a view of bytes": `new Uint8Array(await (await fetch(${FILE})).arrayBuffer())`,
  "a module": `await WebAssembly.compileStreaming(fetch(${FILE}))`,
  "a promise of a module": `WebAssembly.compileStreaming(fetch(${FILE}))`,
};

test("init takes", async (t) => {
  const { newTab, page, provider } = await openBarePage(t);
  for (const [name, source] of Object.entries(SOURCES)) {
    await t.test(name, async () => {
      const tab = await newTab();
      const before = page.requests.length;
      const found = await tab.evaluate(`(async () => {
        const given = ${source};
        const nothing = await Promise.all([tessera.init(given), tessera.init(), tessera.init()]);
        const options = { issuer: ${JSON.stringify(provider.url)}, clientId: "app" };
        const client = await tessera.createClient(options);
        const login = await tessera.createPasswordClient({ loginUrl: "/login" });
        return [...nothing, await client.handleRedirect(), login.session];
      })()`);
      assert.deepEqual(found, [undefined, undefined, undefined, null, null]);
      const asked = page.requests.slice(before).filter(({ path }) => path.includes("core_bg"));
      assert.equal(asked.length, 1);
      await tab.close();
    });
  }
});

test("init says what is no module, and that it will not be one the next time", async (t) => {
  const { newTab } = await openBarePage(t);
  const tab = await newTab();
  const errors = await tab.evaluate(async () => {
    const attempt = (given) =>
      tessera.init(given).catch(({ code, retryable }) => ({ code, retryable }));
    const found = [];
    const unreachable = () => Promise.reject(new TypeError("Failed to fetch"));
    for (const give of [() => 7, () => ({}), () => new ArrayBuffer(8), unreachable])
      found.push(await attempt(give()));
    await tessera.init();
    return found;
  });
  const refused = { code: "wasm_failed", retryable: false };
  assert.deepEqual(errors, [refused, refused, refused, { ...refused, retryable: true }]);
});
