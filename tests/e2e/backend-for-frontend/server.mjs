// A backend-for-frontend: signs in at the identity provider itself, keeps the tokens, and passes the page's calls on to the API. The
// page has nothing but a cookie. By `express-openid-connect`, as its makers' guide has it.

import { randomBytes, timingSafeEqual } from "node:crypto";
import express from "express";
import openid from "express-openid-connect";
import { PACKAGE } from "../../../www/server/page.mjs";

const CSRF_COOKIE = "csrf";
const CSRF_HEADER = "x-csrf-token";

/**
 * @param {object} options
 * @param {object} options.socket where it is served
 * @param {object} options.client `clientId` and `clientSecret` at the provider
 * @param {string} options.apiUrl what is behind it, and the audience of its tokens
 */
export function startBackend({ socket, issuer, client, apiUrl, scope }) {
  const { url, serve, close } = socket;
  const app = express();
  const calls = [];

  app.use((_request, response, next) => {
    response.set(
      "content-security-policy",
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; form-action 'none'",
    );
    response.set("cache-control", "no-store");
    next();
  });
  app.use("/pkg", express.static(process.env.TESSERA_PACKAGE ?? PACKAGE));
  app.get("/", (_request, response) =>
    response.type("html").send('<!doctype html><script type="module" src="/app.js"></script>'),
  );
  app.get("/app.js", (_request, response) =>
    response.type("js").send('globalThis.tessera = await import("/pkg/index.js");'),
  );

  app.use(
    openid.auth({
      issuerBaseURL: issuer,
      baseURL: url,
      ...client,
      secret: randomBytes(32).toString("hex"),
      httpTimeout: 30_000,
      authRequired: false,
      idpLogout: false,
      session: { name: "bff", cookie: { httpOnly: true, sameSite: "Lax", secure: false } },
      routes: { login: "/bff/login", callback: "/bff/callback", logout: false },
      authorizationParams: { response_type: "code", scope, resource: apiUrl },
      tokenEndpointParams: { resource: apiUrl },
    }),
  );

  const isSignedIn = (request) => request.oidc.isAuthenticated();
  app.get("/bff/session", (request, response) => {
    if (!isSignedIn(request)) return response.status(401).json({ error: "nobody" });
    if (!readCookie(request, CSRF_COOKIE))
      response.cookie(CSRF_COOKIE, randomBytes(16).toString("base64url"), { sameSite: "strict" });
    const { sub, name } = request.oidc.user;
    response.json({ sub, name });
  });
  app.use(["/bff", "/api"], (request, response, next) => {
    if (["GET", "HEAD"].includes(request.method) || hasCsrf(request)) return next();
    response.status(403).json({ error: "csrf" });
  });
  app.post("/bff/logout", (request, response) => {
    request.bff = null;
    response.clearCookie(CSRF_COOKIE).status(204).end();
  });
  app.get("/bff/bye", (_request, response) => {
    const end = new URL(`${issuer}/session/end`);
    end.search = new URLSearchParams({
      client_id: client.clientID,
      post_logout_redirect_uri: `${url}/`,
    });
    response.redirect(end.href);
  });
  app.use("/api", async (request, response) => {
    calls.push({ method: request.method, path: request.path, headers: request.headers });
    if (!isSignedIn(request)) return response.status(401).json({ error: "nobody" });
    let { accessToken } = request.oidc;
    if (accessToken.isExpired())
      accessToken = await accessToken.refresh({ tokenEndpointParams: { resource: apiUrl } });
    const answer = await fetch(apiUrl + request.path, {
      method: request.method,
      headers: { authorization: `Bearer ${accessToken.access_token}` },
    });
    response
      .status(answer.status)
      .type("json")
      .send(await answer.text());
  });
  serve(app);
  return { url, close, calls };
}

function readCookie(request, name) {
  const pairs = (request.headers.cookie ?? "").split("; ");
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

function hasCsrf(request) {
  const [cookie, header] = [readCookie(request, CSRF_COOKIE), request.get(CSRF_HEADER)];
  if (!cookie || !header || cookie.length !== header.length) return false;
  return timingSafeEqual(Buffer.from(cookie), Buffer.from(header));
}
