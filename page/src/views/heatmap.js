// Two fields, and in each cell an aggregate of a metric with the number of its values.

import { h, select, visible } from "../dom.js";
import { axis, figure, gridOfNames, middle, rampLegend, widthOf } from "../chart.js";
import { identifying, metric, metrics, scalar } from "../fields.js";
import { equals, plural, short, text } from "../format.js";
import { on, ramp, theme } from "../palette.js";
import { order } from "../expression/evaluate.js";
import { inNoMean, note, unlisted, unreadable, unusable } from "../left_out.js";
import { both } from "./progress.js";
import { shares } from "./scatter.js";

const MEASURES = ["mean", "min", "max", "std", "n"];
const MOST = 60;

/** Around the map, in its cells, and of the names below it, if they are tilted. */
const [TOP, RIGHT, SMALL, LINE, TILT] = [18, 16, 11, 15, (40 / 180) * Math.PI];

export async function heatmap(app) {
  const { source, state } = app;
  const fields = scalar(source).filter((name) => !["id", "uuid", "created_at", "updated_at"].includes(name));
  const varying = identifying(source).filter((name) => app.facts.facts[name]?.varies);
  const across = fields.includes(state.x) ? state.x : (varying[0] ?? fields[0]);
  const up = fields.includes(state.y) ? state.y : (varying.find((name) => name !== across) ?? fields.find((name) => name !== across) ?? across);
  const of = metric(app);
  const measure = MEASURES.includes(state.measure) ? state.measure : of ? "mean" : "n";
  const keys = across === up ? [across] : [across, up];
  const { groups, damaged } = await source.groups({ where: state.where, keys, metric: of, limit: MOST * MOST + 1 });
  const cells = groups.map((group) => ({ ...group, x: group.keys[0], y: group.keys.at(-1), value: group[measure] }));
  const [xs, ys] = [distinct(cells.map((cell) => cell.x)), distinct(cells.map((cell) => cell.y))];
  return [
    h("h2", null, "Heat map"),
    h("div", { class: "controls" },
      select("Across", fields, across, (x) => app.go({ x })),
      select("Up", fields, up, (y) => app.go({ y })),
      select("Metric", metrics(source), of, (metric) => app.go({ metric })),
      select("Cell", MEASURES, measure, (measure) => app.go({ measure }))),
    note(
      unusable(app, ["x", "be drawn across", fields, across], ["y", "be drawn up", fields, up], ["metric", "be the metric", metrics(source), of]),
      unlisted(app, "measure", "measure", MEASURES, measure)),
    note(of ? inNoMean(app, of) : null, unreadable(damaged)),
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
  const name = of ? `${measure} of ${visible(of)}` : "number of runs";
  const describe = (cell) => `${visible(across)}=${named(cell.x, columnX)}, ${visible(up)}=${named(cell.y, columnY)}: ${name} ${cell.value === null ? "–" : short(cell.value)}, n = ${cell.n}, ${plural(cell.runs, "run")}`;
  const inside = (cell) => [...new Map([[across, cell.x], [up, cell.y]])].map(([field, value]) => equals(field, value)).join(" and ");
  const points = () => cells.map((cell, index) => ({
    get label() { return describe(cell); }, series: 0, index,
    open: () => app.go({ view: "table", where: both(app.state.where, inside(cell)), after: null }),
  }));
  const height = Math.min(Math.max(140 + ys.length * 44, 240), 900);
  const names = [xs.map((value) => named(value, columnX)), ys.map((value) => named(value, columnY))];
  const [atX, atY] = [xs, ys].map((values) => new Map(values.map((value, index) => [value, index])));
  const places = cells.map(({ x, y }) => [atX.get(x), atY.get(y), 1]);
  const option = (width) => {
    const { digits, ...around } = placed({ width, height, names, titles: [across, up], cells, measure });
    const label = (cell) => ({ show: true, color: on(share.of(cell.value ?? NaN)), formatter: inCell(cell, measure, digits).join("\n"), fontSize: SMALL, lineHeight: LINE });
    return {
      ...around,
      series: [{
        type: "heatmap",
        // Many cells are drawn in several frames. They have no room for a label, and as objects they would take several times as long.
        data: cells.map((cell, index) => (digits ? { value: places[index], label: label(cell) } : places[index])),
        itemStyle: { color: ({ dataIndex }) => ramp(share.of(cells[dataIndex].value ?? NaN)), borderColor: theme().ground, borderWidth: 1 },
        progressive: 400,
        progressiveThreshold: 500,
      }],
    };
  };
  return figure({
    title: `${name} over ${visible(across)} and ${visible(up)}`,
    description: `${plural(cells.length, "cell")}${share.isLog ? ", coloured on a logarithmic scale" : ""}${grey ? `; ${grey} without a finite value ${grey === 1 ? "is" : "are"} grey` : ""}.`,
    option, points, height,
    outline: cells.length > 500 ? [{ type: "heatmap", data: [] }] : null,
    legend: Number.isFinite(share.low) ? rampLegend(name, short(share.low), short(share.high), ramp) : null,
    data: {
      headings: [across, up, name, "n", "runs"].map(visible),
      count: cells.length,
      row: (index) => {
        const { x, y, value, n, runs } = cells[index];
        return [named(x, columnX), named(y, columnY), value === null ? "–" : short(value), String(n), String(runs)];
      },
    },
  });
}

/** The lines in a cell. */
function inCell({ value, n }, measure, digits) {
  const shown = value === null || value === undefined ? "–" : brief(value, Math.max(1, digits));
  return measure === "n" ? [shown] : [shown, `n=${n}`];
}

/** Few digits, for a cell. */
function brief(value, digits) {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || (Number.isInteger(value) && size < 1e6)) return short(value);
  if (size < 1e-3 || size >= 1e6) return value.toExponential(digits - 1).replace(/\.?0*e\+?/, "e");
  return String(Number(value.toPrecision(digits)));
}

