// The buttons that call the API, and what came back.

import { byId, drawButton, element } from "./dom.js";

const result = byId("call-result");

/**
 * @param {object} options
 * @param {Function} options.call `client.fetch`
 * @param {object[]} options.calls the kind's: `{ id, title, note, url, init }`
 * @param {string} options.unlisted a URL that the credential may not go to
 * @param {(entry: object) => void} options.record tells the timeline
 */
export function createCallView({ call, calls, unlisted, record }) {
  const foreign = { id: "unlisted", title: "An unlisted origin", url: unlisted };
  byId("calls").append(
    ...[...calls, foreign].map(({ id, title, note, url, init }) =>
      drawButton({ id: `call-${id}`, title, note }, () => send(new URL(url), init)),
    ),
  );

  async function send(url, init) {
    const name = url.href === unlisted ? url.host : `${init?.method ?? "GET"} ${url.pathname}`;
    const startedMs = performance.now();
    result.setAttribute("aria-busy", "true");
    try {
      const response = await call(url, init);
      const body = await response.text();
      const saw = JSON.parse(response.headers.get("saw") ?? "[]");
      showAnswer(url, response, body, saw, performance.now() - startedMs);
      record({
        kind: "call",
        tone: response.ok ? "good" : "bad",
        title: `${response.status} ${name}`,
        detail: { url, saw, tookMs: Math.round(performance.now() - startedMs) },
      });
    } catch (error) {
      showError(url, error);
      record({ kind: "call", tone: "bad", title: `${error.code ?? error.name} · ${name}`, error });
    } finally {
      result.removeAttribute("aria-busy");
    }
  }
}

export function clearCalls() {
  result.replaceChildren(element("span", { class: "empty" }, "The answer will be here."));
}

/** `saw`: what the API says of the credential that came with the call. */
function showAnswer(url, response, body, saw, tookMs) {
  result.replaceChildren(
    headline(
      url,
      element(
        "strong",
        { class: response.ok ? "good" : "bad" },
        `${response.status} ${response.statusText}`,
      ),
      `${Math.round(tookMs)} ms`,
    ),
    element(
      "p",
      { class: "saw", "data-testid": "saw" },
      saw.length > 0 ? "The API saw" : "The API saw no credential",
      ...saw.map((word) => element("code", { class: "chip" }, word)),
    ),
    element("pre", { tabindex: "0" }, pretty(body)),
  );
}

function showError(url, error) {
  result.replaceChildren(
    headline(
      url,
      element("strong", { class: "bad" }, error.code ?? error.name),
      "nothing came back",
    ),
    element("p", {}, error.message),
  );
}

function headline(url, status, note) {
  return element(
    "span",
    { class: "headline" },
    status,
    element("code", {}, url.href),
    element("small", {}, note),
  );
}

function pretty(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
