// What every end-to-end test stands on: a demo of its own on free ports, a browser context of its own, and, when the
// test is over, the checks that hold for all of them: no policy violation, no stray error, no secret anywhere.

import assert from "node:assert/strict";
import { after } from "node:test";
import { startDemo } from "../../www/server/demo.mjs";
import { PACKAGE } from "../../www/server/page.mjs";
import { launchHeadlessChromium } from "./engines/chromium.mjs";
import { assertNoSecrets } from "./secrets.mjs";

/** Only what fails waits so long. A machine that does much else is slow. */
const PATIENCE_MS = 60_000;

/** Chromium's own line for an answer of 4xx; the tests ask for many. */
const EXPECTED_CONSOLE_ERROR =
  /^Failed to load resource: the server responded with a status of 40[01]/;

export const ADA = { username: "ada", password: "engine-1843" };

let launched;
export const browser = () => (launched ??= launchHeadlessChromium());
after(async () => (await launched)?.close());

/**
 * Starts a demo and a browser context for test `t`; both end with it.
 *
 * @param {object} [options] those of `startDemo`
 * @param {string} [options.at] what the address of the page ends with: which kind of credential, and which options
 * @param {RegExp} [options.expectError] uncaught errors that the test provokes
 * @param {object} [options.launched] another browser than the one that all tests share
 */
export async function openDemo(
  t,
  { at = "", expectError, launched, page: pageOptions, ...options } = {},
) {
  const packageDirectory = process.env.TESSERA_PACKAGE ?? PACKAGE;
  const demo = await startDemo({ ...options, page: { packageDirectory, ...pageOptions } });
  const context = await (launched ?? (await browser())).newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const seen = await observe(context);

  t.after(async () => {
    try {
      await collectTraces(context, demo, seen);
    } finally {
      await context.close();
      await demo.close();
    }
    assertClean(demo, seen, expectError);
  });
  return { ...demo, context, seen, newTab: () => openTab(context, demo.url + at) };
}

/** A demo in which Ada is signed in, and the tab where she is. */
export async function openSignedIn(t, options) {
  const demo = await openDemo(t, options);
  const tab = await demo.newTab();
  await arrive(demo, tab);
  return { ...demo, tab };
}

async function openTab(context, url) {
  const tab = await context.newPage();
  await tab.goto(url);
  await isStarted(tab);
  return tab;
}

/** The page has asked the package who is signed in. */
export const isStarted = (tab) => tab.locator("body:not([data-state=starting])").waitFor();
export const isSignedIn = (tab) => tab.getByTestId("subject").waitFor();
export const isSignedOut = (tab) => tab.getByTestId("sign-in").waitFor();

/** Through the page's button to the provider and back; consent is asked for the first time only. */
export async function signIn(tab, { account = ADA, consent = true } = {}) {
  await tab.getByTestId("sign-in").click();
  await giveCredentials(tab, account);
  if (consent) await allow(tab);
  await isSignedIn(tab);
}

/** Signs Ada in where that is not what is tested: the provider shows no page. */
export async function arrive({ provider }, tab) {
  provider.presume(ADA.username);
  await tab.getByTestId("sign-in").click();
  await isSignedIn(tab);
  provider.presume(null);
}

export async function giveCredentials(tab, { username, password }) {
  await tab.locator("[name=username]").fill(username);
  await tab.locator("[name=password]").fill(password);
  await tab.getByRole("button", { name: "Sign in", exact: true }).click();
}

export const allow = (tab) => tab.getByRole("button", { name: "Allow" }).click();
export const refuse = (tab) => tab.getByRole("button", { name: "Refuse" }).click();

/** Calls `client.fetch` in the page. Resolves with what a test asks about: never rejects. */
export function call(tab, url, init) {
  return tab.evaluate(
    async ([url, init]) => {
      try {
        const response = await globalThis.client.fetch(url, init);
        return { status: response.status, text: await response.text() };
      } catch (error) {
        return { code: error.code, name: error.name, message: error.message };
      }
    },
    [url, init],
  );
}