/** The axes, and how many digits of the values have room in their cells: none, if not all of them have. */
function placed({ width, height, names: [xs, ys], titles: [across, up], cells, measure }) {
  const longest = (names, most) => Math.ceil(Math.min(most, names.reduce((max, name) => Math.max(max, widthOf(name)), 0)));
  const besides = longest(ys, Math.min(120, width * 0.28));
  const left = besides + 40;
  const cell = (width - left - RIGHT) / xs.length;
  const isTilted = longest(xs, 120) > cell - 8;
  // A tilted name begins to the left of its cell, and there the picture ends.
  const below = isTilted ? longest(xs, Math.min(120, (left + cell / 2 - 8) / Math.cos(TILT))) : cell - 6;
  const bottom = isTilted ? 44 + Math.ceil(below * Math.sin(TILT)) : 56;
  const lines = measure === "n" ? 1 : 2;
  const isHigh = (height - TOP - bottom) / ys.length >= lines * LINE;
  const fits = (digits) => cells.every((one) => inCell(one, measure, digits).every((text) => widthOf(text, SMALL) <= cell - 4));
  const color = theme().text;
  return {
    digits: isHigh ? [4, 3, 2].find(fits) ?? 0 : 0,
    grid: gridOfNames({ left, right: RIGHT, top: TOP, bottom }),
    xAxis: axis(visible(across), "category", {
      data: xs, nameGap: isTilted ? bottom - 20 : 32, room: width - left - RIGHT,
      axisLabel: { color, rotate: isTilted ? (180 / Math.PI) * TILT : 0, interval: Math.ceil(20 / cell) - 1, formatter: (name) => middle(name, below) },
    }),
    yAxis: axis(visible(up), "category", {
      data: ys, nameGap: besides + 16, room: height - 80,
      axisLabel: { color, interval: 0, formatter: (name) => middle(name, besides) },
    }),
  };
}
