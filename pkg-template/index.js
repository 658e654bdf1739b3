// The npm package: loads the core (Rust, as WebAssembly) and keeps what JavaScript reads often, the session and
// the error, on this side. It decides nothing.

import { Ahead, Memory, covers, send } from "./ahead.js";
import { AuthError } from "./auth-error.js";
import { Early, decodeEarly } from "./early.js";

export { AuthError };

/**
 * The files of the package: `core` is what every page needs; its glue adds what comes behind it. `credentials` is whole by itself. Spelled
 * like this, bundlers see that the files are needed.
 */
const files = {
  core: [loadCore, () => new URL("./core_bg.wasm", import.meta.url)],
};
/** Where the application says that they are instead. */
const given = { __proto__: null };
const loading = { __proto__: null };
const loaded = { __proto__: null };
/** The glue of the core, once that is there. */
let core;
/** What reads a JWT, once there is a module that does. */
let decode;
/** Whether a client of this page was there before the module. */
let isEarly = false;

export async function init(module, others) {
  Object.assign(given, others, loading.core ? {} : { core: module });
  await load("core");
}

/** What is exported by a file that is loaded by then. */
function load(name) {
  loading[name] ??= loadFile(name).catch((cause) => {
    loading[name] = given[name] = undefined; // so that it can be tried again
    // When the network fails, `fetch` says TypeError; all else is for the developer to mend.
    throw new AuthError(
      "wasm_failed",
      `The WebAssembly module did not load (${cause}). Serve ${name}_bg.wasm beside index.js, or give its URL or bytes to init(). The page's CSP needs script-src 'wasm-unsafe-eval'; Vite 7 needs optimizeDeps.exclude: ['tessera-auth'].`,
      cause instanceof TypeError,
    );
  });
  return loading[name];
}

async function glue() {
  // `eager`: trusted types refuse webpack's way to load a chunk.
  const script = await import(/* webpackMode: "eager" */ "./core.js");
  script.provide(AuthError, files, loaded, load);
  return script;
}

/** Loads the core and its glue, which come over the network at once. */
async function loadCore(source) {
  if (source instanceof URL) source = fetch(source);
  const [script, response] = await Promise.all([glue(), source]);
  await script.load(response);
  return (core = script);
}

/** Where a file is, if the application has said where the core is, whose name tells. */
async function besideCore(name) {
  const source = given.core;
  const url = String((await source)?.url ?? source);
  return url.includes("core_bg.wasm")
    ? new URL(url.replace("core_bg.wasm", `${name}_bg.wasm`), location.href)
    : undefined;
}

async function loadFile(name) {
  const [start, address] = files[name];
  const exports = await start(given[name] ?? (await besideCore(name)) ?? address());
  loaded[name] = true;
  decode ??= exports?.decodeJwt;
  return exports;
}

// A worker has a location too; a server that renders pages has none.
function requireBrowser(create) {
  if (globalThis.location) return;
  throw new AuthError(
    "unsupported",
    `${create} needs a browser. On a server that renders pages, wait for the page.`,
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
  static async create(options) {
    const client = new Client();
    const memory = new Memory(options);
    const note = loaded.core ? undefined : memory.recall();
    const ahead = note && (await Ahead.begin(note, memory));
    if (ahead) {
      client[NOTIFY](ahead.session, null);
      const now = memory.options();
      client[CORE] = new Early(ahead, (early) => client.#complete(now, memory, early));
      isEarly = true;
    } else {
      await client.#complete(options, memory);
    }
    return client;
  }

  /** Makes the client whole: from then on the core has it. */
  async #complete(options, memory, early) {
    const whole = load("core");
    whole.catch(() => {}); // `complete` waits for it too, and says so
    const { complete } = await glue().catch(() => whole);
    return complete({ client: this, CORE, NOTIFY, options, memory, early, covers, send });
  }

  get returnTo() {
    return this[CORE].returnTo;
  }

  async signIn(options) {
    // Now, before anything is awaited: browsers open windows for a click only.
    const popup = isPopup(options) ? globalThis.open?.("", "", "popup,width=500,height=700") : null;
    try {
      return await this[CORE].signIn(options, popup);
    } catch (problem) {
      popup?.close(); // if what would have closed it did not load
      throw problem;
    }
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

async function createOther(create, options) {
  requireBrowser(create);
  // Here, so that it is in no bundle that does not need it.
  files.credentials ??= [
    async (source) => {
      const credentials = await import(/* webpackMode: "eager" */ "./credentials.js");
      credentials.provideAuthError(AuthError);
      await credentials.default({ module_or_path: source });
      return credentials;
    },
    () => new URL("./credentials_bg.wasm", import.meta.url),
  ];
  const { make } = await load("credentials");
  return make(create, options, { AuthClient, CORE, NOTIFY });
}

export const createPasswordClient = (options) => createOther("createPasswordClient", options);
export const createApiKeyClient = (options) => createOther("createApiKeyClient", options);
export const createCookieClient = (options) => createOther("createCookieClient", options);

export function decodeJwt(token) {
  if (decode) return decode(token);
  if (isEarly) return decodeEarly(token);
  throw new AuthError(
    "wasm_failed",
    "The WebAssembly module is not loaded: await init() first.",
    true,
  );
}

export async function verifyJwt(token, options) {
  await load("core");
  return core.verifyJwt(token, options);
}