/** The events that the tab's timeline shows, oldest first. */
export const events = (tab) =>
  tab.evaluate(() =>
    [...document.querySelectorAll("[data-kind=event]")]
      .map((entry) => entry.querySelector("summary, p").textContent)
      .reverse(),
  );

/** What `client.session` is now. */
export const session = (tab) => tab.evaluate(() => globalThis.client.session);
/** The code of `client.error` now, or `null`. */
export const errorCode = (tab) => tab.evaluate(() => globalThis.client.error?.code ?? null);

/** Waits until `condition()` is true: for what happens at a server, where no browser can wait. */
export async function until(condition, what, patienceMs = PATIENCE_MS) {
  const deadline = Date.now() + patienceMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Waits until the access token that `tab` has now is no longer good by any clock. */
export async function untilExpired(tab) {
  const { expiresAt } = await session(tab);
  await until(() => Date.now() / 1000 > expiresAt + 0.5, "the access token expires");
}

/** Lets a tab believe that nobody looks at it: it renews nothing ahead of time. */
export const HIDDEN = () => {
  Object.defineProperty(Document.prototype, "visibilityState", { get: () => "hidden" });
  Object.defineProperty(Document.prototype, "hidden", { get: () => true });
};

/** How often the provider's token endpoint was asked for `grantType`. */
export const tokenRequests = ({ provider }, grantType = "refresh_token") =>
  provider.tokenRequests.filter((request) => request.grantType === grantType).length;

async function observe(context) {
  const seen = { violations: [], uncaught: [], texts: [], entries: [] };
  await context.exposeBinding("reportToTest", (_source, kind, text) => {
    seen.texts.push(text);
    if (kind === "violation") seen.violations.push(text);
    if (kind === "entry") seen.entries.push(JSON.parse(text));
  });
  await context.addInitScript(() => {
    const report = globalThis.reportToTest;
    addEventListener("securitypolicyviolation", (event) =>
      report(
        "violation",
        `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
      ),
    );
    document.addEventListener("demo:entry", ({ detail }) =>
      report("entry", JSON.stringify(detail)),
    );
  });
  context.on("console", (message) => {
    seen.texts.push(message.text());
    if (message.type() === "error" && !EXPECTED_CONSOLE_ERROR.test(message.text()))
      seen.uncaught.push(message.text());
  });
  context.on("weberror", (webError) => {
    const error = webError.error();
    seen.texts.push(`${error?.stack}`);
    seen.uncaught.push(`${error?.message}`);
  });
  return seen;
}

/** The URLs that each tab can still go back to, and what it shows besides the token panel, which shows a token when asked. */
async function collectTraces(context, { url }, seen) {
  for (const tab of context.pages()) {
    const { entries } = await (await context.newCDPSession(tab)).send("Page.getNavigationHistory");
    seen.texts.push(...entries.map((entry) => withoutIdTokenHint(entry.url)));
    if (!tab.url().startsWith(url)) continue;
    const shown = await tab.evaluate(() => {
      document.getElementById("token")?.remove();
      return [document.title, document.body.textContent];
    });
    seen.texts.push(...shown);
  }
}

/** The one token that a specification wants in a URL, at the provider's own address (OpenID Connect RP-Initiated Logout 1.0 §2). */
function withoutIdTokenHint(address) {
  const url = new URL(address);
  if (url.pathname === "/session/end") url.searchParams.delete("id_token_hint");
  return url.href;
}

function assertClean({ page, provider, api }, seen, expectError) {
  assert.deepEqual(seen.violations, [], "the content security policy is kept");
  assert.deepEqual(
    seen.uncaught.filter((message) => !expectError?.test(message)),
    [],
    "nothing but what the test provokes is thrown or logged as an error",
  );

  const referers = [...page.requests, ...api.requests].map(({ headers }) => headers.referer ?? "");
  assertNoSecrets(provider.secrets, [...seen.texts, ...referers]);
}
