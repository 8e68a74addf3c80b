import assert from "node:assert/strict";
import { test } from "node:test";
import { text, tick } from "../src/format.js";
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

test("ticks are short, and those beside each other differ", () => {
  for (const [value, expected] of [
    [0, "0"], [0.30000000000000004, "0.3"], [-2.5, "-2.5"], [250000, "250000"], [1e6, "1e6"], [-1.5e12, "-1.5e12"], [1000002, "1000002"],
    [123456789012, "123456789012"], [1e-5, "1e-5"], [0.0001, "0.0001"], [1.0000002, "1.0000002"], [1e300, "1e300"], [1e21, "1e21"],
  ]) assert.equal(tick(value), expected);
});
