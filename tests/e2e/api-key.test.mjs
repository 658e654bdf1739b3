// `createApiKeyClient` against a server that knows one key at a time, and several kinds of clients in one page.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { start } from "../../www/server/keys.mjs";
import { act, assertKept, events, makeClient, openPage } from "./first-party.mjs";
import { call, session, until } from "./harness.mjs";

/** The demo's API of keys, which knows the key of these tests. */
async function startKeyServer(t) {
  const server = await start({ key: "key-of-this-test-1" });
  t.after(server.close);
  return server;
}

const options = ({ url }) => ({ key: "key-of-this-test-1", resources: [`${url}/api`] });

/** A client whose `renew` asks the server. */
const makeRenewing = (tab, server, given = {}) =>
  tab.evaluate(
    async ([url, options]) => {
      globalThis.renewals = 0;
      const renew = async () => {
        globalThis.renewals += 1;
        return (await fetch(`${url}/new-key`)).text();
      };
      globalThis.client = await tessera.open({ ...options, renew }, "createApiKeyClient");
    },
    [server.url, { ...options(server), ...given }],
  );

describe("an API key client", { concurrency: 3 }, () => {
  test("sends the key with calls to its resources, and nowhere else", async (t) => {
    const server = await startKeyServer(t);
    const { tab, ...page } = await openPage(t, [server]);
    await makeClient(tab, "createApiKeyClient", options(server));
    const { tokenType, subject, expiresAt, canRefresh } = await session(tab);
    assert.deepEqual(
      { tokenType, subject, expiresAt, canRefresh },
      { tokenType: "ApiKey", subject: null, expiresAt: null, canRefresh: false },
    );
    assert.equal((await call(tab, `${server.url}/api/x`)).status, 200);
    assert.equal((await call(tab, `${server.url}/new-key`)).code, "unlisted_resource");
    assert.equal(server.requests.length, 1);
    await assertKept(page, tab, [server.key]);
  });

  test("puts the key into any header, behind any prefix", async (t) => {
    const server = await startKeyServer(t);
    const { tab } = await openPage(t, [server]);
    const given = { ...options(server), header: "Authorization", prefix: "ApiKey " };
    await makeClient(tab, "createApiKeyClient", given);
    assert.equal((await call(tab, `${server.url}/api/x`)).status, 200);
  });

  test("asks once for any number of refused calls in two tabs, and repeats them with the new key", async (t) => {
    const server = await startKeyServer(t);
    const { tab, newTab, ...page } = await openPage(t, [server]);
    const other = await newTab();
    await makeRenewing(tab, server);
    await makeRenewing(other, server);
    server.key = "key-of-this-test-2";
    const calls = [tab, other].flatMap((each) =>
      Array.from({ length: 10 }, (_, index) =>
        call(each, `${server.url}/api/${index}`, { method: "POST", body: `${index}` }),
      ),
    );
    for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    assert.equal(server.handedOut, 1);
    assert.equal(server.mostAtOnce, 1);
    // It is the key of the next page too.
    await tab.reload();
    await tab.waitForFunction(() => globalThis.tessera);
    await makeClient(tab, "createApiKeyClient", options(server));
    assert.equal((await call(tab, `${server.url}/api/x`)).status, 200);
    await assertKept(page, tab, ["key-of-this-test-1", "key-of-this-test-2"]);
  });

  test("asks for the first key when a call needs it, and not after signing out", async (t) => {
    const server = await startKeyServer(t);
    const { tab } = await openPage(t, [server]);
    await makeRenewing(tab, server, { key: undefined });
    assert.equal(await session(tab), null);
    assert.equal(server.handedOut, 0);
    const calls = Array.from({ length: 5 }, () => call(tab, `${server.url}/api/x`));
    for (const { status } of await Promise.all(calls)) assert.equal(status, 200);
    assert.equal(server.handedOut, 1);
    await act(tab, "signOut");
    assert.equal((await call(tab, `${server.url}/api/x`)).code, "login_required");
    assert.equal(server.handedOut, 1);
  });

  test("what renew throws is no more than a failure", async (t) => {
    const server = await startKeyServer(t);
    const { tab, ...page } = await openPage(t, [server]);
    const codes = await tab.evaluate(async (options) => {
      const codes = [];
      const problems = [new Error("with key-of-this-test-9 in it"), "a text", undefined, 7];
      for (const [index, problem] of problems.entries()) {
        const renew = () => Promise.reject(problem);
        const given = { ...options, key: undefined, renew, name: `renew ${index}` };
        const client = await tessera.open(given, "createApiKeyClient");
        codes.push((await tessera.attempt(() => client.fetch(`${options.resources[0]}/x`))).code);
        client.close();
      }
      for (const [index, given] of ["", " ", 7, null, "a\nb"].entries()) {
        const renew = () => given;
        const client = await tessera.open(
          { ...options, key: undefined, renew, name: `given ${index}` },
          "createApiKeyClient",
        );
        codes.push((await tessera.attempt(() => client.fetch(`${options.resources[0]}/x`))).code);
        client.close();
      }
      return codes;
    }, options(server));
    assert.deepEqual(codes, [
      ...Array(4).fill("server_error"),
      ...Array(5).fill("invalid_response"),
    ]);
    await assertKept(page, tab, ["key-of-this-test-9"]);
  });

  test("setKey is there at once, and in the other tab", async (t) => {
    const server = await startKeyServer(t);
    const { tab, newTab } = await openPage(t, [server]);
    const other = await newTab();
    for (const each of [tab, other]) {
      await makeClient(each, "createApiKeyClient", { resources: [`${server.url}/api`] });
    }
    const isThere = await tab.evaluate((key) => {
      const before = client.session;
      client.setKey(key);
      return before === null && client.session?.tokenType === "ApiKey";
    }, server.key);
    assert.equal(isThere, true);
    assert.equal((await call(tab, `${server.url}/api/x`)).status, 200);
    await until(async () => (await session(other)) !== null, "the other tab hears of it");
    assert.equal((await call(other, `${server.url}/api/x`)).status, 200);
    const refused = await tab.evaluate(() => {
      try {
        client.setKey("a\nkey-of-this-test-9");
      } catch (error) {
        return tessera.describe(error);
      }
    });
    assert.deepEqual([refused.code, refused.isAuthError], ["invalid_option", true]);
    assert.doesNotMatch(refused.message, /test-9/);
    await act(tab, "signOut");
    await until(async () => (await session(other)) === null, "the other tab hears of the end");
  });

  test("with memory nothing is stored", async (t) => {
    const server = await startKeyServer(t);
    const { tab } = await openPage(t, [server]);
    await makeClient(tab, "createApiKeyClient", { ...options(server), storage: "memory" });
    const stored = await tab.evaluate(async () => [
      Object.keys(localStorage),
      Object.keys(sessionStorage),
      (await indexedDB.databases()).map(({ name }) => name),
    ]);
    assert.deepEqual(stored, [[], [], []]);
    assert.equal((await call(tab, `${server.url}/api/x`)).status, 200);
  });

  test("a key in a header of its own follows no redirect", async (t) => {
    const [server, stranger] = [await startKeyServer(t), await startKeyServer(t)];
    server.elsewhere = `${stranger.url}/api/landed`;
    const { tab } = await openPage(t, [server, stranger]);
    await makeClient(tab, "createApiKeyClient", options(server));
    const { code } = await call(tab, `${server.url}/api/leave`);
    assert.equal(code, "invalid_response");
    assert.deepEqual(stranger.requests, []);
  });
});

