// Which kind of credential, and with what: links and switches that lead to another address.

import { addressOf, KINDS, remember, remembered } from "../choice.js";
import { byId, element, fill } from "./dom.js";
import { HUES } from "./mosaic.js";

const FOCUS = "demo-focus";
/** As in switchboard.css: where switches have the room to stand open. */
const ROOMY = "(min-width: 44rem)";

/** @param {object} choice what `readChoice` gives */
export function showSwitchboard(config, { kind, on }) {
  byId("kinds").append(
    ...KINDS.map((each, index) =>
      element(
        "a",
        {
          class: `kind ${HUES[index]}`,
          "data-testid": `kind-${each.id}`,
          href: addressOf(each),
          "aria-current": each === kind && "page",
        },
        element("strong", {}, each.title),
        element("small", {}, each.lacking(config, new Set()) ? "not running here" : each.hint),
      ),
    ),
  );

  const switches = kind.switches(config);
  byId("switches").append(...switches.map((each) => drawSwitch(each, kind, on)));
  const chosen = switches.filter(({ id }) => on.has(id)).map(({ title }) => title);
  fill("chosen", chosen.join(", ") || "none");

  const focused = byId(remembered(FOCUS));
  remember(FOCUS, "");
  byId("options").open = matchMedia(ROOMY).matches || focused !== null;
  focused?.focus();
}

function drawSwitch({ id, title, says }, kind, on) {
  const input = element("input", {
    type: "checkbox",
    role: "switch",
    id: `on-${id}`,
    "data-testid": `on-${id}`,
    "aria-describedby": `says-${id}`,
    autocomplete: "off",
    checked: on.has(id),
  });
  input.addEventListener("change", () => {
    remember(FOCUS, input.id);
    location.assign(
      addressOf(
        kind,
        new Set([...on].filter((other) => other !== id).concat(input.checked ? id : [])),
      ),
    );
  });
  return element(
    "div",
    { class: "choice" },
    input,
    element("label", { for: input.id }, title),
    element("p", { id: `says-${id}` }, says),
  );
}
