// Elements. Values reach the page as text only: there is no way here to set HTML.

/** An element: `h("a", { href: "#", onclick }, "text", other)`. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** A labelled choice. */
export function select(label, options, chosen, onchange) {
  const list = options.map((option) => {
    const { value, text } = typeof option === "string" ? { value: option, text: visible(option) } : option;
    return h("option", { value, selected: value === chosen }, text);
  });
  const element = h("select", { onchange: () => onchange(element.value) }, list);
  return h("label", { class: "control" }, h("span", null, label), element);
}

export function checkbox(label, checked, onchange) {
  const box = h("input", { type: "checkbox", checked, onchange: () => onchange(box.checked) });
  return h("label", { class: "check" }, box, h("span", null, label));
}

/** Several names of a list, in a box that opens. */
export function choices(label, options, chosen, onchange) {
  const boxes = options.map((option) =>
    checkbox(visible(option), chosen.includes(option), (on) => {
      chosen = on ? [...chosen, option] : chosen.filter((name) => name !== option);
      onchange(options.filter((name) => chosen.includes(name)));
    }),
  );
  const close = (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary").focus();
  };
  const box = h("details", { class: "choices", onkeydown: close }, h("summary", null, `${label} (${chosen.length})`), h("div", null, boxes));
  return box;
}

/** A table with a caption. `rows` are arrays of texts or elements. */
export function table(caption, headings, rows, attributes) {
  const head = headings.map((heading) => (heading instanceof Element ? heading : h("th", { scope: "col" }, h("bdi", null, heading))));
  const cell = (value) => (value instanceof Element && value.tagName === "TD" ? value : h("td", null, value));
  const body = rows.map((row) => h("tr", null, row.map(cell)));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", attributes, h("caption", null, caption), h("thead", null, h("tr", null, head)), h("tbody", null, body)));
}

// Characters that are obeyed instead of shown, or that change the direction of what follows.
const OBEYED = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text without characters that a reader could not see. */
export function visible(text) {
  return String(text).replace(OBEYED, (char) => `\\u{${char.charCodeAt(0).toString(16)}}`);
}

/** Tells a screen reader what has changed. */
export function announce(text) {
  document.getElementById("announcer").textContent = visible(text);
}

/** Gives the browser a turn between two pieces of work, so that it can answer a person meanwhile. */
export function turn() {
  return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => { setTimeout(resolve); });
}
