// One chart in a figure: drawn by ECharts, described in words, with its data as a table, and usable by keyboard.

import { CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart } from "echarts/charts";
import { GridComponent, ParallelComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

import { announce, h, table, turn } from "./dom.js";
import { tick } from "./format.js";
import { theme } from "./palette.js";

echarts.use([CustomChart, HeatmapChart, LineChart, ParallelChart, ScatterChart, GridComponent, ParallelComponent, CanvasRenderer]);

const FONT = "system-ui, sans-serif";

const drawn = new Set();

/** The figures that are not in the page yet, each with what draws it. */
const waiting = new Map();

/** Draws the charts of a view that is in the page now: a canvas needs its size. */
export function draw(view) {
  for (const [element, start] of waiting) if (view.contains(element)) requestAnimationFrame(start);
  waiting.clear();
}

/** Ends the charts of the last view. */
export function clear() {
  for (const { chart, observer } of drawn) {
    observer.disconnect();
    chart.dispose();
  }
  drawn.clear();
}

/**
 * A figure with a chart. `option` is ECharts' option, or a function that makes it for a width, as `height` may be. `points` are what the arrow keys walk through:
 * `{ label, series, index, open }`, or a function that returns them when somebody asks for the first one. `data` is the same as a table: `{ headings, count, row }`,
 * of which `row` makes the cells of one row. `outline` are series with few points or none, with which the axes are drawn before the many points.
 */
export function figure({ title, description, option, outline, points = [], data, height, onEvent, legend }) {
  const isWalked = typeof points === "function" || points.length > 0;
  const canvas = h("div", {
    class: "chart", role: "img", tabindex: "0",
    "aria-label": `${title}. ${description}${isWalked ? " Use the arrow keys to walk through the points, Enter to open a run." : ""}`,
  });
  const tip = h("div", { class: "tip", hidden: true });
  const fit = (width) => {
    canvas.style.height = `${(typeof height === "function" ? height(width) : height) ?? 420}px`;
    return typeof option === "function" ? option(width) : option;
  };
  fit(available());
  const element = h("figure", null,
    h("figcaption", null, h("strong", null, title), " ", description),
    legend ?? null,
    h("div", { class: "plot" }, canvas, tip),
    data ? asTable(title, data) : null);
  waiting.set(element, () => begin(canvas, tip, fit, { points, outline, onEvent }));
  return element;
}

/** The data is put into the page when somebody opens it. */
function asTable(title, { headings, count, row }) {
  const LONGEST = 500;
  const details = h("details", { class: "data" }, h("summary", null, "Data as a table"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      const caption = count > LONGEST ? `${title}: the first ${LONGEST} of ${count} rows` : title;
      details.append(table(caption, headings, Array.from({ length: Math.min(count, LONGEST) }, (_, index) => row(index))));
    }
  });
  return details;
}

/** The points of a chart, and where they are on it; made when somebody asks for one of them. */
function pointsOf(given) {
  let made = null;
  const make = () => {
    const points = typeof given === "function" ? given() : given;
    return { points, named: new Map(points.map((point) => [`${point.series}:${point.index}`, point])) };
  };
  return () => (made ??= make());
}

/** How wide a chart can be. */
function available() {
  const main = document.getElementById("main");
  const { paddingLeft, paddingRight } = getComputedStyle(main);
  return Math.max(200, main.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight));
}

