/**
 * The types of tessera-auth, written by hand; tests keep them true.
 *
 * All times are Unix seconds unless a name ends in Ms. Secrets never appear in an error, an event, a log entry or the URL;
 * the ID token alone stands in that of the server's sign-out page, as OpenID Connect RP-Initiated Logout wants it.
 */

import type { Provider } from "./providers/index.js";
export type { Provider };

/**
 * Loads the first of the WebAssembly modules, once. Optional: every `create…Client` and `verifyJwt` loads what it needs; only `decodeJwt` needs that done before.
 *
 * @param module Where `core_bg.wasm` comes from. Default: beside the package's own script, where bundlers find it by themselves.
 * Another URL, a `Response` (or a promise of one, from a `fetch` begun early), its bytes or a compiled `WebAssembly.Module` override that.
 * @param others Where the others come from, each of which is loaded when it is first needed: `flows_bg.wasm` for sign-in and renewal, `more_bg.wasm` for DPoP, pushed
 * requests, popups and whatever else not every page uses; `credentials_bg.wasm` for clients that are not OAuth's. Default: beside `module`, if that is a URL or
 * a `Response` of `core_bg.wasm` under this name; else beside the package's own script.
 * @throws {AuthError} `wasm_failed`; it can be tried again.
 */
export function init(
  module?: ModuleSource,
  others?: { flows?: ModuleSource; more?: ModuleSource; credentials?: ModuleSource },
): Promise<void>;

export type ModuleSource =
  | URL
  | string
  | Response
  | BufferSource
  | WebAssembly.Module
  | Promise<Response | WebAssembly.Module>;

// ───────────────────────────────────────────────────────────── clients, one for each kind of credential

/**
 * OAuth 2.0 / OpenID Connect: authorization code with PKCE (RFC 7636) for a public client.
 *
 * Restores the stored session and, unless told not to, finishes a redirect that is in the current URL. A sign-in that was refused
 * does not reject: the application starts, and `error` says why. Needs a page or a worker: where pages are rendered on a server it rejects with `unsupported`.
 *
 * @throws {AuthError} `invalid_option`, `insecure_url`, `unsupported`, `wasm_failed`; `network` if a later file that the options need does not
 * load; with `resource` also `resource_mismatch`, `issuer_mismatch`, `discovery_failed`, `invalid_response`, `network`, `timeout`, `server_error`.
 * @example
 * const client = await createClient({ issuer: "https://id.example.com", clientId: "spa", resources: ["https://api.example.com"] });
 * if (!client.session) await client.signIn();
 * const answer = await client.fetch("https://api.example.com/me");
 */
export function createClient(options: ClientOptions | RegisteringClientOptions): Promise<Client>;
/**
 * A login of the application's own: POST what the user knows, get an access token and perhaps a refresh token (Flask-JWT-Extended, Simple
 * JWT, FastAPI …). Restores the stored session, and sends nothing. Never for anybody else's server (RFC 9700 §2.4).
 *
 * @throws {AuthError} `invalid_option`, `insecure_url`, `unsupported`, `wasm_failed`; `invalid_option` also if `resources` overlap with
 * those of another client of this page.
 */
export function createPasswordClient(options: PasswordClientOptions): Promise<PasswordClient>;
/**
 * A static or rotating API key sent as a header. Whoever can use the page can read a key that the page has: only for keys that are their user's own.
 *
 * @throws {AuthError} As {@link createPasswordClient}.
 */
export function createApiKeyClient(options: ApiKeyClientOptions): Promise<ApiKeyClient>;
/**
 * A server session in an HttpOnly cookie (a backend-for-frontend too), with CSRF double submit. What is known of the session is there at once and
 * confirmed beside everything else; if nothing is, `sessionUrl` is asked first.
 *
 * @throws {AuthError} As {@link createPasswordClient}.
 */
export function createCookieClient(options: CookieClientOptions): Promise<CookieClient>;

