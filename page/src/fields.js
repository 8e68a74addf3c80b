// Which fields a view offers, and which it takes if nobody has chosen.

import { isNumeric } from "./format.js";

/** Fields with numbers: of the key, or measured. */
export function numeric(source) {
  return source.columns.filter((column) => isNumeric(column) && column.name !== "id").map((column) => column.name);
}

/** Numbers that were measured. */
export function metrics(source) {
  const own = source.columns.filter((column) => isNumeric(column) && column.role === "annotating");
  return own.map((column) => column.name);
}

/** Fields by which runs can be grouped. */
export function scalar(source) {
  return source.columns.filter((column) => column.type !== "json").map((column) => column.name);
}

export function identifying(source) {
  return source.columns.filter((column) => column.role === "identifying").map((column) => column.name);
}

/** The metric that was chosen, else the most telling one: of the validation before others, no durations. */
export function metric(app) {
  const all = metrics(app.source);
  if (all.includes(app.state.metric)) return app.state.metric;
  const [VALIDATION, USUAL] = [/^(val|valid|test|eval)/i, /acc|loss|score|reward|return|error|f1|auc|bleu|perplex/i];
  const filled = all.filter((name) => !app.facts || app.facts.facts[name]?.n);
  const from = filled.length ? filled : all;
  return from.find((name) => VALIDATION.test(name) && /acc|score|reward|f1|auc/i.test(name))
    ?? from.find((name) => VALIDATION.test(name)) ?? from.find((name) => USUAL.test(name)) ?? from[0] ?? null;
}

/** Whether small values of a metric are good. */
export function isLowest(app, metric) {
  if (app.state.best) return app.state.best === "lowest";
  return /loss|error|err$|mse|mae|rmse|perplex|ppl|regret|time|seconds|cost/i.test(metric ?? "");
}

/** The field over whose values groups are averaged: chosen, else a seed. */
export function over(app) {
  const names = identifying(app.source);
  if (app.state.over !== undefined) return names.includes(app.state.over) ? app.state.over : "";
  return names.find((name) => name === "seed") ?? names.find((name) => /seed|replic|fold|trial|repeat/i.test(name)) ?? "";
}

/** The keys of groups: chosen, else every identifying field that varies but the one that groups are averaged over. */
export function keys(app) {
  const known = scalar(app.source);
  const chosen = app.state.keys?.filter((name) => known.includes(name));
  if (chosen?.length) return chosen;
  const average = over(app);
  return identifying(app.source).filter((name) => name !== average && app.facts.facts[name]?.varies);
}

/** The json fields that may hold curves. */
export function curveFields(source) {
  return source.columns.filter((column) => column.type === "json").map((column) => column.name);
}

/** Groups with a mean, the best first; those without a value come last. */
export function ranked(groups, lowest) {
  const sign = lowest ? 1 : -1;
  const known = (group) => group.mean !== null && !Number.isNaN(group.mean);
  return groups.toSorted((a, b) => known(b) - known(a) || (known(a) ? sign * (a.mean - b.mean) : 0));
}
