// What becomes of the page's `Client` when the core is there, and what is noted of it for the pages after this one.

import { Database, createClient } from "./core.js";
import { authError } from "./error.js";
import { load, loaded } from "./parts.js";
import { withShortWay } from "./short.js";

/** Behind what the page does first. */
const QUIET_MS = 2000;
/** Infinity is nothing in JSON. */
const NEVER = 1e16;

/**
 * Makes a client whole: from then on the core has it. `CORE` and `NOTIFY` are the names under which it keeps what it stands on, and
 * is told of what changes. `early` is what it stood on before, if the page has shown a session already, `covers` judges
 * an address, and `send` sends a call.
 */
export async function complete({ client, CORE, NOTIFY, options, memory, early, covers, send }) {
  const before = client.session;
  try {
    // Whoever comes back from the server needs both.
    if (/[?&#](code|error)=/.test(location.href)) load("flows").catch(() => {});
    const isStoredThere = ["indexeddb", undefined].includes(option(options, "storage"));
    if (isStoredThere && !loaded.core) Database.openAhead();
    await load("core");
    let made;
    const notify = (session, ...change) => {
      if (early?.isClosed) return;
      keep(memory, made?.ahead(), session);
      made?.pass(); // or it would hold on to a token that is none any more
      client[NOTIFY](session, ...change);
    };
    // The options themselves are never what a promise comes to: it would look whether they are one.
    const name = presetName(options);
    const provider = name && (await presetNamed(name));
    made = await createClient(provider ? { ...options, provider } : options, notify, before);
    if (early?.isClosed) made.close();
    client[CORE] = withShortWay(made, client, covers, send);
    keep(memory, made.ahead(), client.session);
    loadFlowsIn(client.session ? QUIET_MS : 0);
    if (early && before) sayWhatIsOtherThan(before, client, NOTIFY);
    return made;
  } catch (problem) {
    // What does not load may yet. All else is wrong with the options, or with the other clients of the page.
    if (early && problem.code !== "wasm_failed" && !problem.retryable) {
      keep(memory);
      client[NOTIFY](null, problem, "error", { error: problem });
    }
    throw problem;
  }
}

function sayWhatIsOtherThan(before, client, NOTIFY) {
  const { session, error } = client;
  const end = !session ? "other_tab" : session.subject !== before.subject && "user_changed";
  if (end) client[NOTIFY](session, error, "signedout", { reason: end });
  else if (session !== before) client[NOTIFY](session, error, "refreshed", { session });
}

/**
 * Before a new version of the package takes the place of this one. A function of its own: a timer holds on to all that it could
 * see.
 */
function loadFlowsIn(ms) {
  if (!loaded.flows) setTimeout(() => load("flows").catch(() => {}), ms);
}

/** Notes what the core has found: nothing, if there is nothing to be done ahead, as without a session. */
function keep({ place, asked }, found, session) {
  if (!asked) return;
  try {
    if (!found || !session) return localStorage.removeItem(place);
    const until = session.expiresAt ? session.expiresAt * 1000 - found.offset : NEVER;
    localStorage.setItem(place, JSON.stringify({ ...found, asked, until }));
  } catch {
    // The next page waits for the core.
  }
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

/** The preset of this name. What is no name of one is for the core to say. */
async function presetNamed(name) {
  const presets = await import("./providers/index.js").catch(() => {
    throw authError("network", "The presets did not load. Try again.", true);
  });
  return presets[name] ?? name;
}
