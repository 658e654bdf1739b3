// The demo page itself: what it shows, and that everybody can use it.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  browser,
  events,
  isSignedIn,
  isSignedOut,
  openDemo,
  openSignedIn,
  refuse,
  session,
  signIn,
  until,
} from "./harness.mjs";

describe("page", { concurrency: 3 }, () => {
  test("shows the answers of the API: ok, slow, 401, and an origin that is not listed", async (t) => {
    const { tab } = await openSignedIn(t);
    const answer = tab.getByTestId("call-result");
    for (const [button, text] of [
      ["call-ok", "200 OK"],
      ["call-me", '"sub": "ada"'],
      ["call-slow", '"tookMs": 2000'],
      ["call-refuse", "401 Unauthorized"],
      ["call-unlisted", "unlisted_resource"],
    ]) {
      await tab.getByTestId(button).click();
      await answer.filter({ hasText: text }).waitFor();
    }
  });

  test("shows every claim of the ID token, times as local time", async (t) => {
    const { tab } = await openSignedIn(t);
    const { claims } = await session(tab);
    const row = (name) => tab.locator(`[data-claim="${name}"]`);
    assert.equal(await tab.locator("[data-claim]").count(), Object.keys(claims).length);
    assert.equal(await row("email").locator("td").textContent(), "ada@demo.example");
    assert.equal(
      await row("exp").locator("time").getAttribute("datetime"),
      new Date(claims.exp * 1000).toISOString(),
    );
    assert.match(await row("exp").locator("td").textContent(), /in \d+ minutes|in 1 hour/);
  });

  test("hides the access token until it is asked for, and after", async (t) => {
    const { tab } = await openSignedIn(t);
    const token = await tab.evaluate(() => client.accessToken({ minValidity: 0 }));
    const isShown = async () =>
      (await tab.locator("body").textContent()).includes(token.split(".")[2]);
    assert.equal(await isShown(), false);

    await tab.getByTestId("token-toggle").click();
    await tab.locator("#token .signature").waitFor();
    assert.equal(await isShown(), true);
    assert.equal(await tab.locator("#token .raw").textContent(), token);
    assert.match(
      await tab.locator("#token .decoded.payload").textContent(),
      /"client_id": "tessera-demo"/,
    );

    await tab.getByTestId("token-toggle").click();
    await tab.getByLabel("The token is hidden").waitFor();
    assert.equal(await isShown(), false);
  });

  test("counts down to the expiry, and says when it has renewed", async (t) => {
    const { tab } = await openSignedIn(t);
    assert.match(await tab.getByTestId("countdown").textContent(), /^[01]:\d\d$/);
    await tab.getByTestId("renew").click();
    await tab.getByText("Renewed once").waitFor();
    assert.ok((await events(tab)).includes("refreshed"));
  });

  test("tells in its timeline what happened, with details that hold no secret", async (t) => {
    const { tab } = await openSignedIn(t);
    await tab.getByTestId("renew").click();
    const entry = tab.locator("[data-kind=event]", { hasText: "refreshed" });
    await entry.locator("summary").click();
    assert.match(await entry.locator("pre").textContent(), /"subject": "ada"/);
    await tab.getByTestId("diagnostics").uncheck();
    assert.equal(await tab.locator("[data-kind=log]").filter({ visible: true }).count(), 0);
  });

  test("can be used by keyboard alone", async (t) => {
    const tab = await (await openDemo(t)).newTab();
    await press(tab, "sign-in");
    await tab.locator("[name=username]").waitFor();
    assert.equal(await tab.evaluate(() => document.activeElement.name), "username");
    await tab.keyboard.type(ADA.username);
    await tab.keyboard.press("Tab");
    await tab.keyboard.type(ADA.password);
    await tab.keyboard.press("Enter");
    await tab.locator("button:focus", { hasText: "Allow" }).waitFor();
    await tab.keyboard.press("Enter");
    await isSignedIn(tab);
    await press(tab, "call-ok");
    await tab.getByTestId("call-result").filter({ hasText: "200 OK" }).waitFor();
    await press(tab, "sign-out-local");
    await isSignedOut(tab);
  });

  test("fits narrow screens and names everything for those who do not see it", async (t) => {
    const demo = await openDemo(t);
    const tab = await demo.newTab();
    await tab.setViewportSize({ width: 320, height: 640 });
    const fits = () => tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    assert.ok(await fits(), "signed out");
    await signIn(tab);
    await tab.getByTestId("token-toggle").click();
    await tab.locator("#token .signature").waitFor();
    assert.ok(await fits(), "signed in");
    const nameless = await tab.evaluate(() =>
      [...document.querySelectorAll("button, a, input")]
        .filter(
          (control) => !control.textContent.trim() && !control.labels?.length && !control.ariaLabel,
        )
        .map((control) => control.outerHTML),
    );
    assert.deepEqual(nameless, []);
    assert.equal(await tab.getByTestId("status").getAttribute("aria-live"), "polite");
  });

  for (const colorScheme of ["light", "dark"]) {
    test(`has readable text in ${colorScheme} colours`, async (t) => {
      const demo = await openDemo(t);
      const tab = await demo.newTab();
      await tab.emulateMedia({ colorScheme });
      await tab.getByTestId("sign-in").click();
      await refuse(tab);
      await tab.getByTestId("problem").waitFor();
      assert.deepEqual(await tab.evaluate(findPaleText), [], "signed out, with a problem");
      await signIn(tab);
      await tab.getByTestId("token-toggle").click();
      await tab.locator("#token .signature").waitFor();
      for (const [call, text] of [
        ["call-me", "The API saw"],
        ["call-unlisted", "unlisted_resource"],
      ]) {
        await tab.getByTestId(call).click();
        await tab.getByTestId("call-result").filter({ hasText: text }).waitFor();
        assert.deepEqual(await tab.evaluate(findPaleText), [], `signed in, ${call}`);
      }
    });
  }

  test("says what is wrong when the package refuses its options", async (t) => {
    const demo = await openDemo(t, { client: { storge: "local" }, expectError: /storge/ });
    const tab = await demo.newTab();
    assert.equal(await tab.getByTestId("problem-code").textContent(), "invalid_option");
    assert.match(await tab.getByTestId("problem-message").textContent(), /storge/);
  });

  test("runs under its policy: no script from elsewhere, no eval, no inline style", async (t) => {
    const demo = await openDemo(t);
    const { headers } = await fetch(demo.url);
    const policy = headers.get("content-security-policy");
    assert.match(policy, /script-src 'self' 'wasm-unsafe-eval';/);
    assert.doesNotMatch(policy, /'unsafe-inline'|'unsafe-eval'/);

    const context = await (await browser()).newContext();
    t.after(() => context.close());
    const requested = [];
    context.on("request", (request) => requested.push(new URL(request.url()).origin));
    const tab = await context.newPage();
    await tab.goto(demo.url);
    await isSignedOut(tab);
    await until(() => requested.length > 0, "the page has loaded");
    assert.deepEqual(
      [...new Set(requested)],
      [new URL(demo.url).origin],
      "everything comes from the page's own origin",
    );
  });
});

