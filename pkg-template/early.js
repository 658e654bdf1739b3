// What is in the place of the core until that is there.

import { AuthError } from "./auth-error.js";

/** Until then a page that can do without the core has made its first call, or will not soon. */
const FIRST_CALL_MS = 250;
/** What it makes of the answer comes before the core, which keeps the browser busy. */
const AFTER_CALL_MS = 50;
/** A page that has a session and no core tries again to get it. */
const AGAIN_MS = 10_000;

/**
 * In the place of the core until that is there. The core comes when it is asked for, or behind what the page does first: its first
 * call.
 */
export class Early {
  returnTo = null;
  isClosed = false;
  #ahead;
  #make;
  #whole;
  #timer;
  #hasCalled = false;

  constructor(ahead, make) {
    this.#ahead = ahead;
    this.#make = make;
    this.#comeIn(FIRST_CALL_MS);
  }

  #comeIn(ms) {
    clearTimeout(this.#timer);
    if (!this.isClosed) this.#timer = setTimeout(() => this.#come().catch(() => {}), ms);
  }

  /** The core, which has the client from then on. */
  async #come() {
    if (this.isClosed) throw new AuthError("aborted", "this client was closed. Make another.");
    this.#whole ??= this.#make(this);
    try {
      const core = await this.#whole;
      this.#ahead.end();
      return core;
    } catch (problem) {
      this.#whole = undefined; // so that it can be tried again
      this.#comeIn(AGAIN_MS);
      throw problem;
    }
  }

  /** For the core, as is what comes after it. */
  #later(method) {
    return async (...given) => {
      this.#ahead.end();
      return (await this.#come())[method](...given);
    };
  }

  async fetch(input, init) {
    let request, kept;
    try {
      // Now, as `fetch` does it: what the caller does to his arguments later is his own affair.
      kept = keep(init);
      if (!isStream(init?.body)) request = new Request(input, kept);
    } catch {
      // What is wrong with them is for the core to say.
    }
    if (!request) return (await this.#come()).fetch(input, kept ?? init);
    const { signal } = request;
    const aborted = new Promise((_, reject) => {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    const core = () => Promise.race([this.#come(), aborted]);
    aborted.catch(() => {}); // if nobody waits for the core
    const goOn = async (sent, answer, isUnchanged) => {
      const there = await core().catch((problem) => {
        // The API has answered, and nothing can be made of it.
        if (!isUnchanged || signal.aborted) throw problem;
      });
      return there ? there.goOn(request, ...sent, answer) : answer;
    };
    const answer = await this.#ahead.fetch(request, goOn).finally(() => {
      // Once: many calls in a row do not put it off.
      if (!this.#hasCalled) this.#comeIn(AFTER_CALL_MS);
      this.#hasCalled = true;
    });
    return answer ?? (await core()).fetch(request);
  }

  async accessToken(options) {
    const token = options === undefined ? await this.#ahead.accessToken() : undefined;
    return token ?? this.#later("accessToken")(options);
  }

  signIn = this.#later("signIn");
  handleRedirect = this.#later("handleRedirect");
  userInfo = this.#later("userInfo");
  revoke = this.#later("revoke");
  signOut = this.#later("signOut");

  close() {
    this.isClosed = true;
    clearTimeout(this.#timer);
    this.#ahead.end();
  }
}

/** Options of a call with a copy of the bytes that they hold: WebKit reads them only when it sends them. */
function keep(init) {
  const body = init?.body;
  if (!(ArrayBuffer.isView(body) || body instanceof ArrayBuffer)) return init;
  const { buffer = body, byteOffset = 0, byteLength } = body;
  return { ...init, body: buffer.slice(byteOffset, byteOffset + byteLength) };
}

/** One that is sent once, and by the core: inside of a `Request` it looks like any other. */
const isStream = (body) => Object(body) === body && Symbol.asyncIterator in body;

/** What the core would make of the token, in a page whose client is there before it. */
export function decodeEarly(token) {
  try {
    const [header, claims, signature, more] = token.split(".");
    const bytes = (text) => {
      if (!/^[\w-]*$/.test(text)) throw text;
      const letters = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
      return Uint8Array.from(letters, (letter) => letter.charCodeAt());
    };
    const object = (text) => {
      const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes(text)));
      if (value && typeof value === "object" && !Array.isArray(value)) return value;
      throw value;
    };
    bytes(signature);
    if (more === undefined) return { header: object(header), claims: object(claims) };
  } catch {
    // no three parts, no base64url, no JSON, no objects
  }
  throw new AuthError("malformed_token", "the token is no JWT. Give the token as it was issued.");
}
