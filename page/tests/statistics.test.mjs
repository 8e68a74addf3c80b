import assert from "node:assert/strict";
import { test } from "node:test";
import { floats } from "../src/decode.js";
import { canonical, instant } from "../src/expression/values.js";
import { reason } from "../src/format.js";
import { bundle, halfInterval, summary, t975 } from "../src/statistics.js";

const near = (found, expected) => assert.ok(Math.abs(found - expected) <= 1e-9 * Math.abs(expected), `${found} is not ${expected}`);

test("the quantile of Student's t is SciPy's", () => {
  // scipy.stats.t.ppf(0.975, df), SciPy 1.17.1
  const expected = [
    [1, 12.706204736174694], [2, 4.302652729749462], [3, 3.1824463052837078], [4, 2.7764451051977934],
    [9, 2.262157162798205], [29, 2.045229642132703], [100, 1.9839715185235518], [10000, 1.960201239890626],
  ];
  for (const [freedom, quantile] of expected) near(t975(freedom), quantile);
});

test("the interval of a mean is SciPy's", () => {
  // scipy.stats.t.interval(0.95, 4, loc=mean, scale=sem): 0.30183784192612219 to 0.49816215807387787
  const found = summary([0.5, 0.3, 0.4, 0.45, 0.35]);
  near(found.mean, 0.4);
  near(found.std, Math.sqrt(0.00625));
  near(halfInterval(found), 0.49816215807387787 - 0.4);
  assert.equal(halfInterval(summary([1])), null);
  assert.equal(summary([NaN]).mean, null);
});

test("infinities reach the mean as the databases have them", () => {
  const found = summary([1, Infinity, 2]);
  assert.deepEqual([found.n, found.mean, found.min, found.max], [3, Infinity, 1, Infinity]);
  assert.ok(Number.isNaN(found.std));
  assert.equal(summary([-Infinity, 1]).mean, -Infinity);
  assert.ok(Number.isNaN(summary([Infinity, -Infinity, 1]).mean));
});

test("a bundle averages curves of unequal length over their own positions", () => {
  const curve = (x, y) => ({ x: Float64Array.from(x), y: Float64Array.from(y) });
  const found = bundle([curve([0, 2], [0, 2]), curve([0, 1, 2, 3], [2, 3, 4, 5])]);
  assert.deepEqual(found.map(({ x, n, mean }) => [x, n, mean]), [[0, 2, 1], [1, 2, 2], [2, 2, 3], [3, 1, 5]]);
});

test("identifying floats are rounded half to even", () => {
  assert.equal(canonical(0.1 + 0.2, 12), 0.3);
  assert.equal(canonical(0.5, 1), 0.5);
  assert.equal(canonical(12344.5, 5), 12344);
  assert.equal(canonical(12345.5, 5), 12346);
  assert.equal(canonical(-2.5, 1), -2);
  assert.equal(canonical(Number.MAX_VALUE, 1), Number.MAX_VALUE);
  assert.ok(Object.is(canonical(-0, 3), 0));
});

test("times are read as the command reads them", () => {
  assert.equal(instant("2024-02-29T14:30:00+02:00"), "2024-02-29T12:30:00.000000Z");
  assert.equal(instant("2024-02-29 12:30"), "2024-02-29T12:30:00.000000Z");
  assert.equal(instant("2024-02-29"), "2024-02-29T00:00:00.000000Z");
  assert.equal(instant("2024-02-29 12:30:00.000250 UTC"), "2024-02-29T12:30:00.000250Z");
  for (const text of ["", "now", "2024-13-01", "2023-02-29", "0000-01-01"]) assert.equal(instant(text), undefined);
});

test("packed numbers are read", () => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(0.1);
  assert.deepEqual([...floats(`8${bytes.toString("base64")}`)], [0.1]);
  assert.deepEqual([...floats(`3${Buffer.from([0x00, 0x80, 0x3f]).toString("base64")}`)], [1]);
});

test("a reason is one line: how the command ended, and what it wrote last", () => {
  const traceback = "exit status 1: Traceback (most recent call last):\n  File \"train.py\", line 7\nValueError: the loss is NaN\n";
  assert.equal(reason(traceback), "exit status 1: ValueError: the loss is NaN");
  assert.equal(reason("out of memory"), "out of memory");
  assert.equal(reason("cannot open it: why\nbecause: of that"), "because: of that");
  assert.equal(reason(""), "");
});

test("large values, tiny values and equal values keep their mean and their spread", () => {
  const near = (found, expected) => assert.ok(Math.abs(found / expected - 1) < 1e-15, `${found}, not ${expected}`);
  for (const power of [1e250, 1, 1e-200, 1e-290]) {
    const { mean, std } = summary([1, 2, 3, 4, 5].map((value) => value * power));
    near(mean, 3 * power);
    near(std, Math.sqrt(2.5) * power);
  }
  for (const value of [0.1, 1.7e308, -1.7e308, 5e-324]) {
    const { mean, std } = summary(new Array(45).fill(value));
    assert.deepEqual([mean, std], [value, 0]);
  }
  assert.equal(summary([1.7e308, -1.7e308]).std, Infinity);
  near(summary([1e9, 1e9 + 0.00000025, 1e9 + 0.0000005]).std, 2.384185791015625e-7);
  near(summary([1, 2, 1e200]).std, 1e200 / Math.sqrt(3));
  assert.equal(summary([1e300, 1, -1e300]).mean, 1 / 3);
});