async function begin(canvas, tip, fit, { points: given, outline, onEvent }) {
  if (!canvas.isConnected) return;
  let width = canvas.clientWidth;
  const option = () => ({ animation: false, textStyle: { color: theme().text, fontFamily: FONT }, ...fit(width) });
  const chart = echarts.init(canvas, null, { renderer: "canvas" });
  const resize = () => {
    // Of a chart that has no width now, nothing is seen.
    if (chart.isDisposed() || canvas.clientWidth === 0) return;
    // The observer also reports the first size, with which the chart is drawn already.
    if (canvas.clientWidth === chart.getWidth() && canvas.clientHeight === chart.getHeight()) return;
    // The height changes, too, which is no reason to place everything anew.
    if (canvas.clientWidth !== width) {
      width = canvas.clientWidth;
      chart.setOption(option(), true);
    }
    chart.resize();
  };
  // Not at once, because the height that changes then would be observed while it is observed.
  const observer = new ResizeObserver(() => requestAnimationFrame(resize));
  observer.observe(canvas);
  drawn.add({ chart, observer });
  const points = pointsOf(given);
  const at = (event) => points().named.get(`${event.seriesIndex}:${event.dataIndex}`);
  chart.on("mouseover", (event) => {
    const point = at(event);
    if (point) show(tip, point.label, event.event.offsetX, event.event.offsetY, canvas);
  });
  chart.on("mouseout", () => { tip.hidden = true; });
  chart.on("click", (event) => at(event)?.open?.());
  walk(canvas, tip, chart, points);
  onEvent?.(chart);
  await turn();
  if (chart.isDisposed()) return;
  // An option is read when it is set, and drawn in the next frame.
  const lazyUpdate = true;
  if (outline) {
    chart.setOption({ ...option(), series: outline }, { lazyUpdate });
    await new Promise((resolve) => { chart.on("rendered", resolve); });
    if (chart.isDisposed()) return;
  }
  chart.setOption(option(), { lazyUpdate });
  chart.on("rendered", () => { canvas.dataset.drawn = "true"; });
}

/** Arrow keys move from point to point; Enter opens it. */
function walk(canvas, tip, chart, all) {
  let current = -1;
  const move = (to) => {
    const { points } = all();
    if (!points.length) return;
    if (points[current]) chart.dispatchAction({ type: "downplay", seriesIndex: points[current].series, dataIndex: points[current].index });
    current = Math.min(Math.max(to, 0), points.length - 1);
    const point = points[current];
    chart.dispatchAction({ type: "highlight", seriesIndex: point.series, dataIndex: point.index });
    show(tip, point.label, 12, 12, canvas);
    announce(`${current + 1} of ${points.length}: ${point.label}`);
  };
  canvas.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: current + 1, ArrowDown: current + 1, ArrowLeft: current - 1, ArrowUp: current - 1, Home: 0, End: Infinity };
    if (event.key in moves) {
      event.preventDefault();
      move(moves[event.key]);
    } else if (event.key === "Enter") all().points[current]?.open?.();
    else if (event.key === "Escape") tip.hidden = true;
  });
  canvas.addEventListener("blur", () => { tip.hidden = true; });
}

function show(tip, label, x, y, canvas) {
  tip.textContent = label;
  tip.hidden = false;
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  tip.style.left = `${Math.max(0, Math.min(x + 14, canvas.clientWidth - width))}px`;
  tip.style.top = `${Math.max(0, y + 14 + height > canvas.clientHeight ? y - height - 8 : y + 14)}px`;
}

const pen = document.createElement("canvas").getContext("2d");

/** The width of a text on a chart, in pixels. */
export function widthOf(text, size = 12) {
  pen.font = `${size}px ${FONT}`;
  return pen.measureText(text).width;
}

/** A text in one line. */
export function oneLine(text) {
  return text.replace(/\s*\n\s*/g, " ↵ ");
}

/** A long name without its middle, so that it has this width: names of one kind differ at their ends. */
export function middle(name, width, size = 12) {
  const chars = [...oneLine(name)];
  const cut = (most) => {
    if (most >= chars.length) return chars.join("");
    const head = Math.ceil((most - 1) / 2);
    return `${chars.slice(0, head).join("")}…${chars.slice(chars.length + head + 1 - most).join("")}`;
  };
  let most = Math.min(chars.length, Math.max(3, Math.ceil(width / 2)));
  while (most > 3 && widthOf(cut(most), size) > width) most -= 1;
  return cut(most);
}

