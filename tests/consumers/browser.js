// Opens a page in headless Chromium and hands back what it reported and everything it complained about.

import { chromium } from "playwright-core";

const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
}

/** Resolves with `report`, what the page wrote into its `<output>`, and `complaints`: console errors and warnings, uncaught errors, answers of 400 and above. */
export async function visit(browser, url) {
  const context = await browser.newContext();
  // Asked for by the browser, not by the page.
  await context.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  const page = await context.newPage();
  const complaints = [];
  // A violation of the Content-Security-Policy is a console error too.
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (response) => response.status() >= 400 && complaints.push(`${response.status()} ${response.url()}`));
  try {
    await page.goto(url);
    const text = await page.locator("output:not(:empty)").textContent({ timeout: 15_000 });
    return { report: JSON.parse(text), complaints };
  } catch (error) {
    throw new Error(`The page at ${url} did not report. It complained: ${complaints.join("; ") || "of nothing"}`, { cause: error });
  } finally {
    await context.close();
  }
}
