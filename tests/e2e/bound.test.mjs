// Tokens that are bound to a key (RFC 9449), pushed requests (RFC 9126) and a token for each API (RFC 8707), against the demo's
// identity provider and APIs, which check all of it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  arrive,
  call,
  errorCode,
  isSignedIn,
  isSignedOut,
  isStarted,
  openDemo,
  openSignedIn,
  session,
  tokenRequests,
  until,
  untilExpired,
} from "./harness.mjs";

const reload = async (tab) => {
  await tab.reload();
  await isStarted(tab);
};
const statusOf = async (tab, url) => (await call(tab, url)).status;

describe("bound tokens, pushed requests, a token for each API", { concurrency: true }, () => {
  test("sign in, call, renew, and survive a reload", async (t) => {
    const { tab, api, provider } = await openSignedIn(t, {
      client: { dpop: true },
      provider: { accessTokenLifetime: 5 },
    });
    assert.equal((await session(tab)).tokenType, "DPoP");
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    const { authorization, dpop } = api.requests.at(-1).headers;
    assert.match(authorization, /^DPoP /);
    assert.equal(dpop.split(".").length, 3);

    await reload(tab);
    assert.equal(await statusOf(tab, `${api.url}/ok?not=part&of=it`), 200);
    await untilExpired(tab);
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    assert.ok(provider.tokenRequests.every(({ isProven, status }) => isProven && status === 200));
    assert.equal(await errorCode(tab), null);
  });

  test("nobody can read the key, and a copied token is worth nothing", async (t) => {
    const { tab, api } = await openSignedIn(t, { client: { dpop: true } });
    const extractable = await tab.evaluate(async () => {
      const opened = indexedDB.open("tessera-auth");
      await new Promise((resolve) => (opened.onsuccess = resolve));
      const keys = opened.result.transaction("keys").objectStore("keys").getAll();
      await new Promise((resolve) => (keys.onsuccess = resolve));
      opened.result.close();
      const pair = keys.result.find((key) => key.privateKey);
      const exported = await crypto.subtle.exportKey("jwk", pair.privateKey).then(
        () => "exported",
        () => "refused",
      );
      return [pair.privateKey.extractable, pair.privateKey.algorithm.namedCurve, exported];
    });
    assert.deepEqual(extractable, [false, "P-256", "refused"]);
    const stolen = await tab.evaluate(
      async ([url, schemes]) => {
        const token = await globalThis.client.accessToken();
        const answers = schemes.map((scheme) =>
          fetch(url, { headers: { authorization: `${scheme} ${token}` } }),
        );
        return (await Promise.all(answers)).map(({ status }) => status);
      },
      [`${api.url}/ok`, ["Bearer", "DPoP"]],
    );
    assert.deepEqual(stolen, [401, 401]);
  });

  test("nonces of the provider and of the API are given back", async (t) => {
    const demo = await openDemo(t, { client: { dpop: true }, provider: { requireNonce: true } });
    const { api, provider } = demo;
    const tab = await demo.newTab();
    await arrive(demo, tab);
    assert.deepEqual(
      provider.tokenRequests.map(({ status }) => status),
      [400, 200],
    );
    api.demandNonce("first");
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    api.demandNonce("second");
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    assert.deepEqual(
      api.requests.filter(({ path }) => path === "/ok").map(({ status }) => status),
      [401, 200, 200, 401, 200],
    );
    await tab.evaluate(() => globalThis.client.accessToken({ fresh: true }));
    assert.equal(provider.tokenRequests.at(-1).status, 200);
    assert.equal(tokenRequests(demo), 1, "the nonce was known");
  });

  test("a session whose key is gone ends, once", async (t) => {
    const { tab, api, provider } = await openSignedIn(t, { client: { dpop: true } });
    await tab.evaluate(async () => {
      const opened = indexedDB.open("tessera-auth");
      await new Promise((resolve) => (opened.onsuccess = resolve));
      const transaction = opened.result.transaction("keys", "readwrite");
      const cursor = transaction.objectStore("keys").openCursor();
      cursor.onsuccess = () => {
        if (cursor.result?.value.privateKey) cursor.result.delete();
        cursor.result?.continue();
      };
      await new Promise((resolve) => (transaction.oncomplete = resolve));
      opened.result.close();
    });
    await reload(tab);
    assert.equal((await call(tab, `${api.url}/ok`)).code, "session_lost");
    await isSignedOut(tab);
    const before = provider.requests.length;
    await tab.reload();
    await isSignedOut(tab);
    assert.equal(provider.requests.length, before);
    await arrive({ provider }, tab);
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
  });

  test("requests are pushed where the provider requires it, and the address shows none of it", async (t) => {
    for (const client of [{ dpop: true }, {}]) {
      const demo = await openDemo(t, { client, provider: { requirePar: true } });
      const addresses = [];
      const tab = await demo.newTab();
      tab.on("request", (request) => {
        const { pathname, searchParams } = new URL(request.url());
        if (pathname === "/auth") addresses.push([...searchParams.keys()].sort());
      });
      await arrive(demo, tab);
      assert.deepEqual(addresses, [["client_id", "request_uri"]]);
      assert.equal(await statusOf(tab, `${demo.api.url}/ok`), 200);
      const pushed = ({ method, path }) => method === "POST" && path === "/request";
      assert.equal(demo.provider.requests.filter(pushed).length, 1);
    }
  });

  test("a payment that was asked for in words of its own is granted in them", async (t) => {
    const demo = await openSignedIn(t);
    const { tab, provider } = demo;
    const wanted = [{ type: "payment", actions: ["initiate"], amount: { EUR: "123.50" } }];
    provider.presume(ADA.username);
    await tab.evaluate((authorizationDetails) => {
      globalThis.client.signIn({ authorizationDetails });
    }, wanted);
    await until(() => tokenRequests(demo, "authorization_code") === 2, "the code is redeemed");
    await isSignedIn(tab);
    const granted = async () => (await session(tab)).authorizationDetails;
    assert.deepEqual(await granted(), wanted);
    await tab.evaluate(() => globalThis.client.accessToken({ fresh: true }));
    assert.deepEqual(await granted(), wanted);
  });

  test("each API has a token of its own, asked for when it is first needed", async (t) => {
    const demo = await openSignedIn(t, { at: "?with=oauth&on=dpop+second" });
    const { tab, api, second, provider } = demo;
    assert.equal(tokenRequests(demo), 0);
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    assert.equal(tokenRequests(demo), 0);
    assert.equal(await statusOf(tab, `${second.url}/ok`), 200);
    assert.equal(await statusOf(tab, `${second.url}/ok`), 200);
    assert.equal(tokenRequests(demo), 1);
    assert.equal(provider.tokenRequests.at(-1).resource, second.url);

    const audiences = JSON.parse((await call(tab, `${second.url}/me`)).text).aud;
    assert.equal(audiences, second.url);
    second.refuseNext();
    assert.equal(await statusOf(tab, `${second.url}/ok`), 200);
    assert.equal(await statusOf(tab, `${api.url}/ok`), 200);
    assert.deepEqual(
      provider.tokenRequests.map(({ resource }) => resource),
      [api.url, second.url, second.url],
    );

    await reload(tab);
    const other = await demo.newTab();
    assert.equal(await statusOf(other, `${second.url}/ok`), 200);
    assert.equal(await statusOf(tab, `${second.url}/ok`), 200);
    assert.equal(tokenRequests(demo), 2);
    await until(() => second.requests.length > 4, "the second API has seen the calls");
    assert.ok(api.requests.every(({ status }) => status === 200));
  });
});
