// The other kinds of credentials on the demo page, against its servers: Flask, FastAPI, and an API of keys.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { press, saw } from "./demo-page.mjs";
import { ADA, skip } from "./first-party.mjs";
import { events, isSignedIn, isSignedOut, isStarted, openDemo } from "./harness.mjs";
import { assertNoSecrets } from "./secrets.mjs";

const BY_COOKIE = "Cookie: access_token_cookie";

/** The demo page of a kind, and its server in Python. */
async function openKind(t, at, server) {
  const demo = await openDemo(t, { at, python: { servers: [server] } });
  return { ...demo, tab: await demo.newTab() };
}

const problem = (tab, text) => tab.getByTestId("problem").filter({ hasText: text }).waitFor();

async function signIn(tab, way = "sign-in") {
  await tab.getByTestId(way).click();
  await isSignedIn(tab);
}

/** A second tab, as the page's own link opens it. */
async function openSecondTab({ context, newTab, tab }) {
  const [second] = await Promise.all([
    context.waitForEvent("page"),
    tab.getByTestId("second-tab").click(),
  ]);
  await isStarted(second);
  return second;
}

describe("password", { concurrency: 2, skip }, () => {
  test("is refused in the server's words, signs in, is renewed when revoked, and is followed by a second tab", async (t) => {
    const demo = await openKind(t, "?with=password", "tokens");
    const { tab } = demo;
    await tab.getByTestId("sign-in-wrong").click();
    await problem(tab, "access_denied");
    await problem(tab, "Bad username or password");
    await tab.getByTestId("field-password").press("Enter");
    await isSignedIn(tab);
    await tab.getByTestId("problem").waitFor({ state: "hidden" });
    assert.equal(await tab.getByTestId("name").textContent(), "Ada Lovelace");
    assert.match(await press(tab, "call-fresh"), /^200 OK/);
    assert.deepEqual(await saw(tab), ["Authorization: Bearer"]);

    await tab.getByTestId("revoke").click();
    assert.match(await press(tab, "call-me"), /^200 OK/);
    await tab.getByText("Renewed once").waitFor();
    assert.match(await press(tab, "call-fresh"), /^401 .*Fresh token required/s);

    const second = await openSecondTab(demo);
    await isSignedIn(second);
    await tab.getByTestId("sign-out").click();
    await isSignedOut(second);
    assertNoSecrets([ADA.password], demo.seen.texts);
  });

  test("FastAPI: the form signs in, and the session cannot be renewed", async (t) => {
    const { tab } = await openKind(t, "?with=password&on=fastapi", "fastApi");
    await signIn(tab);
    await tab.getByText("cannot be renewed").waitFor();
    assert.match(await press(tab, "call-me"), /^200 OK.*"username": "ada"/s);
    await tab.getByTestId("token-toggle").click();
    await tab.locator("#token .decoded.payload", { hasText: '"sub": "ada"' }).waitFor();
  });
});

describe("API key", { concurrency: 2 }, () => {
  test("is renewed when it is rotated or wrong, goes where it is told, and is forgotten with the page when asked", async (t) => {
    const demo = await openDemo(t, { at: "?with=key" });
    const tab = await demo.newTab();
    await tab.getByTestId("field-key").fill(demo.keys.key);
    await signIn(tab);
    assert.match(await press(tab, "call-me"), /^200 OK/);
    assert.deepEqual(await saw(tab), ["X-API-Key"]);
    await tab.getByTestId("rotate").click();
    await tab.locator("#rotate:not([aria-busy])").waitFor();
    assert.match(await press(tab, "call-me"), /^200 OK/);
    assert.equal(demo.keys.handedOut, 1);
    assert.ok((await events(tab)).includes("refreshed"));

    const second = await openSecondTab({ ...demo, tab });
    await isSignedIn(second);
    await tab.getByTestId("sign-out").click();
    await isSignedOut(second);

    await tab.goto(`${demo.url}?with=key&on=authorization+memory`);
    await signIn(tab, "sign-in-wrong");
    assert.match(await press(tab, "call-me"), /^200 OK/);
    assert.deepEqual(await saw(tab), ["Authorization: ApiKey"]);
    assert.equal(demo.keys.handedOut, 2);
    await tab.reload();
    await isSignedOut(tab);
    await signIn(tab, "sign-in-new");
    assertNoSecrets([demo.keys.key], demo.seen.texts);
  });
});

describe("cookie", { concurrency: 2, skip }, () => {
  test("goes with the calls and the CSRF value with what changes something, and is renewed when revoked", async (t) => {
    const demo = await openKind(t, "?with=cookie", "cookies");
    const { tab } = demo;
    await tab.getByTestId("sign-in-wrong").click();
    await problem(tab, "Bad username or password");
    await signIn(tab);
    assert.equal(await tab.getByTestId("token-type").textContent(), "Cookie");
    assert.match(await press(tab, "call-me"), /^200 OK/);
    const read = await saw(tab);
    assert.ok(read.includes(BY_COOKIE) && !read.includes("X-CSRF-TOKEN"), `${read}`);
    await tab.getByTestId("revoke").click();
    assert.match(await press(tab, "call-change"), /^200 OK/);
    assert.ok((await saw(tab)).includes("X-CSRF-TOKEN"));
    await tab.getByText("Renewed once").waitFor();
    await tab.getByTestId("token-toggle").waitFor({ state: "hidden" });

    const second = await openSecondTab(demo);
    await isSignedIn(second);
    await tab.getByTestId("sign-out").click();
    await isSignedOut(second);
    const cookies = (await demo.context.cookies()).map(({ value }) => value);
    assertNoSecrets([ADA.password, ...cookies], demo.seen.texts);
  });

  test("plain session: one cookie, and nothing beside it", async (t) => {
    const { tab } = await openKind(t, "?with=cookie&on=plain", "session");
    await signIn(tab);
    assert.match(await press(tab, "call-change"), /^200 OK/);
    assert.deepEqual(await saw(tab), ["Cookie: session"]);
  });
});
