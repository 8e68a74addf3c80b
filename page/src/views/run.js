// One run with everything: values, curves, attempts, the end of its log.

import { h, table, visible } from "../dom.js";
import { axis, figure, grid } from "../chart.js";
import { curves as decoded } from "../decode.js";
import { moment, short, text } from "../format.js";
import { hasPlace } from "../left_out.js";
import { series } from "../palette.js";
import { single } from "./curves.js";

export async function run(app) {
  const found = app.state.run ? await app.source.run(app.state.run) : null;
  if (!found?.values) {
    const which = !app.state.run ? "" : found ? `${visible(found.damaged.reasons.join("; "))}. ` : `There is no run ${visible(app.state.run)} here. `;
    return [h("h2", null, "Run"), h("p", null, `${which}Open a run from the table.`)];
  }
  const { values, attempts } = found;
  const groups = [["built_in", "Run"], ["identifying", "Key"], ["annotating", "Recorded"]];
  const chosen = new Set(app.state.runs ?? []);
  const toggle = () => {
    if (chosen.has(values.uuid)) chosen.delete(values.uuid);
    else chosen.add(values.uuid);
    app.go({ runs: [...chosen] });
  };
  return [
    h("h2", null, "Run ", h("bdi", null, visible(values.uuid))),
    h("p", { class: "controls" }, h("button", { type: "button", onclick: toggle }, chosen.has(values.uuid) ? "Take out of the chosen runs" : "Choose for comparing")),
    groups.map(([role, title]) => block(app, title, role, values)),
    app.source.columns.filter((column) => column.type === "json" && values[column.name]).map((column) => drawn(column.name, values[column.name])),
    tries(app, values, attempts ?? []),
  ];
}

function block(app, title, role, values) {
  const columns = app.source.columns.filter((column) => column.role === role && column.type !== "json");
  if (!columns.length) return null;
  const rows = columns.map((column) => [
    h("th", { scope: "row", title: column.doc ?? null }, h("bdi", null, visible(column.name))),
    h("td", null, h("bdi", { class: "whole" }, whole(values[column.name], column))),
  ]);
  return h("section", null, h("h3", null, title), h("div", { class: "scroll" }, h("table", { class: "values" }, h("tbody", null, rows.map((row) => h("tr", null, row))))));
}

function whole(value, column) {
  if (typeof value === "number" && Number.isFinite(value)) return String(value).replace("e+", "e");
  if (column.type === "datetime" && value) return value.replace("T", " ").replace("Z", " UTC");
  return text(value, column);
}

/** A json value: its curves as charts, the rest as text. */
function drawn(name, cell) {
  const parts = decoded(cell).map((curve) => {
    const line = single(curve);
    const points = line.flatMap((point, index) => (point.mean === null || !hasPlace(point.mean) ? [] : [{ label: `${short(point.mean)} at ${short(point.x)}`, series: 0, index }]));
    const { colour } = series(0);
    return figure({
      title: visible(`${name}${curve.path}`),
      description: points.length ? `${curve.of} points, the last ${points.at(-1).label}.` : `${curve.of} points, none finite.`,
      height: 200,
      points,
      option: {
        grid: grid({ bottom: 30, top: 12 }),
        xAxis: axis("", "value"),
        yAxis: axis("", "value"),
        series: [{ type: "line", symbolSize: 4, showSymbol: line.length <= 60, lineStyle: { color: colour }, itemStyle: { color: colour }, data: line.map((point) => [point.x, point.mean !== null && hasPlace(point.mean) ? point.mean : null]) }],
      },
      data: { headings: ["at", "value"], count: line.length, row: (index) => [short(line[index].x), line[index].mean === null ? "–" : short(line[index].mean)] },
    });
  });
  const rest = "json" in cell ? cell.json : cell.rest;
  const shown = rest;
  const note = cell.cut ? h("p", { class: "note" }, `${visible(name)}: ${cell.cut.toLocaleString("en")} bytes of JSON are not in this report.`) : null;
  const json = shown === undefined || shown === null ? null
    : h("details", { open: !parts.length }, h("summary", null, h("bdi", null, visible(name))), h("pre", { class: "scroll" }, visible(JSON.stringify(shown, null, 2))));
  return h("section", null, json, note, parts);
}

function tries(app, values, attempts) {
  if (!attempts.length) return null;
  const headings = ["attempt", "outcome", "host", "pid", "started", "ended", "exit", "error", ...(app.source.isLive ? ["log"] : [])];
  const output = h("pre", { class: "scroll log", hidden: true });
  const show = async (attempt, stream) => {
    const log = await app.source.log({ run: values.uuid, attempt, stream });
    output.hidden = false;
    output.textContent = log.text === null ? `There is no ${stream} of attempt ${attempt} on this machine.` : `${log.isCut ? "…\n" : ""}${log.text || "(empty)"}`.replace(/[^\n\t]/gu, visible);
  };
  const button = (attempt, stream) => h("button", { type: "button", class: "small", onclick: () => show(attempt, stream) }, stream);
  const rows = attempts.map((one) => [
    String(one.attempt), text(one.outcome ?? "running"), h("bdi", null, text(one.host)), text(one.pid), moment(one.started_at), moment(one.ended_at), text(one.exit_code), h("bdi", { class: "excerpt" }, text(one.error)),
    ...(app.source.isLive ? [h("td", null, button(one.attempt, "out"), " ", button(one.attempt, "err"))] : []),
  ]);
  return h("section", null, h("h3", null, "Attempts"), table("Attempts", headings, rows), output);
}
