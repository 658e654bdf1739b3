// The npm package: loads the core (Rust, as WebAssembly) and keeps what JavaScript reads often, the session and
// the error, on this side. It decides nothing.

import * as core from "./core.js";
import { AuthError } from "./auth-error.js";

export { AuthError };

/**
 * The modules, each whole by itself: `core` has what every page needs, `full` the rest too. How their glue is had, and where they
 * are. Spelled like this, bundlers see that the files are needed. `eager`: trusted types refuse webpack's way to load a chunk.
 */
const parts = {
  core: [() => core, () => new URL("./core_bg.wasm", import.meta.url)],
  full: [
    () => import(/* webpackMode: "eager" */ "./full.js"),
    () => new URL("./full_bg.wasm", import.meta.url),
  ],
};
/** Where the application says that they are instead. */
const given = { __proto__: null };
const loading = { __proto__: null };
/** The glue of one that is loaded: whichever of these two it is, it reads tokens. */
let loaded;

export async function init(module, others) {
  Object.assign(given, others, loading.core ? {} : { core: module });
  await load("core");
}

/** The glue of a module that is loaded by then. */
function load(name) {
  loading[name] ??= loadPart(name).catch((cause) => {
    loading[name] = given[name] = undefined; // so that it can be tried again
    // When the network fails, `fetch` says TypeError; all else is for the developer to mend.
    throw new AuthError(
      "wasm_failed",
      `The WebAssembly module did not load (${cause}). Serve ${name}_bg.wasm beside index.js, or give its URL or bytes to init(). A Content-Security-Policy needs script-src 'wasm-unsafe-eval'; Vite before version 8 needs optimizeDeps.exclude: ['tessera-auth'].`,
      cause instanceof TypeError,
    );
  });
  return loading[name];
}

async function loadPart(name) {
  const [glue, address] = parts[name];
  const part = await glue();
  await part.default({ module_or_path: given[name] ?? address() });
  loaded ??= part.decodeJwt && part;
  return part;
}

/** Options that the core does not have. */
const FULL =
  "dpop par provider resource register profile stepUp checkSession frontchannelLogout".split(" ");

/** The module that options ask for. What is wrong with them is for the module to say. */
function partFor(options) {
  try {
    const { resources = [], storage } = options;
    const audiences = new Set(resources.map((resource) => resource.audience).filter(Boolean));
    const isFull = FULL.some((name) => ![undefined, false, "none"].includes(options[name]));
    // What is kept in memory is kept by the module, which so cannot be changed later.
    const isOther = audiences.size > 1 || storage === "memory" || isBeside();
    return isFull || isOther ? "full" : "core";
  } catch {
    return "core";
  }
}

/** The options with the preset in the place of its name. What is no name of one is for the module to say. */
async function withProvider(options) {
  const { provider: name } = options;
  // What a script has put on Object.prototype is no option of anybody's.
  if (typeof name !== "string" || name === Object.prototype.provider) return options;
  const presets = await import("./providers/index.js").catch(() => {
    throw new AuthError("network", "The presets did not load. Try again.", true);
  });
  return { ...options, provider: presets[name] ?? name };
}

/** Whether another page has opened this one for a sign-in, or a server has sent the user back from signing out. */
const isBeside = () =>
  /state=(beside|signed-out)\./.test(location.href) ||
  globalThis.frameElement?.name === "tessera-auth";

// A worker has a location too; a server that renders pages has none.
function requireBrowser(create) {
  if (globalThis.location) return;
  throw new AuthError(
    "unsupported",
    `${create} needs a browser. Where pages are rendered on a server, call it only after the page has started.`,
  );
}

// What a client stands on, and what it is told with.
const CORE = /* @__PURE__ */ Symbol();
const NOTIFY = /* @__PURE__ */ Symbol();

/** What every kind of client has. */
class AuthClient extends EventTarget {
  #session = null;
  #error = null;
  #listeners = new Set();

