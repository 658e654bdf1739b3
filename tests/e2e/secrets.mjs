// Where a secret is seen that belongs nowhere but to the client and the provider.

import assert from "node:assert/strict";

/** Shorter values than this occur by chance. */
const SECRET_LENGTH = 16;

/** `texts` is all that was logged, told, thrown, shown, or sent as an address. */
export function assertNoSecrets(secrets, texts) {
  const marks = [...secrets].filter((secret) => secret.length >= SECRET_LENGTH).map(signatureOf);
  const leaks = texts.filter((text) => marks.some((mark) => text.includes(mark)));
  assert.deepEqual(
    leaks.map((text) => text.slice(0, 200)),
    [],
    "no token, code or verifier is in a log entry, event, error, console line, URL or referer",
  );
}

/** Of a signed JWT the last part is as good a trace as the whole; of anything else, the whole. */
function signatureOf(secret) {
  const parts = secret.split(".");
  return parts.length === 3 && parts[2] ? parts[2] : secret;
}
