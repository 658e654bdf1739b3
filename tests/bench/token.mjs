// Tokens of the sizes that servers issue, signed by keys of this run.

import { createRequire } from "node:module";

const { exportJWK, generateKeyPair, SignJWT } = createRequire(
  new URL("../../www/package.json", import.meta.url),
)("jose");

/** Bytes of a whole token. */
export const SIZES = [631, 1165, 3965];
/** How many different ones there are of each kind. */
const COPIES = 16;

export async function tokensOf(algorithms) {
  const keys = [];
  const tokens = {};
  for (const alg of algorithms) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    keys.push({ ...(await exportJWK(publicKey)), alg, use: "sig", kid: alg });
    tokens[alg] = {};
    for (const bytes of SIZES)
      tokens[alg][bytes] = await Promise.all(
        Array.from({ length: COPIES }, (_, copy) => tokenOf(bytes, alg, privateKey, copy)),
      );
  }
  return { keys: { keys }, tokens };
}

/** Grown claim by claim, as real ones are. */
async function tokenOf(bytes, alg, key, copy) {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: "https://id.example.com",
    sub: `user-${copy}`,
    aud: "https://api.example.com",
    iat: now,
    exp: now + 3600,
    roles: [],
  };
  for (;;) {
    const token = await new SignJWT(claims).setProtectedHeader({ alg, kid: alg }).sign(key);
    const missing = Math.floor(((bytes - token.length) * 3) / 4);
    if (missing < 4) return token;
    claims.roles.push("role:".padEnd(Math.min(24, missing - 3), "abcdefgh"));
  }
}
