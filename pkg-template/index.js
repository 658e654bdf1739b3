// The npm package: loads the core (Rust, as WebAssembly) and keeps what JavaScript reads often, the session and
// the error, on this side. It decides nothing.

import * as core from "./core.js";
import { AuthError } from "./auth-error.js";

export { AuthError };

/**
 * The modules, each whole by itself: `core` has what every page needs, `full` the rest too. How their glue is had, and where they
 * are. Spelled like this, bundlers see that the files are needed.
 */
const parts = {
  core: [() => core, () => new URL("./core_bg.wasm", import.meta.url)],
  // webpack would load it by a script element, which a page with Trusted Types does not let it make.
  full: [
    () => import(/* webpackMode: "eager" */ "./full.js"),
    () => new URL("./full_bg.wasm", import.meta.url),
  ],
};
/** Where the application says that they are instead. */
const given = { __proto__: null };
const loading = { __proto__: null };
/** The glue of one that is loaded: whichever it is, it reads tokens. */
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
  loaded ??= part;
  return part;
}

/** The module that options ask for. What is wrong with them is for the module to say. */
function partFor(options) {
  try {
    const { dpop, par, provider, stepUp = "none", storage, resources = [] } = options;
    const audiences = new Set(resources.map((resource) => resource.audience).filter(Boolean));
    // What is kept in memory is kept by the module, which so cannot be changed later.
    const isFull = dpop || par || provider || stepUp !== "none" || audiences.size > 1;
    return isFull || storage === "memory" ? "full" : "core";
  } catch {
    return "core";
  }
}

class Client extends EventTarget {
  #core;
  #options;
  #part;
  #growing;
  #returnTo = null;
  #session = null;
  #error = null;
  #listeners = new Set();

  static async create(options) {
    // A worker has a location too; a server that renders pages has none.
    if (!globalThis.location) {
      throw new AuthError(
        "unsupported",
        "createClient needs a browser. Where pages are rendered on a server, call it only after the page has started.",
      );
    }
    const client = new Client();
    client.#options = options;
    client.#part = partFor(options);
    const { createClient } = await load(client.#part);
    client.#core = await createClient(options, (...change) => client.#notify(...change));
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
      this.#notify(session, error, isOld && type === "signedin" ? null : type, detail);
      isOld &&= !type;
    });
    if (this.#part === "closed" || (this.#session && !found)) {
      core.close();
      return false;
    }
    this.#returnTo = this.returnTo;
    this.#core.close();
    [this.#core, this.#part, isOld] = [core, "full", found !== null];
    this.#notify(found, null);
    return true;
  }

  #notify(session, error, type, detail) {
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

  get returnTo() {
    return this.#core.returnTo ?? this.#returnTo;
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

  fetch = (input, init) => this.#core.fetch(input, init);

  async signIn(options) {
    try {
      return await this.#core.signIn(options);
    } catch (problem) {
      // What the smaller module cannot do, before it has begun anything.
      if (problem?.code !== "unsupported" || this.#part !== "core" || !(await this.#grow())) {
        throw problem;
      }
    }
    return this.#core.signIn(options);
  }

  handleRedirect(url) {
    return this.#core.handleRedirect(url);
  }

  accessToken(options) {
    return this.#core.accessToken(options);
  }

  userInfo() {
    return this.#core.userInfo();
  }

  revoke(token) {
    return this.#core.revoke(token);
  }

  signOut(options) {
    return this.#core.signOut(options);
  }

  close() {
    this.#part = "closed";
    this.#core.close();
  }
}

export function createClient(options) {
  return Client.create(options);
}

async function unsupported() {
  throw new AuthError(
    "unsupported",
    "This version has createClient only. Clients for passwords, API keys and cookies come in a later one.",
  );
}
export {
  unsupported as createPasswordClient,
  unsupported as createApiKeyClient,
  unsupported as createCookieClient,
};

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