/** Tabs to the control and presses it. */
async function press(tab, testId) {
  const control = tab.getByTestId(testId);
  for (let steps = 0; steps < 40; steps += 1) {
    await tab.keyboard.press("Tab");
    if (await control.evaluate((element) => element === document.activeElement))
      return tab.keyboard.press("Enter");
  }
  throw new Error(`${testId} cannot be reached by keyboard.`);
}

/** Runs in the page: texts whose contrast to what lies behind them is below 4.5 : 1 (WCAG 2.2, 1.4.3). */
function findPaleText() {
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const paint = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const pale = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (
      !walker.currentNode.textContent.trim() ||
      !element.checkVisibility() ||
      element.closest("[aria-hidden=true], [aria-busy=true], .skip, .unseen, noscript, script")
    )
      continue;
    const chain = [];
    for (let ancestor = element; ancestor; ancestor = ancestor.parentElement)
      chain.unshift(getComputedStyle(ancestor).backgroundColor);
    const [back, front] = [paint(chain), paint([...chain, getComputedStyle(element).color])].map(
      luminance,
    );
    const contrast = (Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05);
    if (contrast < 4.5)
      pale.push(`${walker.currentNode.textContent.trim().slice(0, 40)}: ${contrast.toFixed(2)}`);
  }
  return pale;
}
