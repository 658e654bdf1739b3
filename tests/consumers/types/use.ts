// Every member of the package as an application writes it, and the mistakes that the compiler must catch.

import {
  AuthError,
  createApiKeyClient,
  createClient,
  createCookieClient,
  createPasswordClient,
  decodeJwt,
  init,
  verifyJwt,
  type ApiKeyClientOptions,
  type AuthClient,
  type AuthEventMap,
  type AuthorizationServerMetadata,
  type Client,
  type ClientOptions,
  type CommonOptions,
  type CookieClientOptions,
  type ErrorCode,
  type JwtClaims,
  type JwtHeader,
  type PasswordClientOptions,
  type Resource,
  type Session,
  type SignInOptions,
  type SignOutOptions,
} from "tessera-auth";
import moduleUrl from "tessera-auth/core_bg.wasm";

export async function loads(
  response: Response,
  bytes: Uint8Array<ArrayBuffer>,
  module: WebAssembly.Module,
): Promise<void> {
  await init();
  await init(moduleUrl);
  await init(new URL(moduleUrl, "https://cdn.example.com/"));
  await init(response);
  await init(fetch(moduleUrl));
  await init(bytes);
  await init(module);
  await init(undefined, { flows: moduleUrl, more: moduleUrl });
  // @ts-expect-error nothing is no module
  await init(null);
}

const resource: Resource = {
  url: new URL("https://api.example.com/"),
  audience: "https://api.example.com/",
  scope: "read",
};
const metadata: Partial<AuthorizationServerMetadata> = {
  token_endpoint: "https://id.example.com/token",
  revocation_endpoint: "https://id.example.com/revoke",
};
const common: CommonOptions = {
  resources: ["https://api.example.com/v1", new URL("https://api.example.com/v2"), resource],
  storage: "indexeddb",
  name: "main",
  timeoutMs: 5_000,
  clockTolerance: 10,
  idleTimeout: 900,
  logger: ({ level, message, detail }) => console[level](message, detail),
};
const options: ClientOptions = {
  ...common,
  issuer: "https://id.example.com",
  metadata,
  provider: "keycloak",
  clientId: "spa",
  redirectUri: "https://app.example.com/",
  postLogoutRedirectUri: new URL("https://app.example.com/bye"),
  scope: "openid profile",
  parameters: { audience: "api" },
  handleRedirect: false,
  dpop: true,
  par: false,
  verifySignature: true,
  stepUp: "redirect",
  checkSession: true,
  frontchannelLogout: false,
};
const signIn: SignInOptions = {
  mode: "popup",
  returnTo: "/inbox",
  scope: "openid",
  prompt: "login",
  loginHint: "alice",
  acrValues: "urn:example:gold",
  authorizationDetails: [{ type: "payment", amount: 1 }],
  maxAge: 60,
  uiLocales: "de en",
  parameters: { kc_idp_hint: "github" },
  signal: AbortSignal.timeout(1_000),
};
const signOut: SignOutOptions = { local: true, returnTo: "/" };

export async function uses(): Promise<void> {
  const client: Client = await createClient(options);

  const session: Session | null = client.session;
  if (session) {
    const { subject, claims, scope, tokenType, expiresAt, canRefresh, signedInAt } = session;
    const granted: string | undefined = session.authorizationDetails?.[0]?.type;
    console.log(granted);
    const shown: [
      string | null,
      string | undefined,
      string,
      "Bearer" | "DPoP" | "ApiKey" | "Cookie",
      number | null,
      boolean,
      number,
    ] = [subject, claims?.iss, scope, tokenType, expiresAt, canRefresh, signedInAt];
    console.log(shown);
    // @ts-expect-error a snapshot is immutable
    session.scope = "more";
  }
  const failure: AuthError | null = client.error;
  if (failure) decides(failure);

  const stop: () => void = client.subscribe((now: Session | null) => console.log(now?.subject));
  stop();

  const onSignedIn = (event: AuthEventMap["signedin"]): void =>
    console.log(event.detail.session.subject);
  client.addEventListener("signedin", onSignedIn, {
    once: true,
    signal: AbortSignal.timeout(1_000),
  });
  client.removeEventListener("signedin", onSignedIn);
  client.addEventListener("refreshed", ({ detail }) => console.log(detail.session.expiresAt));
  client.addEventListener("signedout", ({ detail }) => {
    const reason: "user" | "other_tab" | "expired" | "revoked" | "idle" | "user_changed" =
      detail.reason;
    console.log(reason);
  });
  client.addEventListener("refresherror", ({ detail }) =>
    console.log(detail.error.code, detail.retryAt ?? "not again"),
  );
  client.addEventListener("error", ({ detail }) => decides(detail.error));
  // @ts-expect-error no such event
  client.addEventListener("signed_in", () => {});

  const answer: Response = await client.fetch(new Request("https://api.example.com/v1/me"), {
    method: "POST",
    signal: AbortSignal.timeout(1_000),
  });
  console.log(answer.status);

  const signedIn: Session = await client.signIn(signIn);
  const back: Session | null = await client.handleRedirect(location.href);
  const where: string | null = client.returnTo;
  const token: string = await client.accessToken({
    resource: "https://api.example.com/",
    scope: "read",
    minValidity: 60,
    fresh: true,
  });
  const { sub, email } = await client.userInfo<{ email: string }>();
  const [subject, address]: [string, string] = [sub, email];
  await client.revoke("refresh_token");
  await client.revoke();
  await client.signOut(signOut);
  client.close();
  console.log(signedIn, back, where, token, subject, address);

  await createClient({ resource: "https://api.example.com/mcp", register: { client_name: "App" } });
  await createClient({ resource: new URL("https://api.example.com"), ...{ clientId: "spa" } });
  await createClient({ issuer: "https://id.example.com", clientId: "spa", profile: "fapi2" });

  // @ts-expect-error a client id is needed
  await createClient({ issuer: "https://id.example.com" });
  // @ts-expect-error a typing mistake in an option
  await createClient({ clientId: "spa", ressources: [] });
  // @ts-expect-error no such storage
  await createClient({ clientId: "spa", storage: "cookie" });
  // @ts-expect-error no such mode
  await client.signIn({ mode: "iframe" });
  // @ts-expect-error an ID token cannot be revoked
  await client.revoke("id_token");
  // @ts-expect-error read only
  client.session = null;
}

