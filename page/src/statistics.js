// Means, spreads and intervals.

/**
 * n, mean, standard deviation of the sample, minimum, maximum. NaN and absent values do not count. With an infinity the
 * mean is infinite (NaN with both) and the deviation is NaN.
 */
export function summary(values) {
  let [n, mean, squares, min, max] = [0, 0, 0, Infinity, -Infinity];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    n += 1;
    const delta = value - mean;
    mean += delta / n;
    squares += delta * (value - mean);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!n) return { n, mean: null, std: null, min: null, max: null };
  if (min === -Infinity || max === Infinity) [mean, squares] = [min + max, NaN];
  return { n, mean, std: n > 1 ? Math.sqrt(squares / (n - 1)) : null, min, max };
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
