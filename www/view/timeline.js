// What happened, newest first: the client's events, its diagnostics, and the calls that the user made.

import { byId, element } from "./dom.js";
import { clockTime, now } from "./time.js";

const KEPT = 200;
const list = byId("timeline");

byId("diagnostics").addEventListener("change", ({ target }) =>
  list.classList.toggle("without-diagnostics", !target.checked),
);

/**
 * @param {object} entry
 * @param {"event" | "log" | "call"} entry.kind
 * @param {string} entry.title
 * @param {"good" | "bad" | "plain"} [entry.tone]
 * @param {unknown} [entry.detail] shown as it is: whatever the client hands out is already redacted
 * @param {Error} [entry.error]
 */
export function record({ kind, title, tone = "plain", detail, error }) {
  const at = now();
  const details = error ? describeError(error) : detail;
  list.prepend(
    element(
      "li",
      { class: `entry ${kind} ${tone}`, "data-kind": kind },
      element("time", { datetime: new Date(at * 1000).toISOString() }, clockTime(at)),
      details === undefined || details === null
        ? element("p", {}, title)
        : element(
            "details",
            {},
            element("summary", {}, title),
            element("pre", { tabindex: "0" }, toText(details)),
          ),
    ),
  );
  while (list.children.length > KEPT) list.lastElementChild.remove();
  document.dispatchEvent(new CustomEvent("demo:entry", { detail: { kind, title, details } }));
}

/** An error's message and code are no enumerable properties: JSON alone would lose them. */
export function describeError(error) {
  const { name, code, message, retryable, oauth, cause } = error;
  return {
    name,
    code,
    message,
    retryable,
    oauth,
    ...(cause ? { cause: cause instanceof Error ? describeError(cause) : String(cause) } : {}),
  };
}

function toText(detail) {
  return typeof detail === "string" ? detail : JSON.stringify(detail, null, 2);
}
