// The presets of well-known providers, each against a stand-in that behaves as the provider does.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as presets from "../../pkg-template/providers/index.js";
import { isLoaded, openBarePage } from "./bare-page.mjs";
import { standIn } from "./provider-stand-in.mjs";

const API = "https://api.example.com";
const TENANT = "9122040d-6c67-4c5b-b112-36a304b66dad";
const ENTRA = "https://login.microsoftonline.com";

/** Where a browser alone is enough: what the application gives, and what the provider is like. */
const CASES = {
  kakao: [{}, { issuer: "https://kauth.kakao.com", refuses: ["resource"] }],
  "entra, one tenant": [
    { issuer: `${ENTRA}/${TENANT}/v2.0` },
    { issuer: `${ENTRA}/${TENANT}/v2.0`, claims: { tid: TENANT }, refuses: ["resource"] },
  ],
  "entra, a tenant by its domain": [
    { issuer: `${ENTRA}/contoso.example/v2.0` },
    {
      issuer: `${ENTRA}/contoso.example/v2.0`,
      calledItself: `${ENTRA}/${TENANT}/v2.0`,
      refuses: ["resource"],
    },
  ],
  "entra, any tenant": [
    { issuer: `${ENTRA}/common/v2.0` },
    {
      issuer: `${ENTRA}/common/v2.0`,
      calledItself: `${ENTRA}/{tenantid}/v2.0`,
      claims: { iss: `${ENTRA}/${TENANT}/v2.0`, tid: TENANT },
      refuses: ["resource"],
    },
  ],
  auth0: [
    { issuer: "https://shop.eu.auth0.com/", resources: [{ url: API, audience: "urn:api" }] },
    { issuer: "https://shop.eu.auth0.com/", refuses: ["resource"] },
  ],
  okta: [
    { issuer: "https://shop.okta.com/oauth2/default" },
    { issuer: "https://shop.okta.com/oauth2/default", refuses: ["resource"] },
  ],
  keycloak: [
    { issuer: "https://id.example.com/realms/shop" },
    { issuer: "https://id.example.com/realms/shop", refuses: ["resource"] },
  ],
  cognito: [
    { issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop" },
    {
      issuer: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop",
      endpoints: "https://shop.auth.eu-west-1.amazoncognito.com",
    },
  ],
};

const NEED_A_SERVER = ["google", "naver", "facebook", "x", "line", "apple", "github"];

const attempt = (tab, options) =>
  tab.evaluate(
    (options) =>
      globalThis.tessera.attempt(async () => {
        globalThis.client = await globalThis.tessera.open(options);
      }),
    options,
  );

/** A page that may talk to the provider, and the provider. */
async function open(t, quirks) {
  const hosts = [quirks.issuer, quirks.endpoints ?? quirks.issuer].map(
    (url) => new URL(url).origin,
  );
  const page = await openBarePage(t, { page: { connect: hosts } });
  const provider = await standIn(page.context, quirks);
  return { ...page, provider };
}

/** To the provider and back. What came of it, and the session. */
async function signIn({ tab, url }, options) {
  assert.equal((await attempt(tab, options)).code, undefined);
  await Promise.all([
    tab.waitForURL(`${url}?*`),
    tab.evaluate(() => void globalThis.client.signIn()),
  ]);
  await isLoaded(tab);
  await attempt(tab, options);
  return tab.evaluate(() => ({
    session: globalThis.client.session,
    error: globalThis.client.error?.code,
    scope: globalThis.client.session?.scope,
  }));
}

describe("providers", { concurrency: 3 }, () => {
  for (const [name, [given, quirks]] of Object.entries(CASES))
    test(`${name}: signs in`, async (t) => {
      const preset = presets[name.split(",")[0]];
      const page = await open(t, quirks);
      const options = { provider: preset, clientId: "shop", redirectUri: page.url, ...given };
      const { session, error } = await signIn(page, options);
      assert.equal(error, undefined);
      assert.equal(session.subject, "somebody");
      const [asked] = page.provider.authorizations;
      assert.equal(asked.scope, preset.scope);
      if (name === "auth0") assert.equal(asked.audience, "urn:api");
    });

  test("cognito: signs out by its own word", async (t) => {
    const [given, quirks] = CASES.cognito;
    const page = await open(t, quirks);
    const options = {
      provider: presets.cognito,
      clientId: "shop",
      redirectUri: page.url,
      postLogoutRedirectUri: page.url,
      ...given,
    };
    await signIn(page, options);
    await Promise.all([
      page.tab.waitForEvent("framenavigated", (frame) => frame.url() === page.url),
      page.tab.evaluate(() => void globalThis.client.signOut()),
    ]);
    const [asked] = page.provider.signOuts;
    assert.equal(asked.logout_uri, page.url);
    assert.equal(asked.client_id, "shop");
    assert.equal(asked.post_logout_redirect_uri, undefined);
  });

  test("entra: a token of another tenant than it says starts no session", async (t) => {
    const [given, quirks] = CASES["entra, any tenant"];
    for (const claims of [{ ...quirks.claims, tid: "another" }, { iss: quirks.claims.iss }]) {
      const page = await open(t, { ...quirks, claims });
      const options = {
        provider: presets.entra,
        clientId: "shop",
        redirectUri: page.url,
        ...given,
      };
      const { session, error } = await signIn(page, options);
      assert.deepEqual([session, error], [null, "claim_invalid"]);
    }
  });

  test("those that need a server are refused at once, with the reason and the way out", async (t) => {
    const { tab, provider } = await openBarePage(t);
    for (const name of NEED_A_SERVER) {
      const { code, message } = await attempt(tab, { provider: presets[name], clientId: "shop" });
      assert.equal(code, "unsupported", name);
      assert.ok(message.includes(presets[name].needsServer), message);
      assert.match(message, /createCookieClient/);
      // Unless the application has a token endpoint of its own.
      const metadata = { token_endpoint: `${provider.url}/token` };
      const own = await attempt(tab, { provider: presets[name], clientId: "shop", metadata });
      assert.equal(own.code, undefined, own.message);
    }
  });

  test("those of many tenants say what their issuer looks like", async (t) => {
    const { tab } = await openBarePage(t);
    for (const name of ["entra", "auth0", "okta", "keycloak", "cognito"]) {
      const { code, message } = await attempt(tab, { provider: presets[name], clientId: "shop" });
      assert.equal(code, "invalid_option", name);
      assert.ok(message.includes(presets[name].issuerForm), message);
    }
  });

  test("a name is as good as the preset, and any other is an error", async (t) => {
    const { tab } = await openBarePage(t);
    assert.equal(
      (await attempt(tab, { provider: "github", clientId: "shop" })).code,
      "unsupported",
    );
    assert.equal((await attempt(tab, { provider: "kakao", clientId: "shop" })).code, undefined);
    for (const provider of ["gogle", "__proto__", ""])
      assert.equal((await attempt(tab, { provider, clientId: "shop" })).code, "invalid_option");
    assert.equal((await attempt(tab, { provider: {}, clientId: "shop" })).code, "invalid_option");
    const odd = await attempt(tab, { provider: { name: "X", isuer: "" }, clientId: "shop" });
    assert.equal(odd.code, "invalid_option");
    assert.match(odd.message, /^provider\.isuer/);
  });

  test("every preset is either shown to work or refused", () => {
    const shown = Object.keys(CASES).map((name) => name.split(",")[0]);
    assert.deepEqual(new Set([...shown, ...NEED_A_SERVER]), new Set(Object.keys(presets)));
  });
});