  [NOTIFY](session, error, type, detail) {
    const changed = session !== this.#session || error !== this.#error;
    this.#session = session;
    this.#error = error;
    if (changed) {
      for (const listener of [...this.#listeners]) {
        if (this.#listeners.has(listener)) listener();
      }
    }
    if (type) this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  get session() {
    return this.#session;
  }

  get error() {
    return this.#error;
  }

  // `subscribe` and `fetch` are bound, because they are handed on: to useSyncExternalStore, to API clients.

  subscribe = (listener) => {
    // One for each subscription: the same function may subscribe twice.
    const call = () => {
      try {
        listener(this.#session);
      } catch (error) {
        queueMicrotask(() => {
          throw error; // to `window.onerror`, like the error of an event listener
        });
      }
    };
    this.#listeners.add(call);
    call();
    return () => void this.#listeners.delete(call);
  };

  fetch = (input, init) => this[CORE].fetch(input, init);

  signOut(options) {
    return this[CORE].signOut(options);
  }

  close() {
    this[CORE].close();
  }
}

class Client extends AuthClient {
  #options;
  #part;
  #growing;
  #returnTo = null;

  static async create(options) {
    const client = new Client();
    client.#part = partFor(options);
    if (client.#part === "full") options = await withProvider(options);
    client.#options = options;
    const { createClient } = await load(client.#part);
    client[CORE] = await createClient(options, (...change) => client[NOTIFY](...change));
    return client;
  }

  /** Goes on with the full module, which finds the stored session. `false`: it does not, and nothing has changed. */
  #grow() {
    this.#growing ??= this.#growOnce().finally(() => (this.#growing = undefined));
    return this.#growing;
  }

  async #growOnce() {
    if (this.#part === "full") return true;
    const { createClient } = await load("full");
    let found = null;
    let isOld;
    const core = await createClient({ ...this.#options, handleRedirect: false }, (...change) => {
      const [session, error, type, detail] = change;
      if (isOld === undefined) return (found = session);
      // That somebody is signed in who was so before is no news.
      this[NOTIFY](session, error, isOld && type === "signedin" ? null : type, detail);
      isOld &&= !type;
    });
    if (this.#part === "closed" || (this.session && !found)) {
      core.close();
      return false;
    }
    this.#returnTo = this.returnTo;
    this[CORE].close();
    [this[CORE], this.#part, isOld] = [core, "full", found !== null];
    this[NOTIFY](found, null);
    return true;
  }

  get returnTo() {
    return this[CORE].returnTo ?? this.#returnTo;
  }

  async signIn(options) {
    // Now, before anything is awaited: browsers open windows for a click only.
    const popup = isPopup(options) ? globalThis.open?.("", "", "popup,width=500,height=700") : null;
    try {
      return await this[CORE].signIn(options, popup);
    } catch (problem) {
      // What the smaller module cannot do, before it has begun anything.
      if (problem?.code !== "unsupported" || this.#part !== "core") {
        popup?.close();
        throw problem;
      }
      if (!(await this.#grow().finally(() => this.#part === "full" || popup?.close())))
        throw problem;
    }
    return this[CORE].signIn(options, popup);
  }

  handleRedirect(url) {
    return this[CORE].handleRedirect(url);
  }

  accessToken(options) {
    return this[CORE].accessToken(options);
  }

  userInfo() {
    return this[CORE].userInfo();
  }

  revoke(token) {
    return this[CORE].revoke(token);
  }

  close() {
    this.#part = "closed";
    super.close();
  }
}

function isPopup(options) {
  try {
    return options?.mode === "popup";
  } catch {
    return false; // what is wrong with the options is for the core to say
  }
}

export async function createClient(options) {
  requireBrowser("createClient");
  return Client.create(options);
}

class PasswordClient extends AuthClient {
  signIn(credentials) {
    return this[CORE].signIn(credentials ?? null);
  }

  accessToken(options) {
    return this[CORE].accessToken(options);
  }
}

class ApiKeyClient extends AuthClient {
  setKey(key) {
    this[CORE].setKey(key);
  }
}

class CookieClient extends AuthClient {
  signIn(credentials) {
    return this[CORE].signIn(credentials);
  }

  refresh() {
    return this[CORE].refresh();
  }
}

async function createOther(create, client, options) {
  requireBrowser(create);
  // Here, so that it is in no bundle that does not need it.
  parts.credentials ??= [
    () => import(/* webpackMode: "eager" */ "./credentials.js"),
    () => new URL("./credentials_bg.wasm", import.meta.url),
  ];
  const credentials = await load("credentials");
  client[CORE] = await credentials[create](options, (...change) => client[NOTIFY](...change));
  return client;
}

export const createPasswordClient = (options) =>
  createOther("createPasswordClient", new PasswordClient(), options);
export const createApiKeyClient = (options) =>
  createOther("createApiKeyClient", new ApiKeyClient(), options);
export const createCookieClient = (options) =>
  createOther("createCookieClient", new CookieClient(), options);

export function decodeJwt(token) {
  if (!loaded)
    throw new AuthError(
      "wasm_failed",
      "The WebAssembly module is not loaded: await init() first.",
      true,
    );
  return loaded.decodeJwt(token);
}

export async function verifyJwt(token, options) {
  return (loaded ?? (await load("core"))).verifyJwt(token, options);
}
