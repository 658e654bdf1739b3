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

export function showIdentity({ claims, subject, scope, signedInAt }) {
  const name = claims?.name ?? claims?.preferred_username ?? subject ?? "Somebody";
  fill("name", name);
  fill("email", claims?.email ?? "");
  fill("initials", initials(name));
  fill("subject", subject ?? "–");
  fill("scope", scope || "–");
  fill("signed-in-at", dateTime(signedInAt));
  byId("signed-in-ago").dataset.relative = signedInAt;
  refreshRelativeTimes();
  byId("claims").tBodies[0].replaceChildren(
    ...Object.entries(claims ?? {}).map(([claim, value]) => claimRow(claim, value)),
  );
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
