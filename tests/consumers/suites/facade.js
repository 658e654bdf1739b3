// What the hand-written part of the package does by itself: it keeps the snapshot and tells listeners of changes.

import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { installed, workspace } from "../workspace.js";

const alice = Object.freeze({ subject: "alice" });
const bob = Object.freeze({ subject: "bob" });

let AuthError;
let client;
let core;
let createClient;
let full;
let say;

describe("the facade", () => {
  before(async () => {
    const folder = join(workspace, "facade");
    mkdirSync(folder, { recursive: true });
    for (const file of ["index.js", "auth-error.js"])
      cpSync(join(installed, file), join(folder, file));
    cpSync(join(installed, "providers"), join(folder, "providers"), { recursive: true });
    for (const part of ["core.js", "full.js", "credentials.js"])
      cpSync(join(import.meta.dirname, "scripted-core.js"), join(folder, part));
    globalThis.location = new URL("https://app.example.com/");
    ({ AuthError, createClient } = await import(pathToFileURL(join(folder, "index.js"))));
    core = await import(pathToFileURL(join(folder, "core.js")));
    full = await import(pathToFileURL(join(folder, "full.js")));
    say = (...change) => core.say(...change);
  });
  after(() => delete globalThis.location);
  beforeEach(async () => (client = await createClient({ clientId: "facade" })));

  describe("the snapshot", () => {
    test("is signed out until the core says otherwise", () => {
      assert.equal(client.session, null);
      assert.equal(client.error, null);
    });

    test("is the very object that the core gave", () => {
      const error = new AuthError("network", "try again");
      say(alice, error, null);
      assert.equal(client.session, alice);
      assert.equal(client.error, error);
    });

    test("cannot be set from outside", () => {
      assert.throws(() => (client.session = bob), TypeError);
    });
  });

  describe("subscribe", () => {
    test("calls at once, and on each change of session or error", () => {
      const seen = [];
      client.subscribe((session) => seen.push([session, client.error]));
      const error = new AuthError("network", "try again");
      say(alice, null, null);
      say(alice, error, "error", { error });
      assert.deepEqual(seen, [
        [null, null],
        [alice, null],
        [alice, error],
      ]);
    });

    test("does not call when nothing changed", () => {
      say(alice, null, null);
      let calls = 0;
      client.subscribe(() => calls++);
      say(alice, null, "refresherror", {});
      assert.equal(calls, 1);
    });

    test("counts the same function as often as it subscribes", () => {
      let calls = 0;
      const listener = () => calls++;
      const stop = client.subscribe(listener);
      client.subscribe(listener);
      stop();
      stop();
      say(alice, null, null);
      assert.equal(calls, 3);
    });

    test("does not call a listener that another one removes during the call", () => {
      const stops = [];
      let calls = 0;
      client.subscribe((session) => session && stops[0]());
      stops.push(client.subscribe(() => calls++));
      say(alice, null, null);
      assert.equal(calls, 1);
    });

    test("calls a listener that is added during a call only at once", () => {
      const seen = [];
      client.subscribe((session) => session && client.subscribe((now) => seen.push(now)));
      say(alice, null, null);
      assert.deepEqual(seen, [alice]);
    });

    test("reports what a listener throws, and calls the others", (t) => {
      const reported = [];
      t.mock.method(globalThis, "queueMicrotask", (task) => reported.push(task));
      const mistake = new Error("in the application");
      const seen = [];
      client.subscribe(() => {
        throw mistake;
      });
      client.subscribe((session) => seen.push(session));
      say(alice, null, null);
      assert.deepEqual(seen, [null, alice]);
      assert.equal(reported.length, 2);
      for (const report of reported) assert.throws(report, mistake);
    });

    test("can be handed on by itself, and is always the same function", () => {
      const { subscribe } = client;
      subscribe(() => {})();
      assert.equal(client.subscribe, subscribe);
    });
  });

  describe("events", () => {
    test("come after the snapshot and the listeners, with the core's detail", () => {
      const order = [];
      const detail = { session: alice };
      client.subscribe((session) => session && order.push("listener"));
      client.addEventListener("signedin", (event) =>
        order.push(event.type, event.detail === detail, client.session === alice),
      );
      say(alice, null, "signedin", detail);
      assert.deepEqual(order, ["listener", "signedin", true, true]);
    });

    test("obey `once` and `signal`", () => {
      const seen = [];
      const stop = new AbortController();
      client.addEventListener("refreshed", () => seen.push("once"), { once: true });
      client.addEventListener("refreshed", () => seen.push("signal"), { signal: stop.signal });
      say(alice, null, "refreshed", {});
      stop.abort();
      say(bob, null, "refreshed", {});
      assert.deepEqual(seen, ["once", "signal"]);
    });
  });

  describe("a client", () => {
    test("hears nothing of another one", async () => {
      const first = client;
      await createClient({ clientId: "second" });
      say(alice, null, null);
      assert.equal(first.session, null);
    });

    test("has a `fetch` that can be handed on by itself", async () => {
      const { fetch } = client;
      assert.equal(await fetch("https://api.example.com/"), "fetched https://api.example.com/");
    });

    test("passes `returnTo` on", () => {
      assert.equal(client.returnTo, "https://app.example.com/inbox");
    });
  });

  describe("the full module", () => {
    const isFull = async (options) => {
      const before = full.made.length;
      await createClient({ clientId: "facade", ...options });
      return full.made.length > before;
    };
    const unsupported = () => new AuthError("unsupported", "not in this module");

    test("makes the clients whose options need it, and no others", async () => {
      for (const options of [
        { dpop: true },
        { par: true },
        { provider: "google" },
        { resource: "https://api.example.com" },
        { register: {} },
        { profile: "fapi2" },
        { stepUp: "popup" },
        { checkSession: true },
        { frontchannelLogout: true },
        { storage: "memory" },
        { resources: [{ audience: "a" }, { audience: "b" }] },
      ])
        assert.equal(await isFull(options), true, JSON.stringify(options));
      for (const options of [
        {},
        { dpop: false, par: false, stepUp: "none", storage: "local" },
        { resources: ["https://api.example.com", { audience: "a" }, { audience: "a" }] },
        { resources: 7 },
      ])
        assert.equal(await isFull(options), false, JSON.stringify(options));
    });

    test("is made on the page that a sign-in beside another page comes to", async () => {
      const own = globalThis.location;
      globalThis.location = new URL("https://app.example.com/?code=c&state=beside.s");
      assert.equal(await isFull({}), true);
      globalThis.location = own;
      globalThis.frameElement = { name: "tessera-auth" };
      assert.equal(await isFull({}), true);
      delete globalThis.frameElement;
      assert.equal(await isFull({}), false);
    });

    test("gets the preset in the place of a provider's name", async () => {
      await createClient({ clientId: "facade", provider: "auth0" });
      assert.equal(full.made.at(-1).provider.name, "Auth0");
      await createClient({ clientId: "facade", provider: "nobody" });
      assert.equal(full.made.at(-1).provider, "nobody");
      const own = { name: "Ours" };
      await createClient({ clientId: "facade", provider: own });
      assert.equal(full.made.at(-1).provider, own);
    });

    test("gets the window that was opened at the click, also after it had to be loaded", async () => {
      const opened = [];
      globalThis.open = () => opened[opened.push({ close: () => (opened.isClosed = true) }) - 1];
      core.answers.push(unsupported());
      full.found.push(null);
      full.answers.push(alice);
      const signingIn = client.signIn({ mode: "popup" });
      assert.equal(opened.length, 1, "before anything is awaited");
      await signingIn;
      assert.deepEqual(full.windows, opened);
      assert.equal(opened.isClosed, undefined);
      await client.signIn();
      assert.equal(opened.length, 1);
      delete globalThis.open;
    });

    test("takes over where the smaller one cannot sign in, and nobody is signed in anew", async () => {
      say(alice, null, null);
      const told = [];
      client.addEventListener("signedin", () => told.push("signedin"));
      client.addEventListener("refreshed", () => told.push("refreshed"));
      core.answers.push(unsupported());
      full.found.push(bob);
      full.answers.push(alice);
      assert.equal(await client.signIn({ mode: "popup" }), alice);
      assert.equal(client.session, bob);
      assert.equal(full.made.at(-1).handleRedirect, false);
      full.say(alice, null, "signedin", {});
      full.say(alice, null, "refreshed", {});
      full.say(alice, null, "signedin", {});
      assert.deepEqual(told, ["refreshed", "signedin"]);
    });

    test("does not take over where it does not find the session", async () => {
      say(alice, null, null);
      core.answers.push(unsupported());
      await assert.rejects(client.signIn({ mode: "popup" }), { code: "unsupported" });
      assert.equal(client.session, alice);
    });

    test("is not asked about what has failed", async () => {
      const before = full.made.length;
      core.answers.push(new AuthError("network", "try again", true));
      await assert.rejects(client.signIn(), { code: "network" });
      assert.equal(full.made.length, before);
    });
  });

  describe("AuthError", () => {
    test("is an Error with a code, and shows its name in the stack", () => {
      const error = new AuthError("invalid_grant", "Sign in again.", false, {
        error: "invalid_grant",
      });
      assert.ok(error instanceof Error);
      assert.equal(error.name, "AuthError");
      assert.match(error.stack, /^AuthError: Sign in again\./);
    });

    test("shows nothing but code, retryable and what the server said", () => {
      const oauth = { error: "invalid_grant", status: 400 };
      assert.deepEqual(
        { ...new AuthError("invalid_grant", "Sign in again.", false, oauth) },
        { code: "invalid_grant", retryable: false, oauth },
      );
      assert.deepEqual(
        { ...new AuthError("network", "Try again.", true) },
        { code: "network", retryable: true },
      );
    });
  });
});
