/** Presets of well-known providers, for the option `provider` of `createClient`. README.md says what each can do, and where that is said. */
import type { AuthorizationServerMetadata } from "../index.js";

/** What a provider is like: plain data, under your own options. You can write one of your own. */
export interface Provider {
  /** For errors. */
  readonly name: string;
  /** Its issuer, if all its customers have the same one. */
  readonly issuer?: string;
  /** What your own issuer looks like, for the error when it is left out. */
  readonly issuerForm?: string;
  /** The form of its names, if a server of many tenants calls itself by a placeholder: `{claim}` stands for what that claim of an ID token says. */
  readonly issuerTemplate?: string;
  /** Endpoints that cannot be discovered. */
  readonly metadata?: Partial<AuthorizationServerMetadata>;
  /** In the place of the default scope. */
  readonly scope?: string;
  /** Authorization request parameters, under yours. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What the authorization request calls the audience, where that is not `resource`; empty: none can be asked for. */
  readonly audienceParameter?: string;
  /** What its sign-out page calls `post_logout_redirect_uri`. */
  readonly signOutParameter?: string;
  /** Why a browser alone cannot use its token endpoint: `createClient` rejects with `unsupported`, unless `metadata.token_endpoint` is one of yours. */
  readonly needsServer?: string;
}

export const apple: Provider;
export const auth0: Provider;
export const cognito: Provider;
export const entra: Provider;
export const facebook: Provider;
export const github: Provider;
export const google: Provider;
export const kakao: Provider;
export const keycloak: Provider;
export const line: Provider;
export const naver: Provider;
export const okta: Provider;
export const x: Provider;
