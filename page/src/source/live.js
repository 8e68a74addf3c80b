// The runs of a database, asked of `wallow ui`.

import { cells, curves } from "../decode.js";
import { turn } from "../dom.js";
import { Problem } from "../expression/tokens.js";

/** What somebody waits for, whichever view is shown. */
const KEPT = ["check", "csv", "left_out"];

export class Live {
  constructor(page) {
    this.page = page;
    this.isLive = true;
    this.columns = page.columns;
    this.asking = new AbortController();
    this.token = new URLSearchParams(location.search).get("token") ?? "";
  }

  column(name) {
    return this.columns.find((column) => column.name === name);
  }

  async ask(what, parameters) {
    const response = await this.fetch(what, parameters);
    const answer = await response.json();
    // To read a large answer takes as long as to decode it, or to draw it.
    await turn();
    return answer;
  }

  /** Nobody waits any more for what was asked; a browser asks for a few things at once only. */
  forget() {
    this.asking.abort();
    this.asking = new AbortController();
  }

  async fetch(what, parameters) {
    const given = Object.entries(parameters).filter(([, value]) => value !== null && value !== undefined && value !== "");
    const query = new URLSearchParams(given.map(([name, value]) => [name, Array.isArray(value) ? JSON.stringify(value) : value]));
    let response;
    const signal = KEPT.includes(what) ? null : this.asking.signal;
    try {
      response = await fetch(`/api/${what}?${query}`, { headers: { Authorization: `Bearer ${this.token}` }, cache: "no-store", signal });
    } catch {
      throw new Problem(0, 0, "`wallow ui` does not answer", "start it again, and open the address that it prints");
    }
    if (response.ok) return response;
    const { message, help, column } = await response.json().catch(() => ({ message: response.statusText }));
    throw problem(parameters.where ?? "", message, help, column);
  }

  /** Rows of columns as objects. */
  objects({ columns, data }) {
    const decoded = columns.map((name) => [name, this.json(name, cells(this.column(name), data[name]))]);
    const length = decoded[0]?.[1].length ?? 0;
    return Array.from({ length }, (_, row) => Object.fromEntries(decoded.map(([name, values]) => [name, values[row] ?? null])));
  }

  json(name, values) {
    if (this.column(name).type !== "json") return values;
    return values.map((cell) => (cell === null ? null : "json" in cell ? cell.json : true));
  }

  async check(where) {
    const { mistake } = await this.ask("check", { where });
    if (mistake) throw problem(where, mistake.message, mistake.help, mistake.column);
  }

  async count(where) {
    return (await this.ask("count", { where })).runs;
  }

  async list({ where, sort, columns, after, limit }) {
    const answer = await this.ask("rows", { where, sort, columns, after, limit });
    return { rows: this.objects(answer), next: answer.next, damaged: answer.damaged };
  }

  async sample({ where, columns, limit }) {
    const answer = await this.ask("sample", { where, columns, limit });
    return { rows: this.objects(answer), of: answer.of, damaged: answer.damaged };
  }

  async facts(where) {
    const { runs, facts } = await this.ask("facts", { where });
    const decode = (name, value) => cells(this.column(name), [value])[0];
    for (const [name, fact] of Object.entries(facts)) {
      fact.min = decode(name, fact.min);
      fact.max = decode(name, fact.max);
    }
    return { runs, facts };
  }

  async groups({ where, keys, metric, limit, lowest }) {
    const { groups, of, damaged } = await this.ask("groups", { where, keys, metric, limit, lowest });
    const columns = keys.map((name) => this.column(name));
    const decode = (values) => values.map((value, index) => cells(columns[index], [value])[0]);
    const numbers = ({ mean, std, min, max }) => {
      const [a, b, c, d] = [mean, std, min, max].map((value) => (value === null ? null : Number(value)));
      return { mean: a, std: b, min: c, max: d };
    };
    return { groups: groups.map((group) => ({ ...group, ...numbers(group), keys: decode(group.keys) })), of, damaged };
  }

  async curves({ runs, field }) {
    if (!runs.length) return { runs: [], damaged: null };
    const answer = await this.ask("curves", { runs, field });
    const column = this.column(field);
    const found = answer.runs.map(({ uuid, cell }) => ({ uuid, curves: curves(cells(column, [cell])[0]) }));
    return { runs: found, damaged: answer.damaged };
  }

  async run(name) {
    const answer = await this.ask("run", { run: name });
    if (!answer.values) return answer.damaged ? { damaged: answer.damaged } : null;
    const values = Object.entries(answer.values).map(([name, value]) => [name, cells(this.column(name), [value])[0]]);
    return { ...answer, values: Object.fromEntries(values) };
  }

  async log({ run, attempt, stream }) {
    return this.ask("log", { run, attempt, stream });
  }

  async progress(where) {
    return this.ask("progress", { where });
  }

  async importance({ where, metric }) {
    return this.ask("importance", { where, metric });
  }

  /** The file, and what was left out of it, which the file itself has no place for. */
  async csv({ where, sort, columns }) {
    const download = crypto.getRandomValues(new Uint32Array(4)).join("-");
    const response = await this.fetch("csv", { where, sort, columns, download });
    const blob = await response.blob().catch(() => {
      throw new Problem(0, 0, "the file was not sent completely", "see what `wallow ui` printed, or use `wallow export`");
    });
    const { damaged } = await this.ask("left_out", { download });
    return { blob, damaged };
  }
}

/** The server counts characters; a text field counts UTF-16 units. */
function problem(where, message, help, column) {
  if (!column) return new Problem(0, 0, message, help);
  const before = [...where].slice(0, column - 1).join("").length;
  return new Problem(before, before, message, help);
}
