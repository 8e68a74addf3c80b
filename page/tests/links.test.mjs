import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "../src/format.js";
import { unlisted, unusable } from "../src/left_out.js";
import { address, read } from "../src/state.js";

const source = { column: (name) => (["loss", "note"].includes(name) ? { name } : undefined) };

test("a link that names fields which do not exist is reported", () => {
  const said = (state) => unusable({ state, source }, ["metric", "be the metric", ["loss"], "loss"], ["keys", "be a key of groups", ["note"]]);
  assert.deepEqual(said({ metric: "loss", keys: ["note"] }), []);
  assert.deepEqual(said({ keys: null }), []);
  assert.deepEqual(said({ metric: "", keys: [] }), []);
  assert.deepEqual(said({ metric: "nope", keys: ["loss", "note", "\u202e"] }), [
    "There is no field `nope`; `loss` is shown instead", "`loss` cannot be a key of groups", "There is no field `\\u{202e}`",
  ]);
  assert.equal(unlisted({ state: { best: "q" } }, "best", "order", ["highest"], "highest"), "There is no order `q`; `highest` is shown instead");
  for (const state of [{}, { best: "highest" }]) assert.equal(unlisted({ state }, "best", "order", ["highest"], "highest"), null);
});

test("a list of a link names nothing twice", () => {
  assert.deepEqual(read('#view=compare&runs=["a","b","a",1]').runs, ["a", "b"]);
  assert.equal(read("#runs=[").runs, null);
  assert.deepEqual(read(address({ view: "table", columns: [], where: "a == 1" })).columns, []);
});

test("a text that could not be seen is in quotes", () => {
  for (const [value, expected] of [
    ["adam", "adam"], ["two words", "two words"], ["", '""'], [" a", '" a"'], ["a\t", '"a\t"'], ['"a"', '""a""'], ["–", '"–"'], ["(none)", '"(none)"'],
    ["a\n", "a\n"], ["\u202e", "\\u{202e}"], [null, "–"], [5, "5"], [true, "true"],
  ]) assert.equal(text(value, { type: "string" }), expected);
});
