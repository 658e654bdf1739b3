// An authorization server that does what the specification says until a test tells it otherwise, and then over a real
// network whatever servers, proxies and cables do.

import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { gzipSync } from "node:zlib";
import { listen } from "../../www/server/listen.mjs";

const HOUR = 3600;
const FRIENDLY = { "access-control-allow-origin": "*", "content-type": "application/json" };
const PREFLIGHT = { ...FRIENDLY, "access-control-allow-headers": "authorization" };

/** The endpoints that can be told how to answer. */
const PATHS = {
  "/.well-known/openid-configuration": "metadata",
  "/.well-known/oauth-authorization-server": "metadata",
  "/jwks": "keys",
  "/token": "token",
};

/**
 * Starts one. What tests read and change:
 * `answers[endpoint]` answers instead of it: `(request, response, good) => …`, where `good` is what it would have sent;
 * `idToken(draft)` changes the header and the claims of an ID token, or by what it is signed;
 * `makeSecret(kind)` makes codes and tokens; `secrets` has all that nobody else may see.
 */
export async function startBrokenServer(t) {
  const { url, serve, close } = await listen({ name: "broken server" });
  t.after(close);
  const key = makeKey("ec", { namedCurve: "P-256" });
  const server = {
    url,
    key,
    keys: [key.jwk],
    requests: [],
    secrets: new Set(),
    answers: {},
    idToken: () => {},
    makeSecret: randomSecret,
    count: (endpoint) => server.requests.filter((request) => request.endpoint === endpoint).length,
  };
  const protocol = createProtocol(server);

  serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    const { method, headers } = request;
    if (method === "OPTIONS") return response.writeHead(204, PREFLIGHT).end();
    const endpoint = PATHS[pathname] ?? pathname.slice(1);
    const form = new URLSearchParams(await readText(request));
    server.requests.push({ endpoint, method, headers, form });
    if (endpoint === "authorize") return protocol.authorize(searchParams, response);
    const good = protocol[endpoint]?.(form) ?? { status: 404, body: {} };
    const answer = server.answers[endpoint] ?? sendGood;
    return answer(request, response, good);
  });
  return server;
}

export const randomSecret = () => randomBytes(24).toString("base64url");

/** Refresh tokens rotate, and the old ones stay good: which answers arrive is for the tests to say. */
function createProtocol(server) {
  const { url } = server;
  const granted = new Map();
  const secret = (value) => {
    server.secrets.add(value);
    return value;
  };
  const grant = (asked, members) => {
    const refreshToken = secret(server.makeSecret("refresh token"));
    granted.set(refreshToken, asked);
    return {
      status: 200,
      body: {
        access_token: secret(server.makeSecret("access token")),
        token_type: "Bearer",
        expires_in: HOUR,
        refresh_token: refreshToken,
        ...members,
      },
    };
  };
  const refusal = { status: 400, body: { error: "invalid_grant" } };

  return {
    metadata: () => ({
      status: 200,
      body: {
        issuer: url,
        authorization_endpoint: `${url}/authorize`,
        token_endpoint: `${url}/token`,
        userinfo_endpoint: `${url}/userinfo`,
        revocation_endpoint: `${url}/revoke`,
        jwks_uri: `${url}/jwks`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
      },
    }),
    keys: () => ({ status: 200, body: { keys: server.keys } }),
    userinfo: () => ({ status: 200, body: { sub: "ada", email: "ada@demo.example" } }),
    revoke: () => ({ status: 200, body: {} }),
    authorize(asked, response) {
      const code = secret(server.makeSecret("code"));
      granted.set(code, asked);
      const back = new URL(asked.get("redirect_uri"));
      back.searchParams.set("code", code);
      back.searchParams.set("state", asked.get("state"));
      back.searchParams.set("iss", url);
      response.writeHead(302, { location: back.href }).end();
    },
    token(form) {
      const code = form.get("code");
      const asked = granted.get(code ?? form.get("refresh_token"));
      if (!asked) return refusal;
      if (code === null) return grant(asked);
      granted.delete(code);
      const verifier = secret(form.get("code_verifier"));
      const challenge = createHash("sha256").update(verifier).digest("base64url");
      if (challenge !== asked.get("code_challenge")) return refusal;
      return grant(asked, { id_token: secret(issueIdToken(server, asked)) });
    },
  };
}

