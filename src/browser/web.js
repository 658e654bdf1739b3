// Web APIs that take several steps, each turned into one call. Nothing is decided here. What is given up is aborted by its signal.
// One file, because a Rust frontend loads each with a request of its own.

/** Options of a call. They inherit nothing: what a page has put on Object.prototype is no option of ours. */
const options = (members) => Object.assign(Object.create(null), members);

/** `promise`, unless it takes longer than that: then a rejection with `reason`. */
function within(ms, promise, reason) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(reject, ms, reason)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A member of an object. Its own: what a page has put on Object.prototype was not sent by the server. */
export const member = (value, name) =>
  typeof value === "object" && value && !Array.isArray(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined;

/** What a call costs beside the network is mostly how often it goes in and out of the module: all parts at once. */
export function parseUrl(text, base) {
  const { href, origin, protocol, hostname, pathname, search, hash, username, password } = new URL(
    text,
    base,
  );
  const credentials = username + password;
  return [href, origin, protocol, hostname, pathname, search, hash, credentials].join("\n");
}

// What is given up settles too: whoever waits for a promise in Rust holds on to itself until then.

export const sleep = (ms, signal) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.onabort = () => {
      clearTimeout(timer);
      resolve();
    };
  });

/** Listens while events are on their way to their target, so that a target further down need not let them bubble. */
export function listen(target, kinds, listener, signal) {
  for (const kind of kinds.split(" ")) {
    target.addEventListener(kind, listener, options({ capture: true, passive: true, signal }));
  }
}

export const aborted = (target, signal) =>
  new Promise((resolve) => {
    listen(target, "abort", resolve, signal);
    signal.onabort = resolve;
  });

/** Resolves when the lock is held, until the controller is aborted; which it is when the lock is taken away. */
export const lock = (name, controller) =>
  new Promise((resolve, reject) => {
    const { signal } = controller;
    const hold = () =>
      new Promise((release) => {
        signal.onabort = release;
        resolve();
      });
    const fail = (problem) => {
      reject(problem);
      controller.abort();
    };
    navigator.locks.request(name, options({ signal }), hold).catch(fail);
  });

/**
 * Sends a request. The promise is for the response and its text, no more than `limit` bytes of it; `controller` is what it
 * rejects with past the time. What `fetch` would refuse is thrown at once.
 */
export function exchange(method, url, headers, body, hasCookies, controller, ms, limit) {
  const credentials = hasCookies ? "include" : "omit";
  const init = { method, headers, body, credentials, cache: "no-store" };
  // A redirect must be told from a failure. As referrer the server gets the origin, which it learns from `Origin` anyway (some
  // check it), and never the path or the query of the page.
  const more = { redirect: "manual", referrerPolicy: "strict-origin", signal: controller.signal };
  const request = new Request(url, options({ ...init, ...more }));
  return within(ms, answer(request, limit), controller);
}

async function answer(request, limit) {
  const response = await fetch(request);
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  for (let chunk; reader && limit > 0 && (chunk = (await reader.read()).value);) {
    text += decoder.decode(chunk.subarray(0, limit), { stream: true });
    limit -= chunk.length;
  }
  return [response, text + decoder.decode()];
}

