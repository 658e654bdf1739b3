// The identity provider of the demo: `oidc-provider` with sign-in and consent pages of our own. Everything it knows is
// made at start and forgotten at the end.

import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair } from "jose";
import { findAccount } from "./account.mjs";
import { createInteraction } from "./interaction.mjs";
import { errorPage, signedOutPage, signOutAtOnce, signOutPage } from "./interaction-page.mjs";
import { listen } from "./listen.mjs";
import { interactionPolicy, Provider } from "./node20.mjs";
import { answerSessionCheck, checkSessionIframe, tellSessionState } from "./session-state.mjs";
import { createStore } from "./store.mjs";

export const CLIENT_ID = "tessera-demo";
/** The same page, of which the provider asks what the FAPI 2.0 Security Profile does. */
export const FAPI_CLIENT_ID = "tessera-demo-fapi2";
export const SCOPE = "openid profile email offline_access api:read";
/** How somebody can sign in: who is asked for the second one signs in again. */
export const ACR_VALUES = ["urn:demo:password", "urn:demo:two-factor"];
const DAY = 24 * 60 * 60;

/**
 * @param {object} options
 * @param {string} options.pageUrl where the page is served
 * @param {string} options.apiUrl the audience of the access tokens
 * @param {string[]} [options.redirectPaths] paths of the page's origin that a sign-in may return to
 * @param {string[]} [options.redirectUris] the same of other pages; only origins of redirect URIs may call the token endpoint
 * @param {object[]} [options.otherClients] more of them, as `oidc-provider` has them
 * @param {number} [options.accessTokenLifetime] seconds; short, so that renewal can be watched
 * @param {string} [options.idTokenAlg] `RS256` or `ES256`
 * @param {boolean} [options.requirePar] whether authorization requests must be pushed (RFC 9126)
 * @param {boolean} [options.registration] whether any page may register a client (RFC 7591)
 * @param {boolean} [options.fapi] whether it keeps to the FAPI 2.0 Security Profile with every client, and not only with the one for that;
 *   but for its clients, which are public
 * @param {boolean} [options.trustsHint] whether nobody is asked to confirm a sign-out that brings an ID token along
 * @param {string} [options.apiScope] what the API's tokens are good for
 * @param {boolean} [options.requireNonce] whether proofs must have a nonce of the provider's (RFC 9449 §8)
 * @param {Record<string, string>} [options.headers] more headers of every answer
 * @param {boolean} [options.rotateRefreshToken] whether a refresh token is good for one renewal; the use of a spent one ends the session
 */
export async function start({
  port = 0,
  socket,
  pageUrl,
  apiUrl,
  redirectPaths = ["/"],
  redirectUris: otherRedirectUris = [],
  otherClients = [],
  accessTokenLifetime = 60,
  idTokenAlg = "RS256",
  requirePar = false,
  requireNonce = false,
  registration = false,
  fapi = false,
  apiScope = "api:read api:write",
  trustsHint = false,
  headers = {},
  rotateRefreshToken = true,
}) {
  const { url, serve, close } = socket ?? (await listen({ port, name: "identity provider" }));
  const store = createStore();
  const lifetime = { accessToken: accessTokenLifetime };
  const presumed = { account: null };
  const addressed = new Map();
  const redirectUris = [...redirectPaths.map((path) => pageUrl + path), ...otherRedirectUris];
  const origins = originsOf(redirectUris);
  const ownClient = {
    client_id: CLIENT_ID,
    client_name: "Tessera demo",
    token_endpoint_auth_method: "none",
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    redirect_uris: redirectUris,
    post_logout_redirect_uris: redirectUris,
    id_token_signed_response_alg: idTokenAlg,
    authorization_details_types: ["payment"],
  };

  const provider = new Provider(url, {
    adapter: store,
    jwks: { keys: structuredClone(await generateSigningKeys()) },
    cookies: { keys: [randomBytes(32).toString("base64url")], names: cookieNames(url) },
    clients: [
      ownClient,
      {
        ...ownClient,
        client_id: FAPI_CLIENT_ID,
        id_token_signed_response_alg: "ES256",
        require_pushed_authorization_requests: true,
        dpop_bound_access_tokens: true,
      },
      ...otherClients,
    ],
    clientBasedCORS: (_context, origin) => origins.includes(origin),
    clientDefaults: { id_token_signed_response_alg: idTokenAlg },
    responseTypes: ["code"],
    discovery: { check_session_iframe: checkSessionIframe(url) },
    pkce: { required: () => true },
    findAccount,
    acrValues: ACR_VALUES,
    interactions: { policy: policyWithClasses() },
    // So that the API can see how, and when, its caller has signed in (RFC 9068 §2.2.1).
    extraTokenClaims: ({ oidc: { entities } }) => {
      const { acr, authTime } = entities.AuthorizationCode ?? entities.RefreshToken ?? {};
      return { acr, auth_time: authTime };
    },
    scopes: ["openid", "offline_access", ...(registration ? apiScope.split(" ") : [])],
    claims: {
      openid: ["sub"],
      profile: ["name", "given_name", "family_name", "preferred_username", "locale", "zoneinfo"],
      email: ["email", "email_verified"],
    },
    // The ID token carries what the scopes grant, so that the page has it without another request.
    conformIdTokenClaims: false,
    // A page asks for `offline_access` without `prompt=consent`; by default it would get no refresh token.
    issueRefreshToken: async (_context, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken,
    ttl: {
      AccessToken: () => lifetime.accessToken,
      AuthorizationCode: 60,
      IdToken: 3600,
      RefreshToken: DAY,
      Interaction: 3600,
      Session: DAY,
      Grant: DAY,
    },
    features: {
      devInteractions: { enabled: false },
      dPoP: {
        enabled: true,
        nonceSecret: requireNonce ? randomBytes(32) : undefined,
        requireNonce: () => requireNonce,
      },
      // RFC 9396: whoever consents to a payment gets what was asked for, from the first token to the last.
      richAuthorizationRequests: {
        enabled: true,
        types: { payment: { validate: () => undefined } },
        authorizationDetailsForGrantSource: ({ oidc }) => oidc.entities.Grant.rar,
        authorizationDetailsForAccessToken: (_context, _token, source) => source.rar,
        authorizationDetailsForIntrospection: (_context, token) => token.rar,
      },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: requirePar,
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: async (_context, resource) => ({
          scope: apiScope,
          audience: resource,
          accessTokenFormat: "jwt",
          accessTokenTTL: lifetime.accessToken,
          jwt: { sign: { alg: "RS256" } },
        }),
      },
      registration: { enabled: registration },
      fapi: {
        enabled: true,
        profile: (_context, client) =>
          fapi || client?.clientId === FAPI_CLIENT_ID ? "2.0" : undefined,
      },
      revocation: {
        enabled: true,
        allowedPolicy: async (_context, client, token) => token.clientId === client.clientId,
      },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: trustsHint ? signOutAtOnce : signOutPage,
        postLogoutSuccessSource: signedOutPage,
      },
    },
    renderError: errorPage,
  });

  const record = { requests: [], tokenRequests: [], secrets: new Set() };
  provider.use((context, next) => recordExchange(context, next, record));
  provider.use((context, next) => recordAddress(context, next, addressed));
  provider.use(tellSessionState);
  provider.on("server_error", (_context, error) => console.error(error));

  const interaction = createInteraction({
    provider,
    origins,
    presumed,
    addressed,
    classes: ACR_VALUES,
  });
  const protocol = provider.callback();
  serve(async (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (registration && request.url === "/reg" && allowAnyPage(request, response)) return;
    if (await answerSessionCheck(request, response)) return;
    return interaction.owns(request)
      ? interaction.answer(request, response)
      : protocol(request, response);
  });

  return {
    url,
    close,
    origins,
    ...record,
    /** Seconds that the access tokens issued from now on are good for. */
    setAccessTokenLifetime: (seconds) => (lifetime.accessToken = seconds),
    /** Asks nobody for a password or for consent from now on: it is this account. `null`: asks again. */
    presume: (account) => (presumed.account = account),
    /** Signs everybody out at the provider: the refresh tokens of their sessions die too. */
    endSessions: () => store.forget("Session"),
    /** Forgets every client that has registered itself. */
    forgetClients: () => store.forget("Client"),
  };
}

