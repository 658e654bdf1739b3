// The buttons that call the API, and what came back.

import { byId, element, onPress } from "./dom.js";

const result = byId("call-result");

/**
 * @param {object} options
 * @param {Function} options.call `client.fetch`
 * @param {(entry: object) => void} options.record tells the timeline
 */
export function createCallView({ call, api, unlisted, record }) {
  for (const button of document.querySelectorAll("[data-path]"))
    onPress(button, ({ dataset: { path } }) => send(path, api + path));
  onPress(byId("call-unlisted"), () => send(new URL(unlisted).host, unlisted));

  async function send(name, url) {
    const startedMs = performance.now();
    result.setAttribute("aria-busy", "true");
    try {
      const response = await call(url);
      const body = await response.text();
      showAnswer(url, response, body, performance.now() - startedMs);
      record({
        kind: "call",
        tone: response.ok ? "good" : "bad",
        title: `${response.status} ${name}`,
        detail: { url, tookMs: Math.round(performance.now() - startedMs) },
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

function showAnswer(url, response, body, tookMs) {
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
    element("code", {}, url),
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
