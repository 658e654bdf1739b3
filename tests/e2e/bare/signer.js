// Keys of several people, made by WebCrypto when they are first asked for, and tokens that these sign. The tests name all of
// it in what they run in the page.

const RSA = { modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
const scheme = (alg) => {
  const hash = `SHA-${alg.slice(2)}`;
  if (alg === "EdDSA") return { name: "Ed25519" };
  if (alg.startsWith("RS")) return { name: "RSASSA-PKCS1-v1_5", hash, ...RSA };
  if (alg.startsWith("PS")) return { name: "RSA-PSS", hash, saltLength: alg.slice(2) / 8, ...RSA };
  const namedCurve = { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[alg];
  return { name: "ECDSA", hash, namedCurve };
};
const base64url = { alphabet: "base64url", omitPadding: true };
const bytes = (text) => new TextEncoder().encode(text);
const part = (value) => bytes(JSON.stringify(value)).toBase64(base64url);

const made = new Map();
const keyPair = (alg, whose) => {
  const name = `${whose} ${alg}`;
  if (!made.has(name)) {
    const parameters = scheme(alg);
    if (whose === "small") parameters.modulusLength = 1024;
    made.set(name, crypto.subtle.generateKey(parameters, true, ["sign", "verify"]));
  }
  return made.get(name);
};
const publicKey = async (alg, members = {}, whose = "ada") => {
  const jwk = await crypto.subtle.exportKey("jwk", (await keyPair(alg, whose)).publicKey);
  const { kty, crv, x, y, n, e } = jwk;
  return JSON.parse(JSON.stringify({ kty, crv, x, y, n, e, ...members }));
};
const keySet = async (...algs) => ({
  keys: await Promise.all(algs.map((alg) => publicKey(alg))),
});
const publicPem = async (alg) => {
  const spki = await crypto.subtle.exportKey("spki", (await keyPair(alg, "ada")).publicKey);
  const lines = new Uint8Array(spki).toBase64().match(/.{1,64}/g);
  return ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
};

const issue = async (header, claims = {}, whose = "ada") => {
  const signed = `${part(header)}.${part({ sub: "ada", ...claims })}`;
  const { privateKey } = await keyPair(header.alg, whose);
  const signature = await crypto.subtle.sign(scheme(header.alg), privateKey, bytes(signed));
  return `${signed}.${new Uint8Array(signature).toBase64(base64url)}`;
};
const hmac = async (secret) => {
  const signed = `${part({ alg: "HS256" })}.${part({ sub: "ada" })}`;
  const parameters = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(secret), parameters, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(signed));
  return `${signed}.${new Uint8Array(signature).toBase64(base64url)}`;
};
const unsignedToken = (header) => `${part(header)}.${part({ sub: "ada" })}.AAAA`;

// The arguments of `verifyJwt`.
const es256 = async (header, claims, options, whose) => [
  await issue({ alg: "ES256", ...header }, claims, whose),
  { keys: await keySet("ES256"), ...options },
];
const keyed = async (alg, header, keys, whose) => [
  await issue({ alg, ...header }, {}, whose),
  { keys: { keys } },
];
const tampered = async (alg, change) => [
  change((await issue({ alg })).split(".")).join("."),
  { keys: await keySet(alg) },
];
const resigned = (alg, change) =>
  tampered(alg, ([header, claims, signature]) => {
    const bytes = Uint8Array.fromBase64(signature, { alphabet: "base64url" });
    return [header, claims, change(bytes).toBase64(base64url)];
  });

const now = () => Math.floor(Date.now() / 1000);
Object.assign(globalThis, { part, publicKey, publicPem, keySet, issue, hmac, unsignedToken, now });
Object.assign(globalThis, { es256, keyed, tampered, resigned });
