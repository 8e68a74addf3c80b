// How much each field of the key matters for a metric.

import { h, select, table, visible } from "../dom.js";
import { metric, metrics } from "../fields.js";
import { short } from "../format.js";

export async function importance(app) {
  const { source, state } = app;
  const all = metrics(source);
  const of = metric(app);
  const head = [h("h2", null, "Importance")];
  if (!of) return [...head, h("p", null, "The schema has no measured number.")];
  const found = await source.importance({ where: state.where, metric: of });
  head.push(h("div", { class: "controls" }, select("Metric", all, of, (metric) => app.go({ metric }))));
  if (!source.isLive) head.push(h("p", { class: "note" }, "Computed when the report was written, over all of its runs; the filter above does not change it."));
  if (found.refused) return [...head, h("p", null, visible(found.refused))];
  const share = (value) => (value === null ? "–" : `${(100 * value).toFixed(1)} %`);
  const rows = found.rows.map(({ field, value }) => {
    const bar = h("span", { class: "share" });
    bar.style.width = `${Math.max(0, Math.min(100, 100 * value))}%`;
    return [h("bdi", null, visible(field)), h("td", { class: "number" }, share(value)), h("td", { class: "bars" }, bar)];
  });
  const note = found.note ? h("p", { class: "note" }, visible(found.note)) : null;
  return [...head, note, table(`Share of the variance of ${visible(of)} that each field explains by itself`, ["field", "share", ""], rows), found.runs ? h("p", null, `${found.runs} runs, ${visible(found.method ?? "")}${found.spread ? `, standard deviation of the metric ${short(found.spread)}` : ""}.`) : null];
}
