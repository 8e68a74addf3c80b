// Means, spreads and intervals.

/**
 * n, mean, standard deviation of the sample, minimum, maximum. NaN and absent values do not count. With an infinity the
 * mean is infinite (NaN with both) and the deviation is NaN.
 *
 * As the databases compute them (specs 12.4): nothing overflows on the way, and values that are large beside their spread
 * keep it.
 */
export function summary(values) {
  const known = values.filter((value) => !Number.isNaN(value));
  const n = known.length;
  if (!n) return { n, mean: null, std: null, min: null, max: null };
  let [min, max] = [Infinity, -Infinity];
  for (const value of known) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (min === -Infinity || max === Infinity) return { n, mean: min + max, std: n > 1 ? NaN : null, min, max };
  // The sum of large values must not overflow.
  const unit = Math.max(-min, max) > 2 ** 900 ? 2 ** 100 : 1;
  const mean = exactMean(known.map((value) => value / unit));
  const std = n > 1 ? deviation(known, mean, unit, Math.max(max / unit - mean, mean - min / unit)) * unit : null;
  return { n, mean: mean * unit, std, min, max };
}

/** The mean, rounded once: the sum is kept as floats whose digits do not overlap (Shewchuk 1997). */
function exactMean(values) {
  let parts = [];
  for (const value of values) parts = withValue(parts, value);
  const total = parts.reduce((sum, part) => sum + part, 0);
  const mean = total / values.length;
  // What the division and the sum rounded off.
  const [product, rest] = times(mean, values.length);
  for (const value of [-product, -rest]) parts = withValue(parts, value);
  return mean + parts.reduce((sum, part) => sum + part, 0) / values.length;
}

function withValue(parts, value) {
  const next = [];
  let carried = value;
  for (const part of parts) {
    const high = carried + part;
    const ofPart = high - carried;
    const low = carried - (high - ofPart) + (part - ofPart);
    if (low) next.push(low);
    carried = high;
  }
  next.push(carried);
  return next;
}

/** A product as the exact sum of two floats (Dekker 1971). */
function times(one, other) {
  const halves = (value) => {
    const large = value * (2 ** 27 + 1);
    const high = large - (large - value);
    return [high, value - high];
  };
  const product = one * other;
  const [[a, b], [c, d]] = [halves(one), halves(other)];
  return [product, b * d - (product - a * c - b * c - a * d)];
}

/** The deviation of values by their unit. The differences from the mean are about 1, so that no square is out of range. */
function deviation(values, mean, unit, furthest) {
  if (!furthest) return 0;
  const factor = 2 ** Math.max(-1000, Math.min(1000, -Math.floor(Math.log2(furthest))));
  let [sum, squares] = [0, 0];
  for (const value of values) {
    const off = (value / unit - mean) * factor;
    sum += off;
    squares += off * off;
  }
  // The mean is rounded, so the differences have a small sum.
  const variance = (squares - (sum * sum) / values.length) / (values.length - 1);
  return Math.sqrt(variance) / factor;
}

/** Half the width of the 95 % interval of a mean (Student's t); `null` for fewer than two values. */
export function halfInterval({ n, std }) {
  return n > 1 && std !== null ? (t975(n - 1) * std) / Math.sqrt(n) : null;
}

const known = new Map();

/** The 0.975 quantile of Student's t with this many degrees of freedom. */
export function t975(freedom) {
  if (!known.has(freedom)) known.set(freedom, quantile(freedom));
  return known.get(freedom);
}

/** Bisection on the probability of the tails, until the two ends are neighbours. */
function quantile(freedom) {
  let [low, high] = [1.9, 13];
  for (let step = 0; step < 100; step += 1) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    const tails = incompleteBeta(freedom / 2, 0.5, freedom / (freedom + middle * middle));
    if (tails > 0.05) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The regularised incomplete beta function, by its continued fraction (Lentz). */
function incompleteBeta(a, b, x) {
  const log = logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x);
  const front = Math.exp(log);
  if (x < (a + 1) / (a + b + 2)) return (front * fraction(a, b, x)) / a;
  return 1 - (front * fraction(b, a, 1 - x)) / b;
}

function fraction(a, b, x) {
  const TINY = 1e-300;
  const away = (value) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 300; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    const factor = d * c;
    result *= factor;
    if (Math.abs(factor - 1) < 1e-15) break;
  }
  return result;
}

/** The logarithm of the gamma function (Lanczos, g = 7). */
function logGamma(x) {
  const COEFFICIENTS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
    12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const shifted = x - 1;
  let sum = COEFFICIENTS[0];
  for (let index = 1; index < COEFFICIENTS.length; index += 1) sum += COEFFICIENTS[index] / (shifted + index);
  const t = shifted + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum);
}

/**
 * Mean and band of several curves over the union of their positions, at most `limit` of them. Between its points a curve
 * is linear; beyond its ends it does not count.
 */
export function bundle(curves, limit = 1000) {
  const all = [...new Set(curves.flatMap((curve) => [...curve.x]))].filter(Number.isFinite).sort((a, b) => a - b);
  const stride = Math.max(1, Math.ceil(all.length / limit));
  const last = all.length - 1;
  const x = all.filter((_, index) => index % stride === 0 || index === last);
  const readers = curves.map(reader);
  return x.map((at) => ({ x: at, ...summary(readers.map((read) => read(at))) }));
}

/** A curve as a function; positions must be asked for in ascending order. */
function reader({ x, y }) {
  let next = 0;
  return (at) => {
    while (next < x.length && x[next] < at) next += 1;
    if (next >= x.length) return NaN;
    if (x[next] === at) return y[next];
    if (next === 0) return NaN;
    const share = (at - x[next - 1]) / (x[next] - x[next - 1]);
    return y[next - 1] + share * (y[next] - y[next - 1]);
  };
}
