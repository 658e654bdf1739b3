// The npm package: loads the core (Rust, as WebAssembly) and keeps what JavaScript reads often, the session and
// the error, on this side. It decides nothing.

import load, * as core from "./core.js";
import { AuthError } from "./auth-error.js";

export { AuthError };

let loading;
let loaded = false;

export function init(module) {
  loading ??= loadCore(module).catch((cause) => {
    loading = undefined; // so that it can be tried again
    // When the network fails, `fetch` says TypeError; all else is for the developer to mend.
    throw new AuthError(
      "wasm_failed",
      `The WebAssembly module did not load (${cause}). Serve core_bg.wasm beside index.js, or give its URL or bytes to init(). A Content-Security-Policy needs script-src 'wasm-unsafe-eval'; Vite before version 8 needs optimizeDeps.exclude: ['tessera-auth'].`,
      cause instanceof TypeError,
    );
  });
  return loading;
}

async function loadCore(module) {
  // Spelled like this, bundlers see that the file is needed.
  await load({ module_or_path: module ?? new URL("./core_bg.wasm", import.meta.url) });
  loaded = true;
}

class Client extends EventTarget {
  #core;
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
    await init();
    const client = new Client();
    client.#core = await core.createClient(options, (...change) => client.#notify(...change));
    return client;
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
    return this.#core.returnTo;
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

  signIn(options) {
    // Now, before anything is awaited: browsers open windows for a click only.
    return this.#core.signIn(
      options,
      isPopup(options) ? globalThis.open?.("", "", "popup,width=500,height=700") : undefined,
    );
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
    this.#core.close();
  }
}

function isPopup(options) {
  try {
    return options?.mode === "popup";
  } catch {
    return false; // what is wrong with the options is for the core to say
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
  return core.decodeJwt(token);
}

export async function verifyJwt(token, options) {
  await init();
  return core.verifyJwt(token, options);
}
