// How much each field of the key matters for a metric.

import { h, select, table, visible } from "../dom.js";
import { metric, metrics } from "../fields.js";
import { plural, text } from "../format.js";
import { note, unreadable, unusable } from "../left_out.js";

export async function importance(app) {
  const { source, state } = app;
  const all = metrics(source);
  const of = metric(app);
  const head = [h("h2", null, "Importance")];
  if (!of) return [...head, h("p", null, "The schema has no measured number.")];
  const found = await source.importance({ where: state.where, metric: of });
  head.push(h("div", { class: "controls" }, select("Metric", all, of, (metric) => app.go({ metric }))));
  head.push(note(unusable(app, ["metric", "be the metric", all, of])));
  if (!source.isLive) head.push(h("p", { class: "note" }, "Computed when the report was written, over all of its runs; the filter above does not change it."));
  if (found.refused) return [...head, h("p", null, `${visible(found.refused)}.`)];
  const shares = [...found.shares, { field: "(interactions)", share: found.interactions }];
  const rows = shares.map(({ field, share }) => [h("bdi", null, visible(field)), h("td", { class: "number" }, percent(share)), h("td", { class: "bars" }, bar(share))]);
  return [
    ...head,
    table(`Share of the variance of ${visible(of)} between settings that each field explains alone`, ["field", "share", "as a bar"], rows, { class: "wrap" }),
    h("p", { class: "note" }, h("bdi", null, `${sentences(app, found).join(". ")}.`)),
    note(unreadable(found.damaged)),
  ];
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

function bar(share) {
  const bar = h("span", { class: "share" });
  bar.style.width = `${Math.max(0, Math.min(100, 100 * share))}%`;
  return bar;
}

/** How it was computed, and what it leaves out. */
function sentences(app, found) {
  const over = found.averaged_over.length ? `, averaged over ${found.averaged_over.map(visible).join(", ")}` : "";
  const method = found.method === "anova" ? "exact, because the settings are a full grid" : "by a random forest (fANOVA), because the settings are no full grid";
  const sample = found.sample_of ? `Of a sample of the ${plural(found.sample_of, "run")}: ` : "";
  const parts = [`${sample}${plural(found.runs, "run")} in ${plural(found.settings, "setting")}${over}; ${method}`];
  if (found.within_settings !== null) parts.push(`${percent(found.within_settings)} of the variance of single runs is within settings`);
  if (found.without_value) parts.push(`${plural(found.without_value, "run")} without a value left out`);
  if (found.not_finite) parts.push(`${plural(found.not_finite, "run")} with NaN or an infinite value left out`);
  const constant = Object.entries(found.constant).map(([name, value]) => `${visible(name)}=${text(value, app.source.column(name))}`);
  if (constant.length) parts.push(`Fields with one value: ${constant.join(", ")}`);
  return parts;
}
