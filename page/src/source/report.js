// The runs of a report: all of them are in the page, so filters, orders and groups are computed here.

import { cells, curves, plain } from "../decode.js";
import { order, predicate } from "../expression/evaluate.js";
import { parse } from "../expression/parse.js";
import { Problem } from "../expression/tokens.js";
import { ranked } from "../fields.js";
import { summary } from "../statistics.js";
import { exact, jsonTexts, line } from "./csv.js";

export class Report {
  /** `text` returns the JSON that the page was read from. */
  constructor(page, text) {
    this.page = page;
    this.text = text;
    this.isLive = false;
    this.columns = page.columns;
    this.size = page.size;
    this.cells = new Map(this.columns.map((column) => [column.name, cells(column, page.data[column.name])]));
    this.places = new Map(this.cells.get("uuid").map((uuid, row) => [uuid, row]));
    this.selected = { where: null, rows: [] };
  }

  /** The value of a column in a row. A json value is whole, or `true` if only its curves are here. */
  value(name, row) {
    const cell = this.cells.get(name)[row] ?? null;
    if (cell === null || this.column(name).type !== "json") return cell;
    return "json" in cell ? cell.json : true;
  }

  column(name) {
    return this.columns.find((column) => column.name === name);
  }

  /** The rows for which the filter is true; throws a `Problem`. */
  rows(where) {
    const text = where.trim();
    if (this.selected.where !== text) {
      const all = Array.from({ length: this.size }, (_, row) => row);
      const value = (column, row) => this.value(column.name, row);
      const rows = text ? all.filter(predicate(parse(text, this.page), value)) : all;
      this.selected = { where: text, rows };
    }
    return this.selected.rows;
  }

  async check(where) {
    this.rows(where);
  }

  async count(where) {
    return this.rows(where).length;
  }

  async list({ where, sort, columns, after, limit }) {
    const sorted = this.sorted(this.rows(where), sort);
    // A link may have been changed by hand.
    const from = /^\d+$/.test(after ?? "") ? Number(after) : 0;
    const rows = sorted.slice(from, from + limit);
    return {
      rows: rows.map((row) => Object.fromEntries(columns.map((name) => [name, this.value(name, row)]))),
      next: from + limit < sorted.length ? String(from + limit) : null,
    };
  }

  /** NULL is last in both directions; equal runs are ordered by id, in the direction of the order. */
  sorted(rows, sort) {
    if (!sort) return rows;
    const sign = sort.startsWith("-") ? -1 : 1;
    const values = this.cells.get(sort.replace(/^-/, ""));
    if (!values) throw new Problem(0, 0, `there is no column \`${sort.replace(/^-/, "")}\``, "choose another order");
    const ids = this.cells.get("id");
    return rows.toSorted((one, other) => {
      const [a, b] = [values[one], values[other]];
      if (a === null || b === null) return (a === null) - (b === null) || sign * (ids[one] - ids[other]);
      return sign * (order(a, b) || ids[one] - ids[other]);
    });
  }

  /** Every n-th of the selected runs, so that at most `limit` remain. */
  async sample({ where, columns, limit }) {
    const rows = this.rows(where);
    const stride = Math.max(1, Math.ceil(rows.length / limit));
    const kept = rows.filter((_, index) => index % stride === 0);
    return {
      rows: kept.map((row) => Object.fromEntries(columns.map((name) => [name, this.value(name, row)]))),
      of: rows.length,
    };
  }

  /** For each scalar column: whether it varies, its extremes, and how many runs have a value. */
  async facts(where) {
    const rows = this.rows(where);
    // A field may have any name, also that of a part of every object.
    const facts = Object.create(null);
    for (const column of this.columns) {
      if (column.type === "json") continue;
      const values = this.cells.get(column.name);
      let [n, min, max] = [0, null, null];
      for (const row of rows) {
        const value = values[row];
        if (value === null || Number.isNaN(value)) continue;
        n += 1;
        if (min === null || order(value, min) < 0) min = value;
        if (max === null || order(value, max) > 0) max = value;
      }
      const absent = n > 0 && n < rows.length;
      facts[column.name] = { n, min, max, varies: absent || (min !== null && order(min, max) !== 0) };
    }
    return { runs: rows.length, facts };
  }

  /** Groups by `keys`: number of runs, and a summary of the metric. */
  async groups({ where, keys, metric, limit, lowest }) {
    const groups = new Map();
    for (const row of this.rows(where)) {
      const values = keys.map((name) => this.value(name, row));
      const name = JSON.stringify(values.map((value) => (typeof value === "bigint" ? `${value}n` : String(value)) + typeof value));
      if (!groups.has(name)) groups.set(name, { keys: values, rows: [] });
      groups.get(name).rows.push(row);
    }
    const all = [...groups.values()].map(({ keys, rows }) => ({
      keys,
      runs: rows.length,
      ...summary(metric ? rows.map((row) => plain(this.value(metric, row))) : []),
    }));
    const best = lowest === undefined ? all : ranked(all, lowest);
    return { groups: best.slice(0, limit), of: Math.min(all.length, limit + 1) };
  }

