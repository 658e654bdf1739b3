// The API that the page calls: a resource server that really checks its tokens (RFC 9068, RFC 6750, RFC 9449).

import { setTimeout as wait } from "node:timers/promises";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { listen } from "./listen.mjs";
import { discover } from "./metadata.mjs";
import { createProofCheck } from "./proof.mjs";
import { describeClaims, nameCredentials, SAW } from "./saw.mjs";

const SLOW_MS = 2_000;
const PREFLIGHT_SECONDS = 600;
const STRONG = "urn:demo:two-factor";
const RECENT_SECONDS = 5;
/** Where an API says which authorization server its tokens come from (RFC 9728 §3). */
const METADATA = "/.well-known/oauth-protected-resource";
/** The scope for what changes something. */
const WRITE = "api:write";

/**
 * @param {object} options
 * @param {string} options.issuer whose tokens are accepted
 * @param {string[]} options.origins those that may call
 * @param {string} [options.audience] what `aud` must name; without it the token must be one of `clientId`
 * @param {Record<string, Function>} [options.routes] more of them, by path: `(request, response, claims) => …`
 */
export async function start({
  port = 0,
  socket,
  issuer,
  origins,
  audience,
  clientId,
  routes = {},
}) {
  const { url, serve, close } = socket ?? (await listen({ port, name: "API" }));
  const requests = [];
  const refusals = { left: 0 };
  const demanded = { nonce: undefined };
  const findFault = createProofCheck(url, () => demanded.nonce);
  const verify = createVerifier({ issuer, audience, clientId, findFault });
  const handlers = {
    "/ok": ok,
    "/slow": slow,
    "/me": me,
    "/refuse": refuse,
    "/vault": vault,
    "/recent": recent,
    "/orders": order,
    ...routes,
  };

  serve(async (request, response) => {
    const { pathname } = new URL(request.url, url);
    allowOrigin(request, response, origins);
    if (request.method === "OPTIONS") return answerPreflight(request, response);

    const entry = {
      method: request.method,
      path: pathname,
      authorized: "authorization" in request.headers,
      headers: request.headers,
      status: 0,
    };
    requests.push(entry);
    response.on("finish", () => (entry.status = response.statusCode));
    if (pathname === METADATA) return sendJson(response, 200, describeApi(url, issuer));

    const handler = Object.hasOwn(handlers, pathname) ? handlers[pathname] : undefined;
    if (!handler) return sendJson(response, 404, { error: "not_found" });
    try {
      if (refusals.left > 0 && refusals.left--)
        throw new Refusal("invalid_token", "This answer was ordered by a test.");
      if (demanded.nonce) response.setHeader("dpop-nonce", demanded.nonce);
      const seen = nameCredentials(request.headers);
      response.setHeader(SAW, JSON.stringify(seen));
      const claims = await verify(request);
      response.setHeader(SAW, JSON.stringify([...seen, ...describeClaims(claims)]));
      await handler(request, response, claims);
    } catch (error) {
      if (error instanceof Refusal) challenge(response, error);
      else if (!response.headersSent) sendJson(response, 500, { error: "server_error" });
    }
  });

  return {
    url,
    close,
    requests,
    /** Answers 401 to the next `count` calls, however good their token is. */
    refuseNext: (count = 1) => (refusals.left = count),
    /** Wants to see this in every proof from now on (RFC 9449 §9). */
    demandNonce: (nonce) => (demanded.nonce = nonce),
  };
}

/** RFC 9728 §2 */
const describeApi = (url, issuer) => ({
  resource: url,
  authorization_servers: [issuer],
  scopes_supported: ["api:read", WRITE],
  bearer_methods_supported: ["header"],
});

function ok(_request, response) {
  sendJson(response, 200, { ok: true, time: new Date().toISOString() });
}

async function slow(request, response) {
  const gone = new AbortController();
  request.on("close", () => response.writableEnded || gone.abort());
  response.on("close", () => gone.abort());
  await wait(SLOW_MS, undefined, { signal: gone.signal }).catch(() => undefined);
  if (!gone.signal.aborted) sendJson(response, 200, { ok: true, tookMs: SLOW_MS });
}

