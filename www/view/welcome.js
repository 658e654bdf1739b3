// Signed out: what this kind of credential is, and the ways in.

import { byId, drawButton, element, fill } from "./dom.js";

/** What can be said before there is a client. */
export function showWelcome(config, { kind, on }) {
  fill("lead", kind.lead);
  byId("setup").replaceChildren(
    ...kind
      .facts(config, on)
      .map(([name, value]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, element("code", {}, value))),
      ),
  );
}

/** @param {(act: Function) => Promise<void>} attempt runs what may fail */
export function offerSignIn(ways, fields, attempt) {
  const form = byId("ways");
  const inputs = fields.map(({ name, label, ...attributes }) =>
    element("input", { name, "data-testid": `field-${name}`, ...attributes }),
  );
  const given = () => Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
  const buttons = ways.map(({ id, title, act }, index) =>
    drawButton(
      {
        id,
        title,
        class: `button large ${index === 0 ? "primary" : "quiet"}`,
        type: index === 0 ? "submit" : "button",
      },
      () => attempt(() => act(given())),
    ),
  );
  // Enter in a field presses the first button; what that does is said above.
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(
    ...inputs.map((input, index) =>
      element("label", { class: "field" }, fields[index].label, input),
    ),
    element("div", { class: "actions" }, ...buttons),
  );
}

/** In place of the ways in, and of what they lead to. What stands in backquotes is code. */
export function showLacking(sentence) {
  byId("lacking").hidden = false;
  for (const id of ["setup", "listing"]) byId(id).hidden = true;
  const parts = sentence.split("`");
  document
    .querySelector('[data-slot="lacking"]')
    .append(...parts.map((part, index) => (index % 2 ? element("code", {}, part) : part)));
}
