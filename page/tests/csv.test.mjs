import assert from "node:assert/strict";
import { test } from "node:test";
import { exact, jsonTexts, line } from "../src/source/csv.js";

test("floats are written as Rust writes them", () => {
  const written = (value) => exact(value, { type: "float" });
  for (const [value, expected] of [
    [0, "0.0"], [-0, "-0.0"], [1, "1.0"], [Infinity, "inf"], [-Infinity, "-inf"], [NaN, "NaN"], [1e300, "1e300"], [1e16, "1e16"],
    [9999999999999998, "9999999999999998.0"], [1.2345678901234568e17, "1.2345678901234568e17"], [1e-4, "0.0001"], [9e-5, "9e-5"],
    [0.1 + 0.2, "0.30000000000000004"], [5e-324, "5e-324"],
    // In the middle of two texts that are equally short.
    [917176313245955.25, "917176313245955.3"], [-1223383794756801.25, "-1223383794756801.3"], [5e-1, "0.5"],
  ]) assert.equal(written(value), expected);
  assert.equal(exact(3, { type: "int" }), "3");
  assert.equal(exact(2n ** 63n - 1n, { type: "int" }), "9223372036854775807");
});

test("cells are quoted if they would be read differently", () => {
  assert.equal(line([null, "", " a", "a\t", 'b"c', "d,e", "f\ng", "h"]), ',""," a","a\t","b""c","d,e","f\ng",h');
  assert.equal(line([null]), '""');
});

test("json is what the page was written from", () => {
  const page = '{"columns":[{"name":"extra"}],"data":{"id":[1,2],"extra":{"paths":[["}",[0,1]]],"cells":'
    + '[null,{"json":{"10":1.0,"9":[12345678901234567890,{"a\\"}]":"\\\\"}]},"curves":[]},[[0,"3abc"]],{"cut":9},{"json":"\\u003cb\\u003e \\u202e\\u0001"},{"json":5}]}},"size":6}';
  assert.deepEqual(jsonTexts(page, "extra"), [
    null, '{"10":1.0,"9":[12345678901234567890,{"a\\"}]":"\\\\"}]}', null, null, '"<b> \u202e\\u0001"', "5",
  ]);
  assert.deepEqual(jsonTexts(page, "other"), []);
});
