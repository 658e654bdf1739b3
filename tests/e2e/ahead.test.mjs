// A page with a good session shows it, and makes its first calls, before the core is there; and nobody can tell.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { startDemo } from "../../www/server/demo.mjs";
import { PACKAGE } from "../../www/server/page.mjs";
import { isLoaded, openBarePage } from "./bare-page.mjs";
import * as firefox from "./engines/firefox.mjs";
import * as webkit from "./engines/webkit.mjs";
import {
  ADA,
  arrive,
  call,
  errorCode,
  events,
  isSignedIn,
  isSignedOut,
  openSignedIn,
  session,
  tokenRequests,
  until,
} from "./harness.mjs";

const CORE = /core_bg\.wasm/;
/** Chromium's own line for a request that comes to nothing. */
const FAILED = /^Failed to load resource: net::ERR_FAILED/;
const LIVES_LONG = { provider: { accessTokenLifetime: 600 } };
/** Longer than a page waits for its first call before it loads the core. */
const LONGER_THAN_FIRST_CALL_MS = 700;

/** From now on the core does not come to any page until it is let go. */
async function holdCore({ context }) {
  const core = { asked: 0 };
  const held = new Promise((resolve) => (core.letGo = resolve));
  await context.route(CORE, async (route) => {
    core.asked++;
    await held;
    await route.continue().catch(() => {}); // its page may be gone
  });
  return core;
}

/** A page in which Ada is signed in, loaded once more, without the core. */
async function openAhead(t, options) {
  const demo = await openSignedIn(t, { ...LIVES_LONG, ...options });
  const shown = await session(demo.tab);
  const core = await holdCore(demo);
  await demo.tab.reload();
  await isSignedIn(demo.tab);
  return { ...demo, core, shown };
}

const authorized = ({ api }) => api.requests.filter(({ method }) => method !== "OPTIONS");

/** Waits until the core has the client: it tells of the session that it has found. */
const coreHasIt = async (tab) => {
  await until(
    async () => (await events(tab)).some((event) => event.startsWith("signed")),
    "the core is there",
  );
  return events(tab);
};