describe("several clients in one page", () => {
  test("are independent, and have places of their own", async (t) => {
    const [keys, tokens] = [await startKeyServer(t), await startKeyServer(t)];
    const { tab, ...page } = await openPage(t, [keys, tokens]);
    const outcome = await tab.evaluate(
      async ([keys, api, issuer]) => {
        const attempt = async (create, options) => {
          const made = await tessera.attempt(() => tessera[create](options));
          return made.value ?? made.code;
        };
        const oauth = await attempt("createClient", { issuer, clientId: "app", resources: [api] });
        const key = await attempt("createApiKeyClient", {
          key: "key-of-this-test-1",
          resources: [`${keys}/api`],
        });
        const codes = [];
        for (const [create, options] of [
          [
            "createCookieClient",
            { sessionUrl: `${keys}/session`, resources: [`${keys}/api/deep`] },
          ],
          ["createPasswordClient", { loginUrl: `${keys}/login`, resources: [keys] }],
          ["createApiKeyClient", { resources: [`${api}/v1`] }],
          ["createClient", { issuer, clientId: "another", resources: [`${keys}/api`] }],
        ]) {
          codes.push(await attempt(create, options));
        }
        key.close();
        const after = await attempt("createPasswordClient", {
          loginUrl: `${keys}/login`,
          resources: [`${keys}/api`],
        });
        return { codes, oauth: oauth.session, after: typeof after };
      },
      [keys.url, tokens.url, page.provider.url],
    );
    assert.deepEqual(outcome, {
      codes: Array(4).fill("invalid_option"),
      oauth: null,
      after: "object",
    });
    assert.deepEqual(await tab.evaluate(() => tessera.decodeJwt && "loaded"), "loaded");
  });

  test("a page that uses only createClient loads nothing of the others", async (t) => {
    const { tab, page, provider } = await openPage(t, []);
    await makeClient(tab, "createClient", { issuer: provider.url, clientId: "app" });
    assert.deepEqual(
      page.requests.filter(({ path }) => path.includes("credentials")).map(({ path }) => path),
      [],
    );
    assert.deepEqual(await events(tab), []);
  });
});
