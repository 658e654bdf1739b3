// A page that knows only an API: a server of the Model Context Protocol, made with its own SDK. The API says which authorization
// server is its (RFC 9728), the page registers itself there (RFC 7591), the user signs in at its pages, and the page calls a tool.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { listen } from "../../www/server/listen.mjs";
import { isLoaded, openBarePage } from "./bare-page.mjs";
import { ADA, allow, giveCredentials, until } from "./harness.mjs";
import { SCOPE, startMcpServer } from "./mcp-server.mjs";
import { startStranger } from "./stranger.mjs";

const REGISTER = { client_name: "A page that knows only an API" };

/** A page, the MCP server that it knows, and the authorization server that only that one knows. */
async function open(t, { mcp: mcpOptions, provider: providerOptions } = {}) {
  const socket = await listen({ name: "MCP server" });
  t.after(() => socket.close());
  const stranger = await startStranger();
  t.after(() => stranger.close());
  const connect = [socket.url, stranger.url];
  const page = await openBarePage(t, {
    provider: { registration: true, apiScope: SCOPE, ...providerOptions },
    page: { connect },
    // What a browser says of answers that are no success, or that CORS hides.
    expectError: /^Failed to load resource|blocked by CORS policy/,
  });
  const mcp = await startMcpServer({ socket, issuer: page.provider.url, ...mcpOptions });
  return { ...page, mcp, stranger };
}

/** Makes the page's client. What it is, or the error. */
const create = (tab, options) =>
  tab.evaluate(
    (options) =>
      globalThis.tessera.attempt(async () => {
        globalThis.client = await globalThis.tessera.open(options);
        return globalThis.client.session;
      }),
    options,
  );

/** To the login pages and back. */
async function signIn({ tab }, options) {
  await tab.evaluate(() => void globalThis.client.signIn());
  await giveCredentials(tab, ADA);
  await allow(tab);
  await isBack(tab);
  return create(tab, options);
}

async function isBack(tab) {
  await tab.waitForURL(({ pathname }) => pathname === "/bare/index.html");
  await isLoaded(tab);
}

/** Calls a tool by JSON-RPC, as the specification's Streamable HTTP transport does. */
const callTool = (tab, url, name) =>
  tab.evaluate(
    async ([url, name]) => {
      const call = async (id, method, params) => {
        const response = await globalThis.client.fetch(url, {
          method: "POST",
          headers: {
            accept: "application/json, text/event-stream",
            "content-type": "application/json",
          },
          body: JSON.stringify({ jsonrpc: "2.0", id, method, params }),
        });
        return response.ok ? (await response.json()).result : response.status;
      };
      const { serverInfo } = await call(1, "initialize", {
        protocolVersion: "2025-06-18",
        capabilities: {},
        clientInfo: { name: "page", version: "1" },
      });
      const { content } = await call(2, "tools/call", { name, arguments: {} });
      return [serverInfo.name, content[0].text];
    },
    [url, name],
  );

const registrations = ({ provider }) =>
  provider.requests.filter(({ method, path }) => method === "POST" && path === "/reg").length;
const metadataRequests = ({ mcp }) =>
  mcp.requests.filter(({ path }) => path.startsWith("/.well-known/")).length;

describe("a page that knows only an API", { concurrency: true }, () => {
  test("finds its authorization server, registers, signs in, and calls a tool", async (t) => {
    const page = await open(t);
    const { tab, mcp, provider } = page;
    const options = { resource: mcp.url, register: REGISTER };
    assert.equal((await create(tab, options)).value, null);
    const { value } = await signIn(page, options);
    assert.deepEqual([value.scope, value.tokenType, value.canRefresh], [SCOPE, "Bearer", true]);
    assert.deepEqual(await callTool(tab, mcp.url, "whoami"), ["who", "You are ada."]);
    assert.ok(provider.tokenRequests.every(({ resource }) => resource === mcp.url));
    assert.deepEqual([registrations(page), metadataRequests(page)], [1, 1]);

    // The next page knows all of it, and so does the next tab.
    await tab.reload();
    await isLoaded(tab);
    const before = provider.requests.length;
    assert.equal((await create(tab, options)).value.scope, SCOPE);
    assert.deepEqual(await callTool(tab, mcp.url, "whoami"), ["who", "You are ada."]);
    assert.deepEqual([provider.requests.length, metadataRequests(page)], [before, 1]);
    await tab.evaluate(() => globalThis.client.accessToken({ fresh: true }));
    assert.equal(provider.tokenRequests.at(-1).status, 200);
    assert.equal(registrations(page), 1);
  });

  test("is told by the API's 401 where its metadata is", async (t) => {
    const page = await open(t, { mcp: { hidesMetadata: true } });
    const options = { resource: page.mcp.url, register: REGISTER };
    assert.equal((await create(page.tab, options)).value, null);
    await signIn(page, options);
    assert.deepEqual(await callTool(page.tab, page.mcp.url, "whoami"), ["who", "You are ada."]);
    const asked = page.mcp.requests.filter(({ method }) => method === "GET");
    assert.deepEqual(
      asked.map(({ status, headers }) => [status, headers.authorization]),
      [404, 401, 200].map((status) => [status, undefined]),
    );
  });

  test("registers anew at a server that has forgotten it", async (t) => {
    const page = await open(t);
    const { tab, mcp, provider } = page;
    const options = { resource: mcp.url, register: REGISTER };
    await create(tab, options);
    await signIn(page, options);
    await tab.evaluate(() => globalThis.client.signOut({ local: true }));
    provider.forgetClients();
    await tab.evaluate(() => void globalThis.client.signIn());
    await until(() => registrations(page) === 2, "it is registered again");
    await allow(tab);
    await isBack(tab);
    assert.equal((await create(tab, options)).value.scope, SCOPE);
  });

  test("five tabs register once", async (t) => {
    const page = await open(t);
    const options = { resource: page.mcp.url, register: REGISTER };
    const tabs = await Promise.all(Array.from({ length: 5 }, () => page.newTab()));
    await Promise.all(tabs.map((tab) => create(tab, options)));
    await Promise.all(tabs.map((tab) => tab.evaluate(() => void globalThis.client.signIn())));
    await Promise.all(tabs.map((tab) => tab.locator("[name=username]").waitFor()));
    assert.equal(registrations(page), 1);
  });

  test("takes no stranger's word for the API's", async (t) => {
    const page = await open(t);
    const { tab, mcp, provider, stranger } = page;
    for (const [what, code] of stranger.cases({ mcp: mcp.url, issuer: provider.url })) {
      stranger.say(what);
      const outcome = await create(tab, { resource: `${stranger.url}/api`, register: REGISTER });
      assert.equal(outcome.code, code, `${JSON.stringify(what).slice(0, 300)}: ${outcome.message}`);
    }
    assert.equal(registrations(page), 0);
    assert.ok(stranger.requests.every(({ headers }) => !headers.authorization && !headers.cookie));
    assert.ok(mcp.requests.length === 0);
  });
});
