#!/usr/bin/env node
// The demo's command: starts everything, prints the address, ends everything.

import { access } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { accountHints } from "./account.mjs";
import { PORTS, PYTHON_SERVERS, startDemo } from "./demo.mjs";
import { isHttpUrl } from "./metadata.mjs";
import { PACKAGE } from "./page.mjs";
import { PYTHON } from "./python.mjs";

const DEFAULT_PORT = 4180;
const LAST_PORT = 65_536 - PORTS;
/** `cargo xtask` knows why there is no Python, and what to install. */
const LACKING =
  process.env.TESSERA_PYTHON_LACKING ??
  "TESSERA_PYTHON names no interpreter; `cargo xtask demo` sees to that.";
/** Short, so that renewal can be watched. */
const LIFETIME_SECONDS = 60;
const HELP = `The Tessera demo: a page that signs in, stays signed in and calls an API, with each kind of credential.

Usage: node www/server/main.mjs [options]

  --port N          the page's port (default ${DEFAULT_PORT}); the servers that it talks to take those up to N+${PORTS - 1}
  --issuer URL      run the page against this authorization server instead of the demo's own
  --client-id ID    the public client registered there, with the page's address as redirect URI
  --scope SCOPE     what to ask that server for (default: openid profile email offline_access)
  --audience AUD    ask that server for tokens for this audience (RFC 8707), and check it in the API
  --redirect-uri U  another page that the demo's own identity provider lets sign in, and the API lets call; may be repeated
  --check           sign in and call with each credential in a headless Chromium, say what was done, and exit
  --help            this text
`;

try {
  process.exitCode = await run(readOptions());
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}

async function run({ help, check, port, server, redirectUris }) {
  if (help) {
    console.log(HELP);
    return 0;
  }
  await access(join(PACKAGE, "index.js")).catch(() => {
    throw new Error("The package is not built: pkg/ is missing. Run `cargo xtask build` first.");
  });

  const python = {
    servers: PYTHON ? PYTHON_SERVERS : [],
    lifetime: LIFETIME_SECONDS,
    lacking: `Flask and FastAPI are not running: ${LACKING}`,
  };
  const demo = await startDemo({ port, server, python, provider: { redirectUris } });
  if (check) {
    const { runCheck } = await import("./check.mjs");
    return runCheck(demo).finally(() => demo.close());
  }
  announce(demo, server, redirectUris);
  await untilStopped();
  await demo.close();
  return 0;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      issuer: { type: "string" },
      "client-id": { type: "string" },
      scope: { type: "string" },
      audience: { type: "string" },
      "redirect-uri": { type: "string", multiple: true },
      check: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  const {
    issuer,
    "client-id": clientId,
    scope = "openid profile email offline_access",
    audience,
    "redirect-uri": redirectUris = [],
    help,
    check,
  } = values;

  // A check may run beside a demo that somebody is looking at: it takes free ports unless told which.
  const port = Number(values.port ?? (check ? 0 : DEFAULT_PORT));
  if (!Number.isInteger(port) || port < 0 || port > LAST_PORT)
    throw new Error(`--port takes a number up to ${LAST_PORT}, not “${values.port}”.`);
  if (Boolean(issuer) !== Boolean(clientId))
    throw new Error("--issuer and --client-id belong together: give both or neither.");
  if (issuer && !URL.canParse(issuer)) throw new Error(`--issuer takes a URL, not “${issuer}”.`);
  for (const uri of redirectUris)
    if (!isHttpUrl(uri) || uri.includes("#"))
      throw new Error(`--redirect-uri takes an http or https URL without fragment, not “${uri}”.`);
  if (issuer && redirectUris.length > 0)
    throw new Error(
      "--redirect-uri is for the demo's own identity provider: register it at yours.",
    );
  if (check && issuer)
    throw new Error(
      "--check signs in with the demo's own accounts: it cannot be used with --issuer.",
    );
  const server = issuer && { issuer, clientId, scope, audience };
  return { help, check, port, server, redirectUris };
}

function announce({ url, provider, api, second, keys, python, client }, server, redirectUris) {
  const accounts = accountHints
    .map(({ username, password }) => `${username} / ${password}`)
    .join("   ");
  const pythonUrls = Object.values(python).map((started) => started.url);
  const lines = [
    ["page", url],
    [
      "identity provider",
      provider?.url ?? `${server.issuer} (yours; register the page's address as redirect URI)`,
    ],
    ["API", api.url],
    ...(provider ? [["second API", second.url]] : []),
    ["API of keys", keys.url],
    ["Flask, FastAPI", pythonUrls.join("   ") || "not running: the page says why"],
    ...(provider ? [["accounts", accounts]] : []),
    ["client id", client.clientId],
    ["scope", client.scope],
    ["audience", client.audience ?? "none"],
    ["redirect URIs", [url, ...redirectUris].join("   ")],
  ];
  for (const [name, value] of lines) console.log(`${name.padStart(18)}  ${value}`);
  console.log("\nCtrl-C ends it.");
}

function untilStopped() {
  return new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
}
