//! Sums, means and spreads that neither overflow nor cancel.
//!
//! The textbook formulas lose everything if values are large beside their spread, and overflow above 1e154. PostgreSQL
//! computes with decimals of any length instead; these are as good, so that both databases give the same measures.

/// A value as the unevaluated sum of two floats, which has twice the digits of one.
#[derive(Debug, Default, Clone, Copy)]
struct Double {
    high: f64,
    low: f64,
}

impl Double {
    /// The exact sum of two floats (Knuth 1969).
    fn sum(one: f64, other: f64) -> Self {
        let high = one + other;
        let of_other = high - one;
        let low = (one - (high - of_other)) + (other - of_other);
        Double { high, low }
    }

    fn plus(self, other: Self) -> Self {
        let sum = Double::sum(self.high, other.high);
        Double::sum(sum.high, sum.low + self.low + other.low)
    }

    fn square(self) -> Self {
        let high = self.high * self.high;
        let low = self.high.mul_add(self.high, -high) + 2.0 * self.high * self.low;
        Double { high, low }
    }

    fn divided_by(self, divisor: f64) -> Self {
        let high = self.high / divisor;
        let low = ((-high).mul_add(divisor, self.high) + self.low) / divisor;
        Double::sum(high, low)
    }

    fn times(self, factor: f64) -> Self {
        Double {
            high: self.high * factor,
            low: self.low * factor,
        }
    }

    fn negative(self) -> Self {
        self.times(-1.0)
    }
}

/// The sum and the mean of floats, exact but for the last rounding (Shewchuk 1997, as Python's `math.fsum`).
///
/// The order of the values does not matter. An infinity makes both infinite; NaN, or infinities of both signs, make both
/// NaN.
///
/// # A sum that floats would lose
///
/// ```
/// use wallow_runtime::statistics::ExactSum;
///
/// let mut sum = ExactSum::default();
/// for value in [1e300, 1.0, 1e-300, -1e300] {
///     sum.add(value);
/// }
/// assert_eq!((sum.sum(), sum.mean()), (1.0, 0.25));
/// ```
#[derive(Debug, Default, Clone)]
pub struct ExactSum {
    count: u64,
    /// Floats whose sum is that of the values, from the smallest; their digits do not overlap.
    small: Vec<f64>,
    /// The same of the values from [`LARGE`](Self::LARGE), times [`SHRINK`](Self::SHRINK): their sum could overflow.
    large: Vec<f64>,
    /// The sum of the values that are not finite.
    other: Option<f64>,
}

impl ExactSum {
    /// 2^900.
    const LARGE: f64 = f64::from_bits((1023 + 900) << 52);
    /// 2^-100.
    const SHRINK: f64 = f64::from_bits((1023 - 100) << 52);
    /// 2^100.
    const GROW: f64 = f64::from_bits((1023 + 100) << 52);

    /// Adds a value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        if !value.is_finite() {
            self.other = Some(self.other.unwrap_or(0.0) + value);
        } else if value.abs() < Self::LARGE {
            add(&mut self.small, value);
        } else {
            add(&mut self.large, value * Self::SHRINK);
        }
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum; 0 without values, infinite if it is beyond the largest float.
    pub fn sum(&self) -> f64 {
        self.other.unwrap_or_else(|| {
            let (sum, factor) = self.total();
            sum.high * factor
        })
    }

    /// The mean; NaN without values.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has too few runs for that to matter"
    )]
    pub fn mean(&self) -> f64 {
        if self.count == 0 {
            return f64::NAN;
        }
        self.other.unwrap_or_else(|| {
            let (sum, factor) = self.total();
            sum.divided_by(self.count as f64).high * factor
        })
    }

    /// The sum, and by what it has to be multiplied.
    fn total(&self) -> (Double, f64) {
        if self.large.iter().all(|part| *part == 0.0) {
            return (rounded(&self.small), 1.0);
        }
        // What is lost of tiny values here is far below the last digit of the large ones.
        let mut all = self.large.clone();
        for part in &self.small {
            add(&mut all, part * Self::SHRINK);
        }
        (rounded(&all), Self::GROW)
    }
}

