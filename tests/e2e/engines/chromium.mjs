// Chromium by Playwright: every browser context is a profile of its own.

import { chromium } from "playwright-core";
import { missingOf } from "./process.mjs";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** Playwright's browser, with `options` of its own. */
export const launchChromium = (options = {}) =>
  chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS, ...options });

/**
 * The same engine without what it paints on a screen, which takes half as much of the processor; the whole browser where it is not
 * installed. It has no back-forward cache and blocks no popups.
 */
export const launchHeadlessChromium = () =>
  launchChromium({ executablePath: process.env.CHROMIUM_HEADLESS ?? EXECUTABLE });

export const missing = () => missingOf([EXECUTABLE]);

/** Starts the browser. */
export async function launch() {
  // Playwright turns the back-forward cache off; people have it.
  const browser = await launchChromium({ ignoreDefaultArgs: ["--disable-back-forward-cache"] });
  return { newProfile: () => newProfile(browser), close: () => browser.close() };
}

async function newProfile(browser) {
  const context = await browser.newContext();
  return {
    newTab: async () => new ChromiumTab(await context.newPage()),
    close: () => context.close(),
  };
}

class ChromiumTab {
  #page;

  constructor(page) {
    this.#page = page;
  }

  async goto(url) {
    await this.#page.goto(url, { waitUntil: "commit" });
  }

  /** Runs `act` in the page with `values`, which are JSON, as what it gives must be. */
  async evaluate(act, ...values) {
    const words = values.map((value) => JSON.stringify(value) ?? "undefined");
    return (await this.#page.evaluate(`(${act})(${words})`)) ?? null;
  }

  /** As a user does it: it lets the page open a window. */
  click(selector) {
    return this.#page.click(selector);
  }

  back() {
    return this.#page.goBack({ waitUntil: "commit" });
  }

  reload() {
    return this.#page.reload({ waitUntil: "commit" });
  }

  close() {
    return this.#page.close();
  }

  /** Ends the process that runs the tab, as the machine does when it lacks memory. */
  async kill() {
    const crashed = this.#page.waitForEvent("crash");
    const devtools = await this.#page.context().newCDPSession(this.#page);
    devtools.send("Page.crash").catch(() => undefined);
    await crashed;
    await this.#page.close();
  }

  /** Takes the network from the whole profile, or gives it back. */
  setOnline(isOnline) {
    return this.#page.context().setOffline(!isOnline);
  }
}
