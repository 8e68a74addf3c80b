//! Numbers of curves as short texts: a digit with the number of bytes for each number, then the bytes in base64.
//!
//! Three bytes are the upper ones of a 32-bit float: sign, exponent and 15 bits, which is a relative error below 2^-16,
//! less than a pixel of any chart. Numbers that do not fit (integers that would change, very large and very small ones)
//! take eight bytes, all of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The numbers, with three bytes each if `short` allows it and all of them fit. NaN is a gap.
pub(super) fn pack(values: &[f64], short: bool) -> String {
    let mut bytes = Vec::new();
    if short && values.iter().all(|value| fits(*value)) {
        for value in values {
            bytes.extend_from_slice(&upper(*value).to_le_bytes()[1..]);
        }
        return format!("3{}", STANDARD.encode(bytes));
    }
    for value in values {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    format!("8{}", STANDARD.encode(bytes))
}

/// The bits of the 32-bit float, rounded to the upper 24 of them (half to even).
#[expect(clippy::cast_possible_truncation, reason = "that is what it is for")]
fn upper(value: f64) -> u32 {
    let bits = (value as f32).to_bits();
    let half = 0x7f + (bits >> 8 & 1);
    bits.saturating_add(half) & !0xff
}

#[expect(clippy::float_cmp, reason = "an integer fits if it stays the same")]
fn fits(value: f64) -> bool {
    let back = f64::from(f32::from_bits(upper(value)));
    if !value.is_finite() || value == 0.0 {
        return true;
    }
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return back == value;
    }
    back.is_finite() && value.abs() >= f64::from(f32::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_near() {
        for value in [0.1, -0.123_456_789, 1.0 / 3.0, 1e-30, 3e38, 65535.0, -7.0] {
            assert!(fits(value), "{value}");
            let back = f64::from(f32::from_bits(upper(value)));
            assert!(((back - value) / value).abs() < 1.6e-5, "{value}: {back}");
        }
        assert!(f32::from_bits(upper(f64::NAN)).is_nan());
        for value in [0.0, f64::INFINITY, f64::NEG_INFINITY] {
            let back = f64::from(f32::from_bits(upper(value)));
            assert_eq!(back.to_bits(), value.to_bits());
        }
    }

    #[test]
    fn other_numbers_are_whole() {
        for value in [1e300, 3.402_823_4e38, 1e-40, 70_001.0, 123_456_789.0] {
            assert!(!fits(value), "{value}");
        }
        assert!(pack(&[0.5, 123_456_789.0], true).starts_with('8'));
        assert!(pack(&[0.5], true).starts_with('3'));
        assert!(pack(&[0.5], false).starts_with('8'));
    }
}
