// Opens a page in headless Chromium and hands back what it reported and everything it complained about.

import { after } from "node:test";
import { chromium } from "playwright-core";

const flags = [
  "--headless=new",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let launched;
after(async () => (await launched)?.close());

/**
 * Resolves with `report`, what the page wrote into its `<output>`, and `complaints`: console errors and warnings, uncaught
 * errors, answers of 400 and above, violations of the Content-Security-Policy.
 */
export async function visit(url) {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  launched ??= chromium.launch({ executablePath, args: flags });
  const context = await (await launched).newContext();
  // Asked for by the browser, not by the page.
  await context.route("**/favicon.ico", (route) => route.fulfill({ status: 204 }));
  // Not every violation is written to the console.
  await context.addInitScript(() =>
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`violates ${violatedDirective}: ${blockedURI}`),
    ),
  );
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("response", (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
  });
  try {
    await page.goto(url);
    const text = await page.locator("output:not(:empty)").textContent({ timeout: 60_000 });
    return { report: JSON.parse(text), complaints };
  } catch (error) {
    const heard = complaints.join("; ") || "nothing";
    throw new Error(`The page at ${url} did not report. It complained: ${heard}`, { cause: error });
  } finally {
    await context.close();
  }
}
