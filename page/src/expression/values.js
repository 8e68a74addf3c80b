// Literals in the form of the stored values.

/** The value that identifying floats have: rounded to this many significant digits, half to even. */
export function canonical(value, precision) {
  if (value === 0) return 0;
  if (!Number.isFinite(value) || precision >= 17) return value;
  const rounded = Number(halfToEven(value, precision));
  return Number.isFinite(rounded) ? rounded : value;
}

/** `toPrecision` takes the larger one of two numbers that are equally near, so a tie is decided here. */
function halfToEven(value, precision) {
  const exact = value.toExponential(100);
  const [, sign, digits, exponent] = /^(-?)(\d\.\d+)e([+-]\d+)$/.exec(exact);
  const all = digits.replace(".", "");
  const [kept, rest] = [all.slice(0, precision), all.slice(precision)];
  const isTie = /^50*$/.test(rest);
  if (!isTie || Number(kept.at(-1)) % 2 === 1) return value.toPrecision(precision);
  return `${sign}${kept[0]}.${kept.slice(1)}e${exponent}`;
}

const TIME = new RegExp(
  "^(\\d{4})-(\\d{2})-(\\d{2})" +
    "(?:[ T](\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d+))?)?\\s*(Z|[+-]\\d{2}(?::?\\d{2})?)?)?$",
  "i",
);

/** A time as text that sorts as the time does: `2026-11-25T13:07:00.000250Z`. `undefined` if it is none. */
export function instant(text) {
  const found = TIME.exec(text.trim().replace(/ UTC$/, ""));
  if (!found) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = found;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  const isDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day);
  if (!isDay || hour > 23 || minute > 59 || second > 60) return undefined;
  date.setUTCHours(Number(hour), Number(minute) - offset(zone), Math.min(Number(second), 59));
  const at = date.getUTCFullYear();
  if (at < 1 || at > 9999) return undefined;
  const micros = Number(second) === 60 ? "999999" : fraction.slice(0, 6).padEnd(6, "0");
  return `${date.toISOString().slice(0, 19)}.${micros}Z`;
}

/** Minutes east of UTC. */
function offset(zone) {
  const found = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3] ?? 0);
  return found[1] === "-" ? -minutes : minutes;
}
