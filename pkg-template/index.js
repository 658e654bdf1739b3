// The npm package: loads the core (Rust, as WebAssembly) and keeps what JavaScript reads often, the session and
// the error, on this side. It decides nothing.

import { Ahead, Memory } from "./ahead.js";
import { AuthError } from "./auth-error.js";
import { Early, decodeEarly } from "./early.js";

export { AuthError };

/**
 * The files of the package: `core` is what every page needs, `flows` and `more` come behind it, on the same memory, when something of it is
 * first needed, and `credentials` is whole by itself. Spelled like this, bundlers see that the files are needed.
 */
const files = {
  core: [loadCore, () => new URL("./core_bg.wasm", import.meta.url)],
  flows: [
    (source) => loadBehind("core", source),
    () => new URL("./flows_bg.wasm", import.meta.url),
  ],
  more: [(source) => loadBehind("flows", source), () => new URL("./more_bg.wasm", import.meta.url)],
};
/** Where the application says that they are instead. */
const given = { __proto__: null };
const loading = { __proto__: null };
const loaded = { __proto__: null };
/** The glue of the core, once it is there. */
let core;
/** What reads a JWT, once there is a module that does. */
let decode;
/** Whether a client of this page was there before the module. */
let isEarly = false;

/** What the core asks for when it needs one of the parts behind it, in the order in which they stand on each other. */
const PARTS = ["core", "flows", "more"];
const part = (number) => (loaded[PARTS[number]] ? undefined : load(PARTS[number]));

const QUIET_MS = 2000;

export async function init(module, others) {
  Object.assign(given, others, loading.core ? {} : { core: module });
  await load("core");
}

/**
 * Before a new version of the package takes the place of this one; but behind what the page does first. A function of its own: a
 * timer holds on to all that it could see.
 */
function loadFlowsIn(ms) {
  if (!loading.flows) setTimeout(() => load("flows").catch(() => {}), ms);
}

/** What is exported by a file that is loaded by then. */
function load(name) {
  loading[name] ??= loadFile(name).catch((cause) => {
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

// `eager`: trusted types refuse webpack's way to load a chunk.
const glue = () => import(/* webpackMode: "eager" */ "./core.js");

/** Loads the core and its glue, which come over the network at once. */
async function loadCore(source) {
  if (source instanceof URL) source = fetch(source);
  [core, source] = await Promise.all([glue(), source]);
  core.provide(part);
  await core.load(source);
  return core;
}

/** Loads what stands on another file; both come over the network at once. */
async function loadBehind(name, source) {
  if (source instanceof URL) source = fetch(source);
  const [response] = await Promise.all([source, load(name)]);
  return core.load(response);
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

/** What is wrong with the options is for the core to say. */
function option(options, name) {
  try {
    return options[name];
  } catch {
    return undefined;
  }
}

/** The name of a preset that options have in the place of it. What a script has put on Object.prototype is no option of anybody's. */
function presetName(options) {
  const name = option(options, "provider");
  return typeof name === "string" && name !== Object.prototype.provider ? name : undefined;
}

/** The options with the preset itself. What is no name of one is for the core to say. */
async function withPreset(options, name) {
  const presets = await import("./providers/index.js").catch(() => {
    throw new AuthError("network", "The presets did not load. Try again.", true);
  });
  return { ...options, provider: presets[name] ?? name };
}

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
  static async create(options) {
    const client = new Client();
    const memory = new Memory(options);
    const note = loaded.core ? undefined : memory.recall();
    const ahead = note && (await Ahead.begin(note, memory.resources));
    if (ahead) {
      client[NOTIFY](ahead.session, null);
      const now = memory.options();
      client[CORE] = new Early(ahead, (early) => client.#catchUp(now, memory, early));
      isEarly = true;
    } else {
      await client.#complete(options, memory, {});
    }
    return client;
  }

  /** Makes the client whole: from then on the core has it. */
  async #complete(options, memory, early) {
    // Whoever comes back from the server needs both.
    if (/[?&#](code|error)=/.test(location.href)) load("flows").catch(() => {});
    const isStoredThere = ["indexeddb", undefined].includes(option(options, "storage"));
    if (isStoredThere && !loaded.core)
      glue().then(
        ({ Database }) => Database.openAhead(),
        () => {},
      );
    await load("core");
    const name = presetName(options);
    const whole = name === undefined ? options : await withPreset(options, name);
    let made;
    const notify = (session, ...change) => {
      if (early.isClosed) return;
      memory.keep(made?.ahead(), session);
      this[NOTIFY](session, ...change);
    };
    made = await core.createClient(whole, notify, this.session);
    if (early.isClosed) made.close();
    this[CORE] = made;
    memory.keep(made.ahead(), this.session);
    loadFlowsIn(this.session ? QUIET_MS : 0);
    return made;
  }

  /** The same, in a page that has shown a session already. */
  async #catchUp(options, memory, early) {
    const before = this.session;
    try {
      const core = await this.#complete(options, memory, early);
      const { session, error } = this;
      const end = !session ? "other_tab" : session.subject !== before.subject && "user_changed";
      if (end) this[NOTIFY](session, error, "signedout", { reason: end });
      else if (session !== before) this[NOTIFY](session, error, "refreshed", { session });
      return core;
    } catch (problem) {
      // What does not load may yet. All else is wrong with the options, or with the other clients of the page.
      if (problem.code !== "wasm_failed" && !problem.retryable) {
        memory.keep();
        this[NOTIFY](null, problem, "error", { error: problem });
      }
      throw problem;
    }
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
  // Here, so that it is in no bundle that does not need it. `eager`: trusted types refuse webpack's way to load a chunk.
  files.credentials ??= [
    async (source) => {
      const credentials = await import(/* webpackMode: "eager" */ "./credentials.js");
      await credentials.default({ module_or_path: source });
      return credentials;
    },
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
