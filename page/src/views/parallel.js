// Parallel coordinates: one axis for each field, one line for each run; ranges on axes filter.

import { choices, h, select, visible } from "../dom.js";
import { figure, middle, middles, rampLegend, ticks, widthOf } from "../chart.js";
import { plain } from "../decode.js";
import { identifying, metric, numeric, scalar } from "../fields.js";
import { isNumeric, literal, name as typed, plural, short, text } from "../format.js";
import { ramp, series, theme } from "../palette.js";
import { both } from "./progress.js";
import { hasPlace, note, reason, sampled, unreadable, unusable, WITHOUT_PLACE } from "../left_out.js";
import { label, shares, spans } from "./scatter.js";

const MOST = 2000;
const CATEGORIES = 40;

/** What the names beside upright axes take; of others, the margins, the way to the next one, and how long names are tilted. */
const [SIDES, MARGIN, BETWEEN, TILT] = [180, 24, 84, (40 / 180) * Math.PI];

export async function parallel(app) {
  const { source, state } = app;
  const offered = scalar(source).filter((name) => !["uuid", "id"].includes(name));
  const of = metric(app);
  const varying = identifying(source).filter((name) => app.facts.facts[name]?.varies);
  const usual = [...(varying.length ? varying : identifying(source)), ...(of ? [of] : [])];
  const axes = state.axes?.filter((name) => offered.includes(name)) ?? usual;
  const colour = numeric(source).includes(state.colour) ? state.colour : (of ?? "");
  const asked = [...new Set(["uuid", ...axes, ...(colour ? [colour] : [])])];
  const { rows, of: total, damaged } = await source.sample({ where: state.where, columns: asked, limit: MOST });
  const controls = h("div", { class: "controls" },
    choices("Axes", offered, axes, (axes) => app.go({ axes })),
    select("Colour", [{ value: "", text: "(none)" }, ...numeric(source)], colour, (colour) => app.go({ colour })));
  const scales = axes.map((name) => scale(app, rows, name));
  const lost = unusable(app, ["axes", "be an axis", offered], ["colour", "be the colour of lines", numeric(source), colour]);
  const said = note(lost, sampled(rows.length, total), gaps(rows, scales), unreadable(damaged));
  const head = [h("h2", null, "Parallel coordinates"), controls, said];
  if (axes.length < 2) return [...head, h("p", null, "Choose at least two axes.")];
  if (!rows.length) return [...head, h("p", null, "No runs.")];
  return [...head, chart(app, rows, scales, colour)];
}

/** How a field is laid along its axis. */
function scale(app, rows, name) {
  const column = app.source.column(name);
  const values = rows.map((row) => row[name]);
  if (isNumeric(column)) {
    const finite = values.map(plain).filter(hasPlace);
    const [min, max] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    const isLog = spans({ min, max });
    const isConstant = !(min < max);
    return { name, column, isLog, isConstant, of: (value) => (hasPlace(plain(value)) ? plain(value) : null) };
  }
  const names = [...new Set(values.map((value) => text(value, column)))];
  const order = column.values?.length ? column.values.map((value) => text(value, column)) : [];
  names.sort((a, b) => rank(order, a) - rank(order, b) || a.localeCompare(b, "en", { numeric: true }));
  const shown = names.length > CATEGORIES ? names.slice(0, CATEGORIES) : names;
  const byText = new Map(values.map((value) => [text(value, column), value]));
  return { name, column, names: shown, byText, of: (value) => (shown.includes(text(value, column)) ? text(value, column) : null) };
}

