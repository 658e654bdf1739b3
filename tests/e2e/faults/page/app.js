// A page that has a client and tells what it says: `document.body.dataset.state` is who is signed in.

import { createClient } from "/pkg/index.js";

const EVENTS = ["signedin", "refreshed", "signedout", "refresherror", "error"];

const config = await (await fetch("/config.json")).json();
const client = await createClient({
  ...config.client,
  logger: ({ level, message, detail }) => report("log", { level, message, detail }),
});

/** What the client has told so far: type, reason or error code, and when it will try again. */
const told = [];
for (const type of EVENTS) {
  client.addEventListener(type, ({ detail }) => {
    const { reason, error, retryAt } = detail;
    told.push({ type, reason, code: error?.code, retryAt });
    report("event", { type, ...detail, error: error && describe(error) });
  });
}
/** Calls the API `count` times at once: the statuses, or the codes of errors. */
async function call(count = 1, url = `${config.api}/ok`) {
  const outcome = () =>
    client.fetch(url).then(
      ({ status }) => status,
      (error) => {
        report("thrown", describe(error));
        return error.code;
      },
    );
  return Promise.all(Array.from({ length: count }, outcome));
}

/** An error's own members are no enumerable properties: a copy loses them. */
function describe({ name, code, message, stack, oauth }) {
  return { name, code, message, stack, oauth };
}

Object.assign(globalThis, { client, config, told, call });
client.subscribe((session) => {
  document.body.dataset.state = session ? `signed in as ${session.subject}` : "signed out";
  report("url", location.href);
});
