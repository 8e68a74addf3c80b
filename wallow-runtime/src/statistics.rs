//! Statistics of samples. Pure: numbers enter, numbers leave.

mod moments;

pub use moments::{ExactSum, Spread};

/// How many times its standard error a 95 % confidence interval of a mean extends to each side, for `degrees` degrees of
/// freedom: the quantile 0.975 of Student's t distribution. Infinite without a degree of freedom.
#[expect(
    clippy::cast_precision_loss,
    reason = "beyond 2^53 runs the factor is that of the normal distribution anyway"
)]
pub fn student_t_95(degrees: u64) -> f64 {
    match degrees {
        0 => f64::INFINITY,
        1..=FEW => by_series(degrees),
        _ => by_expansion(degrees as f64),
    }
}

/// With more degrees of freedom the expansion is exact to the last digits, and the series would be long.
const FEW: u64 = 300;

/// The probability that is within the interval.
const WITHIN: f64 = 0.95;

/// For whole degrees of freedom the probability of |t| <= sqrt(ν) tan θ is a finite series in sin θ and cos θ
/// (Abramowitz and Stegun, 26.7.3 and 26.7.4). It grows with θ, so bisection finds the θ of 95 %.
#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn by_series(degrees: u64) -> f64 {
    let (mut low, mut high) = (0.0, std::f64::consts::FRAC_PI_2);
    loop {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            return (degrees as f64).sqrt() * middle.tan();
        }
        if within(degrees, middle) < WITHIN {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn within(degrees: u64, angle: f64) -> f64 {
    let (sin, cos) = angle.sin_cos();
    // The terms have the factors 2/3, 4/5, … for odd degrees, 1/2, 3/4, … for even ones.
    let is_odd = degrees % 2 == 1;
    let (mut term, first) = if is_odd { (cos, 3) } else { (1.0, 2) };
    let mut sum = if degrees == 1 { 0.0 } else { term };
    for below in (first..degrees.saturating_sub(1)).step_by(2) {
        term *= cos * cos * (below - 1) as f64 / below as f64;
        sum += term;
    }
    if is_odd {
        (angle + sin * sum) * std::f64::consts::FRAC_2_PI
    } else {
        sin * sum
    }
}

/// The expansion around the normal distribution in powers of 1/ν (Abramowitz and Stegun, 26.7.5).
fn by_expansion(degrees: f64) -> f64 {
    /// The quantile 0.975 of the normal distribution.
    const NORMAL: f64 = 1.959_963_984_540_054;
    let x = NORMAL;
    let square = x * x;
    let terms = [
        x * (square + 1.0) / 4.0,
        x * ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        x * (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
        x * ((((79.0 * square + 776.0) * square + 1482.0) * square - 1920.0) * square - 945.0)
            / 92160.0,
    ];
    let sum = terms
        .iter()
        .rev()
        .fold(0.0, |sum, term| (sum + term) / degrees);
    x + sum
}

/// The positions of a percentile among `count` sorted values, from 0: the values at both sides of it, and how far it
/// is from the first towards the second, in hundredths. In whole numbers, so that no rounding moves it.
///
/// The definition is numpy's and pandas' `linear`: the percentile p is at the position (count − 1) · p / 100.
pub fn percentile_position(count: u64, percent: u8) -> (u64, u64, u8) {
    let hundredths = u128::from(count.saturating_sub(1)) * u128::from(percent);
    let narrow = |position: u128| u64::try_from(position).unwrap_or(u64::MAX);
    let fraction = u8::try_from(hundredths % 100).unwrap_or_default();
    (
        narrow(hundredths / 100),
        narrow(hundredths.div_ceil(100)),
        fraction,
    )
}

/// The value between two neighbours at this many hundredths of the way. An infinite neighbour counts as soon as the
/// value is not exactly at the other one; between both infinities it is NaN.
pub fn between(low: f64, high: f64, hundredths: u8) -> f64 {
    if hundredths == 0 || low.total_cmp(&high).is_eq() {
        return low;
    }
    if low.is_infinite() || high.is_infinite() {
        return low + high;
    }
    let part = f64::from(hundredths) / 100.0;
    // Halves first: the distance between the largest floats would overflow.
    let half = high / 2.0 - low / 2.0;
    let value = if part < 0.5 {
        low + half * part + half * part
    } else {
        let rest = half * (1.0 - part);
        high - rest - rest
    };
    value.clamp(low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `scipy.stats.t.ppf(0.975, ν)`, `SciPy` 1.17.1.
    #[test]
    fn the_factors_are_those_of_scipy() {
        for (degrees, expected) in [
            (1, 12.706_204_736_174_694),
            (2, 4.302_652_729_749_462),
            (3, 3.182_446_305_283_707_8),
            (4, 2.776_445_105_197_793_4),
            (5, 2.570_581_835_636_314_6),
            (9, 2.262_157_162_798_205),
            (10, 2.228_138_851_986_274),
            (29, 2.045_229_642_132_703),
            (100, 1.983_971_518_523_551_8),
            (999, 1.962_341_461_133_449_3),
            (1000, 1.962_339_080_826_408_3),
            (1001, 1.962_336_705_280_879_8),
            (10000, 1.960_201_239_890_626),
            (1_000_000, 1.959_966_356_814_107),
        ] {
            let factor = student_t_95(degrees);
            assert!(
                (factor / expected - 1.0).abs() < 1e-12,
                "{degrees}: {factor}"
            );
        }
        assert!(student_t_95(0).is_infinite());
    }

    /// `numpy.percentile([1, 2, 4, 8, 16], p)`.
    #[test]
    fn percentiles_are_those_of_numpy() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (percent, expected) in [
            (0, 1.0),
            (5, 1.2),
            (25, 2.0),
            (40, 3.2),
            (50, 4.0),
            (95, 14.4),
            (100, 16.0),
        ] {
            let (low, high, part) = percentile_position(5, percent);
            let [low, high] =
                [low, high].map(|place| values[usize::try_from(place).unwrap_or_default()]);
            assert!(
                (between(low, high, part) - expected).abs() < 1e-12,
                "{percent}"
            );
        }
        assert_eq!(percentile_position(0, 50), (0, 0, 0));
        assert_eq!(
            percentile_position(u64::MAX, 100),
            (u64::MAX - 1, u64::MAX - 1, 0)
        );
    }

    #[test]
    fn infinities_have_a_place() {
        let infinity = f64::INFINITY;
        assert!(between(-infinity, infinity, 50).is_nan());
        for (low, high, part, expected) in [
            (1.0, infinity, 0, 1.0),
            (1.0, infinity, 50, infinity),
            (-infinity, 1.0, 50, -infinity),
            (infinity, infinity, 50, infinity),
            (f64::MIN, f64::MAX, 50, 0.0),
        ] {
            assert!(
                between(low, high, part).total_cmp(&expected).is_eq(),
                "{low} {high}"
            );
        }
    }
}
