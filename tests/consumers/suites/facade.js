// What the hand-written part of the package does by itself: it keeps the snapshot and tells listeners of changes.

import assert from "node:assert/strict";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { installed, workspace } from "../workspace.js";

/** What is in the glue of the core beside what is generated. */
const SCRIPTS = join(import.meta.dirname, "../../../src/js");

const alice = Object.freeze({ subject: "alice" });
const bob = Object.freeze({ subject: "bob" });

let AuthError;
let client;
let core;
let createClient;
let realFetch;
let say;

describe("the facade", () => {
  before(async () => {
    const folder = join(workspace, "facade");
    mkdirSync(folder, { recursive: true });
    for (const file of ["index.js", "auth-error.js"])
      cpSync(join(installed, file), join(folder, file));
    cpSync(join(installed, "providers"), join(folder, "providers"), { recursive: true });
    for (const script of ["complete.js", "error.js", "parts.js", "short.js"])
      cpSync(join(SCRIPTS, script), join(folder, script));
    cpSync(join(import.meta.dirname, "scripted-core.js"), join(folder, "core.js"));
    globalThis.location = new URL("https://app.example.com/");
    realFetch = globalThis.fetch;
    // What the files are fetched with: the script's own address names none that `fetch` would take.
    globalThis.fetch = async (url) => String(url);
    ({ AuthError, createClient } = await import(pathToFileURL(join(folder, "index.js"))));
    core = await import(pathToFileURL(join(folder, "core.js")));
    say = (...change) => core.say(...change);
  });
  after(() => {
    delete globalThis.location;
    globalThis.fetch = realFetch;
  });
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

  describe("the short way of a call", () => {
    const API = "https://api.example.com/v1";
    const sent = [];
    let answerWith, restore;

    beforeEach(async () => {
      client = await createClient({ clientId: "facade", resources: [API] });
      say(alice, null, null);
      core.answers.pass = core.asPass(`${API}/ `, "Bearer good", "good", "family", "alice");
      sent.length = 0;
      answerWith = () => new Response("answered");
      const { fetch } = globalThis;
      globalThis.fetch = async (request) => answerWith(sent.push(request));
      restore = () => (globalThis.fetch = fetch);
    });
    afterEach(() => {
      restore();
      core.answers.pass = undefined;
    });

    test("has the credential, and what the caller has said", async () => {
      for (const given of [`${API}/x?y=%2F`, new URL(`${API}/x`), API]) {
        const answer = await client.fetch(given, { headers: { accept: "text/plain" } });
        assert.equal(await answer.text(), "answered");
        const { headers, method, url } = sent.at(-1);
        assert.deepEqual([method, url], ["GET", String(given)]);
        assert.equal(headers.get("authorization"), "Bearer good");
        assert.equal(headers.get("accept"), "text/plain");
      }
    });

    test("is for nothing else", async () => {
      const others = [
        ["https://api.example.com/"],
        [`${API}0/x`],
        [`${API}/../x`],
        [`${API}/%2e%2e/x`],
        [`${API}/..;/x`],
        [`${API.replace("https", "http")}/x`],
        ["https://api.example.com.evil.test/v1/x"],
        ["https://user@api.example.com/v1/x"],
        ["//evil.test/v1/x"],
        ["http://["],
        [`${API}/x`, { method: "POST" }],
        [`${API}/x`, { method: "POST", body: "text" }],
        [`${API}/x`, { mode: "no-cors" }],
        [new Request(`${API}/x`)],
      ];
      for (const [input, init] of others)
        assert.match(await client.fetch(input, init), /^fetched /, String(input));
      core.answers.pass = undefined;
      assert.equal(await client.fetch(`${API}/x`), `fetched ${API}/x`);
      assert.deepEqual(sent, []);
    });

    test("reads what can be read only once, once", async () => {
      const headers = () => new Map([["accept", "text/plain"]]).entries();
      await client.fetch(`${API}/x`, { headers: headers() });
      assert.equal(sent[0].headers.get("accept"), "text/plain");
      core.answers.pass = undefined;
      core.answers.fetch = (request) => request.headers.get("accept");
      assert.equal(await client.fetch(`${API}/x`, { headers: headers() }), "text/plain");
      core.answers.fetch = undefined;
    });

    test("ends with the core where the API refuses, or the session is another by then", async () => {
      for (const status of [401, 403]) {
        answerWith = () => new Response("", { status });
        assert.equal(await client.fetch(`${API}/x`), "went on with good,family,alice");
      }
      answerWith = () => {
        say(bob, null, null);
        return new Response("alice's");
      };
      assert.equal(await client.fetch(`${API}/x`), "went on with good,family,alice");
    });

    test("fails as the long way does", async () => {
      answerWith = () => {
        throw new TypeError("Bearer good");
      };
      const failure = await client.fetch(`${API}/x`).catch((error) => error);
      assert.deepEqual({ ...failure }, { code: "network", retryable: true });
      assert.doesNotMatch(`${failure.message} ${failure.stack}`, /good/);
      const reason = new Error("the caller's own");
      const giveUp = new AbortController();
      giveUp.abort(reason);
      await assert.rejects(client.fetch(`${API}/x`, { signal: giveUp.signal }), reason);
    });
  });

  describe("options and windows", () => {
    test("the preset is in the place of a provider's name", async () => {
      await createClient({ clientId: "facade", provider: "auth0" });
      assert.equal(core.made.at(-1).provider.name, "Auth0");
      await createClient({ clientId: "facade", provider: "nobody" });
      assert.equal(core.made.at(-1).provider, "nobody");
      const own = { name: "Ours" };
      await createClient({ clientId: "facade", provider: own });
      assert.equal(core.made.at(-1).provider, own);
    });

    test("a popup is opened at the click", async () => {
      const opened = [];
      globalThis.open = () => opened[opened.push({}) - 1];
      core.answers.push(alice);
      const signingIn = client.signIn({ mode: "popup" });
      assert.equal(opened.length, 1, "before anything is awaited");
      await signingIn;
      assert.deepEqual(core.windows, opened);
      await client.signIn();
      assert.equal(opened.length, 1);
      delete globalThis.open;
    });
  });

  describe("what is behind the core", () => {
    const loaded = (name) =>
      core.loaded.filter((source) => String(source).endsWith(`${name}_bg.wasm`));

    test("the flows are loaded without being asked for, once for all clients", async () => {
      await core.part(1);
      await createClient({ clientId: "facade" });
      assert.equal(loaded("flows").length, 1);
    });

    test("is loaded when the core asks for it, once, and anew after a failure", async () => {
      core.loaded.fails = true;
      await assert.rejects(core.part(2), { code: "wasm_failed", retryable: true });
      core.loaded.fails = false;
      await Promise.all([core.part(2), core.part(2)]);
      assert.equal(loaded("more").length, 2);
      assert.equal(core.part(2), undefined, "it is there");
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
