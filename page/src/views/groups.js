// Groups of runs over seeds: mean, 95 % interval, n.

import { choices, h, select, table, visible } from "../dom.js";
import { axis, figure, gridOfNames, middles, oneLine, widthOf } from "../chart.js";
import { identifying, isLowest, keys, metric, metrics, over, ranked, scalar } from "../fields.js";
import { apart, cell, equals, plural, setting, shared, short, text } from "../format.js";
import { hasPlace, inNoMean, note, unlisted, unreadable, unusable } from "../left_out.js";
import { series, theme } from "../palette.js";
import { halfInterval } from "../statistics.js";
import { both } from "./progress.js";

const ORDERS = ["highest", "lowest"];
const MOST = 200;
const DRAWN = 25;

export async function groups(app) {
  const { source, state } = app;
  const by = keys(app);
  const of = metric(app);
  const lowest = isLowest(app, of);
  const { groups, of: count, damaged } = await source.groups({ where: state.where, keys: by, metric: of, limit: MOST, lowest });
  const sorted = ranked(groups, lowest);
  return [
    h("h2", null, "Groups"),
    h("div", { class: "controls" },
      select("Metric", metrics(source), of, (metric) => app.go({ metric, best: null })),
      select("Best is", ORDERS, lowest ? "lowest" : "highest", (best) => app.go({ best })),
      select("Average over", [{ value: "", text: "(nothing)" }, ...identifying(source)], over(app), (over) => app.go({ over: over || "-", keys: null })),
      choices("Group by", scalar(source), by, (keys) => app.go({ keys }))),
    summary(app, sorted, by, of, count),
    note(
      unusable(app, ["metric", "be the metric", metrics(source), of], ["over", "be averaged over", ["-", ...identifying(source)]], ["keys", "be a key of groups", scalar(source)]),
      unlisted(app, "best", "order", ORDERS, lowest ? "lowest" : "highest")),
    note(of ? inNoMean(app, of) : null, unreadable(damaged)),
    of && sorted.some((group) => group.mean !== null) ? chart(app, sorted, by, of) : null,
    listing(app, sorted, by, of, count),
  ];
}

/** Whether a group has a place on the chart. */
function isDrawn({ mean }) {
  return mean !== null && hasPlace(mean);
}

function isKnown(value) {
  return value !== null && !Number.isNaN(value);
}

/** The answer in a sentence. */
function summary(app, sorted, by, of, count) {
  const [first, second] = sorted;
  if (!first) return h("p", null, "No runs.");
  if (!of || !isKnown(first.mean)) return h("p", null, `${plural(sorted.length, "group")}; none has a mean of the metric.`);
  const half = halfInterval(first);
  const parts = [`Best: ${setting(by, first.keys, app.source.columns) || "all runs"}, ${visible(of)} ${short(first.mean)}`];
  parts.push(!isKnown(half) ? ` (n = ${first.n})` : ` ± ${short(half)} (n = ${first.n})`);
  if (second && isKnown(second.mean) && Number.isFinite(first.mean - second.mean)) parts.push(`; ${short(Math.abs(first.mean - second.mean))} ahead of the next`);
  return h("p", { class: "answer" }, h("bdi", null, `${parts.join("")}.`));
}

