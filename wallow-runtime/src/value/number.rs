//! Numbers that programs give for fields: every integer type for `int`, and every number type for `float`.
//!
//! Invariant: no value is changed silently. An integer that is too large for an int field is kept until a store refuses
//! it, with the name of the field. An `f32` becomes the number that it is printed as.

use std::fmt;
use std::num::NonZero;

use super::Value;

/// An integer for an int field, from any integer type of Rust. A field holds 64 bits, as an `i64` does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyInt(i128);

impl AnyInt {
    /// The integer of a column.
    pub fn new(value: i64) -> Self {
        AnyInt(value.into())
    }

    /// The integer. If it is too large for a field, this is the nearest value that fits. No run has such a value,
    /// because every store refuses it.
    pub fn get(self) -> i64 {
        let nearest = self.0.clamp(i64::MIN.into(), i64::MAX.into());
        i64::try_from(nearest).unwrap_or_default()
    }

    /// The value for a store.
    pub fn value(self) -> Value<'static> {
        i64::try_from(self.0).map_or(Value::TooLarge(self.0), Value::Int)
    }

    /// The integer, if a field can hold it.
    ///
    /// # Errors
    /// The integer that does not fit.
    pub(crate) fn fitting(self) -> Result<i64, i128> {
        i64::try_from(self.0).map_err(|_| self.0)
    }
}

impl fmt::Debug for AnyInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why an integer is refused.
pub(crate) fn too_large(value: i128) -> String {
    format!(
        "{value} does not fit: an int field holds {} to {}; give it a smaller number, or make the field a string",
        i64::MIN,
        i64::MAX
    )
}

/// Anything that is an integer. One that an int field cannot hold is refused by the store, with the name of the field.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for an int field",
    label = "an integer is expected here",
    note = "any integer type will do; a float that is meant as an integer has to be converted: `value as i64`"
)]
pub trait IntoInt {
    /// The integer.
    fn into_int(self) -> AnyInt;
}

/// Anything that is a number. An `f32` is read as its shortest decimal: `0.1_f32` is the same key as `0.1`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value for a float field",
    label = "a number is expected here",
    note = "`f64`, `f32` and any integer type will do"
)]
pub trait IntoFloat {
    /// The number.
    fn into_float(self) -> f64;
}

#[diagnostic::do_not_recommend]
impl IntoInt for AnyInt {
    fn into_int(self) -> AnyInt {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoFloat for f64 {
    fn into_float(self) -> f64 {
        self
    }
}

#[diagnostic::do_not_recommend]
impl IntoFloat for f32 {
    fn into_float(self) -> f64 {
        // What Rust prints is the shortest decimal that reads as this `f32`, and always a number.
        self.to_string().parse().unwrap_or_else(|_| self.into())
    }
}

macro_rules! integers {
    ($($ty:ty),+ $(,)?) => {$(
        // A list of these types would hide the note from the error.
        #[diagnostic::do_not_recommend]
        impl IntoInt for $ty {
            fn into_int(self) -> AnyInt {
                // Only a `u128` above the largest `i128` does not fit; the largest `i128` is too large for a field as
                // well, so it stays refused.
                AnyInt(i128::try_from(self).unwrap_or(i128::MAX))
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoInt for NonZero<$ty> {
            fn into_int(self) -> AnyInt {
                self.get().into_int()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoFloat for $ty {
            #[allow(
                clippy::cast_precision_loss,
                clippy::cast_lossless,
                reason = "the nearest float is meant"
            )]
            fn into_float(self) -> f64 {
                self as f64
            }
        }
    )+};
}

integers!(
    i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_f32_is_the_number_that_it_is_printed_as() {
        for (given, number) in [
            (0.1_f32, 0.1_f64),
            (1e-3, 1e-3),
            (f32::MAX, 3.402_823_5e38),
            (f32::MIN_POSITIVE, 1.175_494_4e-38),
            (-0.0, -0.0),
            (f32::INFINITY, f64::INFINITY),
        ] {
            assert_eq!(given.into_float().to_bits(), number.to_bits(), "{given}");
        }
        assert!(f32::NAN.into_float().is_nan());
    }

    #[test]
    fn an_integer_fits_or_is_kept_as_it_is() {
        assert_eq!(7_u64.into_int().fitting(), Ok(7));
        assert_eq!(i64::MIN.into_int().fitting(), Ok(i64::MIN));
        let large = u64::MAX.into_int();
        assert_eq!(large.fitting(), Err(u64::MAX.into()));
        assert_eq!(large.get(), i64::MAX);
        assert_eq!(i128::MIN.into_int().get(), i64::MIN);
        assert_eq!(u128::MAX.into_int().fitting(), Err(i128::MAX));
    }
}
