// The options of the clients that are not OAuth's: what is wrong with them is said at once, by name, and nothing is sent.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { assertAuthError, openBarePage } from "./bare-page.mjs";

const LOGIN = "https://app.example.com/login";
const CASES = [
  ["createPasswordClient", {}, "invalid_option", "loginUrl"],
  ["createPasswordClient", undefined, "invalid_option", "loginUrl"],
  ["createPasswordClient", { loginUrl: 7 }, "invalid_option", "loginUrl"],
  ["createPasswordClient", { loginUrl: "http://app.example.com/" }, "insecure_url", "loginUrl"],
  [
    "createPasswordClient",
    { loginUrl: "https://a:b@app.example.com/" },
    "invalid_option",
    "loginUrl",
  ],
  ["createPasswordClient", { loginUrl: LOGIN, loginURL: LOGIN }, "invalid_option", "loginURL"],
  ["createPasswordClient", { loginUrl: LOGIN, encoding: "xml" }, "invalid_option", "encoding"],
  [
    "createPasswordClient",
    { loginUrl: LOGIN, refreshWith: "cookie" },
    "invalid_option",
    "refreshWith",
  ],
  [
    "createPasswordClient",
    { loginUrl: LOGIN, refreshWith: {} },
    "invalid_option",
    "refreshWith.field",
  ],
  [
    "createPasswordClient",
    { loginUrl: LOGIN, fields: { token: "t" } },
    "invalid_option",
    "fields.token",
  ],
  ["createPasswordClient", { loginUrl: LOGIN, timeoutMs: 0 }, "invalid_option", "timeoutMs"],
  ["createPasswordClient", { loginUrl: LOGIN, clientId: "spa" }, "invalid_option", "clientId"],
  ["createApiKeyClient", { key: "" }, "invalid_option", "key"],
  ["createApiKeyClient", { key: 7 }, "invalid_option", "key"],
  ["createApiKeyClient", { header: "X API" }, "invalid_option", "header"],
  ["createApiKeyClient", { prefix: "ü" }, "invalid_option", "prefix"],
  ["createApiKeyClient", { renew: "key" }, "invalid_option", "renew"],
  ["createApiKeyClient", { resources: ["ftp://x"] }, "insecure_url", "resources[0]"],
  ["createCookieClient", {}, "invalid_option", "sessionUrl"],
  ["createCookieClient", { sessionUrl: "/s", csrf: {} }, "invalid_option", "csrf.cookie"],
  [
    "createCookieClient",
    { sessionUrl: "/s", csrf: { cookie: "c", header: "Cookie" } },
    "invalid_option",
    "csrf.header",
  ],
  [
    "createCookieClient",
    { loginUrl: "https://x/#", logoutUrl: "http://x" },
    "insecure_url",
    "logoutUrl",
  ],
];

describe("options of other credentials", () => {
  test("what is wrong is named", async (t) => {
    const { tab } = await openBarePage(t);
    const outcomes = await tab.evaluate(
      (cases) =>
        Promise.all(
          cases.map(([create, options]) => tessera.attempt(() => tessera[create](options))),
        ),
      CASES,
    );
    for (const [index, [create, options, code, about]] of CASES.entries()) {
      assertAuthError(outcomes[index], code, about, `${create}(${JSON.stringify(options)})`);
    }
  });

  test("decodeJwt works once there is a client of any kind", async (t) => {
    const { tab } = await openBarePage(t);
    const jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJhZGEifQ", "c2ln"].join(".");
    const decode = () => tab.evaluate((jwt) => tessera.attempt(() => tessera.decodeJwt(jwt)), jwt);
    assertAuthError(await decode(), "wasm_failed");
    await tab.evaluate((loginUrl) => tessera.createPasswordClient({ loginUrl }), LOGIN);
    const read = { value: { header: { alg: "HS256" }, claims: { sub: "ada" } } };
    assert.deepEqual(await decode(), read);
    const malformed = await tab.evaluate(() => tessera.attempt(() => tessera.decodeJwt("a.b")));
    assertAuthError(malformed, "malformed_token");
    await tab.evaluate(() => tessera.init());
    assert.deepEqual(await decode(), read);
  });

  test("credentials must be an object of texts, and are in no error", async (t) => {
    const { tab } = await openBarePage(t);
    const outcomes = await tab.evaluate(async (loginUrl) => {
      const client = await tessera.open({ loginUrl }, "createPasswordClient");
      const wrong = [undefined, null, "ada:engine-1843", ["engine-1843"], { password: 1843 }];
      const outcomes = [];
      for (const given of wrong) outcomes.push(await tessera.attempt(() => client.signIn(given)));
      const odd = {
        get password() {
          throw new Error("engine-1843");
        },
      };
      outcomes.push(await tessera.attempt(() => client.signIn(odd)));
      return outcomes;
    }, LOGIN);
    for (const outcome of outcomes) {
      assertAuthError(outcome, "invalid_option", "credentials");
      assert.doesNotMatch(JSON.stringify(outcome), /1843/);
    }
  });
});
