// `client.fetch`: where the credential goes, where it does not, and that a call stays the caller's own.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listen } from "../../www/server/listen.mjs";
import { call, errorCode, openSignedIn, session, tokenRequests, until } from "./harness.mjs";

describe("fetch", { concurrency: 3 }, () => {
  test("refuses every URL that is not under resources, and sends nothing", async (t) => {
    const stranger = await openStranger(t);
    const demo = await openSignedIn(t, {
      page: { connect: [stranger.url, "https://*.test", "http://*.test:*"] },
    });
    const api = new URL(demo.api.url);
    const before = demo.api.requests.length;
    const attempted = collectRequests(demo.tab);

    const urls = [
      `${stranger.url}/orders`,
      `http://evil.test\\@localhost:${api.port}/ok`,
      `https://localhost:${api.port}/ok`,
      `http://127.0.0.1:${api.port}/ok`,
      `http://localhost.evil.test:${api.port}/ok`,
      `//evil.test/ok`,
      "/config.json",
      demo.provider.url,
      "data:text/plain,ok",
    ];
    for (const url of urls)
      assert.equal((await call(demo.tab, url)).code, "unlisted_resource", url);
    // What is no URL, or what the Fetch standard lets nobody request: a password in it.
    for (const url of [
      `http://localhost:${api.port}.evil.test/ok`,
      `http://localhost:${api.port}@evil.test/ok`,
    ]) {
      assert.equal((await call(demo.tab, url)).code, "unlisted_resource", url);
    }
    const asRequest = await demo.tab.evaluate(
      (url) => client.fetch(new Request(url)).catch((error) => error.code),
      `${stranger.url}/orders`,
    );
    assert.equal(asRequest, "unlisted_resource");

    assert.deepEqual(stranger.requests, []);
    assert.equal(demo.api.requests.length, before);
    assert.deepEqual(attempted, []);
  });

  test("keeps to the path of a resource, by whole segments", async (t) => {
    const demo = await openSignedIn(t, {
      api: { routes: { "/v1/orders": echo, "/v10": echo, "/admin": echo } },
    });
    const codes = await demo.tab.evaluate(async (api) => {
      const { createClient } = await import("/pkg/index.js");
      const { client: options } = await (await fetch("/config.json")).json();
      const narrow = await createClient({
        ...options,
        resources: [{ url: `${api}/v1`, audience: api }],
      });
      const outcome = (path) =>
        narrow.fetch(api + path).then(
          ({ status }) => status,
          ({ code }) => code,
        );
      const outcomes = {};
      for (const path of [
        "/v1/orders",
        "/v1/../v1/orders",
        "/v10",
        "/v1/../admin",
        "/v1/%2e%2e/admin",
        "/v1/.%2E/admin",
        "/V1/orders",
        "/",
      ])
        outcomes[path] = await outcome(path);
      narrow.close();
      return outcomes;
    }, demo.api.url);
    assert.deepEqual(codes, {
      "/v1/orders": 200,
      "/v1/../v1/orders": 200,
      "/v10": "unlisted_resource",
      "/v1/../admin": "unlisted_resource",
      "/v1/%2e%2e/admin": "unlisted_resource",
      "/v1/.%2E/admin": "unlisted_resource",
      "/V1/orders": "unlisted_resource",
      "/": "unlisted_resource",
    });
  });

  test("does not let the credential follow a redirect to another origin", async (t) => {
    const stranger = await openStranger(t);
    const redirect = (_request, response) =>
      response.writeHead(302, { location: `${stranger.url}/landed` }).end();
    const demo = await openSignedIn(t, {
      page: { connect: [stranger.url] },
      api: { routes: { "/leave": redirect } },
    });

    assert.equal((await call(demo.tab, `${demo.api.url}/leave`)).status, 200);
    const [arrival] = stranger.requests.filter(({ method }) => method === "GET");
    assert.equal(arrival.url, "/landed");
    assert.equal(arrival.headers.authorization, undefined);
    assert.doesNotMatch(JSON.stringify(stranger.requests), /bearer/i);
    assert.ok(
      demo.api.requests.every(({ authorized }) => authorized),
      "the API itself was given it",
    );
  });

  test("sends what a Request says, and leaves the Request as it was", async (t) => {
    const demo = await openSignedIn(t, { api: { routes: { "/echo": echo } } });
    const { answer, authorizationOfCaller } = await demo.tab.evaluate(async (url) => {
      const request = new Request(url, {
        method: "PUT",
        headers: { "content-type": "text/plain;charset=utf-8", "x-trace": "abc" },
        body: "päyload 🦉",
      });
      const response = await client.fetch(request);
      return {
        answer: await response.json(),
        authorizationOfCaller: request.headers.get("authorization"),
      };
    }, `${demo.api.url}/echo`);
    assert.deepEqual(answer, {
      method: "PUT",
      trace: "abc",
      type: "text/plain;charset=utf-8",
      body: "päyload 🦉",
    });
    assert.equal(authorizationOfCaller, null);
  });

  test("lets init speak over the Request, and takes a URL object", async (t) => {
    const demo = await openSignedIn(t, { api: { routes: { "/echo": echo } } });
    const [overridden, plain] = await demo.tab.evaluate(async (url) => {
      const request = new Request(url, {
        method: "POST",
        headers: { "x-trace": "one" },
        body: "first",
      });
      const overridden = await client.fetch(request, {
        method: "PATCH",
        headers: { "x-trace": "two", "content-type": "text/plain" },
        body: "second",
      });
      return [await overridden.json(), await (await client.fetch(new URL(url))).json()];
    }, `${demo.api.url}/echo`);
    assert.deepEqual(overridden, {
      method: "PATCH",
      trace: "two",
      type: "text/plain",
      body: "second",
    });
    assert.equal(plain.method, "GET");
  });

  test("sends forms and binary bodies again after a 401", async (t) => {
    const demo = await openSignedIn(t, { api: { routes: { "/echo": echo } } });
    demo.api.refuseNext(1);
    const lengths = await demo.tab.evaluate(async (url) => {
      const form = new FormData();
      form.set("file", new Blob([new Uint8Array(100_000)]), "zeros.bin");
      const first = await (await client.fetch(url, { method: "POST", body: form })).json();
      const second = await (
        await client.fetch(url, { method: "POST", body: new Uint8Array(5000) })
      ).json();
      return [first.body.length > 100_000, second.body.length];
    }, `${demo.api.url}/echo`);
    assert.deepEqual(lengths, [true, 5000]);
    assert.deepEqual(
      demo.api.requests.map(({ status }) => status),
      [401, 200, 200],
    );
    assert.equal(tokenRequests(demo), 1);
  });

  test("hands out an answer while it is still coming", async (t) => {
    let finish;
    const finished = new Promise((resolve) => (finish = resolve));
    const drip = async (_request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      response.write("first");
      await finished;
      response.end("second");
    };
    const demo = await openSignedIn(t, { api: { routes: { "/drip": drip } } });
    const first = await demo.tab.evaluate(async (url) => {
      const response = await client.fetch(url);
      globalThis.reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      return (await reader.read()).value;
    }, `${demo.api.url}/drip`);
    assert.equal(first, "first");
    finish();
    assert.equal(await demo.tab.evaluate(async () => (await reader.read()).value), "second");
  });

  test("rejects with the caller's own reason when he aborts, and the API sees the call end", async (t) => {
    let ended = false;
    let arrived = false;
    const hang = (_request, response) => {
      arrived = true;
      response.on("close", () => (ended = true));
    };
    const demo = await openSignedIn(t, { api: { routes: { "/hang": hang } } });
    await demo.tab.evaluate((url) => {
      globalThis.controller = new AbortController();
      globalThis.reason = { because: "the test says so" };
      globalThis.outcome = client
        .fetch(url, { signal: controller.signal })
        .catch((error) => error === reason);
    }, `${demo.api.url}/hang`);
    await until(() => arrived, "the call reaches the API");
    assert.equal(await demo.tab.evaluate(() => (controller.abort(reason), outcome)), true);
    await until(() => ended, "the API sees the call end");
  });

  test("sends nothing for a call that is aborted before it begins", async (t) => {
    const demo = await openSignedIn(t);
    const name = await demo.tab.evaluate(
      (url) => client.fetch(url, { signal: AbortSignal.abort() }).catch((error) => error.name),
      `${demo.api.url}/ok`,
    );
    assert.equal(name, "AbortError");
    assert.equal(demo.api.requests.length, 0);
  });

  test("passes the API's own errors on as they are", async (t) => {
    const teapot = (_request, response) =>
      response.writeHead(418, { "content-type": "text/plain" }).end("short and stout");
    const demo = await openSignedIn(t, {
      api: { routes: { "/teapot": teapot } },
      expectError: /status of 418/,
    });
    assert.deepEqual(await call(demo.tab, `${demo.api.url}/teapot`), {
      status: 418,
      text: "short and stout",
    });
    assert.equal(await errorCode(demo.tab), null);
  });

  test("says network when the API is down, and keeps the session", async (t) => {
    const demo = await openSignedIn(t, { expectError: /ERR_CONNECTION_REFUSED/ });
    await demo.api.close();
    const { code } = await call(demo.tab, `${demo.api.url}/ok`);
    assert.equal(code, "network");
    assert.equal((await session(demo.tab)).subject, "ada");
  });
});

async function echo(request, response) {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      method: request.method,
      trace: request.headers["x-trace"],
      type: request.headers["content-type"],
      body,
    }),
  );
}

/** A server that welcomes everybody and writes down what it is given. */
async function openStranger(t) {
  const { url, serve, close } = await listen({ name: "stranger" });
  t.after(close);
  const requests = [];
  serve((request, response) => {
    requests.push({ method: request.method, url: request.url, headers: request.headers });
    response.writeHead(200, {
      "access-control-allow-origin": "*",
      "access-control-allow-headers": "authorization",
    });
    response.end("welcome");
  });
  return { url, requests };
}

function collectRequests(tab) {
  const urls = [];
  tab.on("request", (request) => urls.push(request.url()));
  return urls;
}
