// What the browser tests need of JavaScript. One file: the test runner's server takes few connections, and a browser asks for all
// files at once.

export function replace(path, replacement) {
  const names = path.split(".");
  const name = names.pop();
  const object = names.reduce((object, name) => object[name], globalThis);
  const own = Object.getOwnPropertyDescriptor(object, name);
  const original = object[name];
  Object.defineProperty(object, name, {
    configurable: true,
    ...new Function("original", `return ${replacement}`)(original),
  });
  return () => (own ? Object.defineProperty(object, name, own) : delete object[name]);
}

export const steal = (name) => navigator.locks.request(name, { steal: true }, () => {});

export const fire = (kind, members = {}) =>
  (kind === "visibilitychange" ? document : globalThis).dispatchEvent(
    Object.assign(new Event(kind), members),
  );
export const firePersisted = (kind) => fire(kind, { persisted: true });
export const historyLength = () => history.length;
export const historyState = () => history.state;
export const setHistoryState = (state) => history.replaceState(state, "");

export async function sign(parameters, data) {
  parameters = JSON.parse(parameters);
  if (parameters.modulusLength) parameters.publicExponent = Uint8Array.of(1, 0, 1);
  const generate = () => crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  // WebKitGTK fails here now and then, for a reason that it does not say.
  const { privateKey, publicKey } = await generate().catch(generate);
  const signature = await crypto.subtle.sign(parameters, privateKey, data);
  return [
    JSON.stringify(await crypto.subtle.exportKey("jwk", publicKey)),
    JSON.stringify(await crypto.subtle.exportKey("jwk", privateKey)),
    new Uint8Array(signature),
  ];
}

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
async function inStore(store, mode, use) {
  const database = await done(indexedDB.open("tessera-auth"));
  try {
    return await done(use(database.transaction(store, mode).objectStore(store)));
  } finally {
    database.close();
  }
}
export const raw = (key) => inStore("values", "readonly", (store) => store.get(key));
export const setRaw = (key, value) =>
  inStore("values", "readwrite", (store) => store.put(value, key));
export const cryptoKeys = () => inStore("keys", "readonly", (store) => store.getAll());
export const dropCryptoKeys = () => inStore("keys", "readwrite", (store) => store.clear());
export const deleteDatabase = () => done(indexedDB.deleteDatabase("tessera-auth"));
export const makeLaterVersion = () =>
  done(indexedDB.open("tessera-auth", 2)).then((database) => database.close());
export const exported = (key) => crypto.subtle.exportKey("raw", key);
