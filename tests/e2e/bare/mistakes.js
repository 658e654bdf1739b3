// What the expressions of the option tests name: good options to spoil, objects that throw, and the methods that take options.

const api = "https://api.example";
let boo;
const hostile = (target, trap) =>
  new Proxy(target, {
    [trap]() {
      throw boo;
    },
  });
const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};
const part = (value) =>
  new TextEncoder()
    .encode(JSON.stringify(value))
    .toBase64({ alphabet: "base64url", omitPadding: true });
const unsigned = (claims) => `${part({ alg: "RS256" })}.${part(claims)}.AAAA`;
const token = unsigned({ sub: "ada" });
const many = Array.from({ length: 9999 }, (_, index) => `https://api${index}.example/v1`);

/** Values of every kind, and of which kinds an option of each type may be. */
const values = {
  null: null,
  boolean: true,
  integer: 7,
  fraction: 0.5,
  negative: -1,
  "not a number": NaN,
  infinity: Infinity,
  "too large": 2 ** 32,
  bigint: 7n,
  string: "x",
  "boxed string": new String("x"),
  "boxed number": new Number(7),
  "boxed boolean": new Boolean(true),
  symbol: Symbol("x"),
  function: () => "x",
  class: class {},
  list: [],
  "list of numbers": [7],
  object: {},
  date: new Date(0),
  map: new Map(),
  promise: Promise.resolve("x"),
  controller: new AbortController(),
};
const objects = ["object", "date", "boxed number", "boxed boolean", "promise", "controller"];
const right = {
  string: ["string"],
  url: ["string"],
  boolean: ["boolean"],
  integer: ["integer"],
  function: ["function", "class"],
  object: objects,
  list: ["list"],
  strings: ["string"],
  "key set": ["string"],
  choice: [],
  signal: [],
};

/** Options over good ones, getters and all; what is no plain object, as it is. */
const over = (good, options) =>
  typeof options === "object" && options && !(Symbol.iterator in options)
    ? Object.defineProperties({ ...good }, Object.getOwnPropertyDescriptors(options))
    : options;

/** Makes them all global. `secret` is what `boo` and many an expression carry. */
export async function prepare(good, secret) {
  boo = new Error(secret);
  const client = await tessera.createClient(good);
  const call = {
    createClient: (options = {}) => tessera.createClient(over(good, options)),
    signIn: (options) => client.signIn(options),
    signOut: (options) => client.signOut(options),
    accessToken: (options) => client.accessToken(options),
    verifyJwt: (options) => tessera.verifyJwt(token, over({ keys: { keys: [] } }, options)),
  };
  const tryWrongValues = async (method, types) => {
    const found = [];
    for (const [name, type] of Object.entries(types)) {
      for (const [value, wrong] of Object.entries(values)) {
        if (right[type].includes(value)) continue;
        const outcome = await tessera.attempt(() => call[method]({ [name]: wrong }));
        found.push({ name, value, outcome });
      }
    }
    return found;
  };
  /** `verifyJwt` has to find the keys of the issuer that the token names. */
  const discover = (issuer) => tessera.verifyJwt(unsigned({ iss: issuer }), { issuer });
  Object.assign(globalThis, { good, secret, api, boo, many, token, hostile, revoked });
  Object.assign(globalThis, { client, call, discover, tryWrongValues });
}