/** The `date` and the `age` of a HEAD of this very page, or of the worker's script. */
export async function ownServersDate(signal, ms) {
  const init = options({ method: "HEAD", cache: "no-store", redirect: "manual", signal });
  const { headers } = await within(ms, fetch(location.href.split(/[?#]/)[0], init));
  return [headers.get("date"), headers.get("age")];
}

/** Of an `ArrayBuffer`, or of that part of one which a view shows. */
export function copyBytes(bytes) {
  const { buffer = bytes, byteOffset = 0, byteLength } = bytes;
  return buffer.slice(byteOffset, byteOffset + byteLength);
}

export const digest = async (hash, data) => new Uint8Array(await crypto.subtle.digest(hash, data));

/** Rejects with what is wrong with the key, or with nothing if it is not the key. */
export async function verify(name, hash, namedCurve, saltLength, jwk, signature, data) {
  // Copies: the module's memory moves while this waits.
  [signature, data] = [signature.slice(), data.slice()];
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) throw undefined;
  // It says enough for both calls: each takes the members that it knows.
  const parameters = options({ name, hash, namedCurve, saltLength });
  const key = await subtle.importKey("jwk", jwk, parameters, false, ["verify"]);
  return subtle.verify(parameters, key, signature, data).catch(() => Promise.reject());
}

/**
 * What `sessionStorage` or `localStorage` answers; without a method, all its keys. With `seen` (`null` is nothing) it is done only
 * if that is still there, and answers with a text if so.
 */
export function webStorage(area, method, key, value, seen) {
  const storage = globalThis[area];
  if (!method) return Object.keys(storage);
  if (seen === undefined) return storage[method](key, value);
  if (storage.getItem(key) !== seen) return;
  storage[method](key, value);
  return key;
}

/** Throws in a worker, which has a location too, that of its script: it is the document that makes a page. */
export const currentUrl = () => document.location.href;

/** Keeps the entry's state: it is the router's. */
export const replaceUrl = (url) => history.replaceState(history.state, "", url);

export const navigate = (url) => document.location.assign(url);

/** Of the cookies that scripts can read, the one of this name; nothing if there is none. Throws in a worker. */
export const cookie = (name) =>
  document.cookie
    .split("; ")
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/**
 * Puts a text up for all clients of this page until the signal is aborted, and gives those that are there already. They are on
 * the global object, because there can be several modules in a page, and several copies of one.
 */
export function putUp(text, signal) {
  const texts = (globalThis[Symbol.for("tessera-auth")] ??= new Map());
  const others = [...texts.values()];
  texts.set(signal, text);
  signal.onabort = () => texts.delete(signal);
  return others;
}

/** Unknown counts as no. */
export const hasUserActed = () => !!navigator.userActivation?.hasBeenActive;

export const isHidden = () => globalThis.document?.visibilityState === "hidden";

/** What opens windows and shows frames: a worker has none, and its `close` ends it. */
const view = () => document.defaultView;

/**
 * An empty one in front of this page. It keeps its opener: a page of another origin in it could not be closed otherwise. Those who
 * are shown in it are those whom this page would send its user to anyway.
 */
export const openWindow = () => view().open("", "", "popup,width=500,height=700");

const FRAME = "tessera-auth";

/** It may show pages and run their scripts, and neither leave its place nor open windows. */
export function openFrame() {
  const frame = document.createElement("iframe");
  frame.name = FRAME;
  frame.hidden = true;
  frame.sandbox = "allow-scripts allow-same-origin allow-forms";
  return document.documentElement.appendChild(frame);
}

/** A frame gets its first address, a window another one in the place of the empty page: neither has a history. */
export function sendTo(target, url) {
  if (target.location) target.location.replace(url);
  else target.src = url;
}

export function dismiss(target) {
  if (target.location) target.close();
  else target.remove();
}

/** What the page of this origin in the frame posts after it has got the message; nothing, if it does not in time. */
export function askFrame({ contentWindow }, message, origin, ms) {
  const controller = new AbortController();
  const answer = new Promise((resolve) => {
    const hear = (event) => {
      if (event.source === contentWindow && event.origin === origin) resolve(event.data);
    };
    listen(view(), "message", hear, controller.signal);
    contentWindow.postMessage(message, origin);
  });
  return within(ms, answer).finally(() => controller.abort());
}

export const isClosed = (target) => !!target.closed;

export const hasFocus = () => document.hasFocus();

/** It has an element that can be seen from here only in a frame of this very origin. */
export const isInFrame = () => view().frameElement?.name === FRAME;

export const closePage = () => view().close();

/**
 * A frame of the page's own site is given its cookies. Of the engines only Chromium may give them to one of another site, unless
 * it is told not to: nothing says so but trying.
 */
export function hasCookiesInFrame(url) {
  if (isOfThisSite(url) && new URL(url).protocol === location.protocol) return true;
  return navigator.userAgentData ? undefined : false;
}

/** Whether it has the page's host, or a domain in common with it for which cookies can be set. */
export function isOfThisSite(url) {
  const { hostname } = new URL(url);
  const [ours, theirs] = [location.hostname, hostname].map((name) => name.split(".").reverse());
  const end = ours.findIndex((label, index) => label !== theirs[index]);
  const shared = end < 0 ? ours : ours.slice(0, end);
  return hostname === location.hostname || isDomain(shared.reverse().join("."));
}

/** Whether it belongs to somebody, as `co.uk` does not: browsers know, and set no cookie for what does not. */
function isDomain(name) {
  if (!name) return false;
  const cookie = `tessera-auth=1;domain=${name};samesite=strict`;
  document.cookie = cookie;
  const isSet = document.cookie.includes("tessera-auth=1");
  document.cookie = `${cookie};max-age=0`;
  return isSet;
}

// IndexedDB, each value encrypted by AES-GCM under a key that cannot be read out. One database with two object stores: the values
// by their keys, and the one `CryptoKey`. The name of a value is authenticated with it, so that it cannot be moved to where
// another is expected.

const DATABASE = "tessera-auth";
const VALUES = "values";
const KEYS = "keys";
const CIPHER = "AES-GCM";
/** Browsers have had defects that leave an `open` without any event. A disk that takes longer than this is as good as none. */
const OPEN_TIMEOUT_MS = 10_000;

/** The database, opened when it is first needed, and again when the browser has closed it. */
export class Database {
  /** Of the database and the key. Opening goes on when nobody waits for it any more. */
  #connection;

  /** The one that the next to be made will be. */
  static #ahead;

  /** For a page whose module is on its way: this will be the first thing that it asks for. */
  static openAhead() {
    this.#ahead ??= new this();
    this.#ahead.use(() => {}).catch(() => {}); // whoever asks hears of it
  }

  constructor() {
    const opened = Database.#ahead;
    Database.#ahead = undefined;
    if (opened) return opened;
  }

  /**
   * A call of the values' store: `get` gives a text, `getAllKeys` names. `swap` puts `text`, or nothing, where `seen` still is, or
   * nothing, and gives the name if it did. Rejects with what does not work, and with nothing where a value cannot be decrypted.
   */
  perform(method, name, text, iv, seen) {
    iv = iv.slice(); // The module's memory moves while this waits.
    return this.use((opened) => perform(opened, method, name, text, iv, seen));
  }

  /** What `action` comes to with the database and the key. */
  async use(action) {
    for (let isRetry = false; ; isRetry = true) {
      const connection = (this.#connection ??= this.#connect());
      const opened = await within(OPEN_TIMEOUT_MS, connection, "IndexedDB does not answer").catch(
        (problem) => {
          // If it does not answer in time it may yet: the next use waits for it again.
          if (typeof problem === "string") throw problem;
          this.#end(connection);
          throw "IndexedDB is missing, blocked or refused";
        },
      );
      try {
        return await action(opened);
      } catch (problem) {
        // A connection may have died without a word (WebKit's do when its storage process is restarted), so what fails is tried
        // once more on a new one.
        if (!problem || isRetry) throw problem;
        this.#end(connection);
      }
    }
  }

  #connect() {
    const connection = open(({ target }) => {
      target.close();
      this.#end(connection);
    });
    return connection;
  }

  /** Closes this connection if it is still the current one. */
  #end(connection) {
    if (!connection || connection !== this.#connection) return;
    this.#connection = undefined;
    connection.then(([database]) => database.close()).catch(() => {});
  }

  /** Closes the connection: it must not keep others from deleting the database. The next use opens a new one. */
  close() {
    this.#end(this.#connection);
  }
}

/** Opens the database and finds the key in it, both new if need be. `onEnd`: the browser wants it closed, or has closed it. */
async function open(onEnd) {
  // Version 1 is the first, so `blocked` cannot be fired here.
  const request = indexedDB.open(DATABASE, 1);
  const database = await new Promise((resolve, reject) => {
    request.onupgradeneeded = () => {
      try {
        for (const store of [VALUES, KEYS]) request.result.createObjectStore(store);
      } catch {
        // Without this, a version 1 without stores would be there for ever.
        request.transaction.abort();
      }
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
  database.onversionchange = database.onclose = onEnd;
  try {
    return [database, (await findKey(database)) ?? (await makeKey(database))];
  } catch (problem) {
    database.close();
    throw problem;
  }
}

const findKey = (database) => transact(database, KEYS, "readonly", "get", CIPHER);

async function makeKey(database) {
  const kind = { __proto__: null, name: CIPHER, length: 256 };
  const key = await crypto.subtle.generateKey(kind, false, ["encrypt", "decrypt"]);
  // Of two tabs that make one at once the first to `add` wins, so it is looked up again.
  await transact(database, KEYS, "readwrite", "add", key, CIPHER).catch(() => {});
  const found = await findKey(database);
  if (!found) throw found;
  return found;
}

/**
 * The pair of signing keys under `name`, and the public one as a JWK; with an `algorithm`, a new one if there is none. The private
 * half cannot be read out: this database keeps it without ever showing it.
 */
export const signingKey = (connections, name, algorithm) =>
  connections.use(async ([database]) => {
    name = `sign ${name}`;
    const find = () => transact(database, KEYS, "readonly", "get", name);
    let pair = await find();
    if (!pair && algorithm) {
      const kind = options({ name: algorithm, namedCurve: "P-256" });
      pair = await crypto.subtle.generateKey(kind, false, ["sign", "verify"]);
      // Of two tabs that make one at once the first to `add` wins, so it is looked up again.
      await transact(database, KEYS, "readwrite", "add", pair, name).catch(() => {});
      pair = await find();
      if (!pair) throw pair;
    }
    return pair && [pair, await crypto.subtle.exportKey("jwk", pair.publicKey)];
  });

export const sign = async ({ privateKey }, data) => {
  const kind = options({ name: privateKey.algorithm.name, hash: "SHA-256" });
  return new Uint8Array(await crypto.subtle.sign(kind, privateKey, data));
};

/** One request in a transaction of its own; what it gave, once that is read or really written. */
const transact = (database, store, mode, method, ...values) =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction(store, mode);
    const request = transaction.objectStore(store)[method](...values);
    const done = () => resolve(request.result);
    if (mode === "readonly") request.onsuccess = done;
    else transaction.oncomplete = done;
    transaction.onabort = reject;
  });

/** Puts `value`, or nothing, in the place of what was `found` there; gives the name, or nothing if something else is there by now. */
const exchangeValue = (database, name, found, value) =>
  new Promise((resolve, reject) => {
    const transaction = database.transaction(VALUES, "readwrite");
    const store = transaction.objectStore(VALUES);
    const request = store.get(name);
    let done;
    request.onsuccess = () => {
      // Each encryption has an IV of its own: the same bytes are the same write.
      if (String(request.result) !== String(found)) return;
      try {
        if (value) store.put(value, name);
        else store.delete(name);
        done = name;
      } catch {
        // Thrown out of here, it would be the page's uncaught error.
        transaction.abort();
      }
    };
    transaction.oncomplete = () => resolve(done);
    transaction.onabort = reject;
  });

async function perform([database, key], method, name, text, iv, seen) {
  const cipher = (iv) => ({ __proto__: null, name: CIPHER, iv, additionalData: encode(name) });
  const refused = () => {
    throw "IndexedDB is full or refuses";
  };
  const unseal = async (value) => {
    try {
      const [iv_, sealed] = [value.subarray(0, iv.length), value.subarray(iv.length)];
      const plain = await crypto.subtle.decrypt(cipher(iv_), key, sealed);
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(plain);
    } catch {
      throw undefined;
    }
  };
  let value;
  if (text !== undefined) {
    const sealed = await crypto.subtle.encrypt(cipher(iv), key, encode(text)).catch(() => {
      throw "crypto.subtle does not encrypt";
    });
    value = new Uint8Array(iv.length + sealed.byteLength);
    value.set(iv);
    value.set(new Uint8Array(sealed), iv.length);
  }
  const call = (mode, method, ...values) =>
    transact(database, VALUES, mode, method, ...values).catch(refused);
  if (method === "put") return call("readwrite", method, value, name);
  if (method === "delete") return call("readwrite", method, name);
  if (method === "getAllKeys") return call("readonly", method);
  const found = await call("readonly", "get", name);
  const plain = found && (await unseal(found));
  if (method === "get") return plain;
  if (plain === seen) return exchangeValue(database, name, found, value).catch(refused);
}

const encode = (text) => new TextEncoder().encode(text);
