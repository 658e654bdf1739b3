// Which kind of credential this page is about, and with which options. The address says it, so that it can be linked; the tab
// remembers it, because an identity provider sends its user back to the plain address.

import { cookie } from "./kind/cookie.js";
import { key } from "./kind/key.js";
import { oauth } from "./kind/oauth.js";
import { password } from "./kind/password.js";

export const KINDS = [oauth, password, key, cookie];

const REMEMBERED = "demo-choice";

/** @returns {{ kind: object, on: Set<string> }} */
export function readChoice(config) {
  const inAddress = new URLSearchParams(location.search);
  const said = inAddress.has("with") ? inAddress : new URLSearchParams(remembered(REMEMBERED));
  const kind = KINDS.find(({ id }) => id === said.get("with")) ?? oauth;
  const isKnown = (word) => kind.switches(config).some(({ id }) => id === word);
  const on = new Set((said.get("on") ?? "").split(" ").filter(isKnown));
  remember(REMEMBERED, queryOf(kind, on));
  return { kind, on };
}

export const addressOf = (kind, on = new Set()) => `/?${queryOf(kind, on)}`;

/** After a redirect the address says again what it said before. */
export function restoreAddress({ kind, on }, returnTo) {
  const isPlain = kind === oauth && on.size === 0;
  if (!isPlain && !new URLSearchParams(location.search).has("with"))
    history.replaceState(null, "", returnTo ?? addressOf(kind, on));
}

function queryOf(kind, on) {
  return new URLSearchParams({ with: kind.id, ...(on.size > 0 && { on: [...on].join(" ") }) });
}

/** Kept for this tab. A browser may refuse, and then it is only forgotten. */
export function remember(name, value) {
  try {
    sessionStorage.setItem(name, value);
  } catch {}
}

export function remembered(name) {
  try {
    return sessionStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}
