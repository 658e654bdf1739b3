// The demo page: it shows what the package does, and does nothing of it itself.

import { createClient } from "/pkg/index.js";
import { clearCalls, createCallView } from "./view/call.js";
import { byId, fill, onPress } from "./view/dom.js";
import { refreshRelativeTimes, showIdentity } from "./view/identity.js";
import { countRenewal, resetLifetime, showLifetime, tick } from "./view/lifetime.js";
import { showListing } from "./view/listing.js";
import { layMosaic } from "./view/mosaic.js";
import { showProblem } from "./view/problem.js";
import { record } from "./view/timeline.js";
import { createTokenView } from "./view/token.js";

const TICK_MS = 250;
const config = await (await fetch("/config.json")).json();
showSetup(config);

const client = await createClient({ ...config.client, logger }).catch((error) => {
  setState("signed-out", "Could not start");
  reportProblem(error);
  throw error;
});

const tokenView = createTokenView(() => client.accessToken({ minValidity: 0 }));
createCallView({
  call: (url) => client.fetch(url),
  api: config.api,
  unlisted: config.unlisted,
  record,
});

onPress(byId("sign-in"), () => attempt(() => client.signIn()));
onPress(byId("sign-in-other"), () => attempt(() => client.signIn({ prompt: "login" })));
onPress(byId("sign-out"), () => attempt(() => client.signOut()));
onPress(byId("sign-out-local"), () => attempt(() => client.signOut({ local: true })));
onPress(byId("renew"), () => attempt(() => client.accessToken({ fresh: true })));

client.addEventListener("signedin", ({ detail }) =>
  record({ kind: "event", tone: "good", title: "signedin", detail }),
);
client.addEventListener("refreshed", ({ detail }) => {
  record({ kind: "event", tone: "good", title: "refreshed", detail });
  countRenewal();
});
client.addEventListener("signedout", ({ detail }) =>
  record({ kind: "event", title: `signedout · ${detail.reason}`, detail }),
);
client.addEventListener("refresherror", ({ detail }) =>
  record({
    kind: "event",
    tone: "bad",
    title: `refresherror · ${detail.error.code}`,
    error: detail.error,
  }),
);
client.addEventListener("idlewarning", ({ detail }) =>
  record({ kind: "event", title: "idlewarning", detail }),
);
client.addEventListener("error", ({ detail }) => {
  record({
    kind: "event",
    tone: "bad",
    title: `error · ${detail.error.code}`,
    error: detail.error,
  });
  showProblem(detail.error);
});
client.subscribe(show);
setInterval(() => {
  tick();
  refreshRelativeTimes();
}, TICK_MS);

// For whoever opens the console.
globalThis.client = client;

function show(session) {
  showProblem(client.error);
  if (session) {
    showIdentity(session);
    showLifetime(session);
    tokenView.draw();
    setState("signed-in", `Signed in as ${session.claims?.name ?? session.subject ?? "somebody"}`);
  } else {
    resetLifetime();
    tokenView.hide();
    clearCalls();
    setState("signed-out", "Signed out");
  }
}

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    reportProblem(error);
  }
}

function reportProblem(error) {
  record({ kind: "event", tone: "bad", title: error.code ?? error.name, error });
  showProblem(error);
}

function logger({ level, message, detail }) {
  record({
    kind: "log",
    tone: level === "warn" || level === "error" ? "bad" : "plain",
    title: message,
    detail,
  });
}

function setState(state, status) {
  document.body.dataset.state = state;
  byId("welcome").hidden = state !== "signed-out";
  byId("home").hidden = state !== "signed-in";
  fill("status", status);
}

function showSetup({ client: options, api, endSession }) {
  fill("issuer", options.issuer);
  fill("client-id", options.clientId);
  fill("api", api);
  showListing(options, api);
  layMosaic();
  if (endSession) Object.assign(byId("end-session"), { href: endSession, hidden: false });
}
