// The access token's life as a row of stones: one goes out after the other, and a renewal lights them again.

import { byId, fill } from "./dom.js";
import { stone } from "./mosaic.js";
import { clockTime, duration, now } from "./time.js";

const TILE_COUNT = 30;

/** What can be done with a credential of each type. */
const TYPES = {
  Bearer: "whoever has it can use it",
  DPoP: "worth nothing without a key that cannot leave this browser",
  ApiKey: "whoever has it can use it",
  Cookie: "no script can read it",
};

const life = { expiresAt: null, startedAt: 0, renewals: 0 };
const tiles = Array.from({ length: TILE_COUNT }, (_, index) => stone(index));
byId("tiles").append(...tiles);

/** A session with another expiry is a renewed one; how long it lives is told by when its ID token was made, or seen. */
export function showLifetime({ expiresAt, claims, canRefresh, tokenType }) {
  fill("token-type", tokenType);
  fill("token-type-meaning", TYPES[tokenType]);
  if (expiresAt !== life.expiresAt) {
    const issuedAt = claims?.iat;
    const isFresh = typeof issuedAt === "number" && issuedAt <= now() + 5 && expiresAt > issuedAt;
    Object.assign(life, { expiresAt, startedAt: isFresh ? issuedAt : now() });
  }
  fill(
    "expires-at",
    expiresAt === null
      ? ""
      : ` · expires at ${clockTime(expiresAt)}${canRefresh ? "" : " · cannot be renewed"}`,
  );
  tick();
}

export function countRenewal() {
  life.renewals += 1;
  fill("renewals", life.renewals === 1 ? "Renewed once" : `Renewed ${life.renewals} times`);
}

export function resetLifetime() {
  Object.assign(life, { expiresAt: null, renewals: 0 });
  fill("renewals", "Not renewed yet");
}

/** Call it often; it draws only what has changed. */
export function tick() {
  if (life.expiresAt === null) {
    fill("countdown", "?");
    fill("countdown-unit", "the server did not say how long it lives");
    return;
  }
  const left = life.expiresAt - now();
  fill("countdown", duration(left));
  fill("countdown-unit", left > 0 ? "until it expires" : "it has expired");
  const lit = Math.ceil((TILE_COUNT * left) / (life.expiresAt - life.startedAt));
  tiles.forEach((tile, index) => tile.classList.toggle("out", index >= lit));
}
