// A provider that answers at its own addresses as the real one would, as far as the quirks go that a preset is about: no network
// is asked.

import { generateKeyPairSync, randomUUID, sign } from "node:crypto";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const KEY = { ...publicKey.export({ format: "jwk" }), kid: "1", alg: "RS256", use: "sig" };
const CORS = { "access-control-allow-origin": "*" };

/**
 * @param {object} quirks
 * @param {string} quirks.issuer what the application calls it
 * @param {string} [quirks.calledItself] what its metadata and its tokens say instead
 * @param {object} [quirks.claims] more claims of its ID tokens, or others
 * @param {string} [quirks.endpoints] where its endpoints are; default: at the issuer
 * @param {string[]} [quirks.refuses] authorization request parameters that it knows nothing of
 */
export async function standIn(
  context,
  { issuer, calledItself = issuer, claims, endpoints, refuses = [] },
) {
  const base = (endpoints ?? issuer).replace(/\/$/, "");
  const seen = { authorizations: [], tokens: [], signOuts: [] };
  const codes = new Map();
  const metadata = {
    issuer: calledItself,
    authorization_endpoint: `${base}/authorize`,
    token_endpoint: `${base}/token`,
    jwks_uri: `${base}/keys`,
    end_session_endpoint: `${base}/logout`,
  };
  const json = (route, body, status = 200) =>
    route.fulfill({
      status,
      headers: CORS,
      contentType: "application/json",
      body: JSON.stringify(body),
    });
  /** As the browser goes on: a page that leaves at once. */
  const leadTo = (route, url) =>
    route.fulfill({
      contentType: "text/html",
      body: `<script>location.replace(${JSON.stringify(url)})</script>`,
    });

  const answers = {
    [`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`]: (route) =>
      json(route, metadata),
    [metadata.jwks_uri]: (route) => json(route, { keys: [KEY] }),
    [metadata.authorization_endpoint]: (route, { searchParams }) => {
      const asked = Object.fromEntries(searchParams);
      seen.authorizations.push(asked);
      const code = randomUUID();
      codes.set(code, asked);
      const answer = refuses.some((name) => name in asked)
        ? { error: "invalid_request" }
        : { code };
      return leadTo(
        route,
        `${asked.redirect_uri}?${new URLSearchParams({ ...answer, state: asked.state })}`,
      );
    },
    [metadata.token_endpoint]: (route) => {
      const form = Object.fromEntries(new URLSearchParams(route.request().postData()));
      seen.tokens.push(form);
      const asked = codes.get(form.code);
      if (!asked || refuses.some((name) => name in form))
        return json(route, { error: "invalid_grant" }, 400);
      const now = Math.floor(Date.now() / 1000);
      return json(route, {
        access_token: randomUUID(),
        token_type: "Bearer",
        expires_in: 300,
        scope: asked.scope,
        id_token: jwt({
          iss: calledItself,
          sub: "somebody",
          aud: asked.client_id,
          iat: now,
          exp: now + 300,
          nonce: asked.nonce,
          ...claims,
        }),
      });
    },
    [metadata.end_session_endpoint]: (route, { searchParams }) => {
      const asked = Object.fromEntries(searchParams);
      seen.signOuts.push(asked);
      return leadTo(route, asked.logout_uri ?? asked.post_logout_redirect_uri);
    },
  };
  const address = (url) => url.origin + url.pathname;
  await context.route(
    (url) => address(url) in answers,
    (route) => {
      const url = new URL(route.request().url());
      return answers[address(url)](route, url);
    },
  );
  return { ...seen, origins: [new URL(issuer).origin, new URL(base).origin] };
}

function jwt(claims) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${encode({ alg: "RS256", kid: KEY.kid, typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${sign("RSA-SHA256", Buffer.from(signed), privateKey).toString("base64url")}`;
}
