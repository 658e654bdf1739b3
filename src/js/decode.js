// `decodeJwt` of the package's core: a token like the last is read without the way into the module and back, on which its text is
// copied twice.

import { decodeJwt as decode } from "./core.js";

export const decodeJwt = (token) => readLikeLast(token) ?? readByModule(token);

/** The header of the token that a module has read last, as it came, and what it says. Tokens of one issuer have the same. */
let lastHeader;
let lastRead;

/** Keeps the header, if nothing in it could be changed by whoever it is given to. */
function readByModule(token) {
  const read = decode(token);
  if (!Object.values(read.header).some((member) => typeof member === "object")) {
    lastHeader = token.slice(0, token.indexOf("."));
    lastRead = { ...read.header };
  }
  return read;
}

/** Nothing, if anything is odd about the token: that is for the module to judge. */
function readLikeLast(token) {
  try {
    const [header, claims, signature, more] = token.split(".");
    if (typeof token !== "string" || header !== lastHeader || more !== undefined) return;
    decodeBase64url(signature);
    const read = JSON.parse(UTF8.decode(decodeBase64url(claims)));
    if (read && typeof read === "object" && !Array.isArray(read))
      return { header: { ...lastRead }, claims: read };
  } catch {
    // no base64url, no UTF-8, no JSON, no text at all, too large, or an engine without `setFromBase64`
  } finally {
    decoded.fill(0);
  }
}

const UTF8 = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64URL = { __proto__: null, alphabet: "base64url" };
/** The last letters of a text: none, or two or three that leave no bits over. */
const END = /^([\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;
/** Used again and again: to make room takes longer than to decode. */
const decoded = /* @__PURE__ */ new Uint8Array(8192);

function decodeBase64url(text) {
  const { written } = decoded.setFromBase64(text, BASE64URL);
  // White space and padding make fewer bytes of a text.
  if (written !== (text.length * 3) >> 2 || !END.test(text.slice(text.length & ~3)))
    throw undefined;
  return decoded.subarray(0, written);
}
