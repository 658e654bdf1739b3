// An API that asks for a stronger or a younger sign-in (RFC 9470), a provider that gives it, and a page that wants its answer.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  call,
  errorCode,
  events,
  giveCredentials,
  isSignedIn,
  openSignedIn,
  session,
  tokenRequests,
  until,
} from "./harness.mjs";

const STRONG = "urn:demo:two-factor";

/** Calls the API by a click. What it comes to is `globalThis.answer` of the page. */
async function clickToCall(tab, url) {
  await tab.evaluate((url) => {
    globalThis.answer = undefined;
    const button = document.body.appendChild(document.createElement("button"));
    button.dataset.testid = "test-call";
    button.onclick = () => {
      button.remove();
      globalThis.client.fetch(url, { method: "POST", body: "100" }).then(
        ({ status }) => (globalThis.answer = status),
        (error) => (globalThis.answer = error.code),
      );
    };
  }, url);
  await tab.getByTestId("test-call").click();
}

const answer = (tab) =>
  tab.waitForFunction(() => globalThis.answer).then((handle) => handle.jsonValue());
const calls = ({ api }, path) =>
  api.requests.filter((request) => request.path === path && request.method === "POST").length;

describe("step-up", { concurrency: 3 }, () => {
  test("popup: signs in for what the API asks, and repeats the call in a page that stays", async (t) => {
    const demo = await openSignedIn(t, { client: { stepUp: "popup" } });
    const { tab } = demo;
    await tab.evaluate(() => (globalThis.draft = "unsent words"));
    const [popup] = await Promise.all([
      tab.waitForEvent("popup"),
      clickToCall(tab, `${demo.api.url}/vault`),
    ]);
    await giveCredentials(popup, ADA);
    assert.equal(await answer(tab), 200);
    await until(() => popup.isClosed(), "the window closes itself");
    assert.equal(await tab.evaluate(() => globalThis.draft), "unsent words");
    assert.equal((await session(tab)).claims.acr, STRONG);
    assert.equal(calls(demo, "/vault"), 2);

    // What the sign-in is now is enough for the next call.
    await clickToCall(tab, `${demo.api.url}/vault`);
    assert.equal(await answer(tab), 200);
    assert.equal(tokenRequests(demo, "authorization_code"), 2);
  });

  test("popup: signs in again when the sign-in is too old", async (t) => {
    const demo = await openSignedIn(t, { client: { stepUp: "popup", clockTolerance: 0 } });
    const { tab } = demo;
    await new Promise((resolve) => setTimeout(resolve, 7_000));
    const [popup] = await Promise.all([
      tab.waitForEvent("popup"),
      clickToCall(tab, `${demo.api.url}/recent`),
    ]);
    await giveCredentials(popup, ADA);
    assert.equal(await answer(tab), 200);
    const { auth_time: authTime } = (await session(tab)).claims;
    assert.ok(Date.now() / 1000 - authTime < 6, "auth_time is of just now");
  });

  test("popup: hands out the answer when the user closes the window", async (t) => {
    const demo = await openSignedIn(t, { client: { stepUp: "popup" } });
    const { tab } = demo;
    const [popup] = await Promise.all([
      tab.waitForEvent("popup"),
      clickToCall(tab, `${demo.api.url}/vault`),
    ]);
    await popup.locator("[name=username]").waitFor();
    await popup.close();
    assert.equal(await answer(tab), 401);
    assert.equal(await errorCode(tab), "popup_closed");
    assert.equal((await session(tab)).subject, "ada");
  });

  test("redirect: comes back to the same place, signed in for what the API asks", async (t) => {
    const demo = await openSignedIn(t, { client: { stepUp: "redirect" } });
    const { tab } = demo;
    await tab.goto(`${demo.url}?order=7#pay`);
    await isSignedIn(tab);
    await clickToCall(tab, `${demo.api.url}/vault`);
    await giveCredentials(tab, ADA);
    await isSignedIn(tab);
    assert.equal(
      String(await tab.evaluate(() => globalThis.client.returnTo)),
      `${demo.url}?order=7#pay`,
    );
    assert.equal((await call(tab, `${demo.api.url}/vault`)).status, 200);
  });

  test("never loops: an API that asks again gets its answer handed out", async (t) => {
    const insatiable = (_request, response) => {
      response.setHeader(
        "www-authenticate",
        `Bearer error="insufficient_user_authentication", acr_values="${STRONG}"`,
      );
      response.writeHead(401).end();
    };
    const demo = await openSignedIn(t, {
      client: { stepUp: "popup" },
      api: { routes: { "/insatiable": insatiable } },
    });
    const { tab } = demo;
    const [popup] = await Promise.all([
      tab.waitForEvent("popup"),
      clickToCall(tab, `${demo.api.url}/insatiable`),
    ]);
    await giveCredentials(popup, ADA);
    assert.equal(await answer(tab), 401);
    await clickToCall(tab, `${demo.api.url}/insatiable`);
    assert.equal(await answer(tab), 401);
    assert.equal(calls(demo, "/insatiable"), 3);
    assert.equal(tokenRequests(demo, "authorization_code"), 2);
  });

  test("none: hands out the answer, and an event says what was asked", async (t) => {
    const demo = await openSignedIn(t, { client: { stepUp: "none" } });
    const { tab } = demo;
    // The module for pages that ask for nothing of the kind hands out the answer as any other.
    assert.equal((await call(tab, `${demo.api.url}/vault`)).status, 401);
    assert.equal(tab.url(), demo.url);
    assert.ok((await events(tab)).every((title) => !title.startsWith("signedout")));
  });
});