function issueIdToken(server, asked) {
  const now = Math.floor(Date.now() / 1000);
  const draft = {
    header: { alg: "ES256", kid: server.key.jwk.kid },
    claims: {
      iss: server.url,
      sub: "ada",
      aud: asked.get("client_id"),
      exp: now + HOUR,
      iat: now,
      nonce: asked.get("nonce"),
    },
    key: server.key,
  };
  server.idToken(draft);
  return signJwt(draft);
}

/** `key` is a pair of `makeKey`, a string to make an HMAC with, or `null`. */
export function signJwt({ header, claims, key }) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  if (key === null) return `${signed}.`;
  if (typeof key === "string") {
    return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
  }
  const options = { key: key.privateKey, dsaEncoding: "ieee-p1363" };
  return `${signed}.${sign("sha256", Buffer.from(signed), options).toString("base64url")}`;
}

export function makeKey(type, options) {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  const kid = randomBytes(4).toString("hex");
  return {
    privateKey,
    jwk: { ...publicKey.export({ format: "jwk" }), kid },
    pem: publicKey.export({ format: "pem", type: "spki" }),
  };
}

async function readText(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

// ── ways to answer ──

/** What the server would have said by itself. */
export const sendGood = (request, response, { status, body }) =>
  send(status, JSON.stringify(body))(request, response);

/** An answer that any endpoint may give, whatever it was asked. */
export const send =
  (status, body = "", headers = {}) =>
  (_request, response) =>
    response.writeHead(status, { ...FRIENDLY, ...headers }).end(body);

/** The good answer, with other headers. */
export const sendWith = (headers) => (request, response, good) =>
  send(good.status, JSON.stringify(good.body), headers)(request, response);

/** The good answer, changed. */
export const sendChanged = (change) => (request, response, good) => {
  const body = structuredClone(good.body);
  return send(good.status, JSON.stringify(change(body) ?? body))(request, response);
};

const html = { "content-type": "text/html" };
const CAPTIVE_PORTAL = "<!doctype html><title>Welcome</title><p>Sign in to the Wi-Fi.";

/** Answers that are none, by what is wrong with them. */
export const BAD_ANSWERS = {
  HTML: send(200, CAPTIVE_PORTAL, html),
  nothing: send(200),
  "no content": send(204),
  "not JSON": send(200, "OK"),
  "truncated JSON": (request, response, { body }) =>
    send(200, JSON.stringify(body).slice(0, -9))(request, response),
  "two documents": send(200, "{}{}"),
  "a list": send(200, "[]"),
  null: send(200, "null"),
  "a number": send(200, "7"),
  "an empty object": send(200, "{}"),
  "members of the wrong type": sendChanged((body) => mapValues(body, () => 7)),
  "bytes that are no UTF-8": send(200, Buffer.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])),
  "2 MB": sendChanged((body) => ({ ...body, padding: "x".repeat(2_000_000) })),
  "2 MB out of 2 kB": (request, response, { body }) =>
    send(200, gzipSync(JSON.stringify({ ...body, padding: "x".repeat(2_000_000) })), {
      "content-encoding": "gzip",
    })(request, response),
  "a redirect": (_request, response) =>
    response.writeHead(307, { ...FRIENDLY, location: "/elsewhere" }).end(),
  "no CORS": (_request, response, { status, body }) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
  "a reset connection": (request) => request.socket.resetAndDestroy(),
  "a cut connection": (_request, response, { body }) => {
    const text = JSON.stringify(body);
    response.writeHead(200, { ...FRIENDLY, "content-length": text.length });
    response.write(text.slice(0, -9), () => response.socket.destroy());
  },
  "no answer": () => {},
  "an answer without end": (_request, response) => {
    response.writeHead(200, FRIENDLY).write('{"access_token":"');
  },
  "400 without a body": send(400),
  "401 without a body": send(401),
  "403 with a page": send(403, CAPTIVE_PORTAL, html),
  404: send(404, "Not Found", { "content-type": "text/plain" }),
  "408 without a body": send(408),
  "429 without a body": send(429),
  "500 without a body": send(500),
  "503 with a page": send(503, CAPTIVE_PORTAL, html),
};

const mapValues = (object, map) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]));
