// OpenID Connect Session Management 1.0, which `oidc-provider` has no more: what an app gets to know its user's session by, and the
// page that says whether it is still that one.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";

const PAGE = "/session/check";
const SCRIPT = "/session/check.js";
const SCRIPT_FILE = new URL("check-session.js", import.meta.url);

/** Where the page is, for the metadata (§3.3). */
export const checkSessionIframe = (url) => url + PAGE;

const digest = (words) => createHash("sha256").update(words.join(" ")).digest("hex");

/** Adds `session_state` to an answer that brings a code (§3.1), and leaves in a cookie what the page compares it with. */
export async function tellSessionState(context, next) {
  await next();
  const { session, client, provider } = context.oidc ?? {};
  if (!session) return;
  // Of a session that has been ended the provider knows nothing any more.
  const live = await provider.Session.findByUid(session.uid);
  const state = live?.accountId ? digest([live.uid, live.accountId, live.loginTs]) : "";
  const { port } = new URL(provider.issuer);
  context.append("set-cookie", `_state_${port}=${state}; path=${PAGE}; samesite=lax`);

  const location = URL.parse(context.response.get("location"));
  if (!state || !client || !location?.searchParams.has("code")) return;
  const salt = randomBytes(8).toString("hex");
  const hash = digest([client.clientId, location.origin, state, salt]);
  location.searchParams.set("session_state", `${hash}.${salt}`);
  context.set("location", location.href);
}

/** Answers for the page and its script, which any app's page may have in a frame. `false`: that was not asked. */
export async function answerSessionCheck({ url }, response) {
  if (url === SCRIPT) {
    response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" });
    response.end(await readFile(SCRIPT_FILE));
  } else if (url === PAGE) {
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; script-src 'self'; base-uri 'none'",
    });
    response.end(`<!doctype html><title>Session</title><script src="${SCRIPT}"></script>`);
  } else return false;
  return true;
}