/// Adds a value to floats that do not overlap, so that their sum is exact.
fn add(parts: &mut Vec<f64>, value: f64) {
    let mut carried = value;
    let mut kept = 0;
    for index in 0..parts.len() {
        let Double { high, low } = Double::sum(carried, parts[index]);
        if low != 0.0 {
            parts[kept] = low;
            kept += 1;
        }
        carried = high;
    }
    parts.truncate(kept);
    parts.push(carried);
}

fn rounded(parts: &[f64]) -> Double {
    let sum = Double::default();
    parts.iter().fold(sum, |sum, part| {
        sum.plus(Double {
            high: *part,
            low: 0.0,
        })
    })
}

/// The standard deviation of a sample of floats or ints, in one pass.
///
/// It works with the exact differences from the first value, times a power of two that keeps their squares in range.
///
/// # Values that are large beside their spread
///
/// ```
/// use wallow_runtime::statistics::Spread;
///
/// let mut spread = Spread::default();
/// for value in [1, 3, 5, 7, 9] {
///     spread.add_int((1 << 53) + value);
/// }
/// assert_eq!(spread.std_dev(), Some(10_f64.sqrt()));
/// ```
#[derive(Debug, Default, Clone)]
pub struct Spread {
    count: u64,
    is_infinite: bool,
    first: f64,
    first_int: i64,
    /// A sum of differences, and of their squares, times 2^-exponent and its square.
    sum: Double,
    squares: Double,
    exponent: Option<i32>,
}

impl Spread {
    /// The largest scaled difference before the scale changes: 2^300.
    const LARGEST: f64 = f64::from_bits((1023 + 300) << 52);

    /// Adds a float.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        if !value.is_finite() || self.is_infinite {
            self.is_infinite = true;
            return;
        }
        if self.count == 1 {
            self.first = value;
            return;
        }
        let off = Double::sum(value, -self.first);
        if off.high.is_finite() {
            self.add_difference(off, 0);
        } else {
            // Halves are exact here: one of both is near the largest float.
            let half = Double::sum(value / 2.0, -self.first / 2.0);
            self.add_difference(half, 1);
        }
    }

    /// Adds an int.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "the rest of the rounding is in `low`"
    )]
    pub fn add_int(&mut self, value: i64) {
        self.count += 1;
        if self.count == 1 {
            self.first_int = value;
            return;
        }
        let off = i128::from(value) - i128::from(self.first_int);
        let high = off as f64;
        let low = (off - high as i128) as f64;
        self.add_difference(Double { high, low }, 0);
    }

    /// Adds a difference times 2^twice.
    fn add_difference(&mut self, off: Double, twice: i32) {
        if off.high == 0.0 {
            return;
        }
        let exponent = *self
            .exponent
            .get_or_insert_with(|| exponent(off.high) + twice);
        let mut scaled = scaled(off, twice - exponent);
        if scaled.high.abs() > Self::LARGEST {
            let larger = self::exponent(off.high) + twice;
            self.sum = self::scaled(self.sum, exponent - larger);
            self.squares = self::scaled(self.squares, 2 * (exponent - larger));
            self.exponent = Some(larger);
            scaled = self::scaled(off, twice - larger);
        }
        self.sum = self.sum.plus(scaled);
        self.squares = self.squares.plus(scaled.square());
    }

    /// The standard deviation (n − 1); `None` for fewer than two values, NaN if one of them is not finite, infinite if it
    /// is beyond the largest float.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a table has too few runs for that to matter"
    )]
    pub fn std_dev(&self) -> Option<f64> {
        if self.count < 2 {
            return None;
        }
        if self.is_infinite {
            return Some(f64::NAN);
        }
        let count = self.count as f64;
        let of_mean = self.sum.square().divided_by(count);
        let squares = self.squares.plus(of_mean.negative());
        let variance = (squares.high / (count - 1.0)).max(0.0);
        let std_dev = Double {
            high: variance.sqrt(),
            low: 0.0,
        };
        Some(scaled(std_dev, self.exponent.unwrap_or_default()).high)
    }
}

/// The exponent of a float, about.
fn exponent(value: f64) -> i32 {
    let bits = (value.to_bits() >> 52) & 0x7ff;
    // Below the normal floats all have the smallest exponent.
    i32::try_from(bits).unwrap_or_default() - 1023
}

/// Times 2^exponent. In two steps, because one factor may be out of range although the product is not.
fn scaled(value: Double, exponent: i32) -> Double {
    if exponent == 0 {
        return value;
    }
    let half = exponent / 2;
    value.times(power(half)).times(power(exponent - half))
}

