// Any two numbers, coloured by a third field, on linear or logarithmic axes.

import { checkbox, h, select, visible } from "../dom.js";
import { axis, figure, grid, legend, rampLegend } from "../chart.js";
import { plain } from "../decode.js";
import { identifying, metric, numeric, scalar } from "../fields.js";
import { isNumeric, plural, short, text, tick } from "../format.js";
import { note, reason, sampled, unreadable, unusable, withoutPlace } from "../left_out.js";
import { ramp, series, SERIES, theme } from "../palette.js";

const MOST = 5000;

/** So many points are drawn in one frame. */
const AT_ONCE = 400;

export async function scatter(app) {
  const { source, state } = app;
  const numbers = numeric(source);
  if (numbers.length < 1) return [h("h2", null, "Scatter"), h("p", null, "The schema has no field with numbers.")];
  const varying = identifying(source).filter((name) => numbers.includes(name) && app.facts.facts[name]?.varies);
  const y = numbers.includes(state.y) ? state.y : (metric(app) ?? numbers[0]);
  const x = numbers.includes(state.x) ? state.x : (varying[0] ?? numbers.find((name) => name !== y) ?? numbers[0]);
  const colour = scalar(source).includes(state.colour) ? state.colour : "";
  const asked = [...new Set(["uuid", x, y, ...(colour ? [colour] : [])])];
  const { rows, of, damaged } = await source.sample({ where: state.where, columns: asked, limit: MOST });
  const logs = { x: log(app, "xlog", x), y: log(app, "ylog", y) };
  const { kept, left } = drawable(rows, x, y, logs);
  return [
    h("h2", null, "Scatter"),
    h("div", { class: "controls" },
      select("Across", numbers, x, (x) => app.go({ x, xlog: null })),
      checkbox("log", logs.x, (on) => app.go({ xlog: on ? "1" : "0" })),
      select("Up", numbers, y, (y) => app.go({ y, ylog: null })),
      checkbox("log", logs.y, (on) => app.go({ ylog: on ? "1" : "0" })),
      select("Colour", [{ value: "", text: "(none)" }, ...scalar(source)], colour, (colour) => app.go({ colour }))),
    note(unusable(app, ["x", "be drawn across", numbers, x], ["y", "be drawn up", numbers, y], ["colour", "be the colour", scalar(source)])),
    note(sampled(rows.length, of), withoutPlace(left), unreadable(damaged)),
    kept.length ? chart(app, kept, x, y, colour, logs) : h("p", null, rows.length ? "No run has finite values of both fields." : "No runs."),
  ];
}

/** Whether an axis is logarithmic: as chosen, else if it spans two powers of ten. */
function log(app, name, field) {
  if (app.state[name] !== undefined) return app.state[name] === "1";
  return spans(app.facts.facts[field]);
}

/** Whether positive values span at least two powers of ten. */
export function spans(fact) {
  const [low, high] = [plain(fact?.min), plain(fact?.max)];
  return low > 0 && high / low >= 100 && Number.isFinite(high);
}

function drawable(rows, x, y, logs) {
  const left = { absent: 0, nan: 0, infinite: 0, negative: 0 };
  const kept = rows.filter((row) => {
    const values = [plain(row[x]), plain(row[y])];
    const isNegative = (logs.x && values[0] <= 0) || (logs.y && values[1] <= 0);
    const why = reason(row[x]) ?? reason(row[y]) ?? (isNegative ? "negative" : null);
    if (why) left[why] += 1;
    return !why;
  });
  return { kept, left };
}

