// Chosen runs side by side: the fields in which they differ first.

import { h, table, visible } from "../dom.js";
import { curves } from "../decode.js";
import { literal, plural, short, text } from "../format.js";
import { note } from "../left_out.js";

const MOST = 12;

export async function compare(app) {
  const runs = (app.state.runs ?? []).slice(0, MOST);
  const head = [h("h2", null, "Compare"), adding(app)];
  const found = await Promise.all(runs.map(async (uuid) => ({ uuid, ...(await app.source.run(uuid)) })));
  const values = found.flatMap((run) => (run.values ? [run.values] : []));
  const chosen = app.state.runs?.length ?? 0;
  const lost = [
    note(chosen > MOST ? `The first ${MOST} of ${chosen} chosen runs are compared` : null),
    absent(app, found.filter((run) => !run.values)),
  ];
  if (values.length < 2) return [...head, lost, h("p", null, "Choose at least two runs: tick them in the table, or add them here by id or uuid.")];
  const isSame = (name) => values.every((one) => key(one[name]) === key(values[0][name]));
  const names = app.source.columns.map((column) => column.name).filter((name) => !["id", "uuid", "created_at", "updated_at"].includes(name));
  const differ = names.filter((name) => !isSame(name));
  const same = names.filter(isSame);
  const headings = ["field", ...values.map((one) => h("th", { scope: "col" }, app.run(one.uuid), " ", removal(app, [one.uuid], "×")))];
  return [
    ...head,
    lost,
    differ.length ? table(`${plural(differ.length, "field")} in which they differ`, headings, differ.map((name) => line(app, name, values)), { class: "wrap" })
      : h("p", null, "They are equal in every field."),
    same.length ? h("details", null, h("summary", null, plural(same.length, "equal field")), table("Equal fields", ["field", "value"], same.map((name) => line(app, name, values.slice(0, 1))), { class: "wrap" })) : null,
  ];
}

function key(value) {
  return typeof value === "bigint" || Number.isNaN(value) || Math.abs(value) === Infinity ? literal(value) : JSON.stringify(value ?? null);
}

function line(app, name, values) {
  const column = app.source.column(name);
  const shown = (value) => {
    if (column.type !== "json" || value === null) return text(value, column);
    if (!value.curves) return visible(JSON.stringify(value.json ?? value.rest ?? "…")).slice(0, 300);
    return curves(value).map(({ path, of, y }) => `${visible(path || "curve")}: ${of} points, the last ${short(y.at(-1))}`).join("; ");
  };
  return [h("bdi", null, visible(name)), ...values.map((one) => h("bdi", { class: "excerpt" }, shown(one[name])))];
}

function adding(app) {
  const input = h("input", { type: "text", size: "14", id: "adding" });
  const problem = h("span", { role: "alert" });
  const add = async (event) => {
    event.preventDefault();
    const run = await app.source.run(input.value.trim());
    if (run?.values) app.go({ runs: [...new Set([...(app.state.runs ?? []), run.values.uuid])] });
    else problem.textContent = run ? `${visible(run.damaged.reasons.join("; "))}.` : `There is no run ${visible(input.value)}.`;
  };
  return h("form", { class: "controls", onsubmit: add }, h("label", { for: "adding" }, "Run (id or uuid)"), input, h("button", { type: "submit" }, "Add"), problem);
}

/** Chosen runs that are not compared, each with the reason and a button that takes it out. */
function absent(app, runs) {
  if (!runs.length) return null;
  const lines = runs.map(({ uuid, damaged }) => h("li", null, h("bdi", null, visible(uuid)), damaged ? `: ${visible(damaged.reasons.join("; "))} ` : " ", removal(app, [uuid], "×")));
  const many = runs.length > 1 ? removal(app, runs.map((run) => run.uuid), "Remove all of these") : null;
  return h("div", { class: "note" }, `${plural(runs.length, "chosen run")} ${runs.length === 1 ? "is not here or" : "are not here or"} cannot be read:`, h("ul", null, lines), many);
}

/** A button that takes runs out of the chosen ones. */
function removal(app, uuids, text) {
  const without = (app.state.runs ?? []).filter((other) => !uuids.includes(other));
  const label = uuids.length === 1 ? `remove run ${visible(uuids[0])}` : null;
  return h("button", { type: "button", class: "small", "aria-label": label, onclick: () => app.go({ runs: without }) }, text);
}
