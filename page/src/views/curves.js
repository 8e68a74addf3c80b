// Curves of chosen runs, or of groups: their mean with a band.

import { checkbox, choices, h, select, visible } from "../dom.js";
import { axis, figure, grid, legend } from "../chart.js";
import { curveFields, isLowest, keys, metric, metrics, ranked, scalar } from "../fields.js";
import { apart, equals, plural, setting, shared, short } from "../format.js";
import { hasPlace, note, unlisted, unreadable, unusable } from "../left_out.js";
import { series, SERIES } from "../palette.js";
import { bundle, halfInterval } from "../statistics.js";
import { both } from "./progress.js";

const BANDS = [
  { value: "ci", text: "95 % interval of the mean" },
  { value: "std", text: "standard deviation" },
  { value: "range", text: "lowest to highest" },
  { value: "none", text: "no band" },
];
const RUNS_OF_GROUP = 50;
const GROUPS = 6;
const LINES = 40;

export async function curves(app) {
  const { source, state } = app;
  const fields = curveFields(source);
  if (!fields.length) return [h("h2", null, "Curves"), h("p", null, "The schema has no json field, which curves are kept in.")];
  const field = fields.includes(state.field) ? state.field : fields[0];
  const of = state.runs?.length && state.by !== "groups" ? "runs" : "groups";
  const members = of === "runs" ? chosen(state.runs.slice(0, LINES)) : await grouped(app);
  const uuids = [...new Set(members.flatMap((member) => member.runs))];
  const { runs: answered, damaged } = await source.curves({ runs: uuids, field });
  const found = new Map(answered.map((run) => [run.uuid, run.curves]));
  const paths = [...new Set([...found.values()].flat().map((curve) => curve.path))].sort();
  const path = paths.includes(state.path) ? state.path : (paths.find((path) => path.endsWith(metric(app) ?? "")) ?? paths[0]);
  const drawn = members.map((member) => ({ ...member, curves: member.runs.flatMap((uuid) => (found.get(uuid) ?? []).filter((curve) => curve.path === path)) }));
  const has = drawn.filter((member) => member.curves.length);
  // The interval of a mean of two is a dozen times as wide as their distance.
  const usual = has.some((member) => member.curves.length > 2) ? "ci" : "range";
  const band = BANDS.some(({ value }) => value === state.band) ? state.band : usual;
  return [
    h("h2", null, "Curves"),
    h("div", { class: "controls" },
      select("Field", fields, field, (field) => app.go({ field, path: null })),
      select("Curve", paths.map((path) => ({ value: path, text: visible(path || "(itself)") })), path, (path) => app.go({ path })),
      select("Of", [{ value: "groups", text: "groups" }, { value: "runs", text: "chosen runs" }], of, (by) => app.go({ by })),
      of === "groups" ? select("Best by", metrics(source), metric(app), (metric) => app.go({ metric })) : null,
      of === "groups" ? choices("Group by", scalar(source), keys(app), (keys) => app.go({ keys })) : null,
      of === "groups" ? select("Band", BANDS, band, (band) => app.go({ band })) : null,
      checkbox("log", state.ylog === "1", (on) => app.go({ ylog: on ? "1" : null }))),
    of === "runs" || !members.length ? null : h("p", { class: "note" }, `The best ${plural(members.length, "group")} by ${visible(metric(app) ?? "number of runs")}; of each at most ${RUNS_OF_GROUP} runs.${shared(keys(app), members, source.columns)} To see single runs, choose them in the table.`),
    state.by === "runs" && of === "groups" ? h("p", { class: "note" }, "No runs are chosen; choose some in the table.") : null,
    note(
      unusable(app, ["field", "have curves", fields, field]),
      of === "groups" ? unusable(app, ["metric", "be the metric", metrics(source), metric(app)], ["keys", "be a key of groups", scalar(source)]) : null,
      paths.length ? unlisted(app, "path", "curve", paths, path) : null,
      of === "groups" ? unlisted(app, "band", "band", BANDS.map(({ value }) => value), band) : null),
    note(of === "runs" ? beyond(state.runs) : null, without(drawn, of), unreadable(damaged)),
    has.length ? chart(app, has, { field, path, band, of }) : h("p", null, members.length ? "None of these runs has a curve in this field." : "No runs."),
  ];
}

/** Runs that have no such curve. */
function without(members, of) {
  const count = members.reduce((sum, member) => sum + member.runs.length - member.curves.length, 0);
  if (count <= 0) return null;
  const groups = of === "groups" ? members.filter((member) => !member.curves.length).length : 0;
  return `${plural(count, "run")} of these ${count === 1 ? "has" : "have"} no such curve${groups ? `, among them all of ${plural(groups, "group")}` : ""}`;
}

function beyond(runs) {
  return runs.length > LINES ? `The first ${LINES} of ${runs.length} chosen runs are drawn` : null;
}

function chosen(runs) {
  return runs.map((uuid) => ({ name: uuid, runs: [uuid] }));
}

