// Tokens: read and checked by the package and by the two that people use for it.
import { decodeJwt as joseDecode, createLocalJWKSet, jwtVerify } from "jose";
import { jwtDecode } from "jwt-decode";
import { decodeJwt, init, verifyJwt } from "tessera-auth";

const { keys } = JSON.parse(document.querySelector("script[type='application/json']").textContent);
await init();
const set = createLocalJWKSet(keys);

globalThis.read = {
  tessera: (token) => decodeJwt(token).claims.sub,
  "jwt-decode": (token) => jwtDecode(token).sub,
  jose: (token) => joseDecode(token).sub,
};
globalThis.check = {
  tessera: async (token) => (await verifyJwt(token, { keys })).claims.sub,
  jose: async (token) => (await jwtVerify(token, set)).payload.sub,
};
globalThis.report?.({ isSignedIn: false });
