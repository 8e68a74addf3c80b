//! Numbers exactly as they were written.
//!
//! A text becomes a float or an integer only through this module, so that rounding, overflow and underflow are always
//! noticed. The digits have no leading or trailing zeros; the value is `digits × 10^exponent`.

use super::alteration::Alteration;

/// An integer below this limit, read as a float, cannot be the rounded value of another integer.
pub(super) const EXACT: f64 = 9_007_199_254_740_992.0;

/// A decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
    /// Whether it was written with an exponent: then the last digits are not meant exactly, as in `1e23`.
    scientific: bool,
}

impl Decimal {
    /// Reads `12`, `-0.5`, `.5`, `1.` and `+1e-3`, and no other form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, power) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, power)) => (mantissa, Some(power)),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let digits = [whole, fraction].concat();
        let kept = digits.trim_end_matches('0');
        let shift = i64::try_from(digits.len() - kept.len()).ok()?;
        let places = i64::try_from(fraction.len()).ok()?;
        let kept = kept.trim_start_matches('0').to_owned();
        let exponent = power.map_or(Some(0), exponent)?;
        let exponent = if kept.is_empty() {
            0
        } else {
            exponent.saturating_add(shift - places)
        };
        Some(Decimal {
            negative,
            digits: kept,
            exponent,
            scientific: power.is_some(),
        })
    }

    /// The value as an integer; `None` if it has a fraction or does not fit.
    pub(super) fn int(&self) -> Option<i64> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = u32::try_from(self.exponent).ok()?;
        if self.digits.len() + zeros as usize > 19 {
            return None;
        }
        let value = self.digits.parse::<i128>().ok()? * 10_i128.pow(zeros);
        i64::try_from(if self.negative { -value } else { value }).ok()
    }

    /// Whether the value has no fraction.
    pub(super) fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// The nearest float, and what was lost.
    pub(super) fn float(&self) -> (f64, Option<Alteration>) {
        let text = format!("{}e{}", self.digits_or_zero(), self.exponent);
        let value = text.parse::<f64>().unwrap_or(f64::NAN);
        let altered = if value.is_infinite() {
            Some(Alteration::TooLarge)
        } else if value.abs() < f64::MIN_POSITIVE && !self.is_subnormal(value) {
            Some(Alteration::TooSmall)
        } else if !self.scientific
            && self.exponent >= 0
            && value >= EXACT
            && !self.is_written_as(&format!("{value:.0}"))
            // In the notation of JavaScript.
            && !self.is_written_as(&format!("{value:e}"))
        {
            Some(Alteration::Rounded)
        } else {
            None
        };
        (if self.negative { -value } else { value }, altered)
    }

    /// Whether these are the digits of a float that is so small that it has few of them, as some program writes it: the
    /// shortest, as Rust and Python do, or more of them, correctly rounded (`4.9e-324`, which Java writes).
    fn is_subnormal(&self, value: f64) -> bool {
        // No float has more digits.
        const MOST: usize = 767;
        let digits = self.digits.len().min(MOST).saturating_sub(1);
        self.is_written_as(&format!("{value:e}"))
            || self.is_written_as(&format!("{value:.digits$e}"))
    }

    /// The float, if it has exactly these digits when it is written again.
    #[cfg_attr(
        not(feature = "columnar"),
        expect(dead_code, reason = "only columnar files have decimals")
    )]
    pub(super) fn exact_float(&self) -> Option<f64> {
        let (value, _) = self.float();
        self.is_written_as(&format!("{:e}", value.abs()))
            .then_some(value)
    }

    /// Whether another text represents the same magnitude.
    fn is_written_as(&self, text: &str) -> bool {
        Decimal::parse(text)
            .is_some_and(|other| (&other.digits, other.exponent) == (&self.digits, self.exponent))
    }

    fn digits_or_zero(&self) -> &str {
        if self.digits.is_empty() {
            "0"
        } else {
            &self.digits
        }
    }
}

/// Reads an exponent; an exponent outside the range of floats is clamped.
fn exponent(text: &str) -> Option<i64> {
    const FAR: i64 = 1 << 40;
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let far = if text.starts_with('-') { -FAR } else { FAR };
    Some(text.parse::<i64>().unwrap_or(far).clamp(-FAR, FAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> Option<i64> {
        Decimal::parse(text)?.int()
    }

    fn float(text: &str) -> (f64, Option<Alteration>) {
        Decimal::parse(text).map_or((f64::NAN, None), |decimal| decimal.float())
    }

    #[test]
    fn an_integer_is_what_is_written_or_none() {
        for (text, expected) in [
            ("7", Some(7)),
            ("+7.000", Some(7)),
            ("7e2", Some(700)),
            ("700e-2", Some(7)),
            ("-0.0", Some(0)),
            ("0e99999999999999999999", Some(0)),
            ("9007199254740993.0", Some(9_007_199_254_740_993)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("18446744073709551615", None),
            ("1e400", None),
            ("1e99999999999999999999", None),
            ("7.5", None),
            ("1e-1", None),
            ("1e", None),
            ("", None),
            (".", None),
            ("1_000", None),
            ("0x10", None),
            ("١", None),
            ("inf", None),
        ] {
            assert_eq!(int(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_float_loses_is_noticed() {
        for text in [
            "0",
            "-0.0",
            "0.1",
            "1e23",
            "123456789012345678901234567890e-10",
            "9007199254740992",
            "9007199254740994.0",
            "123456789012345680000",
            "1e308",
            "5e-324",
            "4.9e-324",
            "4.94065645841246544e-324",
            "9.9e-324",
            "1.48e-323",
            "2.2250738585072014e-308",
            "0.12345678901234567890123",
        ] {
            assert_eq!(float(text), (text.parse().unwrap_or(f64::NAN), None));
        }
        for (text, altered) in [
            ("1e400", Alteration::TooLarge),
            ("-1e500", Alteration::TooLarge),
            ("1e99999999999999999999", Alteration::TooLarge),
            ("1e-400", Alteration::TooSmall),
            ("3e-324", Alteration::TooSmall),
            ("1e-99999999999999999999", Alteration::TooSmall),
            ("9007199254740993", Alteration::Rounded),
            ("-9007199254740993.0", Alteration::Rounded),
            ("18446744073709551615", Alteration::Rounded),
        ] {
            assert_eq!(float(text).1, Some(altered), "{text}");
        }
    }
}