function me(_request, response, { sub, client_id, scope, aud, exp }) {
  sendJson(response, 200, { sub, client_id, scope, aud, exp });
}

function refuse() {
  throw new Refusal("invalid_token", "This endpoint refuses every token.");
}

/** Opens for those who have signed in by more than a password. */
function vault(request, response, claims) {
  if (claims.acr !== STRONG) throw new StrongerPlease({ acr_values: STRONG });
  me(request, response, claims);
}

/** Answers those who have signed in just now. */
function recent(request, response, claims) {
  const age = Date.now() / 1000 - (claims.auth_time ?? 0);
  if (age > RECENT_SECONDS + 1) throw new StrongerPlease({ max_age: RECENT_SECONDS });
  me(request, response, claims);
}

/** Serves those whose token may change something. */
function order(_request, response, { scope = "" }) {
  if (!scope.split(" ").includes(WRITE)) throw new MoreScopePlease();
  sendJson(response, 200, { ok: true, order: "taken" });
}

/** RFC 6750 §3: why a token was not taken. Without an `error`, there was none. */
class Refusal extends Error {
  status = 401;
  parameters = {};

  constructor(code, description, scheme = "Bearer") {
    super(description);
    this.code = code;
    this.scheme = scheme;
  }
}

/** RFC 9470 §3 */
class StrongerPlease extends Refusal {
  constructor(parameters) {
    super("insufficient_user_authentication", "Sign in as this asks for.");
    this.parameters = parameters;
  }
}

/** RFC 6750 §3.1 */
class MoreScopePlease extends Refusal {
  status = 403;
  parameters = { scope: WRITE };

  constructor() {
    super("insufficient_scope", "The token is not for this.");
  }
}

function createVerifier({ issuer, audience, clientId, findFault }) {
  let keys;
  return async function verify(request) {
    const shown = /^(Bearer|DPoP) ([A-Za-z0-9\-._~+/]+=*)$/i;
    const [, scheme, token] = shown.exec(request.headers.authorization ?? "") ?? [];
    if (!token) throw new Refusal();
    keys ??= discover(issuer).then(({ jwks_uri }) => createRemoteJWKSet(new URL(jwks_uri)));
    try {
      const { payload } = await jwtVerify(token, await keys, {
        issuer,
        audience,
        requiredClaims: ["exp", "sub"],
      });
      if (!audience && (payload.azp ?? payload.client_id) !== clientId)
        throw new Refusal("invalid_token", "The token is of another client.");
      const isBound = payload.cnf?.jkt !== undefined;
      if (isBound !== (scheme.toLowerCase() === "dpop"))
        throw new Refusal("invalid_token", "The token is of another type.", scheme);
      const fault = isBound && (await findFault(request, token, payload.cnf.jkt));
      if (fault) throw new Refusal(fault, "The proof is not taken.", "DPoP");
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new Refusal("invalid_token", "The token has expired.");
      if (error instanceof errors.JOSEError) throw new Refusal("invalid_token", error.message);
      throw error;
    }
  };
}

function challenge(response, { status, code, message, scheme, parameters: asked }) {
  const parameters = [
    `realm="demo"`,
    ...(code ? [`error="${code}"`, `error_description="${message.replaceAll('"', "'")}"`] : []),
    ...Object.entries(asked).map(([name, value]) => `${name}="${value}"`),
  ];
  response.setHeader("www-authenticate", `${scheme} ${parameters.join(", ")}`);
  sendJson(response, status, {
    error: code ?? "token_missing",
    error_description: message || "Send an access token.",
  });
}

function allowOrigin({ headers }, response, origins) {
  response.setHeader("vary", "origin");
  if (!origins.includes(headers.origin)) return;
  response.setHeader("access-control-allow-origin", headers.origin);
  response.setHeader("access-control-expose-headers", `www-authenticate, dpop-nonce, ${SAW}`);
}

function answerPreflight({ headers }, response) {
  response.writeHead(204, {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
    "access-control-max-age": PREFLIGHT_SECONDS,
  });
  response.end();
}

function sendJson(response, status, body) {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
