// A world for one scenario: page, API, identity provider and the proxy before it, a profile of the browser, and, when the
// scenario is over, the checks that hold for all of them.

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { startDemo } from "../../../www/server/demo.mjs";
import { listen } from "../../../www/server/listen.mjs";
import { PACKAGE } from "../../../www/server/page.mjs";
import { ADA, until } from "../harness.mjs";
import { assertNoSecrets } from "../secrets.mjs";
import { startProxy } from "./proxy.mjs";

export { ADA, until };
export const GRACE = { username: "grace", password: "nanosecond" };

/** After six tries a client waits until a minute has passed since the first of them, and any moment of as much again after more. */
const LONGEST_PAUSE_MS = 150_000;
/** A page of a server on this machine has come long before. */
const DROPPED_MS = 15_000;
const MOST_PRESSES = 3;

const PAGE = "/faults/page/index.html";
const FILES = fileURLToPath(new URL("./page/", import.meta.url));

/**
 * Starts one for test `t`, which ends it.
 *
 * @param {object} [options] those of `startDemo`
 * @param {object} [options.settings] how the page finds the world: see `page/prelude.js`
 */
export async function openWorld(t, browser, { settings = {}, provider, page, ...options } = {}) {
  const proxy = await startProxy();
  const behind = await listen({ name: "identity provider" });
  proxy.forwardTo(behind.url);
  const reports = [];
  const packageDirectory = process.env.TESSERA_PACKAGE ?? PACKAGE;
  const demo = await startDemo({
    ...options,
    // Its public address is the proxy's.
    provider: {
      socket: { ...behind, url: proxy.url },
      redirectPaths: [PAGE],
      ...provider,
    },
    page: {
      packageDirectory,
      ...page,
      mounts: { "/faults/page/": FILES, ...page?.mounts },
      routes: {
        "/faults/settings.js": (_request, response) => tellSettings(response, settings),
        "/faults/report": (request, response) => takeReport(request, response, reports),
        ...page?.routes,
      },
    },
  });
  const profile = await browser.newProfile();
  const tabs = new Set();

  const world = { ...demo, proxy, settings, reports, page: demo.page };
  world.url = new URL(PAGE, demo.url).href;
  world.newTab = async (url = world.url) => {
    const tab = await profile.newTab();
    tabs.add(tab);
    await tab.goto(url);
    return tab;
  };
  world.kill = async (tab) => {
    tabs.delete(tab);
    await tab.kill();
  };

  t.after(async () => {
    for (const tab of tabs) await tab.close().catch(() => undefined);
    await profile.close();
    for (const server of [proxy, demo, behind]) await server.close();
    assertClean(world);
  });
  return world;
}

/** A world in which Ada is signed in, and the tab where she is. The provider has shown her no page. */
export async function openSignedIn(t, browser, options) {
  const world = await openWorld(t, browser, options);
  const tab = await world.newTab();
  await isStarted(tab);
  world.provider.presume(ADA.username);
  await leaveToSignIn(tab);
  await isSignedIn(tab);
  world.provider.presume(null);
  return { ...world, tab };
}

/** Waits until `condition` holds in the page, whichever page that is meanwhile. */
export function holds(tab, condition, ...values) {
  return until(
    () => tab.evaluate(condition, ...values).catch(() => false),
    `the page sees that ${condition}`,
  );
}

/** Reloads, and waits until it is another page that answers. */
export async function reload(tab) {
  await tab.evaluate(() => void (window.isLeft = true));
  await tab.reload();
  await holds(tab, () => !window.isLeft);
}

/** Goes back by one entry, and waits until it is there. A busy engine drops the command now and then: it is given again then. */
export async function goBack(tab) {
  const left = await tab.evaluate(() => location.href);
  const isThere = () =>
    tab
      .evaluate((left) => location.href !== left && document.readyState === "complete", left)
      .catch(() => false);
  for (let pressed = 0; pressed < MOST_PRESSES; pressed += 1) {
    await tab.back();
    const given = performance.now();
    await until(
      async () => (await isThere()) || performance.now() - given > DROPPED_MS,
      "it is there",
    );
    if (await isThere()) return;
  }
  assert.fail("Back leads nowhere");
}

