// The few lines of DOM that every view needs.

/** Makes an element. `properties` are set as attributes; `children` are elements or text. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/** Puts text where the page has `data-slot="name"`. */
export function fill(name, text) {
  const slot = document.querySelector(`[data-slot="${name}"]`);
  if (slot.textContent !== text) slot.textContent = text;
}

export const byId = (id) => document.getElementById(id);

/** Runs `act` on a click; meanwhile the button says that it is busy and takes no second one. */
export function onPress(button, act) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await act(button);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

/** A button for what `act` does, known to people by `title`, to tests by `id`. */
export function drawButton({ id, title, note, ...more }, act) {
  const button = element(
    "button",
    { class: "button", type: "button", id, "data-testid": id, ...more },
    title,
    ...(note ? [element("small", {}, note)] : []),
  );
  onPress(button, act);
  return button;
}
