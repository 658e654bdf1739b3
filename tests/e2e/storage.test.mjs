// Where the session is kept, and what happens when the browser will not keep it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  call,
  isSignedIn,
  isSignedOut,
  openDemo,
  openSignedIn,
  session,
  signIn,
  tokenRequests,
} from "./harness.mjs";

const SURVIVES_RELOAD = { indexeddb: true, local: true, session: true, memory: false };
const SHARED_BY_TABS = { indexeddb: true, local: true, session: false, memory: false };

describe("storage", { concurrency: 3 }, () => {
  for (const storage of Object.keys(SURVIVES_RELOAD)) {
    test(`${storage}: signs in, calls, renews, and ${SURVIVES_RELOAD[storage] ? "survives a reload" : "ends with the page"}`, async (t) => {
      const demo = await openSignedIn(t, { client: { storage } });
      assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
      await demo.tab.evaluate(() => client.accessToken({ fresh: true }));
      assert.equal(tokenRequests(demo), 1);
      const signedIn = await session(demo.tab);

      const other = await demo.newTab();
      await (SHARED_BY_TABS[storage] ? isSignedIn : isSignedOut)(other);

      await demo.tab.reload();
      await (SURVIVES_RELOAD[storage] ? isSignedIn : isSignedOut)(demo.tab);
      assert.deepEqual(await session(demo.tab), SURVIVES_RELOAD[storage] ? signedIn : null);
    });
  }

  test("keeps nothing readable in IndexedDB, localStorage or sessionStorage", async (t) => {
    const demo = await openSignedIn(t);
    const kept = await dumpStorage(demo.tab);
    assert.ok(kept.length > 0, "something is kept");
    const readable = kept.filter((text) =>
      [...demo.provider.secrets].some((secret) => text.includes(secret)),
    );
    assert.deepEqual(readable, []);
    assert.ok(!kept.some((text) => text.includes("Lovelace")), "claims are encrypted too");
  });

  test("keeps a key that no script can export", async (t) => {
    const { tab } = await openSignedIn(t);
    const keys = await tab.evaluate(async () => {
      const found = [];
      for (const { name } of await indexedDB.databases()) {
        const database = await new Promise((resolve, reject) =>
          Object.assign(indexedDB.open(name), {
            onsuccess: ({ target }) => resolve(target.result),
            onerror: reject,
          }),
        );
        for (const storeName of database.objectStoreNames) {
          const values = await new Promise(
            (resolve) =>
              (database.transaction(storeName).objectStore(storeName).getAll().onsuccess = ({
                target,
              }) => resolve(target.result)),
          );
          found.push(
            ...values
              .flatMap((value) => [value, ...Object.values(value ?? {})])
              .filter((value) => value instanceof CryptoKey),
          );
        }
        database.close();
      }
      return found.map((key) => key.extractable);
    });
    assert.deepEqual(new Set(keys), new Set([false]));
  });

  test("goes on in memory when the disk is full, and says storage_unavailable once", async (t) => {
    const demo = await openSignedIn(t);
    await demo.tab.evaluate(() => {
      IDBObjectStore.prototype.put = IDBObjectStore.prototype.add = () => {
        throw new DOMException("The disk is full.", "QuotaExceededError");
      };
    });
    for (let renewal = 1; renewal <= 2; renewal += 1) {
      await demo.tab.evaluate(() => client.accessToken({ fresh: true }));
      assert.equal(tokenRequests(demo), renewal);
    }
    assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
    assert.equal((await session(demo.tab)).subject, "ada");
    assert.equal(reports(demo, "storage_unavailable"), 1);
  });

  for (const [name, block] of Object.entries({
    "IndexedDB is refused": refuseIndexedDb,
    "every storage but the tab's own is refused": refuseAllButSession,
  })) {
    test(`signs in and calls where ${name}`, async (t) => {
      const demo = await openDemo(t);
      await demo.context.addInitScript(block);
      const tab = await demo.newTab();
      await isSignedOut(tab);
      await signIn(tab);
      assert.equal((await call(tab, `${demo.api.url}/ok`)).status, 200);
      await tab.evaluate(() => client.accessToken({ fresh: true }));
      assert.equal((await session(tab)).subject, "ada");
    });
  }

  test("starts, signed out, where the browser refuses every storage, and says why it cannot sign in", async (t) => {
    const demo = await openDemo(t);
    await demo.context.addInitScript(refuseEverything);
    const tab = await demo.newTab();
    await isSignedOut(tab);
    const code = await tab.evaluate(() => client.signIn().catch((error) => error.code));
    assert.equal(code, "storage_unavailable");
    assert.equal(tab.url(), demo.url, "the user is not sent on a way without return");
  });
});

/** How often the client told its listeners of an error with this code. */
function reports({ seen }, code) {
  return seen.entries.filter(({ kind, details }) => kind === "event" && details?.code === code)
    .length;
}

/** Everything that this origin keeps, as text. */
function dumpStorage(tab) {
  return tab.evaluate(async () => {
    const asText = (value) => {
      if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
        return new TextDecoder("latin1").decode(value);
      if (value && typeof value === "object") return Object.values(value).map(asText).join("\n");
      return String(value);
    };
    const texts = [localStorage, sessionStorage].flatMap((storage) =>
      Object.entries(storage).flat(),
    );
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise(
        (resolve) => (indexedDB.open(name).onsuccess = ({ target }) => resolve(target.result)),
      );
      for (const storeName of database.objectStoreNames) {
        const store = database.transaction(storeName).objectStore(storeName);
        for (const request of [store.getAllKeys(), store.getAll()]) {
          const values = await new Promise(
            (resolve) => (request.onsuccess = ({ target }) => resolve(target.result)),
          );
          texts.push(...values.map(asText));
        }
      }
      database.close();
    }
    return texts;
  });
}

// The following run in the page before its scripts. They do what a browser does that blocks site data.

function refuseIndexedDb() {
  IDBFactory.prototype.open = () => {
    throw new DOMException("The user denied permission.", "SecurityError");
  };
}

function refuseAllButSession() {
  const refuse = () => {
    throw new DOMException("The user denied permission.", "SecurityError");
  };
  IDBFactory.prototype.open = refuse;
  Object.defineProperty(globalThis, "localStorage", { get: refuse });
}

function refuseEverything() {
  const refuse = () => {
    throw new DOMException("The user denied permission.", "SecurityError");
  };
  IDBFactory.prototype.open = refuse;
  Object.defineProperty(globalThis, "localStorage", { get: refuse });
  Object.defineProperty(globalThis, "sessionStorage", { get: refuse });
}