describe("ahead of the core", { concurrency: 3 }, () => {
  test("the session is shown and calls are answered, and the core takes over what is shown", async (t) => {
    const { tab, core, shown, api } = await openAhead(t);
    assert.deepEqual(await session(tab), shown);
    assert.ok(await tab.evaluate(() => Object.isFrozen(client.session.claims)));
    await tab.evaluate(() => {
      globalThis.first = client.session;
      globalThis.told = [];
      client.subscribe((session) => told.push(session));
    });
    for (const path of ["/ok", "/me?x=%2e%2e", "/ok#top"])
      assert.equal((await call(tab, api.url + path)).status, 200, path);
    assert.equal(
      await tab.evaluate(() => client.accessToken().then((token) => token.split(".").length)),
      3,
    );
    assert.equal(core.asked, 1, "behind the first call");
    core.letGo();
    assert.deepEqual(await coreHasIt(tab), ["signedin"]);
    assert.ok(await tab.evaluate(() => client.session === first && told.length === 1));
    assert.equal((await call(tab, `${api.url}/ok`)).status, 200);
  });

  test("a token is read without the core as with it", async (t) => {
    const { tab, core } = await openAhead(t);
    const read = () =>
      tab.evaluate(async () => {
        const { decodeJwt } = await import("/pkg/index.js");
        const token = await client.accessToken();
        const [header, claims] = token.split(".");
        const outcome = (token) => {
          try {
            return decodeJwt(token);
          } catch ({ name, code }) {
            return { name, code };
          }
        };
        const odd = [
          undefined,
          "",
          "a.b.c",
          `${header}.${claims}`,
          `${header}.W10.x`,
          `${token}.x`,
          `${header}.bnVsbA.`,
          `${header}.NQ.`,
          `IngI.${claims}.`,
          `${header}.+.`,
        ];
        return [token, ...odd].map(outcome);
      });
    const early = await read();
    assert.equal(early[0].claims.sub, ADA.username);
    for (const outcome of early.slice(1))
      assert.deepEqual(outcome, { name: "AuthError", code: "malformed_token" });
    core.letGo();
    await coreHasIt(tab);
    assert.deepEqual(await read(), early);
  });

  test("a slow answer is the caller's although the core comes meanwhile, and no other part", async (t) => {
    const demo = await openAhead(t, { expectError: FAILED });
    await demo.context.route(/flows_bg\.wasm/, (route) => route.abort());
    const answer = call(demo.tab, `${demo.api.url}/slow`);
    await until(() => demo.core.asked === 1, "the core is asked for");
    demo.core.letGo();
    await coreHasIt(demo.tab);
    assert.equal((await answer).status, 200);
  });

  test("what is under way when the client is closed ends as it would, and nothing begins", async (t) => {
    const demo = await openAhead(t);
    const { asked } = demo.core;
    const [answer, late, session] = await demo.tab.evaluate(async (url) => {
      const answer = client.fetch(url);
      client.close();
      const code = ({ code }) => code;
      return [(await answer).status, await client.fetch(url).catch(code), client.session?.subject];
    }, `${demo.api.url}/ok`);
    assert.deepEqual([answer, late, session], [200, "aborted", ADA.username]);
    await demo.tab.waitForTimeout(LONGER_THAN_FIRST_CALL_MS);
    assert.equal(demo.core.asked, asked);
  });

  test("a page that makes no call loads the core all the same", async (t) => {
    const { core } = await openAhead(t);
    await until(() => core.asked === 1, "the core is asked for");
  });

  test("a call that the API refuses is renewed for once, and repeated once", async (t) => {
    const demo = await openAhead(t);
    demo.api.refuseNext();
    const answer = call(demo.tab, `${demo.api.url}/ok`);
    demo.core.letGo();
    assert.equal((await answer).status, 200);
    assert.deepEqual(
      authorized(demo).map(({ status }) => status),
      [401, 200],
    );
    assert.equal(tokenRequests(demo), 1);
  });

  test("a call that the API refuses for want of scope is answered, and noted", async (t) => {
    const demo = await openAhead(t, { expectError: /403/ });
    const answer = call(demo.tab, `${demo.api.url}/orders`);
    demo.core.letGo();
    assert.equal((await answer).status, 403);
    await until(
      async () => (await demo.seen.texts.join("\n")).includes("api:write"),
      "the missing scope is named",
    );
  });

  test("calls with a body wait for the core, and are sent as they were made", async (t) => {
    const demo = await openAhead(t);
    const answer = demo.tab.evaluate(async (url) => {
      const init = { method: "POST", body: "made then", headers: { "x-made": "then" } };
      const answer = client.fetch(url, init);
      Object.assign(init, { body: "made later" });
      init.headers["x-made"] = "later";
      return (await answer).status;
    }, `${demo.api.url}/ok`);
    await until(() => demo.core.asked === 1, "the core is asked for");
    assert.deepEqual(authorized(demo), []);
    demo.core.letGo();
    assert.equal(await answer, 200);
    const [{ headers }] = authorized(demo);
    assert.equal(headers["x-made"], "then");
    assert.equal(headers["content-length"], String("made then".length));
  });

  test("who gives up a call that waits for the core need not wait", async (t) => {
    const { tab, api } = await openAhead(t);
    const outcome = await tab.evaluate(async (url) => {
      const given = new AbortController();
      const answer = client.fetch(url, { method: "POST", signal: given.signal });
      given.abort("enough");
      return answer.catch((reason) => reason);
    }, `${api.url}/ok`);
    assert.equal(outcome, "enough");
    const sent = await tab.evaluate(
      (url) => client.fetch(url, { signal: AbortSignal.abort("before") }).catch((reason) => reason),
      `${api.url}/ok`,
    );
    assert.equal(sent, "before");
  });

  test("a call that comes to nothing says so as ever", async (t) => {
    const demo = await openAhead(t, { expectError: /ERR_FAILED|CORS/ });
    await demo.context.route(`${demo.api.url}/ok`, (route) => route.abort());
    const ahead = await call(demo.tab, `${demo.api.url}/ok`);
    demo.core.letGo();
    await coreHasIt(demo.tab);
    assert.deepEqual(await call(demo.tab, `${demo.api.url}/ok`), ahead);
    assert.equal(ahead.code, "network");
  });

  test("who signed out elsewhere is signed out here", async (t) => {
    const demo = await openSignedIn(t, LIVES_LONG);
    const other = await demo.newTab();
    const core = await holdCore(demo);
    await other.reload();
    await isSignedIn(other);
    await demo.tab.evaluate(() => client.signOut({ local: true }));
    const answer = call(other, `${demo.api.url}/ok`);
    await until(() => authorized(demo).length === 1, "the call is on its way");
    core.letGo();
    await isSignedOut(other);
    assert.equal((await answer).status, 200, "its user asked for it");
    assert.deepEqual(await coreHasIt(other), ["signedout · other_tab"]);
  });

  test("what was renewed elsewhere is told", async (t) => {
    const demo = await openSignedIn(t, LIVES_LONG);
    const other = await demo.newTab();
    const core = await holdCore({ context: other });
    await other.reload();
    await isSignedIn(other);
    const renewed = await demo.tab.evaluate(() => client.accessToken({ fresh: true }));
    core.letGo();
    await until(async () => (await events(other)).length === 2, "both events are told");
    assert.deepEqual(await events(other), ["refreshed", "signedin"]);
    assert.equal(await other.evaluate(() => client.accessToken()), renewed);
    assert.deepEqual(await session(other), await session(demo.tab));
  });

  test("no call is answered with another user's token", async (t) => {
    const demo = await openSignedIn(t, LIVES_LONG);
    const other = await demo.newTab();
    const core = await holdCore({ context: other });
    await other.reload();
    await isSignedIn(other);
    const answer = call(other, `${demo.api.url}/slow`);
    await until(() => authorized(demo).length === 1, "the call is on its way");
    await demo.tab.evaluate(() => client.signOut({ local: true }));
    await isSignedOut(demo.tab);
    demo.provider.presume("grace");
    await demo.tab.getByTestId("sign-in-other").click();
    await until(
      async () => (await session(demo.tab).catch(() => null))?.subject === "grace",
      "Grace is signed in",
    );
    core.letGo();
    assert.equal((await answer).code, "login_required");
    assert.equal((await session(other)).subject, "grace");
    await until(async () => (await events(other)).length === 2, "both events are told");
    assert.deepEqual(await events(other), ["signedout · user_changed", "signedin"]);
  });

  for (const [what, path, answer, retryable] of [
    ["module", CORE, (route) => route.abort(), true],
    ["glue", /core\.js/, (route) => route.abort(), true],
    [
      "module, but a page in its place",
      CORE,
      (route) => route.fulfill({ body: "<!doctype html>" }),
      false,
    ],
  ])
    test(`without its core's ${what} a page has its session, says what it cannot do, and can do it later`, async (t) => {
      const expectError = /^Failed to load resource: net::ERR_FAILED|MIME|WebAssembly/;
      const demo = await openSignedIn(t, { ...LIVES_LONG, expectError });
      await demo.context.route(path, answer);
      await demo.tab.reload();
      await isSignedIn(demo.tab);
      assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 200);
      demo.api.refuseNext();
      assert.equal((await call(demo.tab, `${demo.api.url}/ok`)).status, 401, "as the API said it");
      const signOut = () =>
        demo.tab.evaluate(() =>
          client.signOut({ local: true }).catch(({ code, retryable }) => ({ code, retryable })),
        );
      assert.deepEqual(await signOut(), { code: "wasm_failed", retryable });
      assert.equal((await session(demo.tab)).subject, ADA.username);
      assert.equal(await errorCode(demo.tab), null);
      await demo.context.unroute(path);
      assert.equal(await signOut(), undefined);
      await isSignedOut(demo.tab);
    });

  test("a closed client loads nothing", async (t) => {
    const { tab, core } = await openAhead(t);
    await tab.reload();
    await isSignedIn(tab);
    const asked = core.asked;
    await tab.evaluate(() => client.close());
    await tab.waitForTimeout(LONGER_THAN_FIRST_CALL_MS);
    assert.equal(core.asked, asked);
  });

  for (const [name, engine] of [
    ["Firefox", firefox],
    ["WebKit", webkit],
  ])
    test(`${name}: the session is shown and a call answered`, async (t) => {
      const missing = await engine.missing();
      if (missing) return t.skip(`${missing} is missing`);
      const packageDirectory = process.env.TESSERA_PACKAGE ?? PACKAGE;
      let hold;
      const answer = async (_request, response) => {
        await hold;
        response.writeHead(200, { "content-type": "application/wasm" });
        response.end(await readFile(`${packageDirectory}/core_bg.wasm`));
      };
      const routes = { "/pkg/core_bg.wasm": answer };
      const demo = await startDemo({ ...LIVES_LONG, page: { packageDirectory, routes } });
      t.after(() => demo.close());
      const browser = await engine.launch();
      t.after(() => browser.close());
      const tab = await (await browser.newProfile()).newTab();
      const isIn = () => !globalThis.isOld && !!globalThis.client?.session;
      const is = (state) => until(() => tab.evaluate(state).catch(() => false), String(state));
      await tab.goto(demo.url);
      await is(() => document.body?.dataset.state === "signed-out");
      demo.provider.presume(ADA.username);
      await tab.evaluate(() => void client.signIn()).catch(() => {}); // the page is gone
      await is(isIn);
      let letGo;
      hold = new Promise((resolve) => (letGo = resolve));
      await tab.evaluate(() => (globalThis.isOld = true));
      await tab.goto(demo.url);
      await is(isIn);
      // The page may be loaded once more under a driver.
      const status = (url) => client.fetch(url).then(({ status }) => status);
      const answered = () => tab.evaluate(status, `${demo.api.url}/ok`).catch(() => undefined);
      await until(async () => (await answered()) === 200, "the call is answered");
      letGo();
      await is(() => document.querySelector("[data-kind=event]"));
    });
});