/// 2^exponent, 0 or infinite out of range.
fn power(exponent: i32) -> f64 {
    match u64::try_from(exponent + 1023) {
        Ok(bits @ 1..=2046) => f64::from_bits(bits << 52),
        Ok(bits) if bits > 2046 => f64::INFINITY,
        _ => 0.0,
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums and equal values are exact")]
mod tests {
    use super::*;

    fn std_dev(values: &[f64]) -> Option<f64> {
        let mut spread = Spread::default();
        for value in values {
            spread.add(*value);
        }
        spread.std_dev()
    }

    fn sum(values: &[f64]) -> ExactSum {
        let mut sum = ExactSum::default();
        for value in values {
            sum.add(*value);
        }
        sum
    }

    #[track_caller]
    fn near(found: f64, expected: f64) {
        let off = (found / expected - 1.0).abs();
        assert!(off < 1e-15, "{found}, not {expected}");
    }

    /// By Python's `fractions`, the root by `decimal` with 50 digits.
    #[test]
    fn spreads_are_exact_whatever_the_size_of_the_values() {
        let five = 2.5_f64.sqrt();
        for power in [1e250, 1e-200, 1e-290, 1.0] {
            let values = [1.0, 2.0, 3.0, 4.0, 5.0].map(|value: f64| value * power);
            near(std_dev(&values).unwrap(), five * power);
        }
        assert_eq!(std_dev(&[0.1; 45]), Some(0.0));
        assert_eq!(std_dev(&[1.7e308; 5]), Some(0.0));
        assert_eq!(std_dev(&[f64::MAX, f64::MIN]), Some(f64::INFINITY));
        near(
            std_dev(&[1.2e308, -1.2e308]).unwrap(),
            1.2e308 * 2_f64.sqrt(),
        );
        near(std_dev(&[1.0, 2.0, 1e200]).unwrap(), 1e200 / 3_f64.sqrt());
        near(std_dev(&[1e200, 2.0, 1.0]).unwrap(), 1e200 / 3_f64.sqrt());
        near(
            std_dev(&[1e9, 1e9 + 0.000_000_25, 1e9 + 0.000_000_5]).unwrap(),
            0.000_000_238_418_579_101_562_5,
        );
        assert_eq!(std_dev(&[1e-323, 2e-323]), Some(5e-324));
    }

    #[test]
    fn spreads_need_two_finite_values() {
        assert_eq!((std_dev(&[]), std_dev(&[1.0])), (None, None));
        assert_eq!(std_dev(&[f64::INFINITY]), None);
        for values in [[f64::INFINITY, 1.0], [1.0, f64::NAN]] {
            assert!(std_dev(&values).unwrap().is_nan());
        }
    }

    #[test]
    fn ints_beyond_the_digits_of_a_float_keep_their_spread() {
        let mut spread = Spread::default();
        for value in [i64::MIN, i64::MAX, 0, 1] {
            spread.add_int(value);
        }
        near(spread.std_dev().unwrap(), 7.530_851_732_716_321e18);
        let mut same = Spread::default();
        for _ in 0..45 {
            same.add_int(9_007_199_254_740_995);
        }
        assert_eq!(same.std_dev(), Some(0.0));
    }

    #[test]
    fn sums_are_rounded_once_and_do_not_overflow_on_the_way() {
        assert!((sum(&[0.1; 10]).sum() - 1.0).abs() < f64::EPSILON / 4.0);
        assert_eq!(sum(&[1.7e308; 3]).mean(), 1.7e308);
        assert_eq!(sum(&[f64::MAX; 7]).mean(), f64::MAX);
        assert_eq!(sum(&[1.7e308; 3]).sum(), f64::INFINITY);
        assert_eq!(sum(&[1.7e308, 1.0, 1.7e308, -1.7e308, -1.7e308]).sum(), 1.0);
        assert_eq!(sum(&[5e-324, 5e-324]).mean(), 5e-324);
        assert!(sum(&[]).mean().is_nan());
        let infinity = f64::INFINITY;
        assert_eq!(sum(&[1e308, infinity]).mean(), infinity);
        assert!(sum(&[infinity, 1.0, -infinity]).mean().is_nan());
    }
}