function chart(app, rows, x, y, colour, logs) {
  const { groups, key } = coloured(app, rows, colour);
  const place = (row) => [plain(row[x]), plain(row[y])];
  const drawnSeries = groups.map(({ rows, style }) => ({
    type: "scatter",
    symbol: style.symbol,
    symbolSize: 9,
    // Many points are drawn in several frames, so that the page answers meanwhile.
    progressive: Math.ceil(AT_ONCE / groups.length),
    progressiveThreshold: 500,
    // A style for each point would make each an object, which takes ECharts several times as long.
    itemStyle: { color: style.of ? ({ dataIndex }) => style.of(rows[dataIndex]) : style.colour, opacity: 0.8 },
    emphasis: { scale: 1.8 },
    data: rows.map(place),
  }));
  // Labels of thousands of points would take long, and few of them are read.
  const points = () => groups
    .flatMap(({ rows }, series) => rows.map((row, index) => ({
      get label() { return label(app, row, [x, y, colour]); }, value: place(row), series, index, open: () => app.go({ view: "run", run: row.uuid }),
    })))
    .sort((a, b) => a.value[0] - b.value[0] || a.value[1] - b.value[1]);
  const option = {
    grid: grid(),
    xAxis: axis(visible(x), logs.x ? "log" : "value", { nameGap: 34, ...ends(rows, x, logs.x) }),
    yAxis: axis(visible(y), logs.y ? "log" : "value", { nameGap: 52, ...ends(rows, y, logs.y) }),
    series: drawnSeries,
  };
  return figure({
    title: `${visible(y)} against ${visible(x)}`,
    description: `${plural(rows.length, "run")}${colour ? `, coloured by ${visible(colour)}` : ""}.`,
    option, points, legend: key,
    outline: rows.length > AT_ONCE ? [{ type: "scatter", symbolSize: 9, itemStyle: { opacity: 0 }, data: outermost(rows.map(place)) }] : null,
    data: {
      headings: ["run", x, y, ...(colour ? [colour] : [])].map(visible),
      count: rows.length,
      row: (index) => [app.run(rows[index].uuid), ...[x, y, ...(colour ? [colour] : [])].map((name) => text(rows[index][name], app.source.column(name)))],
    },
  });
}

/** The points at the ends of both axes. */
function outermost(points) {
  const least = (of) => points.reduce((best, point) => (of(point) < of(best) ? point : best));
  return [([x]) => x, ([x]) => -x, ([, y]) => y, ([, y]) => -y].map(least);
}

/** The ends of a logarithmic axis; otherwise they would be powers of ten. */
function ends(rows, name, isLog) {
  if (!isLog) return {};
  const values = rows.map((row) => plain(row[name]));
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  return { min: low / 1.6, max: Math.min(high * 1.6, Number.MAX_VALUE), axisLabel: { color: theme().faint, hideOverlap: true, formatter: tick, showMinLabel: false, showMaxLabel: false } };
}

/** A run in words. */
export function label(app, row, names) {
  const parts = [...new Set(names.filter(Boolean))].map((name) => `${visible(name)}=${text(row[name], app.source.column(name))}`);
  return `${row.uuid}: ${parts.join(", ")}`;
}

/** Series by the colour of their runs: a ramp for numbers, else one for each of the most frequent values. */
export function coloured(app, rows, colour) {
  if (!colour) return { groups: [{ rows, style: series(0) }], key: null };
  const column = app.source.column(colour);
  const distinct = new Map();
  for (const row of rows) distinct.set(row[colour], (distinct.get(row[colour]) ?? 0) + 1);
  if (isNumeric(column) && distinct.size > SERIES) {
    const share = shares(rows.map((row) => plain(row[colour])));
    const style = { symbol: "circle", of: (row) => ramp(share.of(plain(row[colour]))) };
    const name = share.isLog ? `${visible(colour)} (log)` : visible(colour);
    return { groups: [{ rows, style }], key: rampLegend(name, short(share.low), short(share.high), ramp) };
  }
  const names = [...distinct].sort((a, b) => b[1] - a[1]).map(([value]) => value).slice(0, SERIES - 1);
  names.sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))));
  const groups = names.map((name, index) => ({ name, style: series(index), rows: rows.filter((row) => row[colour] === name) }));
  const rest = rows.filter((row) => !names.includes(row[colour]));
  const entries = groups.map(({ name, style }) => ({ colour: style.colour, symbol: style.symbol, name: name === null ? "(none)" : text(name, column) }));
  if (rest.length) {
    groups.push({ style: series(SERIES - 1), rows: rest });
    entries.push({ colour: series(SERIES - 1).colour, symbol: series(SERIES - 1).symbol, name: `${distinct.size - names.length} other values` });
  }
  return { groups, key: legend(entries) };
}

/** Finite values as shares of their range; of their logarithms if they span two powers of ten. */
export function shares(values) {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((one, other) => Math.min(one, other), Infinity);
  const high = finite.reduce((one, other) => Math.max(one, other), -Infinity);
  const isLog = spans({ min: low, max: high });
  const scale = isLog ? Math.log : (value) => value;
  // Halved, because the difference of the largest floats is infinite.
  const span = scale(high) / 2 - scale(low) / 2;
  const of = (value) => (Number.isFinite(value) ? (span > 0 ? (scale(value) / 2 - scale(low) / 2) / span : 0.5) : NaN);
  return { low, high, isLog, of };
}
