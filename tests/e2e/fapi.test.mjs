// `profile: "fapi2"` against the demo's identity provider with its FAPI 2.0 profile on, and against servers that say that they cannot.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ADA,
  arrive,
  call,
  errorCode,
  openDemo,
  session,
  tokenRequests,
  until,
  untilExpired,
} from "./harness.mjs";

const OPTIONS = {
  client: { profile: "fapi2" },
  provider: { fapi: true, requirePar: true, requireNonce: true, idTokenAlg: "ES256" },
};

/** Changes what the provider says of itself. */
const rewriteMetadata = ({ context }, change) =>
  context.route("**/.well-known/openid-configuration", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: change(await response.json()) });
  });

/** What a sign-in that must fail says. */
const failure = (tab) =>
  tab.evaluate(() => globalThis.client.signIn().catch(({ code, message }) => ({ code, message })));

describe("the FAPI 2.0 profile", { concurrency: true }, () => {
  test("signs in, calls and renews with a server that has it", async (t) => {
    const demo = await openDemo(t, {
      ...OPTIONS,
      provider: { ...OPTIONS.provider, accessTokenLifetime: 5 },
    });
    const { provider, api } = demo;
    const tab = await demo.newTab();
    const addresses = [];
    tab.on("request", (request) => {
      const { pathname, searchParams } = new URL(request.url());
      if (pathname === "/auth") addresses.push([...searchParams.keys()].sort());
    });
    await arrive(demo, tab);
    assert.equal((await session(tab)).tokenType, "DPoP");
    assert.deepEqual(addresses, [["client_id", "request_uri"]]);
    assert.equal((await call(tab, `${api.url}/ok`)).status, 200);
    assert.match(api.requests.at(-1).headers.authorization, /^DPoP /);
    await untilExpired(tab);
    assert.equal((await call(tab, `${api.url}/ok`)).status, 200);
    assert.ok(tokenRequests(demo) > 0);
    assert.ok(provider.tokenRequests.every(({ isProven }) => isProven));
    assert.equal(await errorCode(tab), null);
  });

  test("takes no ID token that is signed by another algorithm", async (t) => {
    const demo = await openDemo(t, {
      ...OPTIONS,
      provider: { ...OPTIONS.provider, idTokenAlg: "RS256" },
    });
    const tab = await demo.newTab();
    demo.provider.presume(ADA.username);
    await tab.getByTestId("sign-in").click();
    await until(async () => {
      const code = await errorCode(tab).catch(() => null);
      return code === "algorithm_not_allowed";
    }, "the ID token is refused");
    assert.equal(await session(tab), null);
  });

  for (const [member, value, code] of [
    ["pushed_authorization_request_endpoint", undefined, "unsupported"],
    ["dpop_signing_alg_values_supported", undefined, "unsupported"],
    ["dpop_signing_alg_values_supported", ["RS256"], "unsupported"],
    ["code_challenge_methods_supported", undefined, "unsupported"],
    ["authorization_response_iss_parameter_supported", false, "unsupported"],
    ["token_endpoint", "http://id.example.com/token", "insecure_url"],
  ])
    test(`refuses a server whose ${member} is ${JSON.stringify(value)}`, async (t) => {
      const demo = await openDemo(t, OPTIONS);
      await rewriteMetadata(demo, (metadata) => ({ ...metadata, [member]: value }));
      const tab = await demo.newTab();
      const refused = await failure(tab);
      assert.equal(refused.code, code);
      assert.match(refused.message, new RegExp(member));
      assert.equal(tab.url(), demo.url);
      assert.ok(demo.provider.requests.every(({ path }) => path !== "/request"));
    });
});