/** Names side by side: those that would look the same lose what they have in common at their start. */
export function middles(names, width, size) {
  const shown = names.map((name) => middle(name, width, size));
  return names.map((name, index) => {
    const alike = names.filter((_, other) => shown[other] === shown[index]).map((one) => [...one]);
    if (alike.length < 2) return shown[index];
    const chars = [...name];
    const differ = chars.findIndex((char, at) => alike.some((other) => other[at] !== char));
    return differ > 0 ? middle(`…${chars.slice(differ).join("")}`, width, size) : shown[index];
  });
}

/** Writes the ticks of an axis. Beside large ones a linear axis may have one of 1e291 in the place of 0. */
export function ticks(kind) {
  if (kind !== "value") return tick;
  let largest = 0;
  return (value) => {
    largest = Math.max(largest, Math.abs(value));
    return tick(Math.abs(value) < largest * 1e-12 ? 0 : value);
  };
}

/** An axis of numbers or of names. `room` is how long its name may be, in pixels. */
export function axis(name, kind, { room, ...extra } = {}) {
  const { text, faint, line } = theme();
  return {
    // A long name would leave no room for the picture.
    name: middle(name, room ?? 300),
    nameLocation: "middle",
    nameTextStyle: { color: text },
    type: kind,
    scale: true,
    axisLabel: { color: faint, hideOverlap: true, ...(kind === "category" ? {} : { formatter: ticks(kind) }) },
    axisLine: { show: true, lineStyle: { color: line } },
    splitLine: { show: kind !== "category", lineStyle: { color: line, opacity: 0.6 } },
    ...extra,
  };
}

/** The space around the axes, of which the names of categories have as much as they need; to measure them all takes longer than to draw them. */
export function gridOfNames(extra) {
  return grid({ outerBoundsMode: "none", ...extra });
}

/** The space around the axes. */
export function grid(extra) {
  return { left: 70, right: 24, top: 18, bottom: 56, ...extra };
}

/** A key of colours beside their names. */
export function legend(entries) {
  return h("ul", { class: "legend" }, entries.map((entry) => h("li", null, mark(entry), h("bdi", null, entry.name))));
}

/** A line with its dashes, or the symbol of points. */
function mark({ colour, dash, symbol }) {
  const SHAPES = {
    circle: "M16 3a4 4 0 1 0 .01 0Z", rect: "M12 3h8v8h-8Z", triangle: "M16 2l5 10h-10Z", diamond: "M16 2l5 5l-5 5l-5-5Z",
    roundRect: "M13 3h6q1 0 1 1v6q0 1-1 1h-6q-1 0-1-1v-6q0-1 1-1Z", arrow: "M16 2l5 10l-5-3l-5 3Z",
  };
  const make = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const svg = make("svg", { width: 34, height: 14, viewBox: "0 0 34 14", "aria-hidden": "true" });
  if (dash) svg.append(make("path", { d: "M1 7H33", stroke: colour, "stroke-width": 3, "stroke-dasharray": dash === "solid" ? "none" : dash.join(" ") }));
  else if (symbol.startsWith("path://")) svg.append(make("path", { d: symbol.slice(7), transform: "translate(11 2) scale(0.7)", fill: colour }));
  else svg.append(make("path", { d: SHAPES[symbol] ?? SHAPES.circle, fill: colour }));
  return svg;
}

/** A key of a ramp from the lowest to the highest value. */
export function rampLegend(name, low, high, ramp) {
  const bar = h("span", { class: "ramp" });
  const stops = Array.from({ length: 11 }, (_, index) => ramp(index / 10));
  bar.style.backgroundImage = `linear-gradient(to right, ${stops.join(",")})`;
  return h("p", { class: "legend" }, h("bdi", null, name), " ", low, " ", bar, " ", high);
}
