// What a view leaves out, and why: every view says it.

import { h, visible } from "./dom.js";
import { plural } from "./format.js";

/** The distance of two values on a chart has to be finite. */
const LARGEST = 8e307;

/** Whether a number has a place on a chart. */
export function hasPlace(number) {
  return Math.abs(number) <= LARGEST;
}

/** Why a value has no place on a chart: `absent`, `nan`, `infinite` or nearly so; `null` if it has one. */
export function reason(value) {
  if (value === null || value === undefined) return "absent";
  const number = Number(value);
  if (Number.isNaN(number)) return "nan";
  return hasPlace(number) ? null : "infinite";
}

/** The words for these reasons. */
export const WITHOUT_PLACE = { absent: "without a value", nan: "with NaN", infinite: "with a value that is infinite or beyond 8e307" };

/** Sentences as a note; `null` if there are none. */
export function note(...sentences) {
  const said = sentences.flat().filter(Boolean);
  return said.length ? h("p", { class: "note" }, `${said.join(". ")}.`) : null;
}

/**
 * The fields that a link names, but that a view cannot use: for each of `uses`, the parameter, what its field should do, the
 * fields that can, and the one that is shown instead.
 */
export function unusable(app, ...uses) {
  return uses.flatMap(([parameter, purpose, names, shown]) => {
    const missing = [app.state[parameter] ?? []].flat().filter((name) => name !== "" && !names.includes(name));
    return missing.map((name) => {
      const why = app.source.column(name) ? `\`${visible(name)}\` cannot ${purpose}` : `There is no field \`${visible(name)}\``;
      return why + instead(shown);
    });
  });
}

/** That a link asks for something that is not among these. */
export function unlisted(app, parameter, noun, names, shown) {
  const asked = app.state[parameter];
  return asked && !names.includes(asked) ? `There is no ${noun} \`${visible(asked)}\`${instead(shown)}` : null;
}

function instead(shown) {
  return shown ? `; \`${visible(shown)}\` is shown instead` : "";
}

/** That only some of the runs are drawn. */
export function sampled(shown, of) {
  return shown < of ? `A sample of ${shown.toLocaleString("en")} of ${plural(of, "run")} is drawn` : null;
}

/** Runs that have no place, by reason. */
export function withoutPlace(left) {
  const words = {
    ...WITHOUT_PLACE,
    negative: "with a value that is not positive, which a logarithmic axis has no place for",
  };
  const parts = Object.entries(words).filter(([name]) => left[name]).map(([name, text]) => `${left[name].toLocaleString("en")} ${text}`);
  const count = Object.keys(words).reduce((sum, name) => sum + (left[name] ?? 0), 0);
  return parts.length ? `Not drawn: ${plural(count, "run")} (${parts.join("; ")})` : null;
}

/** Runs that count in no mean of a metric. */
export function inNoMean(app, metric) {
  const fact = app.facts.facts[metric];
  const without = fact ? app.facts.runs - fact.n : 0;
  if (!without) return null;
  return `${plural(without, "run")} ${without === 1 ? "has" : "have"} no ${visible(metric)}, and ${without === 1 ? "counts" : "count"} in no mean`;
}

/** Runs, or attempts, that the database holds, but that cannot be read. */
export function unreadable(damaged, what = "run") {
  if (!damaged) return null;
  const { count, reasons } = damaged;
  const more = count > reasons.length ? "; …" : "";
  return `${plural(count, what)} cannot be read, and ${count === 1 ? "is" : "are"} left out: ${visible(reasons.join("; "))}${more}`;
}
