// Who is signed in, and what the ID token says.

import { byId, element, fill } from "./dom.js";
import { dateTime, relative } from "./time.js";

const TIME_CLAIMS = new Set(["exp", "iat", "nbf", "auth_time", "updated_at"]);

/** What a claim means, for a reader who does not know the registry by heart (IANA JSON Web Token Claims). */
const MEANINGS = {
  acr: "how strong the sign-in was",
  amr: "how the user proved it",
  at_hash: "binds the access token",
  aud: "who it is for",
  auth_time: "when the user signed in",
  azp: "who asked for it",
  email: "e-mail address",
  email_verified: "is it the user's",
  exp: "good until",
  family_name: "family name",
  given_name: "given name",
  iat: "issued",
  iss: "who says so",
  jti: "its own id",
  locale: "language",
  name: "full name",
  nbf: "not before",
  nonce: "binds the sign-in",
  preferred_username: "user name",
  sid: "session at the provider",
  sub: "who it is about",
  zoneinfo: "time zone",
};

export const nameOf = ({ claims, subject }) =>
  claims?.name ?? claims?.preferred_username ?? subject ?? undefined;

/** @param {object} kind whose session it is: what to say where nobody is known by name, and where there are no claims */
export function showIdentity(session, { nobody = "Somebody", silence = "There are none." }) {
  const { claims, subject, scope, signedInAt } = session;
  const name = nameOf(session) ?? nobody;
  fill("name", name);
  fill("email", claims?.email ?? "");
  fill("initials", nameOf(session) ? initials(name) : "?");
  fill("subject", subject ?? "–");
  fill("scope", scope || "–");
  fill("signed-in-at", dateTime(signedInAt));
  byId("signed-in-ago").dataset.relative = signedInAt;
  showStrength(claims);
  refreshRelativeTimes();
  byId("claims").hidden = !claims;
  fill("silence", claims ? "" : silence);
  byId("claims").tBodies[0].replaceChildren(
    ...Object.entries(claims ?? {}).map(([claim, value]) => claimRow(claim, value)),
  );
}

/** How the user has signed in, where the server was asked to say so (OpenID Connect Core §2, `acr` and `auth_time`). */
function showStrength(claims) {
  const { acr, auth_time: authTime } = claims ?? {};
  byId("strength").hidden = acr === undefined && authTime === undefined;
  fill("acr", acr ?? "");
  byId("auth-time").textContent = "";
  if (authTime === undefined) delete byId("auth-time").dataset.relative;
  else byId("auth-time").dataset.relative = authTime;
}

function claimRow(claim, value) {
  return element(
    "tr",
    { "data-claim": claim },
    element(
      "th",
      { scope: "row" },
      element("code", {}, claim),
      element("small", {}, MEANINGS[claim] ?? ""),
    ),
    element("td", {}, ...claimValue(claim, value)),
  );
}

function claimValue(claim, value) {
  if (TIME_CLAIMS.has(claim) && typeof value === "number") {
    return [
      element(
        "time",
        { datetime: new Date(value * 1000).toISOString(), title: String(value) },
        dateTime(value),
      ),
      element("small", { "data-relative": value }, relative(value)),
    ];
  }
  if (typeof value === "boolean") return [value ? "yes" : "no"];
  if (typeof value === "object") return [element("code", {}, JSON.stringify(value))];
  return [
    claim === "name" || claim.endsWith("_name")
      ? String(value)
      : element("code", {}, String(value)),
  ];
}

/** Keeps “in 3 minutes” true without drawing the table again. */
export function refreshRelativeTimes() {
  for (const label of document.querySelectorAll("[data-relative]")) {
    const text = relative(Number(label.dataset.relative));
    if (label.textContent !== text) label.textContent = text;
  }
}

function initials(name) {
  const letters = name.match(/(?<![\p{L}\p{M}])\p{L}/gu) ?? ["?"];
  return (letters[0] + (letters.length > 1 ? letters[1] : "")).toUpperCase();
}