/** The best groups, each with some of its runs. */
async function grouped(app) {
  const { source, state } = app;
  const [by, of] = [keys(app), metric(app)];
  const lowest = isLowest(app, of);
  const { groups } = await source.groups({ where: state.where, keys: by, metric: of, limit: 500, lowest });
  const best = ranked(groups, lowest).slice(0, GROUPS);
  const differ = apart(by, best);
  return Promise.all(best.map(async (group) => {
    const condition = by.map((name, index) => equals(name, group.keys[index])).join(" and ");
    const where = condition ? both(state.where, condition) : state.where;
    const { rows } = await source.list({ where, sort: null, columns: ["uuid"], after: null, limit: RUNS_OF_GROUP });
    const name = setting(differ.map((index) => by[index]), differ.map((index) => group.keys[index]), source.columns);
    return { name: name || "all runs", keys: group.keys, runs: rows.map((row) => row.uuid) };
  }));
}

function chart(app, members, { field, path, band, of }) {
  const isLog = app.state.ylog === "1";
  const shown = members.slice(0, of === "runs" ? LINES : SERIES);
  const thinned = shown.some((member) => member.curves.some((curve) => curve.of > curve.y.length));
  const points = [];
  const drawnSeries = [];
  let left = 0;
  const bands = [];
  shown.forEach((member, at) => {
    const { colour, dash, symbol } = series(at);
    const line = of === "runs" ? single(member.curves[0]) : bundle(member.curves);
    const usable = (value) => value !== null && hasPlace(value) && (!isLog || value > 0);
    left += line.filter((point) => point.mean !== null && !usable(point.mean)).length;
    line.forEach((point, index) => {
      if (usable(point.mean)) points.push({ label: `${member.name}: ${short(point.mean)} at ${short(point.x)}${of === "groups" ? `, n = ${point.n}` : ""}`, series: at, index });
    });
    drawnSeries.push({
      type: "line", symbol, symbolSize: line.length > 60 ? 1 : 5, showSymbol: line.length <= 60, lineStyle: { color: colour, width: 2, type: dash }, itemStyle: { color: colour },
      data: line.map((point) => [point.x, usable(point.mean) ? point.mean : null]), connectNulls: false, emphasis: { scale: 3 }, z: 3,
    });
    if (of === "groups" && band !== "none") bands.push({ colour, areas: areas(line, band, isLog) });
  });
  for (const { colour, areas } of bands) for (const area of areas) drawnSeries.push(polygon(area, colour));
  const option = {
    grid: grid(),
    xAxis: axis("", "value", { nameGap: 30 }),
    yAxis: axis(visible(`${field}${path}`), isLog ? "log" : "value", { nameGap: 52 }),
    series: drawnSeries,
  };
  const notes = [];
  if (of === "groups" && shown.some(({ curves }) => curves.some((curve) => curve.x.at(-1) !== curves[0].x.at(-1)))) {
    notes.push("where a curve ends before the others of its group, the mean is that of the others from there on");
  }
  if (thinned) notes.push("long curves are thinned to 1,000 points, with their extremes");
  if (left) notes.push(`${plural(left, "point")} without a place (infinite or beyond 8e307${isLog ? ", or not positive" : ""}) are left out`);
  const key = legend(shown.map((member, at) => ({ colour: series(at).colour, dash: series(at).dash, name: of === "runs" ? member.name : `${member.name} (n = ${member.curves.length})` })));
  return figure({
    title: `Curves of ${visible(`${field}${path}`)}`,
    description: `${plural(shown.length, of === "runs" ? "run" : "group")}${notes.length ? `; ${notes.join("; ")}` : ""}.`,
    option, points, legend: key,
    data: {
      headings: [of === "runs" ? "run" : "group", "value"], count: points.length,
      row: (index) => {
        const { label } = points[index];
        return [label.slice(0, label.lastIndexOf(": ")), label.slice(label.lastIndexOf(": ") + 2)];
      },
    },
  });
}

export function single(curve) {
  return Array.from(curve.x, (x, index) => ({ x, mean: Number.isNaN(curve.y[index]) ? null : curve.y[index], n: 1 }));
}

/** The stretches of a band: lists of `[x, low, high]`. */
function areas(line, band, isLog) {
  const stretches = [[]];
  for (const point of line) {
    const half = band === "ci" ? halfInterval(point) : point.std;
    const ends = band === "range" ? [point.min, point.max] : half === null ? [null, null] : [point.mean - half, point.mean + half];
    const isUsable = ends.every((end) => end !== null && hasPlace(end) && (!isLog || end > 0));
    if (isUsable) stretches.at(-1).push([point.x, ...ends]);
    else if (stretches.at(-1).length) stretches.push([]);
  }
  return stretches.filter((stretch) => stretch.length > 1);
}

function polygon(area, colour) {
  const lows = area.map(([x, low]) => [x, low]);
  const highs = area.map(([x, , high]) => [x, high]).reverse();
  return {
    type: "custom", silent: true, z: 1, clip: true,
    // All points are given, so that the axes have room for them; the first one draws the whole.
    data: [...lows, ...highs],
    renderItem: (params, api) => (params.dataIndex > 0 ? null : {
      type: "polygon",
      shape: { points: [...lows, ...highs].map((point) => api.coord(point)) },
      style: { fill: colour, opacity: 0.16 },
    }),
  };
}
