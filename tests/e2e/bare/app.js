// A page that has the package and does nothing with it by itself. What a client says and what is thrown goes to the
// harness, which looks for secrets in it.

import * as tessera from "/pkg/index.js";

/** A promise that has not settled by then never will. */
const PATIENCE_MS = 10_000;

const EVENTS = ["signedin", "refreshed", "signedout", "refresherror", "error"];

/** A client, with everything that it says recorded. `events` are the types of its events so far. */
async function open(options, create = "createClient") {
  const logger = (entry) => record({ kind: "log", title: entry.message, details: entry });
  const client = await tessera[create]({ logger, ...options });
  client.events = [];
  for (const type of EVENTS) {
    client.addEventListener(type, ({ detail }) => {
      client.events.push(type);
      const details = detail.error ? describe(detail.error) : detail;
      record({ kind: "event", title: type, details });
    });
  }
  return client;
}

/** What `act` comes to: `{ value }`, or the error that it throws as a plain object. */
async function attempt(act) {
  let timer;
  const never = new Promise((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS, { code: "(never settled)" });
  });
  const outcome = (async () => ({ value: await act() }))().catch((thrown) => {
    const error = describe(thrown);
    record({ kind: "thrown", title: String(error.code), details: error });
    return error;
  });
  return Promise.race([outcome, never]).finally(() => clearTimeout(timer));
}

/** An error's own members are no enumerable properties: a copy loses them. */
function describe(thrown) {
  const { name, code, message, retryable, oauth, stack, cause } = Object(thrown);
  return {
    name,
    code,
    message: message ?? String(thrown),
    retryable,
    oauth,
    stack,
    cause: cause === undefined ? undefined : String(cause),
    isAuthError: thrown instanceof tessera.AuthError,
    isError: thrown instanceof Error,
  };
}

function record(entry) {
  document.dispatchEvent(new CustomEvent("demo:entry", { detail: entry }));
}

globalThis.tessera = { ...tessera, open, attempt, describe };