/** A bare page whose origin has Ada's session, with `good` options, and the core held back. */
async function openBareAhead(t, options) {
  const demo = await openBarePage(t, { ...LIVES_LONG, ...options });
  const { tab, api, provider } = demo;
  const good = { issuer: provider.url, clientId: "tessera-demo", resources: [`${api.url}/v1`] };
  const subject = (options, path) =>
    tab.evaluate(
      ([options, path]) => {
        if (path) history.replaceState(null, "", path);
        return tessera.attempt(async () => {
          globalThis.client = await tessera.open(options);
          return client.session?.subject ?? null;
        });
      },
      [options, path],
    );
  const reload = async () => {
    await tab.goto(demo.url);
    await isLoaded(tab);
  };
  assert.deepEqual(await subject(good), { value: null });
  provider.presume(ADA.username);
  await tab.evaluate(() => void client.signIn());
  await tab.waitForURL(/[?&]code=/);
  await isLoaded(tab);
  assert.deepEqual(await subject(good), { value: ADA.username });
  await reload();
  const core = await holdCore(demo);
  return { ...demo, core, good, subject, reload };
}

describe("what waits for the core", { concurrency: 3 }, () => {
  test("URLs that could be read in two ways, which it refuses", async (t) => {
    const demo = await openBareAhead(t, { expectError: /404/ });
    assert.deepEqual(await demo.subject(demo.good), { value: ADA.username });
    assert.equal((await call(demo.tab, `${demo.api.url}/v1/x`)).status, 404);
    assert.equal((await call(demo.tab, `${demo.api.url}/v1`)).status, 404);
    const before = demo.api.requests.length;
    const { origin, port, host } = new URL(demo.api.url);
    const urls = [
      origin,
      `${origin}/v10/x`,
      `${origin}/v1/../x`,
      `${origin}/v1/%2e%2e/x`,
      `${origin}/v1/..%2fx`,
      `${origin}/v1/%252e%252e/x`,
      `${origin}/v1/..;/x`,
      `${origin}/v1\\..\\x`,
      `${origin.replace("http:", "https:")}/v1/x`,
      `http://user@${host}/v1/x`,
      `http://${host}.evil.test/v1/x`,
      `http://localhost:${Number(port) + 1}/v1/x`,
      `//evil.test/v1/x`,
      `${origin}/V1/x`,
      "http://[",
    ];
    const answers = Promise.all(urls.map((url) => call(demo.tab, url)));
    await until(() => demo.core.asked === 1, "the core is asked for");
    demo.core.letGo();
    for (const [index, { code }] of (await answers).entries())
      assert.equal(code, "unlisted_resource", urls[index]);
    assert.equal(demo.api.requests.length, before);
  });

  for (const [what, change, outcome] of [
    ["an option that is none", { scopes: "x" }, { code: "invalid_option" }],
    ["an option of another value", { timeoutMs: 0 }, { code: "invalid_option" }],
    ["another resource", { resources: ["http://api.example.com"] }, { code: "insecure_url" }],
    ["a client that signs out who is idle", { idleTimeout: 600 }, { value: "ada" }],
    ["another storage", { storage: "local" }, { value: null }],
  ])
    test(what, async (t) => {
      const { core, subject, good } = await openBareAhead(t);
      const made = subject({ ...good, ...change });
      await until(() => core.asked === 1, "the core is asked for");
      core.letGo();
      const { value, code } = await made;
      assert.deepEqual({ value, code }, { value: undefined, code: undefined, ...outcome });
    });

  test("members of Object.prototype, which are nobody's options", async (t) => {
    const { core, subject, good, tab, api, reload } = await openBareAhead(t);
    core.letGo();
    const pollute = () => {
      Object.prototype.resources = ["http://localhost:1/"];
      Object.prototype.redirectUri = "http://localhost:1/";
      Object.prototype.logger = () => {};
      Object.prototype.url = "http://localhost:1/";
    };
    const clean = () => {
      for (const name of ["resources", "redirectUri", "logger", "url"])
        delete Object.prototype[name];
    };
    const { resources, ...others } = good;
    for (const options of [others, good, others, good]) {
      await tab.evaluate(pollute);
      assert.deepEqual(await subject(options), { value: ADA.username });
      await tab.evaluate(clean);
      assert.equal((await call(tab, "http://localhost:1/x")).code, "unlisted_resource");
      await reload();
    }
    assert.equal(resources[0], `${api.url}/v1`);
  });

  test("a page that something was sent to", async (t) => {
    const { core, subject, good } = await openBareAhead(t);
    const made = subject(good, "?state=x&error=access_denied");
    await until(() => core.asked === 1, "the core is asked for");
    core.letGo();
    assert.deepEqual(await made, { value: "ada" });
  });

  test("a session that has been ended, or is not this client's, or has no note any more", async (t) => {
    const { core, subject, good, tab, reload } = await openBareAhead(t);
    core.letGo();
    for (const spoil of [
      () => localStorage.clear(),
      () => {
        for (const place of Object.keys(localStorage)) {
          const note = { ...JSON.parse(localStorage[place]), owner: "somebody else" };
          localStorage[place] = JSON.stringify(note);
        }
      },
      () => {
        for (const place of Object.keys(localStorage)) localStorage[place] = "{";
      },
    ]) {
      const asked = core.asked;
      await tab.evaluate(spoil);
      assert.deepEqual(await subject(good), { value: ADA.username }, String(spoil));
      assert.equal(core.asked, asked + 1, String(spoil));
      await reload();
    }
  });

  test("what is noted for the next page has no secret in it, and goes with the session", async (t) => {
    const { core, subject, good, tab, provider } = await openBareAhead(t);
    core.letGo();
    const notes = () =>
      tab.evaluate(() => Object.entries(localStorage).filter(([place]) => place.includes("ahead")));
    const text = JSON.stringify(await notes());
    assert.match(text, /tessera-demo/);
    for (const secret of provider.secrets) assert.ok(!text.includes(secret));
    await subject(good);
    await tab.evaluate(() => client.signOut({ local: true }));
    assert.deepEqual(await notes(), []);
  });
});
