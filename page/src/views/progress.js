// How far the sweep is: counts, the runs at work, the time left.

import { h, table, visible } from "../dom.js";
import { duration, moment, plural, text } from "../format.js";
import { note, unreadable } from "../left_out.js";

export async function progress(app) {
  const { statuses, running, rate, now, failures, damaged } = await app.source.progress(app.state.where);
  if (!statuses) {
    const runs = await app.source.count(app.state.where);
    return [h("h2", null, "Progress"),
      h("p", null, `${plural(runs, "run")}. The schema has no field \`status\` of type string, so nothing tells what is running; declare \`[annotating.status]\` to see progress here.`)];
  }
  const total = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  return [
    h("h2", null, "Progress"),
    total === 0 ? h("p", null, "No runs.") : bar(statuses, total),
    counts(app, statuses, total),
    pace(statuses, rate),
    running.length ? workers(app, running, now, statuses.running) : null,
    failures.length ? failed(app, failures) : null,
    note(unreadable(damaged)),
  ];
}

const WORDS = ["completed", "running", "failed", "pending", "other"];

function bar(statuses, total) {
  const parts = WORDS.filter((word) => statuses[word] > 0).map((word) => {
    const part = h("span", { class: `part ${word}` });
    part.style.flexGrow = String(statuses[word]);
    return part;
  });
  const label = WORDS.filter((word) => statuses[word] > 0).map((word) => `${statuses[word]} ${word}`).join(", ");
  return h("div", { class: "bar", role: "img", "aria-label": `${label}, of ${total}` }, parts);
}

function counts(app, statuses, total) {
  const entry = (word, count, where) => h("div", null,
    h("dt", null, where ? h("a", { href: app.link({ view: "table", where, after: null }) }, word) : word),
    h("dd", null, count.toLocaleString("en")));
  const filter = (word) => both(app.state.where, `status == ${JSON.stringify(word)}`);
  const known = WORDS.slice(0, 4).map((word) => entry(word, statuses[word], statuses[word] ? filter(word) : null));
  const other = statuses.other ? entry("with another status", statuses.other) : null;
  return h("dl", { class: "counts" }, entry("runs", total), known, other);
}

/** Two conditions as one. */
export function both(one, other) {
  if (!one.trim()) return other;
  return /\bor\b/i.test(one) ? `(${one}) and ${other}` : `${one} and ${other}`;
}

function pace(statuses, rate) {
  const left = statuses.running + statuses.pending;
  if (!left) return h("p", null, "Nothing is pending or running.");
  if (!rate || !statuses.running) return h("p", null, `${plural(left, "run")} to do. The time left is not known: ${statuses.running ? "too few runs have finished" : "no run is at work"}.`);
  const per = [[60, "min"], [3600, "h"], [86400, "d"]].find(([seconds]) => rate * seconds >= 1) ?? [86400, "d"];
  const speed = Number((rate * per[0]).toPrecision(3));
  return h("p", null, `${plural(left, "run")} to do, about ${duration(left / rate)} left at ${speed} runs/${per[1]}.`);
}

/** Where a run is at work, or was: as its last attempt says, else as a field `host` does. */
function place({ host, last_attempt }) {
  const at = last_attempt?.host ?? host;
  return h("bdi", null, text(at), last_attempt?.pid ? ` (pid ${last_attempt.pid})` : "");
}

function workers(app, running, now, total) {
  const at = Date.parse(now);
  const since = (time) => h("td", { class: "number", title: time ? moment(time) : null }, time ? duration(Math.max(0, (at - Date.parse(time)) / 1000)) : "–");
  const rows = running.map((run) => [
    app.run(run.uuid),
    place(run),
    since(run.updated_at),
    since(run.last_attempt?.started_at ?? run.started_at),
    h("td", { class: "number" }, text(run.last_attempt?.attempt)),
  ]);
  const caption = running.length < total ? `Runs at work: the ${running.length} without a heartbeat for longest, of ${total}` : "Runs at work";
  return table(caption, ["run", "host", "silent for", "running for", "attempt"], rows);
}

function failed(app, failures) {
  const rows = failures.map((run) => [
    app.run(run.uuid),
    place(run),
    moment(run.last_attempt?.ended_at ?? run.updated_at),
    h("td", { class: "number" }, text(run.last_attempt?.exit_code)),
    h("bdi", { class: "excerpt" }, visible(run.error_excerpt ?? run.last_attempt?.error ?? "–").slice(-300)),
  ]);
  return table("The last failures", ["run", "host", "at", "exit", "error"], rows);
}