/** That of `oidc-provider`, which by itself takes `acr_values` for a mere wish. */
function policyWithClasses() {
  const { base, Check } = interactionPolicy;
  const policy = base();
  const isMissing = ({ oidc: { params, acr, result } }) =>
    Boolean(params.acr_values) && !params.acr_values.split(" ").includes(acr) && !result?.login;
  policy
    .get("login")
    .checks.add(new Check("acr_values", "a stronger sign-in is required", isMissing));
  return policy;
}

const originsOf = (urls) => [...new Set(urls.map((url) => new URL(url).origin))];

/** `oidc-provider` lets no page register by itself. `true`: that was all that was asked. */
function allowAnyPage({ method }, response) {
  response.setHeader("access-control-allow-origin", "*");
  if (method !== "OPTIONS") return false;
  response.setHeader("access-control-allow-headers", "content-type");
  response.writeHead(204).end();
  return true;
}

/** Cookies know no ports (RFC 6265 §8.5): two demos on one machine must not take each other's. */
function cookieNames(url) {
  const { port } = new URL(url);
  return {
    session: `_session_${port}`,
    interaction: `_interaction_${port}`,
    resume: `_interaction_resume_${port}`,
  };
}

/** What tests count, and the values that they then look for wherever these must not be. */
async function recordExchange(context, next, { requests, tokenRequests, secrets }) {
  requests.push({
    method: context.method,
    path: context.path,
    origin: context.get("origin") || null,
  });
  await next();

  const { route, params, body } = context.oidc ?? {};
  const answer = context.body;
  const remember = (value) => typeof value === "string" && value && secrets.add(value);

  remember(body?.code);
  remember(body?.code_verifier);
  remember(URL.parse(context.response.get("location"))?.searchParams.get("code"));
  if (route === "token" && context.method === "POST") {
    tokenRequests.push({
      grantType: params?.grant_type ?? body?.grant_type,
      resource: params?.resource ?? body?.resource,
      isProven: context.get("dpop") !== "",
      status: context.status,
    });
    for (const name of ["access_token", "refresh_token", "id_token"]) remember(answer?.[name]);
  }
}

/** What the address of an authorization request named, by the interaction that it led to: the sign-in page shows it. */
async function recordAddress(context, next, addressed) {
  await next();
  const interaction = /\/interaction\/([^/]+)$/.exec(context.response.get("location"))?.[1];
  const names = Object.keys(context.query);
  if (interaction && names.length > 0) addressed.set(interaction, names);
}

let signingKeys;

/** Made once a process: RSA keys take their time. */
function generateSigningKeys() {
  return (signingKeys ??= Promise.all(
    ["RS256", "ES256"].map(async (alg) => {
      const { privateKey } = await generateKeyPair(alg, { extractable: true });
      return {
        ...(await exportJWK(privateKey)),
        alg,
        use: "sig",
        kid: `${alg.toLowerCase()}-${randomBytes(4).toString("hex")}`,
      };
    }),
  ));
}
