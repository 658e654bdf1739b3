// What the API wants to see beside a token that is bound to a key: RFC 9449 §4.3 and §7.

import { createHash } from "node:crypto";
import { calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";

const LIFETIME_SECONDS = 60;
const ALGORITHMS = ["ES256", "EdDSA"];

/** Checks proofs for an API at `url`. `nonce()`: what must be in them now, if anything. */
export function createProofCheck(url, nonce) {
  const seen = new Set();

  /** Why the proof of this request is not taken; `undefined` if it is. */
  return async function findFault(request, token, thumbprint) {
    const proof = request.headers.dpop;
    const verified = await jwtVerify(proof ?? "", EmbeddedJWK, {
      algorithms: ALGORITHMS,
      typ: "dpop+jwt",
      maxTokenAge: LIFETIME_SECONDS,
    }).catch(() => undefined);
    if (!verified) return "invalid_dpop_proof";
    const { payload, protectedHeader } = verified;
    const ath = createHash("sha256").update(token).digest("base64url");
    const htu = new URL(request.url, url);
    const isAboutThis =
      payload.htm === request.method &&
      payload.htu === htu.origin + htu.pathname &&
      payload.ath === ath &&
      !("d" in protectedHeader.jwk) &&
      (await calculateJwkThumbprint(protectedHeader.jwk)) === thumbprint;
    if (!isAboutThis || !payload.jti || seen.has(payload.jti)) return "invalid_dpop_proof";
    seen.add(payload.jti);
    return nonce() && payload.nonce !== nonce() ? "use_dpop_nonce" : undefined;
  };
}
