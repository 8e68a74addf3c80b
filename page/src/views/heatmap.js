// Two fields, and in each cell an aggregate of a metric with the number of its values.

import { h, select, visible } from "../dom.js";
import { axis, figure, grid, rampLegend } from "../chart.js";
import { identifying, metric, metrics, scalar } from "../fields.js";
import { equals, plural, short, text } from "../format.js";
import { on, ramp, theme } from "../palette.js";
import { order } from "../expression/evaluate.js";
import { inNoMean, note } from "../left_out.js";
import { both } from "./progress.js";
import { shares } from "./scatter.js";

const MEASURES = ["mean", "min", "max", "std", "n"];
const MOST = 60;

export async function heatmap(app) {
  const { source, state } = app;
  const fields = scalar(source).filter((name) => !["id", "uuid", "created_at", "updated_at"].includes(name));
  const varying = identifying(source).filter((name) => app.facts.facts[name]?.varies);
  const across = fields.includes(state.x) ? state.x : (varying[0] ?? fields[0]);
  const up = fields.includes(state.y) ? state.y : (varying.find((name) => name !== across) ?? fields.find((name) => name !== across) ?? across);
  const of = metric(app);
  const measure = MEASURES.includes(state.measure) ? state.measure : of ? "mean" : "n";
  const keys = across === up ? [across] : [across, up];
  const { groups } = await source.groups({ where: state.where, keys, metric: of, limit: MOST * MOST + 1 });
  const cells = groups.map((group) => ({ ...group, x: group.keys[0], y: group.keys.at(-1), value: group[measure] }));
  const [xs, ys] = [distinct(cells.map((cell) => cell.x)), distinct(cells.map((cell) => cell.y))];
  return [
    h("h2", null, "Heat map"),
    h("div", { class: "controls" },
      select("Across", fields, across, (x) => app.go({ x })),
      select("Up", fields, up, (y) => app.go({ y })),
      select("Metric", metrics(source), of, (metric) => app.go({ metric })),
      select("Cell", MEASURES, measure, (measure) => app.go({ measure }))),
    note(of ? inNoMean(app, of) : null),
    !cells.length ? h("p", null, "No runs.")
      : xs.length > MOST || ys.length > MOST
        ? h("p", null, `${visible(across)} has ${xs.length} values and ${visible(up)} has ${ys.length}; at most ${MOST} of each can be drawn. Choose other fields, or narrow the filter.`)
        : chart(app, cells, { xs, ys, across, up, of, measure }),
  ];
}

function distinct(values) {
  const all = [...new Set(values)];
  return all.sort((a, b) => (a === null) - (b === null) || order(a, b));
}

function chart(app, cells, { xs, ys, across, up, of, measure }) {
  const [columnX, columnY] = [across, up].map((name) => app.source.column(name));
  const named = (value, column) => (value === null ? "(none)" : text(value, column));
  const share = shares(cells.map((cell) => cell.value ?? NaN));
  const grey = cells.filter((cell) => !Number.isFinite(cell.value ?? NaN)).length;
  const roomy = xs.length <= Math.max(4, innerWidth / 90);
  const data = cells.map((cell) => {
    const at = share.of(cell.value ?? NaN);
    const shown = cell.value === null || cell.value === undefined ? "–" : brief(cell.value);
    return {
      value: [xs.indexOf(cell.x), ys.indexOf(cell.y), 1],
      itemStyle: { color: ramp(at), borderColor: theme().ground, borderWidth: 1 },
      label: { show: roomy, color: on(at), formatter: measure === "n" ? shown : `${shown}\nn=${cell.n}`, fontSize: 11, lineHeight: 15 },
    };
  });
  const name = of ? `${measure} of ${visible(of)}` : "number of runs";
  const describe = (cell) => `${visible(across)}=${named(cell.x, columnX)}, ${visible(up)}=${named(cell.y, columnY)}: ${name} ${cell.value === null ? "–" : short(cell.value)}, n = ${cell.n}, ${plural(cell.runs, "run")}`;
  const inside = (cell) => [...new Map([[across, cell.x], [up, cell.y]])].map(([field, value]) => equals(field, value)).join(" and ");
  const points = cells.map((cell, index) => ({
    label: describe(cell), series: 0, index,
    open: () => app.go({ view: "table", where: both(app.state.where, inside(cell)), after: null }),
  }));
  const height = Math.min(Math.max(140 + ys.length * 44, 240), 900);
  const labels = { color: theme().text, width: 120, overflow: "truncate", interval: 0, rotate: xs.length > 8 ? 40 : 0 };
  const option = {
    grid: grid({ left: 150, bottom: xs.length > 8 ? 100 : 56 }),
    xAxis: axis(visible(across), "category", { data: xs.map((value) => named(value, columnX)), nameGap: xs.length > 8 ? 78 : 32, axisLabel: labels }),
    yAxis: axis(visible(up), "category", { data: ys.map((value) => named(value, columnY)), nameGap: 130, room: height - 80, axisLabel: { ...labels, rotate: 0 } }),
    series: [{ type: "heatmap", data }],
  };
  return figure({
    title: `${name} over ${visible(across)} and ${visible(up)}`,
    description: `${plural(cells.length, "cell")}${share.isLog ? ", coloured on a logarithmic scale" : ""}${grey ? `; ${grey} without a finite value ${grey === 1 ? "is" : "are"} grey` : ""}.`,
    option, points, height,
    legend: Number.isFinite(share.low) ? rampLegend(name, short(share.low), short(share.high), ramp) : null,
    data: {
      headings: [across, up, name, "n", "runs"].map(visible),
      rows: cells.map((cell) => [named(cell.x, columnX), named(cell.y, columnY), cell.value === null ? "–" : short(cell.value), String(cell.n), String(cell.runs)]),
    },
  });
}

/** Few digits, for a cell. */
function brief(value) {
  return Number.isFinite(value) && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : short(value);
}
