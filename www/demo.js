// The demo page: it shows what the package does, and does nothing of it itself.

import { addressOf, readChoice, restoreAddress } from "./choice.js";
import { clearCalls, createCallView } from "./view/call.js";
import { byId, drawButton, fill, onPress } from "./view/dom.js";
import { nameOf, refreshRelativeTimes, showIdentity } from "./view/identity.js";
import { countRenewal, resetLifetime, showLifetime, tick } from "./view/lifetime.js";
import { showListing } from "./view/listing.js";
import { layMosaic } from "./view/mosaic.js";
import { showProblem } from "./view/problem.js";
import { showSwitchboard } from "./view/switchboard.js";
import { record } from "./view/timeline.js";
import { createTokenView } from "./view/token.js";
import { offerSignIn, showLacking, showWelcome } from "./view/welcome.js";

const TICK_MS = 250;
const config = await (await fetch("/config.json")).json();
const choice = readChoice(config);
const { kind, on } = choice;
const lacking = kind.lacking(config, on);
showSetup();

if (lacking) {
  showLacking(lacking);
  setState("signed-out", "Not running here");
} else {
  await run();
}

async function run() {
  const client = await kind.create(config, on, logger).catch((error) => {
    setState("signed-out", "Could not start");
    reportProblem(error);
    throw error;
  });
  restoreAddress(choice, client.returnTo);

  const tokenView = createTokenView(kind.tokens?.(client, config, on) ?? [], kind.veil);
  createCallView({
    call: client.fetch,
    calls: kind.calls(config, on),
    unlisted: config.unlisted,
    record,
  });

  offerSignIn(kind.ways(client, on, config), kind.fields?.(config) ?? [], attempt);
  onPress(byId("sign-out"), () => attempt(() => client.signOut()));
  onPress(byId("sign-out-local"), () => attempt(() => client.signOut({ local: true })));
  byId("sign-out-local").hidden = kind.isLocal === true;
  byId("renew").hidden = !kind.renew;
  onPress(byId("renew"), () => attempt(() => kind.renew(client)));
  for (const { act, ...deed } of kind.deeds(client, on, config))
    byId("renew").after(drawButton(deed, () => attempt(act)));

  listen(client);
  client.subscribe((session) => show(client, session, tokenView));
  setInterval(() => {
    tick();
    refreshRelativeTimes();
  }, TICK_MS);

  // For whoever opens the console.
  globalThis.client = client;
}

function listen(client) {
  const tell = (type, describe) =>
    client.addEventListener(type, ({ detail }) =>
      record({ kind: "event", title: type, ...describe(detail) }),
    );
  tell("signedin", (detail) => ({ tone: "good", detail }));
  tell("refreshed", (detail) => ({ tone: "good", detail }));
  tell("signedout", (detail) => ({ title: `signedout · ${detail.reason}`, detail }));
  tell("idlewarning", (detail) => ({ detail }));
  for (const type of ["refresherror", "error"])
    tell(type, ({ error }) => ({ tone: "bad", title: `${type} · ${error.code}`, error }));
  client.addEventListener("refreshed", countRenewal);
  client.addEventListener("error", ({ detail }) => showProblem(detail.error));
}

function show(client, session, tokenView) {
  showProblem(client.error);
  if (session) {
    showIdentity(session, kind);
    showLifetime(session);
    tokenView.draw();
    const name = nameOf(session);
    setState("signed-in", name ? `Signed in as ${name}` : "Signed in");
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

function showSetup() {
  showSwitchboard(config, choice);
  showWelcome(config, choice);
  fill("credential", kind.credential);
  fill("claims-title", kind.claims);
  fill("raw-title", kind.raw);
  if (!lacking) showListing(kind.listing(config, on));
  layMosaic();
  byId("second-tab").href = addressOf(kind, on);
  if (config.endSession && kind.id === "oauth")
    Object.assign(byId("end-session"), { href: config.endSession, hidden: false });
}