  /** The curves of a field, for each of these runs that is here. */
  async curves({ runs, field }) {
    const values = this.cells.get(field) ?? [];
    const present = runs.filter((uuid) => this.places.has(uuid));
    return { runs: present.map((uuid) => ({ uuid, curves: curves(values[this.places.get(uuid)]) })), damaged: null };
  }

  /** The run with this uuid or id. */
  async run(name) {
    let row = this.places.get(name);
    row ??= this.cells.get("id").findIndex((id) => String(id) === name);
    if (row === undefined || row < 0) return null;
    const values = this.columns.map((column) => [column.name, this.cells.get(column.name)[row] ?? null]);
    return { values: Object.fromEntries(values), attempts: this.page.attempts?.[this.cells.get("uuid")[row]] ?? [] };
  }

  async progress(where) {
    const { statuses, running, finished, failures } = this.states(this.rows(where));
    const now = Date.parse(this.page.written);
    return { statuses, running, rate: rate(finished, now), now: this.page.written, failures };
  }

  states(rows) {
    const statuses = { completed: 0, running: 0, failed: 0, pending: 0, other: 0 };
    const [running, finished, failures] = [[], [], []];
    const has = (name) => this.cells.has(name);
    const get = (name, row) => (has(name) ? this.value(name, row) : null);
    if (!has("status")) return { statuses: null, running, finished, failures };
    const results = this.columns.filter((column) => column.role === "annotating" && column.name !== "status");
    for (const row of rows) {
      const status = get("status", row);
      const isNew = status === null && this.page.lifecycle && results.every(({ name }) => get(name, row) === null);
      const counter = isNew ? "pending" : String(status).toLowerCase();
      statuses[Object.hasOwn(statuses, counter) ? counter : "other"] += 1;
      const updated = get("updated_at", row);
      const last = this.page.attempts?.[this.value("uuid", row)]?.at(-1) ?? null;
      const found = { uuid: this.value("uuid", row), last_attempt: last, host: get("host", row), updated_at: updated, started_at: get("started_at", row) };
      if (counter === "running") running.push(found);
      if (counter === "failed") failures.push({ ...found, error_excerpt: get("error_excerpt", row) });
      if (updated && (counter === "completed" || counter === "failed")) finished.push(Date.parse(updated));
    }
    running.sort((a, b) => order(a.updated_at ?? "", b.updated_at ?? ""));
    failures.sort((a, b) => order(b.updated_at ?? "", a.updated_at ?? ""));
    return { statuses, running: running.slice(0, 50), finished: finished.sort((a, b) => b - a), failures: failures.slice(0, 5) };
  }

  async importance({ metric }) {
    return this.page.importance?.[metric] ?? { refused: "this report does not hold it" };
  }

  /** The whole table as CSV. */
  async csv({ where, sort, columns }) {
    const rows = this.sorted(this.rows(where), sort);
    const texts = columns.map((name) => this.texts(name, rows));
    const body = rows.map((_, at) => line(texts.map((column) => column[at])));
    const blob = new Blob([[line(columns), ...body].join("\n"), "\n"], { type: "text/csv" });
    return { blob, damaged: this.page.damaged };
  }

  /** The values of a column as text; `null` is NULL. Throws a `Problem` if the report does not have them. */
  texts(name, rows) {
    const [column, cells] = [this.column(name), this.cells.get(name)];
    const value = (row) => cells[row] ?? null;
    if (column.type !== "json") return rows.map((row) => (value(row) === null ? null : exact(value(row), column)));
    if (rows.some((row) => value(row) !== null && !("json" in value(row)))) {
      throw new Problem(0, 0, `this report does not have the whole values of \`${name}\``, "leave this column out, or use `wallow export`");
    }
    const written = jsonTexts(this.text(), name);
    return rows.map((row) => written[row] ?? null);
  }
}

/** Finished runs for each second, as `wallow watch` computes it: from the last 50, or those of the last hour. */
export function rate(times, now) {
  const [RECENT, A_FEW, HOUR] = [50, 10, 3_600_000];
  let last = times.slice(0, RECENT);
  const fresh = last.filter((time) => now - time < HOUR);
  if (fresh.length >= A_FEW) last = fresh;
  const span = (now - last.at(-1)) / 1000;
  return last.length > 1 && span > 0 ? (last.length - 1) / span : null;
}
