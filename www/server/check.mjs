// `--check`: signs in once through the page with each kind of credential, as a user would, and calls the API.

import { createRequire } from "node:module";
import { accountHints } from "./account.mjs";

const PATIENCE_MS = 30_000;

/** Walks through the demo, printing each step. Resolves with the exit code. */
export async function runCheck({ url, provider, python }) {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    for (const [step, act] of createSteps(page, url, provider, python)) {
      try {
        const note = await act();
        console.log(`ok    ${step}${note ? `: ${note}` : ""}`);
      } catch (error) {
        console.error(`FAIL  ${step}: ${error.message.split("\n")[0]}`);
        return 1;
      }
    }
    if (!python.tokens || !python.cookies)
      console.log("skip  what needs Flask: it is not running, and the page says why");
    return 0;
  } finally {
    await browser.close();
  }
}

function createSteps(page, url, provider, python) {
  const [account] = accountHints;
  const byTestId = (id) => page.getByTestId(id);

  return [
    ["open the page", async () => void (await page.goto(url))],
    ["press “Sign in”", async () => void (await byTestId("sign-in").click())],
    [
      `give the identity provider ${account.username}'s password`,
      async () => {
        await page.locator("[name=username]").fill(account.username);
        await page.locator("[name=password]").fill(account.password);
        await page.getByRole("button", { name: "Sign in" }).click();
      },
    ],
    [
      "allow what the app asks for",
      async () => void (await page.getByRole("button", { name: "Allow" }).click()),
    ],
    [
      "come back signed in",
      async () => {
        await byTestId("subject").waitFor();
        return `${await byTestId("name").textContent()}, ${await byTestId("scope").textContent()}`;
      },
    ],
    [
      "find the URL clean",
      async () => {
        if (page.url() !== url) throw new Error("the answer's parameters are still in it");
      },
    ],
    [
      "call the API with the token",
      async () => {
        await byTestId("call-ok").click();
        await byTestId("call-result").filter({ hasText: "200" }).waitFor();
        return "200";
      },
    ],
    [
      "reload and still be signed in, without asking the provider",
      async () => {
        const before = provider.requests.length;
        await page.reload();
        await byTestId("subject").waitFor();
        const requests = provider.requests.length - before;
        if (requests > 0) throw new Error(`${requests} requests were made`);
      },
    ],
    [
      "sign out, at the provider too",
      async () => {
        await byTestId("sign-out").click();
        await page.getByRole("button", { name: "Sign out", exact: true }).click();
        await byTestId("sign-in").waitFor();
      },
    ],
    ...[
      ["key", "an API key", "sign-in-new", true],
      ["password", "a password", "sign-in", python.tokens],
      ["cookie", "a cookie", "sign-in", python.cookies],
    ]
      .filter(([, , , isRunning]) => isRunning)
      .map(([kind, title, way]) => [
        `sign in and call with ${title}`,
        async () => {
          await page.goto(`${url}?with=${kind}`);
          await byTestId(way).click();
          await byTestId("call-me").click();
          await byTestId("call-result").filter({ hasText: "200" }).waitFor();
          return "200";
        },
      ]),
  ];
}

/** The browser and its driver belong to the end-to-end tests; the demo borrows them. */
async function launchBrowser() {
  const tests = createRequire(new URL("../../tests/e2e/package.json", import.meta.url));
  let chromium;
  try {
    ({ chromium } = tests("playwright-core"));
  } catch (cause) {
    throw new Error("playwright-core is not installed. Run `npm ci` in tests/e2e first.", {
      cause,
    });
  }
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
