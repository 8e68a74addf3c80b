//! When two floats of a key are equal.

use wallow_schema::canonical_float;

use super::EMPTY;
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "float",
    about: "floats of keys: eight bytes, and the precision",
    generate,
    check,
    in_tests: 5_000,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.float().to_le_bytes().to_vec();
    bytes.extend(u32::try_from(random.below(25)).unwrap_or(0).to_le_bytes());
    bytes
}

fn check(input: &[u8]) -> String {
    let (value, rest) = input.split_at(input.len().min(8));
    let mut bytes = [0; 8];
    bytes[..value.len()].copy_from_slice(value);
    let value = f64::from_le_bytes(bytes);
    let mut bytes = [0; 4];
    let length = rest.len().min(4);
    bytes[..length].copy_from_slice(&rest[..length]);
    let precision = u32::from_le_bytes(bytes);
    let canonical = canonical_float(value, precision);
    let again = canonical_float(canonical, precision);
    assert_eq!(
        canonical.to_bits(),
        again.to_bits(),
        "{value:e} at {precision}: {canonical:e}, then {again:e}"
    );
    assert_eq!(canonical.is_nan(), value.is_nan());
    assert_eq!(
        canonical.is_infinite(),
        value.is_infinite(),
        "{value:e} at {precision}"
    );
    if canonical == 0.0 {
        assert!(
            value == 0.0 && canonical.is_sign_positive(),
            "{value:e} at {precision} is none"
        );
    } else if value.is_finite() && (1..17).contains(&precision) {
        // Half a unit of the last digit, and the rounding of the division.
        let bound = 0.51 * 10_f64.powi(1 - i32::try_from(precision).unwrap_or(0)) + 1e-15;
        let off = ((canonical - value) / value).abs();
        assert!(
            off <= bound || value.is_subnormal(),
            "{value:e} at {precision} is {canonical:e}"
        );
    }
    let class = match value.classify() {
        std::num::FpCategory::Normal => "normal",
        std::num::FpCategory::Subnormal => "subnormal",
        _ => "special",
    };
    format!(
        "{class} at {}, changed: {}",
        precision.min(20),
        canonical.to_bits() != value.to_bits()
    )
}