const isState = (tab, prefix) =>
  holds(tab, (prefix) => document.body.dataset.state?.startsWith(prefix), prefix);

/** The page knows who is signed in, if anybody. */
export const isStarted = (tab) => isState(tab, "signed ");
export const isSignedIn = (tab, subject = "ada") => isState(tab, `signed in as ${subject}`);
export const isSignedOut = (tab) => isState(tab, "signed out");

/** From the page to the provider and back. A provider that knows the user asks for nothing: `account` is `null`. */
export async function signIn(
  tab,
  { account = ADA, options = {}, consent = Boolean(account) } = {},
) {
  await leaveToSignIn(tab, options);
  if (account) await giveCredentials(tab, account);
  if (consent) await allow(tab);
  await isSignedIn(tab, account?.username);
}

export async function leaveToSignIn(tab, options = {}) {
  await tab.evaluate((options) => void client.signIn(options), options);
}

export async function giveCredentials(tab, { username, password }) {
  await isAsked(tab, "[name=password]");
  await tab.evaluate(
    (username, password) => {
      document.querySelector("[name=username]").value = username;
      document.querySelector("[name=password]").value = password;
      document.querySelector("[value=accept]").click();
    },
    username,
    password,
  );
}

const ALLOW = "form:not(:has([name=password])) [value=accept]";
export const isAskedForPassword = (tab) => isAsked(tab, "[name=password]");
export const isAskedForConsent = (tab) => isAsked(tab, ALLOW);

export async function allow(tab) {
  await isAskedForConsent(tab);
  await tab.evaluate((selector) => document.querySelector(selector).click(), ALLOW);
}

function isAsked(tab, selector) {
  return holds(tab, (selector) => document.querySelector(selector) !== null, selector);
}

/** What `count` calls to the API at once come to: statuses, or codes. */
export const call = (tab, count = 1, url = undefined) =>
  tab.evaluate((count, url) => globalThis.call(count, url ?? undefined), count, url ?? null);

export const session = (tab) => tab.evaluate(() => client.session);
export const told = (tab) => tab.evaluate(() => told);
export const errorCode = (tab) => tab.evaluate(() => client.error?.code ?? null);

/** Calls until the outcome is what it shall be: a renewal that failed for now is tried again when it may be. */
export const untilAnswered = (tab, isIt = (outcome) => outcome === 200) =>
  until(async () => isIt((await call(tab))[0]), "a call is answered", LONGEST_PAUSE_MS);

/** Waits until the access token that `tab` has now is no longer good, by the server's clock. */
export async function untilExpired(tab) {
  const { expiresAt } = await session(tab);
  await until(() => Date.now() / 1000 > expiresAt + 0.5, "the access token expires");
}

/** How often the provider itself was asked for `grantType`. */
export const tokenRequests = ({ provider }, grantType = "refresh_token") =>
  provider.tokenRequests.filter((request) => request.grantType === grantType).length;

function tellSettings(response, settings) {
  response.writeHead(200, { "content-type": "text/javascript", "cache-control": "no-store" });
  response.end(`globalThis.settings = ${JSON.stringify(settings)};`);
}

async function takeReport(request, response, reports) {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  reports.push(JSON.parse(text));
  response.writeHead(204).end();
}

function assertClean({ reports, page, api, provider }) {
  const textsOf = (kind) =>
    reports.filter((report) => report.kind === kind).map(({ text }) => text);
  assert.deepEqual(textsOf("violation"), [], "the content security policy is kept");
  assert.deepEqual(textsOf("uncaught"), [], "nothing is thrown that nobody catches");
  const referers = [...page.requests, ...api.requests].map(({ headers }) => headers.referer ?? "");
  assertNoSecrets(provider.secrets, [...reports.map(({ text }) => text), ...referers]);
}
