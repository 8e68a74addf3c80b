//! The canonical form of a float, which decides whether two identifying floats are equal.

use std::fmt::{self, Write};

/// With this many significant digits or more, every float has its own decimal text, so rounding would change nothing.
pub(crate) const EVERY_DIGIT: u32 = 17;

/// The float that stands for `value` in a key: `value`, correctly rounded to `precision` significant decimal digits.
///
/// Rounding is that of the exact binary value, half to even; the result is the float nearest to the decimal number. A
/// canonical float stays as it is. NaN stays NaN, infinities stay, and -0.0 becomes 0.0. A precision of 17 or more
/// leaves the value as it is, and so does a precision that would round it to infinity. A precision of 0 counts as 1.
///
/// ```
/// use wallow_schema::canonical_float;
///
/// assert_eq!(canonical_float(0.1 + 0.2, 12), 0.3);
/// assert_eq!(canonical_float(2.5, 1), 2.0);
/// assert_eq!(canonical_float(f64::MAX, 3), f64::MAX);
/// assert!(canonical_float(-0.0, 12).is_sign_positive());
/// ```
pub fn canonical_float(value: f64, precision: u32) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    if !value.is_finite() || precision >= EVERY_DIGIT {
        return value;
    }
    let decimals = precision.saturating_sub(1) as usize;
    let mut text = Text::default();
    // The standard library prints and reads floats exactly, and half to even.
    let rounded = write!(text, "{value:.decimals$e}")
        .ok()
        .and_then(|()| text.as_str().parse().ok());
    rounded
        .filter(|rounded: &f64| rounded.is_finite())
        .unwrap_or(value)
}

/// Whether no float is near a number that is written with digits: it is larger than every float, and would become
/// infinite, or so small that it would become zero.
#[doc(hidden)]
pub fn is_beyond_floats(number: &str) -> bool {
    let digits = number.split(['e', 'E']).next().unwrap_or(number);
    let has = |wanted: fn(u8) -> bool| digits.bytes().any(wanted);
    match number.parse::<f64>() {
        Ok(value) if value.is_infinite() => has(|byte| byte.is_ascii_digit()),
        Ok(value) => value == 0.0 && has(|byte| matches!(byte, b'1'..=b'9')),
        Err(_) => false,
    }
}

/// A text on the stack: this runs for every float of every run.
///
/// The longest is `-1.234567890123456e-308`, of 23 bytes.
#[derive(Default)]
struct Text {
    bytes: [u8; 32],
    length: usize,
}

impl Text {
    fn as_str(&self) -> &str {
        // Only whole texts were written, so this is UTF-8.
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}
