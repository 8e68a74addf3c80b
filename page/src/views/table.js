// The runs as a table: sorted, page by page, with a choice of columns, and as CSV.

import { choices, h, select, table, visible } from "../dom.js";
import { Problem } from "../expression/tokens.js";
import { identifying, metrics } from "../fields.js";
import { cell, plural } from "../format.js";
import { note, unreadable, unusable } from "../left_out.js";

const PAGE = 50;

/** The columns of a table if none are chosen: the key, the status, and what was measured; json and times on request. */
export function usual(source) {
  const has = (name) => source.columns.some((column) => column.name === name);
  const status = ["status"].filter(has);
  return ["id", ...status, ...identifying(source), ...metrics(source)].filter(has);
}

export async function runs(app) {
  const { source, state } = app;
  checkOrder(source, state.sort);
  const names = source.columns.map((column) => column.name);
  const known = state.columns?.filter((name) => names.includes(name));
  const columns = known?.length || state.columns?.length === 0 ? known : usual(source);
  const asked = [...new Set([...columns, "uuid"])];
  const [{ rows, next, damaged }, total] = await Promise.all([
    source.list({ where: state.where, sort: state.sort, columns: asked, after: state.after, limit: PAGE }),
    source.count(state.where),
  ]);
  const chosen = new Set(state.runs ?? []);
  const headings = [h("th", { scope: "col" }, "chosen"), ...columns.map((name) => heading(app, name))];
  const body = rows.map((row) => [tick(app, chosen, row.uuid), ...columns.map((name) => linked(app, name, row))]);
  const saved = h("div", { role: "status" });
  const caption = rows.length ? `Runs, ${plural(total, "run")} in all` : "No runs";
  return [
    h("h2", null, "Table"),
    h("div", { class: "controls" },
      choices("Columns", names, columns, (columns) => app.go({ columns })),
      select("Group by", [{ value: "", text: "(no groups)" }, ...identifying(source)], "", (key) => key && app.go({ view: "groups", keys: [key] })),
      h("button", { type: "button", onclick: () => download(app, columns, saved) }, "Download CSV")),
    note(unusable(app, ["columns", "be a column", names])),
    saved,
    table(caption, headings, body),
    note(unreadable(damaged)),
    pages(app, next, total, rows.length),
  ];
}

/** Throws a `Problem` if a link has an order that does not exist. */
function checkOrder(source, sort) {
  const name = sort?.replace(/^-/, "");
  if (!name) return;
  const column = source.column(name);
  if (!column) throw new Problem(0, 0, `there is no column \`${name}\``, "choose another order");
  if (column.type === "json") throw new Problem(0, 0, `runs cannot be ordered by \`${name}\`, because it is json`, "choose another order");
}

function linked(app, name, row) {
  if (name === "uuid" || name === "id") return h("td", { class: "number" }, app.run(row.uuid, String(row[name])));
  return cell(row[name], app.source.column(name));
}

function tick(app, chosen, uuid) {
  const toggle = (event) => {
    if (event.target.checked) chosen.add(uuid);
    else chosen.delete(uuid);
    app.choose([...chosen]);
  };
  return h("input", { type: "checkbox", checked: chosen.has(uuid), "aria-label": `choose run ${visible(uuid)}`, onchange: toggle });
}

function heading(app, name) {
  const column = app.source.column(name);
  const { sort } = app.state;
  const direction = sort === name ? "ascending" : sort === `-${name}` ? "descending" : null;
  const next = direction === "ascending" ? `-${name}` : direction === "descending" ? null : name;
  const mark = { ascending: " ▲", descending: " ▼" }[direction] ?? "";
  if (column.type === "json") return h("th", { scope: "col" }, h("bdi", null, visible(name)));
  return h("th", { scope: "col", "aria-sort": direction ?? "none", title: column.doc ?? null },
    h("button", { type: "button", class: "sort", onclick: () => app.go({ sort: next, after: null }) }, h("bdi", null, visible(name)), mark));
}

function pages(app, next, total, shown) {
  const { after } = app.state;
  if (!after && !next) return null;
  return h("p", { class: "controls" },
    h("button", { type: "button", disabled: !after, onclick: () => app.go({ after: null }) }, "First page"),
    h("button", { type: "button", disabled: !after, onclick: () => history.back() }, "Back"),
    h("button", { type: "button", disabled: !next, onclick: () => app.go({ after: next }) }, "Next page"),
    h("span", null, `${shown} of ${plural(total, "run")}`));
}

async function download(app, columns, saved) {
  const { where, sort } = app.state;
  saved.textContent = "The CSV file is being made …";
  try {
    const { blob, damaged } = await app.source.csv({ where, sort, columns });
    const href = URL.createObjectURL(blob);
    h("a", { href, download: "runs.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10_000);
    saved.replaceChildren(...[note("The CSV file is saved", unreadable(damaged))]);
  } catch (problem) {
    saved.textContent = `The CSV file is not saved: ${visible(problem.message)}${problem.help ? `; ${visible(problem.help)}` : ""}.`;
  }
}
