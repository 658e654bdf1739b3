export function init(module?: URL | string | Response | BufferSource | WebAssembly.Module | Promise<Response | WebAssembly.Module>): Promise<void>;
export function createClient(options: ClientOptions): Promise<Client>;
export function createPasswordClient(options: PasswordClientOptions): Promise<PasswordClient>;
export function createApiKeyClient(options: ApiKeyClientOptions): Promise<ApiKeyClient>;
export function createCookieClient(options: CookieClientOptions): Promise<CookieClient>;
export interface AuthClient {
    readonly session: Session | null;
    readonly error: AuthError | null;
    subscribe(listener: (session: Session | null) => void): () => void;
    addEventListener<K extends keyof AuthEventMap>(type: K, listener: (event: AuthEventMap[K]) => void, options?: {
        once?: boolean;
        signal?: AbortSignal;
    }): void;
    removeEventListener<K extends keyof AuthEventMap>(type: K, listener: (event: AuthEventMap[K]) => void): void;
    fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
    signOut(options?: SignOutOptions): Promise<void>;
    close(): void;
}
export interface Client extends AuthClient {
    signIn(options?: SignInOptions): Promise<Session>;
    readonly returnTo: string | null;
    handleRedirect(url?: string | URL): Promise<Session | null>;
    accessToken(options?: {
        resource?: string;
        scope?: string;
        minValidity?: number;
        fresh?: boolean;
    }): Promise<string>;
    userInfo<T = Record<string, unknown>>(): Promise<T & {
        sub: string;
    }>;
    revoke(token?: "access_token" | "refresh_token"): Promise<void>;
}
export interface PasswordClient extends AuthClient {
    signIn(credentials: Record<string, string>): Promise<Session>;
    accessToken(options?: {
        minValidity?: number;
        fresh?: boolean;
    }): Promise<string>;
}
export interface ApiKeyClient extends AuthClient {
    setKey(key: string): void;
}
export interface CookieClient extends AuthClient {
    signIn(credentials?: Record<string, string>): Promise<Session>;
    refresh(): Promise<Session | null>;
}
export type Resource = string | URL | {
    url: string | URL;
    audience?: string;
    scope?: string;
};
export interface CommonOptions {
    resources?: Resource[];
    storage?: "indexeddb" | "memory" | "session" | "local";
    name?: string;
    timeoutMs?: number;
    clockTolerance?: number;
    idleTimeout?: number;
    logger?: (entry: {
        level: "debug" | "info" | "warn" | "error";
        message: string;
        detail?: unknown;
    }) => void;
}
export interface ClientOptions extends CommonOptions {
    issuer?: string | URL;
    metadata?: Partial<AuthorizationServerMetadata>;
    provider?: string;
    clientId: string;
    redirectUri?: string | URL;
    postLogoutRedirectUri?: string | URL;
    scope?: string;
    parameters?: Record<string, string>;
    handleRedirect?: boolean;
    dpop?: boolean;
    par?: boolean;
    verifySignature?: boolean;
    stepUp?: "popup" | "redirect" | "none";
}
export interface SignInOptions {
    mode?: "redirect" | "popup" | "silent";
    returnTo?: string | URL;
    scope?: string;
    prompt?: string;
    loginHint?: string;
    acrValues?: string;
    maxAge?: number;
    uiLocales?: string;
    parameters?: Record<string, string>;
    signal?: AbortSignal;
}
export interface SignOutOptions {
    local?: boolean;
    returnTo?: string | URL;
}
export interface PasswordClientOptions extends CommonOptions {
    loginUrl: string | URL;
    refreshUrl?: string | URL;
    logoutUrl?: string | URL;
    encoding?: "json" | "form";
    refreshWith?: "bearer" | {
        field: string;
    };
    fields?: {
        accessToken?: string;
        refreshToken?: string;
        expiresIn?: string;
    };
}
export interface ApiKeyClientOptions extends CommonOptions {
    key?: string;
    header?: string;
    prefix?: string;
    renew?: () => Promise<string>;
}
export interface CookieClientOptions extends CommonOptions {
    sessionUrl?: string | URL;
    loginUrl?: string | URL;
    refreshUrl?: string | URL;
    logoutUrl?: string | URL;
    csrf?: {
        cookie: string;
        header: string;
        refreshCookie?: string;
    };
}
export interface Session {
    readonly subject: string | null;
    readonly claims: Readonly<JwtClaims> | null;
    readonly scope: string;
    readonly tokenType: "Bearer" | "DPoP" | "ApiKey" | "Cookie";
    readonly expiresAt: number | null;
    readonly canRefresh: boolean;
    readonly signedInAt: number;
}
export interface JwtHeader {
    alg: string;
    kid?: string;
    typ?: string;
    [name: string]: unknown;
}
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
export interface AuthorizationServerMetadata {
    issuer: string;
    authorization_endpoint: string;
    token_endpoint: string;
    [name: string]: unknown;
}
export function decodeJwt<T = {}>(token: string): {
    header: JwtHeader;
    claims: JwtClaims & T;
};
export function verifyJwt<T = {}>(token: string, options: {
    issuer?: string;
    keys?: {
        keys: JsonWebKey[];
    } | string | URL;
    audience?: string | string[];
    algorithms?: string[];
    typ?: string;
    clockTolerance?: number;
}): Promise<{
    header: JwtHeader;
    claims: JwtClaims & T;
}>;
export interface AuthEventMap {
    signedin: CustomEvent<{
        session: Session;
    }>;
    refreshed: CustomEvent<{
        session: Session;
    }>;
    signedout: CustomEvent<{
        reason: "user" | "other_tab" | "expired" | "revoked" | "idle" | "user_changed";
    }>;
    refresherror: CustomEvent<{
        error: AuthError;
        retryAt: number | null;
    }>;
    error: CustomEvent<{
        error: AuthError;
    }>;
}
export class AuthError extends Error {
    readonly name: "AuthError";
    readonly code: ErrorCode;
    readonly retryable: boolean;
    readonly oauth?: {
        error: string;
        errorDescription?: string;
        errorUri?: string;
        status?: number;
    };
}
export type ErrorCode = "invalid_option" | "unsupported" | "aborted" | "timeout" | "network" | "server_error" | "invalid_response" | "discovery_failed" | "issuer_mismatch" | "state_mismatch" | "callback_invalid" | "access_denied" | "authorization_failed" | "invalid_grant" | "token_request_failed" | "login_required" | "session_lost" | "unlisted_resource" | "step_up_required" | "malformed_token" | "signature_invalid" | "key_not_found" | "algorithm_not_allowed" | "claim_invalid" | "token_expired" | "popup_blocked" | "popup_closed" | "storage_unavailable" | "storage_corrupt" | "insecure_url" | "wasm_failed" | "internal";
