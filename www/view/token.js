// The raw access token in the colours of its three parts, hidden until asked for.

import { decodeJwt, init } from "/pkg/index.js";
import { byId, element, onPress } from "./dom.js";

const PARTS = ["header", "payload", "signature"];
const panel = byId("token");
const toggle = byId("token-toggle");

/**
 * @param {{ audience?: string, read: Function }[]} readers ask the client for the current tokens; called only while the user wants to see them
 * @param {string} [reason] why there is none to be seen
 */
export function createTokenView(readers, reason) {
  toggle.hidden = readers.length === 0;
  onPress(toggle, () => setOpen(toggle.getAttribute("aria-expanded") !== "true"));

  async function setOpen(open) {
    toggle.setAttribute("aria-expanded", String(open));
    toggle.textContent = open ? "Hide" : "Show";
    await draw();
  }

  async function draw() {
    if (readers.length === 0)
      return panel.replaceChildren(element("p", { class: "empty" }, reason));
    if (toggle.getAttribute("aria-expanded") !== "true") return panel.replaceChildren(veil());
    const tokens = await Promise.all(readers.map(drawToken));
    panel.replaceChildren(...tokens.flat());
  }

  return { draw, hide: () => setOpen(false) };
}

async function drawToken({ audience, read }) {
  const title = audience ? [element("h3", { class: "audience" }, `For ${audience}`)] : [];
  try {
    const token = await read();
    // `decodeJwt` is in the module of `createClient`, which other clients do without.
    await init();
    return [...title, ...anatomy(token)];
  } catch (error) {
    return [...title, element("p", { class: "empty" }, `${error.code}: ${error.message}`)];
  }
}

function veil() {
  const lengths = [14, 38, 24];
  return element(
    "p",
    { class: "raw veiled", "aria-label": "The token is hidden" },
    ...PARTS.flatMap((part, index) => [
      index ? "." : "",
      element("span", { class: part, "aria-hidden": "true" }, "•".repeat(lengths[index])),
    ]),
  );
}

function anatomy(token) {
  let decoded;
  try {
    decoded = decodeJwt(token);
  } catch (error) {
    // A server may issue tokens that only it can read.
    return [
      element("p", { class: "raw" }, token),
      element("p", { class: "empty" }, `It is opaque (${error.code}).`),
    ];
  }
  const segments = token.split(".");
  return [
    element(
      "p",
      { class: "raw" },
      ...segments.flatMap((segment, index) => [
        index ? "." : "",
        element("span", { class: PARTS[index] }, segment),
      ]),
    ),
    decodedPart("header", decoded.header),
    decodedPart("payload", decoded.claims),
  ];
}

function decodedPart(part, value) {
  return element(
    "figure",
    { class: `decoded ${part}` },
    element("figcaption", {}, part),
    element("pre", { tabindex: "0" }, JSON.stringify(value, null, 2)),
  );
}