function chart(app, sorted, by, of) {
  const top = sorted.map((group, index) => ({ ...group, rank: index + 1 })).filter(isDrawn).slice(0, DRAWN);
  if (!top.length) return h("p", null, `No group has a finite mean.${unplaced(sorted)}`);
  const { colour } = series(0);
  // The names of the fields are the same in every line, so they are left to the description.
  const value = (group, at) => (group.keys[at] === null ? "(none)" : oneLine(text(group.keys[at], app.source.column(by[at]))));
  const differ = apart(by, top);
  const names = top.map((group) => differ.map((at) => value(group, at)).join(" · ") || "all runs");
  const label = (group) => `${group.rank}. ${setting(by, group.keys, app.source.columns)}: ${short(group.mean)}${halfInterval(group) === null ? "" : ` ± ${short(halfInterval(group))}`}, n = ${group.n}`;
  const whisker = (params, api) => {
    const [low, y] = api.coord([api.value(1), api.value(0)]);
    const [high] = api.coord([api.value(2), api.value(0)]);
    const line = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.5 } });
    return { type: "group", children: [line(low, y, high, y), line(low, y - 4, low, y + 4), line(high, y - 4, high, y + 4)] };
  };
  const option = (width) => ({
    ...placed(top, names, width),
    xAxis: axis(visible(of), "value", { nameGap: 32, room: 0.6 * width }),
    series: [
      { type: "scatter", data: top.map((group, index) => [group.mean, index]), symbolSize: 10, itemStyle: { color: colour } },
      {
        type: "custom", renderItem: whisker, silent: true, encode: { x: [1, 2], y: 0 },
        data: top.flatMap((group, index) => {
          const half = halfInterval(group);
          const ends = [group.mean - half, group.mean + half];
          return half !== null && ends.every(hasPlace) ? [[index, ...ends]] : [];
        }),
      },
    ],
  });
  const points = top.map((group, index) => ({ label: label(group), series: 0, index, open: () => app.go(inside(app, by, group)) }));
  return figure({
    title: `Mean of ${visible(of)} with its 95 % interval`,
    description: `${drawn(sorted, top)}${differ.length ? `, by ${differ.map((at) => visible(by[at])).join(" · ")}` : ""}.${shared(by, top, app.source.columns)}${unplaced(sorted)}`,
    option, points, height: (width) => 90 + top.length * (isNarrow(width) ? 38 : 24),
  });
}

function isNarrow(width) {
  return width < 600;
}

/** The names of the groups beside their lines: on a phone in up to three lines, of which long words leave some room. */
function placed(top, names, width) {
  const narrow = isNarrow(width);
  const [room, fontSize, lineHeight] = [Math.min(width * 0.38, 360), narrow ? 10 : 12, narrow ? 12 : 15];
  const ranks = Math.ceil(widthOf(`${DRAWN}. `, fontSize));
  const shown = middles(names, (narrow ? 2 : 1) * room - ranks, fontSize);
  const axisLabel = { color: theme().text, width: room, ...(narrow ? { overflow: "break" } : {}), fontSize, lineHeight, interval: 0 };
  return {
    grid: gridOfNames({ left: room + 16, right: 40 }),
    yAxis: axis("", "category", { data: shown.map((name, index) => `${top[index].rank}.\u00a0${name}`), inverse: true, axisLabel }),
  };
}

function drawn(sorted, top) {
  const finite = sorted.filter(isDrawn).length;
  return finite > top.length ? `The best ${top.length} of ${plural(finite, "group")}` : plural(finite, "group");
}

/** Groups that the chart has no place for; they keep their rank in the table. */
function unplaced(sorted) {
  const count = (is) => sorted.filter((group) => is(group.mean)).length;
  const infinite = count((mean) => mean !== null && !Number.isNaN(mean) && !hasPlace(mean));
  const [nan, none] = [count((mean) => Number.isNaN(mean)), count((mean) => mean === null)];
  const parts = [infinite ? `${infinite} with a mean that is infinite or beyond 8e307` : null, nan ? `${nan} with the mean NaN` : null, none ? `${none} without a mean` : null].filter(Boolean);
  return parts.length ? ` Not drawn, but in the table below: ${parts.join(", ")}.` : "";
}

/** The runs of a group, in the table. */
function inside(app, by, group) {
  const condition = by.map((name, index) => equals(name, group.keys[index])).join(" and ");
  return { view: "table", where: condition ? both(app.state.where, condition) : app.state.where, after: null };
}

function listing(app, sorted, by, of, count) {
  const columns = by.map((name) => app.source.column(name));
  const number = (value) => h("td", { class: "number" }, value === null || value === undefined ? "–" : short(value));
  const rows = sorted.map((group, index) => [
    h("td", { class: "number" }, h("a", { href: app.link(inside(app, by, group)) }, String(index + 1))),
    ...group.keys.map((value, at) => (value === null ? "(none)" : cell(value, columns[at]))),
    number(group.runs),
    ...(of ? [number(group.n), number(group.mean), number(halfInterval(group)), number(group.std), number(group.min), number(group.max)] : []),
  ]);
  const measures = of ? ["n", `mean of ${visible(of)}`, "± (95 %)", "std", "min", "max"] : [];
  const caption = count > sorted.length ? `The best ${sorted.length} groups; there are more, so narrow the filter, or group by fewer fields` : plural(count, "group");
  return table(caption, ["rank", ...by.map(visible), "runs", ...measures], rows);
}
