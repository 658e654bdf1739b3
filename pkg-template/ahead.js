// What a page with a good session does before the core is there: it shows the session, and makes its first calls. The core has found
// on a page before that these options are good; that is noted. What is judged here, whether the token is good and may go to a URL, is
// judged more narrowly than by the core, and whatever is not beyond doubt waits for it.

import { AuthError } from "./auth-error.js";

/** What is read from the store is shown and sent for so long, until the core is there to hear what becomes of it. */
const FRESH_MS = 5000;
/** A token that ends sooner than this is for the core to renew. */
const MARGIN_MS = 30_000;
/** As the core says it. */
const NO_ANSWER =
  "no answer to the call. Check the connection, the server's CORS headers and the page's CSP connect-src.";
/** Browsers have had defects that leave an `open` without any event. */
const OPEN_TIMEOUT_MS = 1000;

/** An address with nothing in it, up to its query, that somebody could read as something else. */
const PLAIN = /^[^%;\\?#]*([?#]|$)/;

/** Whether the core would allow it, without a doubt: it has more to say about addresses that others may read otherwise. */
export const covers = (url, places) =>
  PLAIN.test(url) && places?.some((place) => `${url}/`.startsWith(place));

const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype;

/** For `JSON.stringify`: throws for what would come back as something else. What is left out is null, which is nobody's option. */
function keepAsItIs(name, value) {
  if (value === undefined) return null;
  const isSame = this[name] === value && (Number.isFinite(value) || typeof value !== "number");
  if (isSame && (Object(value) !== value || Array.isArray(value) || isPlain(value))) {
    if (value !== null) return value;
  }
  throw value;
}

/** What is noted for the pages after this one about a client with these options. */
export class Memory {
  /** What the addresses begin with that may have the token. */
  resources;
  /** Where it is, in localStorage. */
  place;
  /** The options as they are compared; nothing, if nothing can be noted. */
  asked;
  #logger;

  constructor(options) {
    try {
      // What a script has put on Object.prototype is no option of anybody's; and an instance of a class has members that are not its own.
      const own = { __proto__: null, ...options };
      if (!isPlain(options)) return;
      const { logger, resources, redirectUri, postLogoutRedirectUri, ...others } = own;
      // The page's own address is one that the core would not take from an option, if it is neither of these.
      const isSecure = /^(https:|http:\/\/(localhost|127\.[\d.]+|\[::1\])[:/])/.test(location.href);
      if (!(logger === undefined || typeof logger === "function") || !(redirectUri || isSecure))
        return;
      // Another page may resolve them otherwise.
      const resolve = (url) => (url === undefined ? url : new URL(url, location.href).href);
      const resolved = resources?.map((resource) =>
        isPlain(resource)
          ? { ...resource, url: resolve(resource.url) }
          : { url: resolve(resource) },
      );
      this.resources = resolved?.map(({ url }) => url.replace(/\/*$/, "/"));
      this.asked = JSON.stringify(
        {
          ...others,
          resources: resolved,
          redirectUri: resolve(redirectUri),
          postLogoutRedirectUri: resolve(postLogoutRedirectUri),
        },
        keepAsItIs,
      );
      this.place = `tessera-auth ahead ${[others.issuer, others.clientId, others.name]}`;
      this.#logger = logger;
    } catch {
      // What is wrong with the options is for the core to say.
    }
  }

  /**
   * What was noted, if this page is one that has nothing to do but to show the session: nothing is in its address that a server may
   * have sent, and it is in no frame.
   */
  recall() {
    try {
      if (!this.asked || parent !== self || /[?&#](code|error|state|iss|sid)=/.test(location.href))
        return;
      const note = JSON.parse(localStorage.getItem(this.place));
      if (note.asked === this.asked && Date.now() < note.until) return note;
    } catch {
      // no note, or no storage
    }
  }

  /** The options as they are now: what becomes of the application's object, and of the page's address, is not for the core to see. */
  options() {
    const redirectUri = location.href.split(/[?#]/)[0];
    const asked = JSON.parse(this.asked, (_, value) => value ?? undefined);
    return { redirectUri, ...asked, logger: this.#logger };
  }
}

/** As the core sends it. */
export async function send(request, header) {
  request.headers.set("authorization", header);
  try {
    return await fetch(request);
  } catch {
    if (request.signal.aborted) throw request.signal.reason;
    throw new AuthError("network", NO_ANSWER, true);
  }
}

/** Opens the database of `web.js`, if there is one. */
function open() {
  return new Promise((resolve, reject) => {
    let isLate = false;
    setTimeout(() => reject((isLate = true)), OPEN_TIMEOUT_MS);
    const request = indexedDB.open("tessera-auth");
    request.onupgradeneeded = () => request.transaction.abort();
    request.onerror = (event) => {
      event.preventDefault();
      reject();
    };
    request.onsuccess = () => {
      const { result } = request;
      result.onversionchange = () => result.close();
      if (isLate) result.close();
      resolve(result);
    };
  });
}

/** Of one moment, what `web.js` has written: by store and name. What is not there is nothing. */
function read(database, wanted) {
  const transaction = database.transaction(["values", "keys"]);
  const get = ([store, name]) =>
    new Promise((resolve, reject) => {
      const request = transaction.objectStore(store).get(name);
      request.onsuccess = () => resolve(request.result);
      request.onerror = reject;
    });
  return Promise.all(wanted.map(get));
}

/** What a value is, of which no name may be taken for another. */
async function unseal(key, name, value) {
  if (!value) return;
  const [iv, sealed] = [value.subarray(0, 12), value.subarray(12)];
  const additionalData = new TextEncoder().encode(name);
  const cipher = { __proto__: null, name: "AES-GCM", iv, additionalData };
  return new TextDecoder().decode(await crypto.subtle.decrypt(cipher, key, sealed));
}

function deepFreeze(value) {
  if (value && typeof value === "object") Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

/** The session that a note is about, until the core is there. */
export class Ahead {
  session;
  #note;
  #memory;
  #database;
  #sealed;
  #fields;
  #readAt;
  #calls = 0;
  #isOver = false;

  /** Nothing, if there is no session, or anything about it that the core should see first. */
  static async begin(note, memory) {
    const ahead = new Ahead();
    try {
      ahead.#note = note;
      ahead.#memory = memory;
      const opening = open();
      // An answer of the server's that a page before has taken out of its address. Read now, while the browser opens the database.
      const taken = sessionStorage.getItem("tessera-auth *taken");
      ahead.#database = await opening;
      if (!taken && (await ahead.#look())) return ahead;
    } catch {
      // The core knows what to do about it.
    }
    ahead.end();
  }

  async #look() {
    const { owner, session, ended, audience } = this.#note;
    this.#readAt = Date.now(); // before: this page may be frozen while it reads
    const [value, sealedMarks, key] = await read(this.#database, [
      ["values", session],
      ["values", ended],
      ["keys", "AES-GCM"],
    ]);
    const [text, marks = ""] = await Promise.all([
      unseal(key, session, value),
      unseal(key, ended, sealedMarks),
    ]);
    this.#sealed = value;
    // The record is a form: see `client/record.rs`.
    const fields = (this.#fields = new URLSearchParams(text));
    const field = (name) => fields.get(name);
    if (
      field("v") !== "1" ||
      field("owner") !== owner ||
      field("token_type") !== "Bearer" ||
      fields.has("key") ||
      (audience && (field("audience") ?? audience) !== audience) ||
      marks.split(" ").includes(field("family")) ||
      !this.#isGood()
    )
      return false;
    const number = (name) => (fields.has(name) ? Number(field(name)) : null);
    const json = (name) => deepFreeze(JSON.parse(field(name)));
    this.session = Object.freeze({
      subject: field("subject"),
      claims: json("claims"),
      scope: field("scope"),
      authorizationDetails: json("authorization_details"),
      tokenType: "Bearer",
      expiresAt: number("expires_at"),
      canRefresh: fields.has("refresh_token"),
      signedInAt: number("signed_in_at"),
    });
    return true;
  }

  /** Whether the token is good for a while, by the server's clock, and what is known of it is fresh. */
  #isGood() {
    const age = Date.now() - this.#readAt;
    if (this.#isOver || !(0 <= age && age < FRESH_MS)) return false;
    // The last field: a record that was cut off does not have it.
    const offset = this.#fields.get("clock_offset");
    const end = this.#fields.get("expires_at");
    const left = Number(end ?? Infinity) * 1000 - Date.now() - Number(offset ?? NaN);
    return left > MARGIN_MS;
  }

  /** Whether nobody has renewed the session since, or ended it, or begun another. */
  async #isUnchanged() {
    try {
      const [value] = await read(this.#database, [["values", this.#note.session]]);
      // No two are sealed alike, even of the same text.
      return !indexedDB.cmp(value, this.#sealed);
    } catch {
      return false;
    }
  }

  /**
   * Sends a call that has no body, if there is no doubt that it may be sent. `goOn(sent, answer, isUnchanged)` is what is to be done with an
   * answer that is not the whole story: one of an API that refuses the token, or one that came when the session was another already.
   */
  async fetch(request, goOn) {
    if (!["GET", "HEAD"].includes(request.method) || request.mode === "no-cors") return;
    if (!this.#isGood() || !covers(request.url, this.#memory.resources)) return;
    this.#calls++;
    try {
      const answer = await send(request, `Bearer ${this.#fields.get("access_token")}`);
      const isUnchanged = await this.#isUnchanged();
      const isRefused = answer.status === 401 || answer.status === 403;
      const sent = ["access_token", "family", "subject"].map((name) => this.#fields.get(name));
      return isUnchanged && !isRefused ? answer : goOn(sent, answer, isUnchanged);
    } finally {
      this.#calls--;
      if (this.#isOver) this.end();
    }
  }

  /** The token, if there is no doubt that it is good. */
  async accessToken() {
    const token = this.#isGood() && this.#fields.get("access_token");
    if (token && (await this.#isUnchanged())) return token;
  }

  /** From now on nothing begins here. What is under way ends as it would. */
  end() {
    this.#isOver = true;
    if (this.#calls) return;
    this.#fields = undefined; // with its tokens
    this.#database?.close();
  }
}
