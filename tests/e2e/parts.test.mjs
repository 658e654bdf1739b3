// The module comes in parts: what a page loads of it and when, and what happens when a part does not come.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { PACKAGE } from "../../www/server/page.mjs";
import {
  HIDDEN,
  arrive,
  call,
  errorCode,
  events,
  isSignedIn,
  isSignedOut,
  openDemo,
  openSignedIn,
  session,
  until,
  untilExpired,
} from "./harness.mjs";

const FLOWS = "**/flows_bg.wasm";
/** Chromium's own line for a request that comes to nothing. */
const FAILED = /^Failed to load resource: net::ERR_FAILED/;

/** The parts that a tab has asked for, in their order. */
async function watchParts(context) {
  const parts = [];
  context.on("request", (request) => {
    const [, part] = /\/(\w+)_bg\.wasm$/.exec(request.url()) ?? [];
    if (part) parts.push(part);
  });
  return parts;
}

/** What signing in comes to, where it does not leave the page. */
const signIn = (tab, options = {}) =>
  tab.evaluate(
    (options) =>
      client.signIn(options).then(
        () => null,
        ({ code, retryable, message }) => ({ code, retryable, message }),
      ),
    options,
  );

describe("the module in parts", { concurrency: 4 }, () => {
  test("a page with a good session calls with the first part, and has the flows before it needs them", async (t) => {
    const demo = await openSignedIn(t);
    const parts = await watchParts(demo.context);
    await demo.context.route(FLOWS, async (route) => {
      assert.equal(demo.api.requests.length, 1, "the call came first");
      await route.continue();
    });
    await demo.tab.reload();
    await isSignedIn(demo.tab);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
    assert.deepEqual(parts, ["core"]);
    await until(() => parts.length > 1, "the flows are asked for");
    assert.deepEqual(parts, ["core", "flows"]);
  });

  for (const [storage, expected] of [
    ["indexeddb", ["tessera-auth"]],
    ["session", []],
  ]) {
    test(`storage ${storage}: while the module is on its way the database is ${expected.length ? "opened" : "left alone"}`, async (t) => {
      const demo = await openSignedIn(t, { client: { storage } });
      await demo.tab.reload();
      await isSignedIn(demo.tab);
      await demo.context.addInitScript(() => {
        // Ahead of the core there is no session to be shown.
        localStorage.clear();
        const open = indexedDB.open;
        globalThis.opened = [];
        IDBFactory.prototype.open = function (name, ...rest) {
          globalThis.opened.push(name);
          return open.call(this, name, ...rest);
        };
      });
      let answered;
      const seen = new Promise((resolve) => (answered = resolve));
      await demo.context.route(/core_bg\.wasm/, async (route) => {
        if (expected.length)
          await until(() => demo.tab.evaluate(() => opened.length), "it is opened");
        answered(await demo.tab.evaluate(() => opened));
        await route.continue();
      });
      await demo.tab.reload();
      assert.deepEqual(await seen, expected);
      await isSignedIn(demo.tab);
      assert.ok((await demo.tab.evaluate(() => opened.length)) <= 1, "opened once");
    });
  }

  test("who comes back from the server asks for both at once", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    let arrived;
    const flows = new Promise((resolve) => (arrived = resolve));
    await demo.context.route(FLOWS, async (route) => {
      arrived();
      await route.continue();
    });
    // The first part comes when the second has been asked for: who would wait for it first would wait for ever.
    await demo.context.route(/core_bg\.wasm/, async (route) => {
      if (new URL(route.request().frame().url()).search.includes("code=")) await flows;
      await route.continue();
    });
    await arrive(demo, tab);
    assert.equal((await session(tab)).subject, "ada");
  });

  test("a sign-in whose part does not load says so, and works when it does", async (t) => {
    const demo = await openDemo(t, { expectError: FAILED });
    await demo.context.route(FLOWS, (route) => route.abort());
    const tab = await demo.newTab();
    await isSignedOut(tab);
    const { code, retryable, message } = await signIn(tab);
    assert.deepEqual({ code, retryable }, { code: "network", retryable: true });
    assert.match(message, /flows_bg\.wasm/);
    await demo.context.unroute(FLOWS);
    await arrive(demo, tab);
  });

  test("a renewal whose part does not load is tried again, and the session lives", async (t) => {
    const demo = await openDemo(t, {
      expectError: FAILED,
      provider: { accessTokenLifetime: 4 },
    });
    await demo.context.addInitScript(HIDDEN);
    const tab = await demo.newTab();
    await arrive(demo, tab);
    await demo.context.route(FLOWS, (route) => route.abort());
    await tab.reload();
    await isSignedIn(tab);
    await untilExpired(tab);
    demo.provider.setAccessTokenLifetime(600);
    assert.equal((await call(tab, `${demo.api.url}/ok`)).code, "network");
    assert.equal((await session(tab)).subject, "ada");
    assert.ok((await events(tab)).includes("refresherror · network"));
    await demo.context.unroute(FLOWS);
    await until(
      async () => (await call(tab, `${demo.api.url}/ok`)).status === 200,
      "a call is answered",
    );
    assert.equal(await errorCode(tab), null);
  });

  test("a part of another build is refused before anything of it runs", async (t) => {
    const demo = await openSignedIn(t);
    const module = await readFile(`${process.env.TESSERA_PACKAGE ?? PACKAGE}/flows_bg.wasm`);
    const [build] = /(?<=\x01b\x08)[0-9a-f]{8}/.exec(module.toString("latin1"));
    const other = Buffer.from(
      module.toString("latin1").replaceAll(`\x01b\x08${build}`, "\x01b\x08otherone"),
      "latin1",
    );
    assert.ok(!other.equals(module));
    await demo.context.route(FLOWS, (route) =>
      route.fulfill({ contentType: "application/wasm", body: other }),
    );
    await demo.tab.reload();
    await isSignedIn(demo.tab);
    const { code, retryable, message } = await signIn(demo.tab);
    assert.deepEqual({ code, retryable }, { code: "wasm_failed", retryable: false });
    assert.match(message, /flows_bg\.wasm/);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200, "the session goes on");
  });
});