/** What every client is. `subscribe` satisfies the Svelte store contract and, with `session`, React's useSyncExternalStore. */
export interface AuthClient {
  /** An immutable snapshot; the same object until something changes. `null`: signed out. */
  readonly session: Session | null;
  /** Why the last sign-in, refresh or redirect failed; `null` once one succeeds. */
  readonly error: AuthError | null;
  /**
   * Calls `listener` at once and on every change of `session` or `error`. Returns the way to stop. Bound: it can be handed on by itself.
   * An error that the listener throws is reported like an uncaught one and disturbs nobody else.
   */
  subscribe(listener: (session: Session | null) => void): () => void;
  /** Listens to an event of {@link AuthEventMap}, until `signal` aborts or, with `once`, until it has come. */
  addEventListener<K extends keyof AuthEventMap>(
    type: K,
    listener: (event: AuthEventMap[K]) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void;
  removeEventListener<K extends keyof AuthEventMap>(
    type: K,
    listener: (event: AuthEventMap[K]) => void,
  ): void;
  /**
   * `fetch` with the credential attached. Only for URLs under `resources`: any other is refused with `unlisted_resource` before
   * anything is sent. Renews the credential first when it is about to expire; on a 401 renews once and repeats the request
   * when its body can be sent again. A credential never follows a redirect to another origin. Bound: it can be handed on by itself.
   *
   * @throws {AuthError} `unlisted_resource`, `invalid_option`, `login_required`, `session_lost`, `network`, `timeout`, `server_error`, `invalid_response`; the reason of an aborted `signal` comes through as it is.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /** Forgets the session in every tab and, unless told otherwise, ends it at the server. */
  signOut(options?: SignOutOptions): Promise<void>;
  /**
   * Stops timers and listeners; the stored session stays. What is asked of a closed client is refused with `aborted`, but for {@link signOut}; what is
   * under way ends as it would.
   */
  close(): void;
}

/** What {@link createClient} makes. */
export interface Client extends AuthClient {
  /**
   * `redirect` (the default) leaves the page and so never resolves; `popup` and `silent` resolve with the new session.
   *
   * @throws {AuthError} `invalid_option`, `discovery_failed`, `network`, `timeout`, `storage_unavailable`; for `popup` and `silent` also `access_denied`, `authorization_failed`,
   * `login_required`, `popup_blocked`, `popup_closed`, `unsupported`.
   */
  signIn(options?: SignInOptions): Promise<Session>;
  /** Where the user was going when `signIn` was called: a same-origin URL, or `null`. Set when `createClient` has finished a redirect. */
  readonly returnTo: string | null;
  /**
   * Finishes the redirect in `url` (default: the current one). Safe to call twice, concurrently, after Back or reload. `createClient` does it unless told not to.
   *
   * @returns The session: the new one, or when `url` holds no answer of the authorization server the one that there is; `null` when nobody is signed in.
   * @throws {AuthError} `state_mismatch`, `issuer_mismatch`, `callback_invalid`, `access_denied`, `authorization_failed`, `token_request_failed`, and what checking the ID token finds.
   */
  handleRedirect(url?: string | URL): Promise<Session | null>;
  /**
   * A token that stays valid for `minValidity` seconds (default 30). Rejects with `login_required` when there is no way to get one without the user.
   *
   * @param options.resource The audience the token is for, or one of `resources`. Default: the first.
   * @param options.scope Scopes that it must have: if some were not granted, this rejects with `login_required`, which says which. Default: what was granted at sign-in.
   * @param options.minValidity Seconds. Default 30, or half of the token's life if that is shorter.
   * @param options.fresh Renew even if the current one is good. Default false.
   */
  accessToken(options?: {
    resource?: string;
    scope?: string;
    minValidity?: number;
    fresh?: boolean;
  }): Promise<string>;
  /** The claims of the UserInfo endpoint (OpenID Connect Core §5.3), once their `sub` has been found to be the session's. */
  userInfo<T = Record<string, unknown>>(): Promise<T & { sub: string }>;
  /**
   * Revokes at the authorization server (RFC 7009), without ending its session. Without the refresh token the session ends here;
   * an access token is renewed when it is next needed. Default: the refresh token when there is one, else the access token.
   */
  revoke(token?: "access_token" | "refresh_token"): Promise<void>;
}

/** What {@link createPasswordClient} makes. */
export interface PasswordClient extends AuthClient {
  /**
   * Sends the credentials to `loginUrl`, once; nothing of them is kept.
   *
   * @throws {AuthError} `access_denied` with the server's words in `oauth.errorDescription`; `network`, `timeout`, `server_error`, `invalid_response`.
   */
  signIn(credentials: Record<string, string>): Promise<Session>;
  /** A token that stays valid for `minValidity` seconds (default 30); `fresh` (default false) renews even a good one. */
  accessToken(options?: { minValidity?: number; fresh?: boolean }): Promise<string>;
}

/** What {@link createApiKeyClient} makes. */
export interface ApiKeyClient extends AuthClient {
  /** Uses `key` from now on, in all tabs. Throws `invalid_option` for what no header can carry. */
  setKey(key: string): void;
}

/** What {@link createCookieClient} makes. */
export interface CookieClient extends AuthClient {
  /**
   * Sends the credentials to `loginUrl` as JSON; the server answers with its cookie. Without credentials the page is left for `loginUrl`, as a
   * backend-for-frontend wants it, and the promise never resolves.
   *
   * @throws {AuthError} As {@link PasswordClient.signIn}; `invalid_response` also if `sessionUrl` knows nobody afterwards.
   */
  signIn(credentials?: Record<string, string>): Promise<Session>;
  /** Renews the cookie at `refreshUrl`, or asks `sessionUrl` who is signed in; `null`: nobody. */
  refresh(): Promise<Session | null>;
}

// ───────────────────────────────────────────────────────────── options (an unknown or mistyped one is an error that names it)

/** A URL whose origin matches exactly and whose path is a prefix by whole segments; https, or loopback. */
export type Resource =
  | string
  | URL
  | {
      url: string | URL;
      /** RFC 8707 resource indicator / audience: calls under `url` get a token of their own for it. If resources name several, each must name one. Default: none is asked for. */
      audience?: string;
      /** Scope that calls under `url` need besides the client's own. Default: none. */
      scope?: string;
    };

/** The options of every client. */
export interface CommonOptions {
  /** Where the credential may go. Nothing else ever gets it. Default: nowhere. */
  resources?: Resource[];
  /**
   * Where the session is kept. Default `indexeddb`: one session for all tabs, encrypted with a non-extractable key. `local`: one for all tabs,
   * `session`: one for this tab, both in plain text; `memory`: until the page is left. Where the browser refuses, the session goes on in memory.
   */
  storage?: "indexeddb" | "memory" | "session" | "local";
  /** Tells apart two clients on one origin. Default: derived from issuer and client id, or from what says whose credential it is. */
  name?: string;
  /** Milliseconds for one request to the authorization server, at most 600000. Default 10000. */
  timeoutMs?: number;
  /** Allowed difference between clocks, seconds. Default 30. */
  clockTolerance?: number;
  /** Signs out after this many seconds without the user touching any tab. Default: never. */
  idleTimeout?: number;
  /** Receives redacted diagnostics. Default: nobody does. */
  logger?: (entry: {
    level: "debug" | "info" | "warn" | "error";
    message: string;
    detail?: unknown;
  }) => void;
}

/** The options of {@link createClient}: `clientId`, and `issuer`, `metadata`, `provider` or `resource`; all else has a default. */
export interface ClientOptions extends CommonOptions {
  /** Endpoints are discovered from it (OpenID Connect Discovery, then RFC 8414) when first needed, and cached. Default: none, and then `metadata` names them. */
  issuer?: string | URL;
  /**
   * An API that says itself which authorization server its tokens come from (RFC 9728), exactly as it calls itself: an MCP server, for
   * example. It is the first of `resources`, and the audience of its tokens. `createClient` asks it once, and keeps what it says; an `issuer`
   * beside it must be one that it names. Default: none.
   */
  resource?: string | URL;
  /** Known endpoints: instead of discovery, or over it. Default: all are discovered. */
  metadata?: Partial<AuthorizationServerMetadata>;
  /**
   * A preset for a well-known provider: its issuer or endpoints and its quirks. One of `tessera-auth/providers`, or its name there, and then all
   * of them are loaded when they are needed. Default: none.
   */
  provider?: string | Provider;
  /** What the authorization server calls this application. */
  clientId: string;
  /** Where the authorization server sends the user back. Default: the page's own URL without query and fragment. */
  redirectUri?: string | URL;
  /** Where the authorization server sends the user after `signOut`. Default: it decides. */
  postLogoutRedirectUri?: string | URL;
  /** Default `openid`; with `resource`, what the API asks for. */
  scope?: string;
  /** Extra authorization request parameters; those that the client sets itself are refused. Default: none. */
  parameters?: Record<string, string>;
  /** Default true: `createClient` finishes a redirect that is in the current URL. */
  handleRedirect?: boolean;
  /** RFC 9449 sender-constrained tokens, bound to a non-extractable key. Default false. */
  dpop?: boolean;
  /** RFC 9126 pushed authorization requests. Default: when the server requires it. */
  par?: boolean;
  /** Check the ID token's signature against the server's keys besides its claims. Default true. */
  verifySignature?: boolean;
  /**
   * `fapi2`: the FAPI 2.0 Security Profile. Sets `dpop` and `par`, takes only ES256, PS256 and EdDSA, and refuses a server whose metadata says that it
   * cannot do all of it, with `unsupported`. Default: none.
   */
  profile?: "fapi2";
  /** What to do when an API asks for a stronger sign-in (RFC 9470): sign in again for it and repeat the call, or hand the answer back. Default `none`. */
  stepUp?: "popup" | "redirect" | "none";
  /**
   * Watch the session at the server in a hidden frame (OpenID Connect Session Management 1.0): who signs out there, or signs in as somebody else, is signed
   * out here, with `session_lost`. Only while the page is visible; only where the browser gives a frame the server's cookies, so mostly a server of the page's own
   * site: elsewhere nothing happens, and `logger` hears it. Default false.
   */
  checkSession?: boolean;
  /**
   * This page is the client's `frontchannel_logout_uri` (OpenID Connect Front-Channel Logout 1.0): ends the session that `iss` and `sid` in its URL name, in
   * all tabs, and no other. It needs the issuer, clientId, name, dpop and storage of your other pages, and a browser that lets a frame in the server's page see what they
   * have stored: a server of the page's own site. Default false.
   */
  frontchannelLogout?: boolean;
}

/** The options of {@link createClient} where no server has heard of this application: `register` stands in the place of `clientId`. */
export interface RegisteringClientOptions extends Omit<ClientOptions, "clientId"> {
  /**
   * Registers this application where the server offers that (RFC 7591), when somebody first signs in, once for all tabs: `client_name`, and whatever
   * else it says of itself; the client adds what the protocol needs.
   */
  register: { client_name?: string; [member: string]: string | string[] | undefined };
}

/** The options of {@link Client.signIn}. */
export interface SignInOptions {
  /**
   * Default `redirect`: leaves the page. `popup`: in a window, which opens at once; call it straight from a click. `silent`: in a frame that nobody
   * sees, and rejects with `login_required` when the server would have to ask the user.
   */
  mode?: "redirect" | "popup" | "silent";
  /** Same-origin; anything else is refused. Default: the current URL. */
  returnTo?: string | URL;
  /** Asked for instead of the client's; while somebody is signed in, beside what was granted. Default: the client's `scope`. */
  scope?: string;
  /** What a scope cannot say (RFC 9396). Default: nothing. */
  authorizationDetails?: AuthorizationDetail[];
  /** `prompt` of OpenID Connect Core §3.1.2.1: `login`, `consent`, `select_account`, `create` … Default: the server decides. */
  prompt?: string;
  /** Whom the server should suggest. Default: nobody. */
  loginHint?: string;
  /** The authentication context classes asked for, separated by spaces. Default: the server decides. */
  acrValues?: string;
  /** Seconds since the user last proved who they are; longer ago, they must again. Default: the server decides. */
  maxAge?: number;
  /** Languages of the server's pages (BCP 47), separated by spaces. Default: the server decides. */
  uiLocales?: string;
  /** Extra authorization request parameters, over those of the client. Default: none. */
  parameters?: Record<string, string>;
  /** Gives up; the promise rejects with the signal's reason. Default: cannot be aborted. */
  signal?: AbortSignal;
}

/** The options of {@link AuthClient.signOut}. */
export interface SignOutOptions {
  /** Default: end the session at the authorization server too, when it can. `true`: forget the tokens here and stay. */
  local?: boolean;
  /**
   * Where the authorization server sends the user afterwards: same-origin (anything else is refused) and registered with it. Default:
   * `postLogoutRedirectUri`. The other kinds of clients go there themselves; their default is to stay.
   */
  returnTo?: string | URL;
  /**
   * Whether the ID token goes along, in the address: most servers ask the user whether he means it when it does not. Clients without ID tokens have
   * none to send. Default true.
   */
  idTokenHint?: boolean;
}

/** The options of {@link createPasswordClient}. */
export interface PasswordClientOptions extends CommonOptions {
  /** Takes the credentials by POST, answers with tokens. */
  loginUrl: string | URL;
  /** Takes the refresh token by POST, answers with tokens. Default: none; the session ends with the access token. */
  refreshUrl?: string | URL;
  /** Gets the access token as Bearer by POST, and then the refresh token, when the user signs out. Default: none; the tokens are only forgotten. */
  logoutUrl?: string | URL;
  /** `json` (default) or `form`. */
  encoding?: "json" | "form";
  /** How the refresh token is presented: as a Bearer header (default) or as a body field of this name. */
  refreshWith?: "bearer" | { field: string };
  /**
   * Where the answer holds things; `data.token` is the member `token` of the member `data`. Defaults: access_token, refresh_token, expires_in. Without
   * expires_in, a JWT's `exp` counts; an opaque token is good until the API answers 401.
   */
  fields?: { accessToken?: string; refreshToken?: string; expiresIn?: string };
}

/** The options of {@link createApiKeyClient}. */
export interface ApiKeyClientOptions extends CommonOptions {
  /** The key to begin with; what came after it by `renew` or `setKey` outlives the page. Default: the stored one, or the one that `renew` gives. */
  key?: string;
  /** Default `X-API-Key`. */
  header?: string;
  /** Put before the key, e.g. `ApiKey `. Default: nothing. */
  prefix?: string;
  /** Called, once at a time for all calls in all tabs, when there is no key or a 401 says it is no longer good; a call of this client's own goes out with the key that there is. After `timeoutMs` it has failed. Default: a 401 is the caller's. */
  renew?: () => Promise<string>;
}

/** The options of {@link createCookieClient}. */
export interface CookieClientOptions extends CommonOptions {
  /** GET, answers 200 with JSON about the user (`sub` or `id` says who it is) while signed in, 401 when not. This or `loginUrl` is needed. */
  sessionUrl?: string | URL;
  /** Takes the credentials by POST, answers with the cookie; or the page to go to for signing in. Default: none. */
  loginUrl?: string | URL;
  /** Renews the cookie by POST. Default: none. */
  refreshUrl?: string | URL;
  /** Ends the session by POST when the user signs out. Default: none, and then the server still has it. */
  logoutUrl?: string | URL;
  /** Double submit: the cookie that is read and the header that repeats it. Flask-JWT-Extended: csrf_access_token, X-CSRF-TOKEN and, for `refreshUrl`, csrf_refresh_token. Only calls to the cookie's own site have the header. Default: none. */
  csrf?: { cookie: string; header: string; refreshCookie?: string };
}

// ───────────────────────────────────────────────────────────── values

/** Who is signed in, and until when. An immutable snapshot without any token in it. */
export interface Session {
  /** `sub` of the ID token (or of a JWT access token of a password login, or of what `sessionUrl` says). */
  readonly subject: string | null;
  /** The validated claims of the ID token; frozen. Of a password login, what a JWT access token says and only the API can check; of a cookie, what `sessionUrl` says. */
  readonly claims: Readonly<JwtClaims> | null;
  /** What was granted, separated by spaces. */
  readonly scope: string;
  /** What was granted of `authorizationDetails`, frozen; `null`: the server said nothing. */
  readonly authorizationDetails: readonly AuthorizationDetail[] | null;
  readonly tokenType: "Bearer" | "DPoP" | "ApiKey" | "Cookie";
  /** When the access token stops being good; `null`: not said. */
  readonly expiresAt: number | null;
  /** Whether it can be renewed without the user. */
  readonly canRefresh: boolean;
  readonly signedInAt: number;
}

/** One of the things asked for or granted by rich authorization requests (RFC 9396 §2). */
export interface AuthorizationDetail {
  type: string;
  [name: string]: unknown;
}

/** The JOSE header (RFC 7515 §4). */
export interface JwtHeader {
  alg: string;
  kid?: string;
  typ?: string;
  [name: string]: unknown;
}

/** The registered claims (RFC 7519 §4.1), and whatever else the token says. */
export interface JwtClaims {
  iss?: string;
  sub?: string;
  aud?: string | string[];
  exp?: number;
  nbf?: number;
  iat?: number;
  jti?: string;
  [name: string]: unknown;
}

/** Authorization server metadata by its wire names (RFC 8414 §2, OpenID Connect Discovery §3). */
export interface AuthorizationServerMetadata {
  issuer: string;
  authorization_endpoint: string;
  token_endpoint: string;
  [name: string]: unknown;
}

/**
 * Reads a JWT without checking it: for showing, never for deciding. Await {@link init} or any `create…Client` first.
 *
 * @throws {AuthError} `malformed_token`; `wasm_failed` when the module is not loaded yet.
 */
export function decodeJwt<T = {}>(token: string): { header: JwtHeader; claims: JwtClaims & T };

/**
 * Checks signature and claims. Without `keys` (a JWK Set, or where to fetch one) they are discovered from `issuer`.
 *
 * @param options.issuer What `iss` must be. Default: any, and then `keys` must be given.
 * @param options.keys Default: discovered from `issuer`.
 * @param options.audience One of these must be in `aud`. Default: any.
 * @param options.algorithms Default: every asymmetric algorithm that the key allows. `none` and HMAC are never accepted.
 * @param options.typ What the header's `typ` must be, e.g. `at+jwt`. Default: any.
 * @param options.clockTolerance Allowed difference between clocks, seconds. Default 30.
 * @throws {AuthError} `malformed_token`, `signature_invalid`, `key_not_found`, `algorithm_not_allowed`, `issuer_mismatch`, `claim_invalid`, `token_expired`, `discovery_failed`; `network`, `wasm_failed`.
 */
export function verifyJwt<T = {}>(
  token: string,
  options: {
    issuer?: string;
    keys?: { keys: JsonWebKey[] } | string | URL;
    audience?: string | string[];
    /** Default: every asymmetric algorithm that the key allows. `none` and HMAC are never accepted. */
    algorithms?: string[];
    typ?: string;
    clockTolerance?: number;
  },
): Promise<{ header: JwtHeader; claims: JwtClaims & T }>;

/** The events of a client. None holds a token. */
export interface AuthEventMap {
  signedin: CustomEvent<{ session: Session }>;
  /** Tokens were renewed, in this tab or another. */
  refreshed: CustomEvent<{ session: Session }>;
  /** The session ended, in this tab or another. */
  signedout: CustomEvent<{
    reason: "user" | "other_tab" | "expired" | "revoked" | "idle" | "user_changed";
  }>;
  /** Renewal failed for now and will be tried again. */
  refresherror: CustomEvent<{ error: AuthError; retryAt: number | null }>;
  /**
   * The user has not touched any tab for long: a minute before `idleTimeout` ends the session (at half of it, if it is shorter
   * than two). `signOutAt` is in Unix seconds by this machine's clock.
   */
  idlewarning: CustomEvent<{ signOutAt: number }>;
  /** A sign-in, a redirect or a renewal has failed for good, or the browser refuses to store the session. */
  error: CustomEvent<{ error: AuthError }>;
}

/** Every rejection of this package, but for the reason of an aborted signal. The package makes it; `code` is what to decide on, `message` says what to do. */
export class AuthError extends Error {
  readonly name: "AuthError";
  readonly code: ErrorCode;
  /** The same call may succeed later, unchanged. */
  readonly retryable: boolean;
  /** What the server said (RFC 6749 §5.2 and §4.1.2.1). */
  readonly oauth?: { error: string; errorDescription?: string; errorUri?: string; status?: number };
}

/** Stable. A code is added, never renamed. */
export type ErrorCode =
  | "invalid_option"
  | "unsupported"
  | "aborted"
  | "timeout"
  | "network"
  | "server_error"
  | "invalid_response"
  | "discovery_failed"
  | "issuer_mismatch"
  | "resource_mismatch"
  | "registration_failed"
  | "state_mismatch"
  | "callback_invalid"
  | "access_denied"
  | "authorization_failed"
  | "invalid_grant"
  | "token_request_failed"
  | "login_required"
  | "session_lost"
  | "unlisted_resource"
  | "step_up_required"
  | "malformed_token"
  | "signature_invalid"
  | "key_not_found"
  | "algorithm_not_allowed"
  | "claim_invalid"
  | "token_expired"
  | "popup_blocked"
  | "popup_closed"
  | "storage_unavailable"
  | "storage_corrupt"
  | "insecure_url"
  | "wasm_failed"
  | "internal";