function rank(order, name) {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

/** The runs that have no place on some axis, and why. */
function gaps(rows, scales) {
  const left = { absent: 0, nan: 0, infinite: 0, more: 0 };
  for (const row of rows) {
    const at = scales.find(({ name, of }) => of(row[name]) === null);
    if (at) left[at.names ? "more" : reason(row[at.name])] += 1;
  }
  const words = { ...WITHOUT_PLACE, more: `with a text beyond the first ${CATEGORIES}` };
  const parts = Object.entries(words).filter(([name]) => left[name]).map(([name, text]) => `${left[name].toLocaleString("en")} ${text}`);
  const count = Object.values(left).reduce((sum, one) => sum + one, 0);
  return parts.length ? `${plural(count, "run")} ${count === 1 ? "has" : "have"} no place on some axis (${parts.join("; ")}): the line has a gap there` : null;
}

/** The stretches of a line between its gaps, each with a value for every axis; `-` is none. */
function stretches(values) {
  const found = [];
  let current = null;
  values.forEach((value, index) => {
    if (value === null) current = null;
    else {
      if (!current) found.push(current = values.map(() => "-"));
      current[index] = value;
    }
  });
  return found;
}

function chart(app, rows, scales, colour) {
  const axes = scales.map(({ name }) => name);
  const share = colour ? shares(rows.map((row) => plain(row[colour]))) : null;
  const data = rows.flatMap((row) => {
    const lineStyle = { color: share ? ramp(share.of(plain(row[colour]))) : series(0).colour };
    return stretches(scales.map(({ name, of }) => of(row[name]))).map((value) => ({ value, lineStyle, row }));
  });
  // Labels of thousands of lines would take long, and few of them are read.
  const points = () => data.map(({ row }, index) => ({ get label() { return label(app, row, axes); }, series: 0, index, open: () => app.go({ view: "run", run: row.uuid }) }));
  const element = figure({
    title: "Parallel coordinates",
    description: `${plural(rows.length, "run")} over ${axes.map(visible).join(", ")}. Drag along an axis to choose a range, or type it below.`,
    option: (width) => ({
      ...laid(scales, width),
      series: [{ type: "parallel", data, progressive: 150, progressiveThreshold: 400, lineStyle: { width: 1.2, opacity: rows.length > 300 ? 0.35 : 0.7 }, inactiveOpacity: 0.04, activeOpacity: 0.8, smooth: false, emphasis: { disabled: data.length > 500 } }],
    }),
    height: (width) => (isUpright(scales, width) ? Math.max(440, 64 + 15 * Math.max(...scales.map(({ names }) => names?.length ?? 0))) : 50 + BETWEEN * scales.length),
    legend: share && Number.isFinite(share.low) ? rampLegend(visible(colour), short(share.low), short(share.high), ramp) : null,
    points,
    data: {
      headings: ["run", ...axes.map(visible)],
      count: rows.length,
      row: (index) => [app.run(rows[index].uuid), ...axes.map((name) => text(rows[index][name], app.source.column(name)))],
    },
    onEvent: (chart) => chart.on("axisareaselected", () => take(chart, scales, form)),
  });
  const form = ranges(app, scales);
  return [element, form];
}

/** Whether there is room for the axes side by side; else they lie below each other. */
function isUpright(scales, width) {
  return (width - SIDES) / Math.max(1, scales.length - 1) >= 100;
}

/** The axes for a width. */
function laid(scales, width) {
  const upright = isUpright(scales, width);
  const { text: ink, faint, line, ground } = theme();
  const between = upright ? (width - SIDES) / Math.max(1, scales.length - 1) : width - 2 * MARGIN;
  const widest = (upright ? Math.min(between - 10, 130) : between - 20) - (scales.some(({ isLog }) => isLog) ? 32 : 0);
  const titles = middles(scales.map(({ name }) => visible(name)), widest);
  const parallelAxis = scales.map(({ isLog, isConstant, names }, dim) => {
    const share = between / Math.max(1, names?.length ?? 1);
    const isTilted = !upright && names?.some((name) => widthOf(name) > share - 6);
    // A tilted name begins to the left of its tick, and there the picture ends.
    const tilted = (index) => Math.min(56, (MARGIN + share * (index + 0.5) - 6) / Math.cos(TILT));
    const room = (index) => (upright ? Math.min(110, between - 20) : isTilted ? tilted(index) : share - 6);
    return {
      dim,
      name: titles[dim] + (isLog ? " (log)" : ""),
      nameLocation: upright ? "end" : "middle",
      nameGap: upright ? 15 : -22,
      nameTextStyle: { color: ink, textBorderColor: ground, textBorderWidth: 3 },
      type: names ? "category" : isLog ? "log" : "value",
      data: names,
      scale: true,
      ...(isConstant && !names ? { splitNumber: 1 } : upright ? {} : { splitNumber: Math.max(2, Math.floor(width / 90)) }),
      axisLabel: {
        color: ink, formatter: names ? (value, index) => middle(value, room(index)) : ticks(isLog ? "log" : "value"), hideOverlap: true, ...(upright || names ? {} : { alignMinLabel: "left", alignMaxLabel: "right" }), textBorderColor: ground, textBorderWidth: 3,
        ...(names ? { rotate: isTilted ? (180 / Math.PI) * TILT : 0, interval: upright ? 0 : Math.ceil(18 / share) - 1 } : {}),
      },
      axisLine: { lineStyle: { color: faint } },
      axisTick: { lineStyle: { color: faint }, alignWithLabel: true },
      areaSelectStyle: { width: 18, borderColor: ink, color: line, opacity: 0.5 },
    };
  });
  const around = upright ? { left: 70, right: SIDES - 70, top: 40, bottom: 24 } : { left: MARGIN, right: MARGIN, top: 40, bottom: 50 };
  return { parallel: { layout: upright ? "horizontal" : "vertical", axisExpandable: false, ...around }, parallelAxis };
}

/** Writes the ranges that were drawn on the axes into the form. */
function take(chart, scales, form) {
  chart.getModel().eachComponent("parallelAxis", (axis) => {
    const interval = axis.activeIntervals[0];
    const { isLog, names } = scales[axis.option.dim];
    const [low, high] = form.inputs[axis.option.dim];
    if (names) {
      const [from, to] = interval ?? [null, null];
      low.value = interval ? names[Math.max(0, Math.ceil(from))] ?? "" : "";
      high.value = interval ? names[Math.min(names.length - 1, Math.floor(to))] ?? "" : "";
    } else {
      const value = (at) => (interval ? short(isLog && chart.isLogInterval ? 10 ** interval[at] : interval[at]) : "");
      low.value = value(0);
      high.value = value(1);
    }
  });
}

/** The ranges as fields, for the keyboard, and a button that filters by them. */
function ranges(app, scales) {
  const inputs = scales.map(({ name }) => ["from", "to"].map((end) => h("input", { type: "text", size: "9", "aria-label": `${visible(name)} ${end}` })));
  const conditions = () => scales.map((scale, index) => condition(scale, inputs[index].map((input) => input.value.trim()))).filter(Boolean);
  const apply = (event) => {
    event.preventDefault();
    const added = conditions().join(" and ");
    if (added) app.go({ where: both(app.state.where, added), after: null });
  };
  const rows = scales.map(({ name }, index) => h("div", { class: "range" }, h("bdi", null, visible(name)), inputs[index][0], "–", inputs[index][1]));
  const form = h("form", { class: "ranges", onsubmit: apply }, h("fieldset", null, h("legend", null, "Ranges"), rows, h("button", { type: "submit" }, "Filter by these ranges")));
  form.inputs = inputs;
  return form;
}

function condition({ name, names, byText, column }, [low, high]) {
  if (!low && !high) return null;
  if (names) {
    const [from, to] = [low ? names.indexOf(low) : 0, high ? names.indexOf(high) : names.length - 1];
    const chosen = names.slice(Math.max(0, Math.min(from, to)), Math.max(from, to) + 1).map((name) => byText.get(name));
    const values = chosen.filter((value) => value !== null && value !== undefined);
    if (column.type === "bool") return values.map((value) => `${typed(name)} == ${value}`).join(" or ");
    return `${typed(name)} in [${values.map(literal).join(", ")}]`;
  }
  const number = (text) => (column.type === "int" ? String(Math.round(Number(text))) : text);
  if (low && high) return `${typed(name)} between ${number(low)} and ${number(high)}`;
  return low ? `${typed(name)} >= ${number(low)}` : `${typed(name)} <= ${number(high)}`;
}
