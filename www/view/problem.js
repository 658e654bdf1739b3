// The last failure, with its code and the sentence that says what to do.

import { byId, fill } from "./dom.js";

/** @param {Error | null} error `null`: all is well */
export function showProblem(error) {
  byId("problem").hidden = !error;
  if (!error) return;
  fill("problem-code", error.code ?? error.name);
  fill("problem-message", error.message);

  const { oauth } = error;
  const server = document.querySelector('[data-slot="problem-server"]');
  server.hidden = !oauth;
  if (oauth)
    fill(
      "problem-server",
      `The server said: ${[oauth.error, oauth.errorDescription].filter(Boolean).join(" · ")}${oauth.status ? ` (${oauth.status})` : ""}`,
    );
}
