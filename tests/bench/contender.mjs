// Who is measured. Each has a script in `page/app/` that makes it do what the pages of the benchmark ask for.

import { readFileSync } from "node:fs";

const versionOf = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url))).version;
const installed = (name) => versionOf(`node_modules/${name}/package.json`);

const TESSERA = {
  label: "tessera-auth",
  app: "tessera",
  version: versionOf("../../pkg/package.json"),
};

/** The yardstick: `fetch` with a token in hand. */
export const BARE = { id: "bare", label: "bare fetch", app: "bare" };

/** What a token costs a page load that no script can read out of the browser. */
export const STORED = {
  id: "stored",
  label: "bare fetch, token encrypted in IndexedDB",
  app: "stored",
};

/** In the order of the tables. */
export const CLIENTS = [
  { id: "tessera", ...TESSERA },
  peer("oidc-client-ts", "oidc-client-ts"),
  peer("axa", "@axa-fr/oidc-client"),
  peer("auth0", "@auth0/auth0-spa-js"),
  peer("keycloak", "keycloak-js"),
];

/** The package with other options than its defaults. */
export const VARIANTS = [
  variant("session", { storage: "session" }),
  variant("local", { storage: "local" }),
  variant("memory", { storage: "memory" }),
  variant("dpop", { dpop: true }),
  {
    ...peer("oidc-client-ts", "oidc-client-ts"),
    id: "oidc-client-ts-dpop",
    label: "oidc-client-ts, dpop",
    options: { dpop: true },
  },
];

/** Those that read and check tokens. */
export const READERS = [
  { id: "tessera", ...TESSERA },
  peer("jwt-decode", "jwt-decode"),
  peer("jose", "jose"),
];

function peer(id, name) {
  return { id, label: name, app: id, version: installed(name) };
}

function variant(name, options) {
  const label = options.storage ? `storage: "${name}"` : name;
  return { ...TESSERA, id: `tessera-${name}`, label: `tessera-auth, ${label}`, options };
}

/** Name and version of everybody, for captions. */
export const versions = () =>
  Object.fromEntries([...CLIENTS, ...READERS].map(({ label, version }) => [label, version]));
