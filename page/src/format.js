// Values as text.

import { h, visible } from "./dom.js";

/** A measured number with six digits. */
export function short(value) {
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const [size, rounded] = [Math.abs(value), Number(value.toPrecision(6))];
  return size >= 1e-4 && size < 1e9 ? String(rounded) : trimmed(rounded.toExponential());
}

/** A number of an axis: its ticks are round, so that they are short with all digits, and one beside another stays different. */
export function tick(value) {
  const rounded = Number(value.toPrecision(12));
  const size = Math.abs(rounded);
  const [whole, power] = [String(rounded), trimmed(rounded.toExponential())];
  if (size && (size < 1e-4 || size >= 1e21)) return power;
  return size >= 1e6 && power.length < whole.length ? power : trimmed(whole);
}

function trimmed(text) {
  return text.replace("e+", "e");
}

/** Whether a reader could not see a text, or where it begins or ends, or would take it for something else. */
function isUnclear(value) {
  return value === "" || /^[ \t"]|[ \t]$/.test(value) || value === "–" || value === "(none)";
}

/** A value of a column; those of a key with all digits. */
export function text(value, column) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return column?.role === "identifying" && Number.isFinite(value) ? trimmed(String(value)) : short(value);
  if (typeof value === "object") return visible(JSON.stringify(value));
  if (column?.type === "datetime") return moment(value);
  if (column?.type === "json" && value === true) return "curves";
  return typeof value === "string" && isUnclear(value) ? `"${visible(value)}"` : visible(value);
}

/** Why a run failed, in one line: how its command ended, and the last line that it wrote. */
export function reason(excerpt) {
  const lines = excerpt.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("note: run with `RUST_BACKTRACE=1`"));
  if (lines.length < 2) return lines[0] ?? "";
  const head = /^(exit status|killed by|took longer than) [^:]*: /.exec(lines[0]);
  return `${head?.[0] ?? ""}${lines.at(-1)}`;
}

/** A time, in seconds; the page has no other zone than UTC. */
export function moment(value) {
  return value ? `${value.slice(0, 19).replace("T", " ")} UTC` : "–";
}

export function isNumeric(column) {
  return column.type === "int" || column.type === "float";
}

export function cell(value, column) {
  const numeric = isNumeric(column) || column.type === "datetime";
  const whole = text(value, column);
  const shown = column?.name === "error_excerpt" && typeof value === "string" ? visible(reason(value)) : whole;
  const chars = [...shown];
  const isLong = chars.length > 60;
  const title = column?.type === "datetime" ? value : isLong || shown !== whole ? whole.slice(0, 2000) : null;
  return h("td", { class: numeric ? "number" : null, title },
    // Long texts of one column often differ at their ends only.
    h("bdi", null, isLong ? `${chars.slice(0, 40).join("")}…${chars.slice(-20).join("")}` : shown));
}

const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

/** `2 d 4 h`, `3 min`. */
export function duration(seconds) {
  const at = UNITS.findIndex(([size]) => seconds >= size);
  if (at < 0) return "0 s";
  const [size, unit] = UNITS[at];
  const whole = Math.floor(seconds / size);
  const [below, smaller] = UNITS[at + 1] ?? [0, ""];
  const rest = below ? Math.floor((seconds - whole * size) / below) : 0;
  return rest ? `${whole} ${unit} ${rest} ${smaller}` : `${whole} ${unit}`;
}

export function plural(count, noun) {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** `rate=0.1, seed=2`. */
export function setting(names, values, columns) {
  return names.map((name, index) => {
    const column = columns.find((column) => column.name === name);
    return `${visible(name)}=${values[index] === null ? "(none)" : text(values[index], column)}`;
  }).join(", ");
}

/** Which keys tell these groups apart, by index; all of them for a single group. */
export function apart(names, groups) {
  const indices = names.map((_, index) => index);
  if (groups.length < 2) return indices;
  return indices.filter((index) => groups.some((group) => group.keys[index] !== groups[0].keys[index]));
}

/** The keys that are the same in all of these groups, as a sentence; empty if there are none. */
export function shared(names, groups, columns) {
  const differ = apart(names, groups);
  const same = names.map((_, index) => index).filter((index) => !differ.includes(index));
  if (!same.length || !groups.length) return "";
  return ` The same in all: ${setting(same.map((index) => names[index]), same.map((index) => groups[0].keys[index]), columns)}.`;
}

/** A text as a literal of the filter language. */
export function literal(value) {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  return String(value);
}

/** A name as the filter language writes it. */
export function name(text) {
  const WORDS = /^(and|between|contains|ends|false|in|inf|is|nan|not|null|or|starts|true|with)$/;
  return /^[_\p{Alphabetic}][_\p{Alphabetic}\p{N}\p{M}]*$/u.test(text) && !WORDS.test(text) ? text : `\`${text.replaceAll("`", "``")}\``;
}

/** The condition that a column has this value. */
export function equals(column, value) {
  if (value === null) return `${name(column)} is null`;
  return `${name(column)} == ${literal(value)}`;
}
