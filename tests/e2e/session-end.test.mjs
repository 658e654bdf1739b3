// The end of a session that is seen from outside: a provider whose user signs out there, and what the pages of the app make of it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { startDemo } from "../../www/server/demo.mjs";
import { listen } from "../../www/server/listen.mjs";
import { PACKAGE } from "../../www/server/page.mjs";
import {
  browser,
  errorCode,
  events,
  isSignedIn,
  isSignedOut,
  isStarted,
  session,
  until,
} from "./harness.mjs";
import { CLIENT_ID, serveScripts, startOlderProvider } from "./session-end/older-provider.mjs";

const FILES = fileURLToPath(new URL("./session-end/", import.meta.url));
const LOGOUT_PAGE = "/signed-out";

/** The demo's page at this provider, in a browser context of its own. */
async function open(t, client) {
  const pageSocket = await listen({ name: "page" });
  const { url } = pageSocket;
  const provider = await startOlderProvider({
    redirectUris: [`${url}/`],
    // Who watches has to see the end himself.
    frontchannelLogoutUri: client?.checkSession ? undefined : url + LOGOUT_PAGE,
  });
  const html = await readFile(new URL("page.html", new URL("./session-end/", import.meta.url)));
  const demo = await startDemo({
    server: { issuer: provider.url, clientId: CLIENT_ID, scope: "openid" },
    client,
    page: {
      socket: pageSocket,
      packageDirectory: process.env.TESSERA_PACKAGE ?? PACKAGE,
      mounts: { "/session-end/": FILES },
      routes: {
        // Unlike the app's other pages, this one may stand in a frame of the provider's.
        [LOGOUT_PAGE]: (_request, response) => {
          response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
          response.end(html);
        },
      },
    },
  });
  const context = await (await browser()).newContext();
  context.setDefaultTimeout(20_000);
  await serveScripts(context);
  t.after(async () => {
    await context.close();
    await demo.close();
    await provider.close();
  });
  const newTab = async () => {
    const tab = await context.newPage();
    await tab.goto(demo.url);
    await isStarted(tab);
    return tab;
  };
  return { ...demo, provider, context, newTab };
}

async function signIn(tab, name = "ada") {
  await tab.getByTestId("sign-in").click();
  await giveName(tab, name);
  await isSignedIn(tab);
}

/** The provider takes any password. It asks for consent once. */
async function giveName(tab, name) {
  await tab.locator("[name=login]").fill(name);
  await tab.locator("[name=password]").fill("x");
  await tab.locator("[type=submit]").click();
  await tab.getByRole("button", { name: "Continue" }).click();
}

/** The user signs out at the provider, in a tab of its own. */
async function signOutThere({ context, provider }) {
  const tab = await context.newPage();
  await tab.goto(`${provider.url}/session/end`);
  await tab.getByRole("button", { name: /Yes/ }).click();
  await tab.waitForURL(/session\/end\/success/);
  await tab.close();
}

const count = ({ provider }, path) => provider.requests.filter((request) => request.path === path);

describe("check_session_iframe", { concurrency: 2 }, () => {
  test("a session that goes on is left alone", async (t) => {
    const demo = await open(t, { checkSession: true });
    const tab = await demo.newTab();
    await signIn(tab);
    await until(() => count(demo, "/session/check").length > 1, "the frame has asked");
    const before = count(demo, "/auth").length;
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    assert.equal((await session(tab)).subject, "ada");
    assert.equal(await errorCode(tab), null);
    assert.equal(count(demo, "/auth").length, before);
    assert.equal(await tab.locator("iframe").count(), 1);
  });

  test("who signs out at the provider is signed out in every tab", async (t) => {
    const demo = await open(t, { checkSession: true });
    const tab = await demo.newTab();
    await signIn(tab);
    const other = await demo.newTab();
    await isSignedIn(other);
    await signOutThere(demo);
    await isSignedOut(tab);
    await isSignedOut(other);
    const codes = async () => [await errorCode(tab), await errorCode(other)];
    await until(async () => (await codes()).includes("session_lost"), "one of them says why");
    assert.ok(
      [...(await events(tab)), ...(await events(other))].some(
        (told) => /expired/.test(told) || /signedout/.test(told),
      ),
    );
    // It never loops: nobody is signed in, and nobody is asked.
    const before = count(demo, "/auth").length;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assert.equal(count(demo, "/auth").length, before);
  });

  test("another user at the provider ends the session and begins none", async (t) => {
    const demo = await open(t, { checkSession: true });
    const tab = await demo.newTab();
    await signIn(tab);
    await tab.evaluate(() =>
      Object.defineProperty(Document.prototype, "visibilityState", { get: () => "hidden" }),
    );
    await signOutThere(demo);
    const elsewhere = await demo.context.newPage();
    const url = new URL(`${demo.provider.url}/auth`);
    url.search = new URLSearchParams({
      client_id: CLIENT_ID,
      redirect_uri: demo.url,
      response_type: "code",
      scope: "openid",
      code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
      code_challenge_method: "S256",
      state: "elsewhere",
    });
    await elsewhere.goto(url.href);
    await giveName(elsewhere, "grace");
    await elsewhere.waitForURL((url) => url.origin === new URL(demo.url).origin);
    await elsewhere.close();
    await tab.evaluate(() =>
      Object.defineProperty(Document.prototype, "visibilityState", { get: () => "visible" }),
    );
    await isSignedOut(tab);
    // Whichever tab has found out: what is signed in at the provider is nobody's session here.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    assert.equal(await session(tab), null);
  });
});

describe("front-channel logout", { concurrency: 2 }, () => {
  test("the page that the provider loads ends the session in every tab", async (t) => {
    const demo = await open(t);
    const tab = await demo.newTab();
    await signIn(tab);
    assert.ok((await session(tab)).claims.sid);
    const other = await demo.newTab();
    await signOutThere(demo);
    await isSignedOut(tab);
    await isSignedOut(other);
    assert.ok(demo.page.requests.some(({ path }) => path === LOGOUT_PAGE));
  });

  test("anybody else's page ends nothing", async (t) => {
    const demo = await open(t);
    const tab = await demo.newTab();
    await signIn(tab);
    const { iss, sid } = (await session(tab)).claims;
    const page = await demo.context.newPage();
    for (const query of [
      "",
      `?iss=${encodeURIComponent(iss)}`,
      `?sid=${sid}`,
      `?iss=${encodeURIComponent(iss)}&sid=${sid}x`,
      `?iss=${encodeURIComponent(`${iss}/`)}&sid=${sid}`,
    ]) {
      await page.goto(new URL(LOGOUT_PAGE + query, demo.url).href);
      await page.locator("[data-state=done]").waitFor({ state: "attached" });
    }
    assert.equal((await session(tab)).subject, "ada");
    await page.goto(new URL(`${LOGOUT_PAGE}?${new URLSearchParams({ iss, sid })}`, demo.url).href);
    await isSignedOut(tab);
  });
});
