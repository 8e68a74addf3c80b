//! The laws of canonical floats, checked with exact decimal arithmetic.

use bigdecimal::num_bigint::BigInt;
use bigdecimal::{BigDecimal, RoundingMode};
use std::num::NonZeroU64;
use wallow_schema::canonical_float;

/// The precisions that round, and the first one that does not.
const PRECISIONS: [u32; 17] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];

/// The exact decimal value of a float: every float is a whole number times a power of two.
fn exact(value: f64) -> BigDecimal {
    let bits = value.to_bits();
    let fraction = i64::try_from(bits & ((1 << 52) - 1)).unwrap_or_default();
    let exponent = i32::try_from((bits >> 52) & 0x7ff).unwrap_or_default();
    let (mantissa, exponent) = match exponent {
        0 => (fraction, -1074),
        normal => (fraction | (1 << 52), normal - 1075),
    };
    let mantissa = BigInt::from(if value.is_sign_negative() {
        -mantissa
    } else {
        mantissa
    });
    let shift = exponent.unsigned_abs();
    if exponent >= 0 {
        return BigDecimal::new(mantissa << shift, 0);
    }
    // m / 2^n = m * 5^n / 10^n
    BigDecimal::new(mantissa * BigInt::from(5).pow(shift), i64::from(shift))
}

/// The same, computed in another way: exact decimal, rounded half to even, read back.
fn by_decimal(value: f64, precision: u32) -> Option<f64> {
    if precision >= 17 {
        return Some(value);
    }
    let digits = NonZeroU64::new(u64::from(precision))?;
    let rounded = exact(value).with_precision_round(digits, RoundingMode::HalfEven);
    let read: f64 = rounded.to_scientific_notation().parse().ok()?;
    Some(if read.is_finite() { read } else { value })
}

fn agrees(value: f64) {
    for precision in PRECISIONS {
        agrees_at(value, precision);
    }
}

fn agrees_at(value: f64, precision: u32) {
    let ours = canonical_float(value, precision);
    let theirs = by_decimal(value, precision);
    assert_eq!(
        Some(ours.to_bits()),
        theirs.map(f64::to_bits),
        "{value:e} to {precision} digits: {ours:e}, not {theirs:?}"
    );
    let again = canonical_float(ours, precision);
    assert_eq!(
        again.to_bits(),
        ours.to_bits(),
        "{value:e} to {precision} digits, twice"
    );
}

/// Bit patterns from a fixed sequence (splitmix64), the same in every run.
fn patterns(count: u64) -> impl Iterator<Item = u64> {
    (1..=count).map(|number| {
        let mut bits = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    })
}

/// Floats of any size, of common sizes, and exactly half way between two decimals.
fn floats(count: u64) -> impl Iterator<Item = f64> {
    patterns(count).flat_map(|bits| {
        let any = Some(f64::from_bits(bits)).filter(|value| value.is_finite() && *value != 0.0);
        let everyday = 1.0 + f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or_default());
        let everyday = everyday * 2.0_f64.powi(i32::try_from(bits >> 58).unwrap_or_default() - 40);
        // An odd number of halves, quarters or eighths ends in 5 and has few digits.
        let halves = f64::from(u32::try_from(bits >> 40).unwrap_or_default() | 1);
        let tie = halves / f64::from(1_u32 << (1 + (bits & 7)));
        any.into_iter().chain([everyday, tie])
    })
}

#[test]
fn rounding_is_exact() {
    floats(3_000).for_each(agrees);
}

/// Each float with one precision, all precisions in turn; two threads do half of them each.
#[test]
fn rounding_is_exact_for_a_million_floats() {
    let half = |odd: usize| {
        let numbered = floats(334_000).enumerate();
        for (number, value) in numbered.filter(|(number, _)| number % 2 == odd) {
            agrees_at(value, PRECISIONS[number % PRECISIONS.len()]);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| half(0));
        scope.spawn(|| half(1));
    });
}

#[test]
fn rounding_is_exact_at_the_ends_of_the_range() {
    let least = f64::from_bits(1);
    let largest_subnormal = f64::MIN_POSITIVE.next_down();
    for value in [
        least,
        f64::from_bits(2),
        f64::from_bits(12_345),
        largest_subnormal,
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MAX.next_down(),
        1.795e308,
        1.75e308,
        9.5e307,
        1e23,
        1e23_f64.next_down(),
        9.007_199_254_740_993e15,
    ] {
        agrees(value);
        agrees(-value);
    }
}

#[test]
#[expect(
    clippy::float_cmp,
    reason = "canonical floats are compared exactly, that is what they are for"
)]
fn ties_go_to_the_even_digit() {
    for (value, precision, rounded) in [
        (0.5, 1, 0.5),
        (2.5, 1, 2.0),
        (3.5, 1, 4.0),
        (0.125, 2, 0.12),
        (0.375, 2, 0.38),
        (12_345_678_901.25, 12, 12_345_678_901.2),
        (12_345_678_901.75, 12, 12_345_678_901.8),
        (1_000_000_000_000.5, 13, 1_000_000_000_000.0),
        (9.5, 1, 10.0),
        // The float nearest to 0.15 lies below it, the one nearest to 0.35 as well.
        (0.15, 1, 0.1),
        (0.35, 1, 0.3),
    ] {
        assert_eq!(
            canonical_float(value, precision),
            rounded,
            "{value} to {precision} digits"
        );
        assert_eq!(canonical_float(-value, precision), -rounded);
        agrees(value);
    }
}

#[test]
fn what_cannot_be_rounded_passes() {
    for precision in [0, 1, 12, 17, u32::MAX] {
        assert!(canonical_float(f64::NAN, precision).is_nan());
        for value in [f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(canonical_float(value, precision).to_bits(), value.to_bits());
        }
        assert_eq!(canonical_float(-0.0, precision).to_bits(), 0);
    }
    assert_eq!(canonical_float(f64::MAX, 1).to_bits(), f64::MAX.to_bits());
    let precise = 0.1 + 0.2;
    assert_eq!(
        canonical_float(precise, 17).to_bits(),
        f64::to_bits(precise)
    );
    assert_eq!(
        canonical_float(precise, 0).to_bits(),
        canonical_float(precise, 1).to_bits()
    );
}
