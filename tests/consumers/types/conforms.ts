// The package against its contract: every export and member that the contract promises is there, gives what it says and
// takes what it lets callers pass. The package may add; it may not rename or weaken. That no option has lost its name is
// seen in use.ts, where the compiler refuses unknown ones.

import * as tessera from "tessera-auth";
import type * as Package from "tessera-auth";
import type * as Contract from "./contract.js";

// Functions and classes, with their parameters and results.
const exported: typeof Contract = tessera;
void exported;

/** Generic in the events, of which the package may have more: assignability is what says that they fit. */
type Listening = "addEventListener" | "removeEventListener";
type Fits<C, P extends C> = [C, P];

/** The members of the contract's type that the package's does not keep; the compiler names them. */
type Broken<P, C> = {
  [K in Exclude<keyof C, Listening>]-?: K extends keyof P
    ? Keeps<P[K], C[K]> extends true
      ? never
      : K
    : K;
}[Exclude<keyof C, Listening>];
/** Methods like functions: assignability alone would let a parameter become narrower. */
type Keeps<P, C> = [C] extends [(...args: infer CA) => infer CR]
  ? [P] extends [(...args: infer PA) => infer PR]
    ? [CA, PR] extends [PA, CR]
      ? true
      : false
    : false
  : [P] extends [C]
    ? true
    : false;
type None<T extends never> = T;

export type Values = [
  Fits<Pick<Contract.AuthClient, Listening>, Pick<Package.AuthClient, Listening>>,
  None<Broken<Package.AuthClient, Contract.AuthClient>>,
  None<Broken<Package.Client, Contract.Client>>,
  None<Broken<Package.PasswordClient, Contract.PasswordClient>>,
  None<Broken<Package.ApiKeyClient, Contract.ApiKeyClient>>,
  None<Broken<Package.CookieClient, Contract.CookieClient>>,
  None<Broken<Package.Session, Contract.Session>>,
  None<Broken<Package.JwtHeader, Contract.JwtHeader>>,
  None<Broken<Package.JwtClaims, Contract.JwtClaims>>,
  None<Broken<Package.AuthEventMap, Contract.AuthEventMap>>,
  None<Broken<Package.AuthError, Contract.AuthError>>,
];

/** What the contract lets callers pass is taken by the package. */
type Takes<P, C extends P> = [P, C];

export type Options = [
  Takes<Package.Resource, Contract.Resource>,
  Takes<Package.CommonOptions, Contract.CommonOptions>,
  Takes<Package.ClientOptions, Contract.ClientOptions>,
  Takes<Package.SignInOptions, Contract.SignInOptions>,
  Takes<Package.SignOutOptions, Contract.SignOutOptions>,
  Takes<Package.PasswordClientOptions, Contract.PasswordClientOptions>,
  Takes<Package.ApiKeyClientOptions, Contract.ApiKeyClientOptions>,
  Takes<Package.CookieClientOptions, Contract.CookieClientOptions>,
  Takes<Package.AuthorizationServerMetadata, Contract.AuthorizationServerMetadata>,
  Takes<Package.ErrorCode, Contract.ErrorCode>,
];