export async function usesOtherKinds(): Promise<void> {
  const passwordOptions: PasswordClientOptions = {
    ...common,
    loginUrl: "https://api.example.com/login",
    refreshUrl: "https://api.example.com/refresh",
    logoutUrl: "https://api.example.com/logout",
    encoding: "form",
    refreshWith: { field: "refresh" },
    fields: { accessToken: "access", refreshToken: "refresh", expiresIn: "lifetime" },
  };
  const password = await createPasswordClient(passwordOptions);
  const session: Session = await password.signIn({ username: "alice", password: "secret" });
  const token: string = await password.accessToken({ minValidity: 60, fresh: false });

  const keyOptions: ApiKeyClientOptions = {
    ...common,
    key: "k",
    header: "Authorization",
    prefix: "ApiKey ",
    renew: async () => "k2",
  };
  const apiKey = await createApiKeyClient(keyOptions);
  apiKey.setKey("k3");

  const cookieOptions: CookieClientOptions = {
    ...common,
    sessionUrl: "https://app.example.com/session",
    loginUrl: "https://app.example.com/login",
    refreshUrl: "https://app.example.com/refresh",
    logoutUrl: "https://app.example.com/logout",
    csrf: {
      cookie: "csrf_access_token",
      header: "X-CSRF-TOKEN",
      refreshCookie: "csrf_refresh_token",
    },
  };
  const cookie = await createCookieClient(cookieOptions);
  const restored: Session | null = await cookie.refresh();
  await cookie.signIn();

  const all: AuthClient[] = [password, apiKey, cookie];
  for (const client of all) await client.signOut();
  console.log(session, token, restored);

  // @ts-expect-error a login URL is needed
  await createPasswordClient({});
  // @ts-expect-error an API key client does not sign in
  await apiKey.signIn();
}

export async function readsTokens(token: string): Promise<void> {
  const { header, claims } = decodeJwt<{ roles: string[] }>(token);
  const kept: [JwtHeader, JwtClaims, string, string[]] = [header, claims, header.alg, claims.roles];
  const checked = await verifyJwt<{ roles: string[] }>(token, {
    issuer: "https://id.example.com",
    keys: { keys: [{ kty: "EC" }] },
    audience: ["spa", "api"],
    algorithms: ["ES256"],
    typ: "at+jwt",
    clockTolerance: 5,
  });
  await verifyJwt(token, { keys: new URL("https://id.example.com/keys") });
  console.log(kept, checked.claims.roles, checked.claims.exp ?? 0);
  // @ts-expect-error a check without any option checks nothing
  await verifyJwt(token);
  // @ts-expect-error a claim is not known to be a string
  const name: string = decodeJwt(token).claims["name"];
  console.log(name);
}

function decides(failure: AuthError): void {
  const name: "AuthError" = failure.name;
  const { code, message, retryable, oauth } = failure;
  console.log(
    name,
    message,
    retryable,
    oauth?.error,
    oauth?.errorDescription,
    oauth?.errorUri,
    oauth?.status,
  );
  // @ts-expect-error no such code
  if (code === "login_needed") return;
  remedy(code);
}

/** Every code, so that a removed one fails here. */
function remedy(code: ErrorCode): "wait" | "sign in" | "ask a developer" {
  switch (code) {
    case "timeout":
    case "network":
    case "server_error":
    case "storage_unavailable":
      return "wait";
    case "access_denied":
    case "authorization_failed":
    case "invalid_grant":
    case "login_required":
    case "session_lost":
    case "state_mismatch":
    case "step_up_required":
    case "popup_blocked":
    case "popup_closed":
    case "aborted":
    case "storage_corrupt":
      return "sign in";
    case "invalid_option":
    case "unsupported":
    case "invalid_response":
    case "discovery_failed":
    case "issuer_mismatch":
    case "resource_mismatch":
    case "registration_failed":
    case "callback_invalid":
    case "token_request_failed":
    case "unlisted_resource":
    case "malformed_token":
    case "signature_invalid":
    case "key_not_found":
    case "algorithm_not_allowed":
    case "claim_invalid":
    case "token_expired":
    case "insecure_url":
    case "wasm_failed":
    case "internal":
      return "ask a developer";
  }
}
