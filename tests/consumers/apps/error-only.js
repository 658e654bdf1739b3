// Needs one class of the package, and must not pay for the rest.
import { AuthError } from "tessera-auth";

globalThis.isAuthError = (value) => value instanceof AuthError;
