// Listeners, subscribers and loggers are the app's code: what they throw or call must not disturb the client.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  call,
  isSignedIn,
  openDemo,
  openSignedIn,
  session,
  signIn,
  tokenRequests,
} from "./harness.mjs";

const EXPECTED = { expectError: /from the app's own listener/ };

describe("listeners", { concurrency: 3 }, () => {
  test("that throw do no harm to the client or to each other", async (t) => {
    const demo = await openSignedIn(t, EXPECTED);
    const calls = await demo.tab.evaluate(async () => {
      const calls = [];
      const explode = () => {
        throw new Error("from the app's own listener");
      };
      client.addEventListener("refreshed", explode);
      client.addEventListener("refreshed", ({ detail }) =>
        calls.push(["event", detail.session === client.session]),
      );
      client.subscribe(explode);
      client.subscribe((session) => calls.push(["subscriber", session === client.session]));
      const told = new Promise((resolve) => client.addEventListener("refreshed", resolve));
      await client.accessToken({ fresh: true });
      await told;
      return calls;
    });
    assert.deepEqual(calls, [
      ["subscriber", true],
      ["subscriber", true],
      ["event", true],
    ]);
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
    assert.equal(tokenRequests(demo), 1);
  });

  test("may call the client back", async (t) => {
    const demo = await openSignedIn(t);
    const statuses = await demo.tab.evaluate(async (url) => {
      const told = new Promise((resolve) => {
        client.addEventListener("refreshed", async () => {
          client.subscribe(() => {})();
          resolve([(await client.fetch(url)).status, typeof (await client.accessToken())]);
        });
      });
      await client.accessToken({ fresh: true });
      return told;
    }, `${demo.api.url}/ok`);
    assert.deepEqual(statuses, [200, "string"]);
  });

  test("are told once, or until their signal aborts, or until they are removed", async (t) => {
    const { tab } = await openSignedIn(t);
    const counts = await tab.evaluate(async () => {
      const counts = { once: 0, aborted: 0, removed: 0, kept: 0, unsubscribed: 0 };
      const controller = new AbortController();
      const removed = () => counts.removed++;
      client.addEventListener("refreshed", () => counts.once++, { once: true });
      client.addEventListener("refreshed", () => counts.aborted++, { signal: controller.signal });
      client.addEventListener("refreshed", removed);
      const unsubscribe = client.subscribe(() => counts.unsubscribed++);
      let told;
      client.addEventListener("refreshed", () => (counts.kept++, told()));
      const renew = async () => {
        const event = new Promise((resolve) => (told = resolve));
        await client.accessToken({ fresh: true });
        await event;
      };
      await renew();
      controller.abort();
      client.removeEventListener("refreshed", removed);
      unsubscribe();
      await renew();
      return counts;
    });
    assert.deepEqual(counts, { once: 1, aborted: 1, removed: 1, kept: 2, unsubscribed: 2 });
  });

  test("a logger that throws stops nothing", async (t) => {
    const demo = await openDemo(t, EXPECTED);
    await (await demo.newTab()).close();
    const tab = await demo.newTab();
    await signIn(tab);
    const outcome = await tab.evaluate(async (url) => {
      const { createClient } = await import("/pkg/index.js");
      const { client: options } = await (await fetch("/config.json")).json();
      const logger = () => {
        throw new Error("from the app's own listener");
      };
      const other = await createClient({ ...options, logger });
      await other.accessToken({ fresh: true });
      const { status } = await other.fetch(url);
      other.close();
      return status;
    }, `${demo.api.url}/ok`);
    assert.equal(outcome, 200);
  });

  test("the session is one frozen object until something changes", async (t) => {
    const { tab } = await openSignedIn(t);
    const facts = await tab.evaluate(async () => {
      const before = client.session;
      const same = before === client.session;
      await client.accessToken({ fresh: true });
      return {
        same,
        frozen: Object.isFrozen(before) && Object.isFrozen(before.claims),
        changed: before !== client.session,
        secretless: !("accessToken" in client.session),
      };
    });
    assert.deepEqual(facts, { same: true, frozen: true, changed: true, secretless: true });
  });

  test("close stops the client and leaves the session in the store", async (t) => {
    const demo = await openSignedIn(t);
    const refused = await demo.tab.evaluate(async () => {
      client.close();
      const asked = [
        client.fetch("/"),
        client.accessToken(),
        client.signIn(),
        client.userInfo(),
        client.revoke(),
      ];
      const outcomes = await Promise.allSettled(asked);
      return outcomes.map(({ reason }) => `${reason?.code} ${reason?.retryable}`);
    });
    assert.deepEqual(refused, Array(5).fill("aborted false"));
    await demo.tab.reload();
    await isSignedIn(demo.tab);
    assert.equal((await session(demo.tab)).subject, "ada");
  });
});
