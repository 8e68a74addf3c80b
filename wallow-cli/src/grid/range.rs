//! Ranges: `0..10` and `0..=9` as in Rust, `0..100/10` with a step, `lin:0..1/11` and `log:1e-5..1e-1/9` with a number of
//! values, both ends included.

use wallow_runtime::dynamic::Value;
use wallow_schema::{Field, FieldType, canonical_float};

use crate::import::typed_float;

/// Numbers that are computed from their position, so that a long range takes no memory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Range {
    Ints { start: i64, step: i64, len: u64 },
    Floats { start: f64, step: f64, len: u64 },
    Linear { start: f64, end: f64, len: u64 },
    Logarithmic { start: f64, end: f64, len: u64 },
}

/// Computed floats are rounded to this many significant digits, so that the third value of `0..1/0.1` is 0.3 and not
/// 0.30000000000000004, even if the schema keeps every digit.
const DIGITS: u32 = 15;

/// Whether a text is meant as a range.
pub(super) fn is_range(text: &str) -> bool {
    text.contains("..") || text.starts_with("lin:") || text.starts_with("log:")
}

impl Range {
    /// Reads a range for a field of numbers.
    pub(super) fn read(field: &Field, text: &str, precision: u32) -> Result<Self, String> {
        let range = Self::parse(field, text)?;
        range.refuse_equal(field, precision)?;
        Ok(range)
    }

    fn parse(field: &Field, text: &str) -> Result<Self, String> {
        let (kind, ends) = text
            .strip_prefix("lin:")
            .map(|ends| ("lin", ends))
            .or_else(|| text.strip_prefix("log:").map(|ends| ("log", ends)))
            .unwrap_or(("", text));
        let (ends, divisor) = match ends.split_once('/') {
            Some((ends, divisor)) => (ends, Some(divisor.trim())),
            None => (ends, None),
        };
        let (start, end) = ends
            .split_once("..")
            .ok_or_else(|| format!("it needs two ends; write `{kind}:0.1..1/10`"))?;
        let (end, is_closed) = match end.strip_prefix('=') {
            Some(end) => (end.trim(), true),
            None => (end.trim(), false),
        };
        let start = start.trim();
        if !kind.is_empty() {
            return spaced(kind, (start, end), divisor);
        }
        match field.ty {
            FieldType::Int => ints(start, end, is_closed, divisor),
            _ => floats(start, end, is_closed, divisor),
        }
    }

    /// An error if two values are one number at the precision of the schema, or if the field cannot hold one. Neighbours
    /// are compared; in a long range those at the ends, where they are nearest in proportion.
    fn refuse_equal(&self, field: &Field, precision: u32) -> Result<(), String> {
        let last = self.len() - 1;
        let get = |at| self.get(at, field.ty, precision);
        let positions = (1..=last.min(MOST_CHECKED)).chain((last > 0).then_some(last));
        for at in [0].into_iter().chain(positions) {
            let value = get(at);
            if value.is_none() {
                return Err(format!(
                    "`{}` is of type int, and not every value of the range is whole; list the values, or write a step: \
                     `0..100/10`",
                    field.name
                ));
            }
            if at > 0 && value == get(at - 1) {
                return Err(format!(
                    "its values {} and {} are one number at the precision of the schema; use fewer values",
                    at,
                    at + 1
                ));
            }
        }
        Ok(())
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Range::Ints { len, .. }
            | Range::Floats { len, .. }
            | Range::Linear { len, .. }
            | Range::Logarithmic { len, .. } => *len,
        }
    }

    /// Whether a value is in the range. The values rise or fall throughout, so it is found by halves.
    pub(super) fn has(&self, value: &Value, ty: FieldType, precision: u32) -> bool {
        if let (Range::Ints { start, step, len }, Value::Int(value)) = (self, value) {
            let offset = i128::from(*value) - i128::from(*start);
            let step = i128::from(*step);
            return offset >= 0 && offset % step == 0 && offset / step < i128::from(*len);
        }
        let at = |place| {
            self.get(place, ty, precision)
                .as_ref()
                .and_then(number)
                .unwrap_or(f64::NAN)
        };
        let Some(wanted) = number(value) else {
            return false;
        };
        let falls = at(0) > at(self.len() - 1);
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let found = at(middle);
            if found.total_cmp(&wanted).is_eq() {
                return true;
            }
            if (found < wanted) == falls {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        false
    }

    /// The value at a position, in the form in which a field of this type stores it.
    pub(super) fn get(&self, at: u64, ty: FieldType, precision: u32) -> Option<Value> {
        if at >= self.len() {
            return None;
        }
        let float = match *self {
            Range::Ints { start, step, .. } => {
                let offset = i128::from(step) * i128::from(at);
                return i64::try_from(i128::from(start) + offset)
                    .ok()
                    .map(Value::Int);
            }
            Range::Floats { start, step, .. } => start + step * as_float(at),
            Range::Linear { start, end, len } => {
                let part = as_float(at) / as_float(len - 1);
                start * (1.0 - part) + end * part
            }
            // The ends are given, not computed.
            Range::Logarithmic { end, len, .. } if at == len - 1 => end,
            Range::Logarithmic { start, end, len } => {
                start * (end / start).powf(as_float(at) / as_float(len - 1))
            }
        };
        let float = canonical_float(float, DIGITS);
        Some(match ty {
            FieldType::Int => Value::Int(whole(float)?),
            _ => Value::Float(canonical_float(float, precision)),
        })
    }
}

/// A value as a number to compare.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Float(value) => Some(*value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "an int that is computed by floats is one that they hold"
        )]
        Value::Int(value) => Some(*value as f64),
        _ => None,
    }
}

fn ints(start: &str, end: &str, is_closed: bool, step: Option<&str>) -> Result<Range, String> {
    let int = |text: &str| {
        text.parse::<i64>()
            .map_err(|_| format!("`{text}` is no whole number; write `0..10` or `0..100/10`"))
    };
    let (start, end) = (int(start)?, int(end)?);
    let step = step.map_or(Ok(1), int)?;
    if step < 1 {
        return Err("the step must be at least 1".to_owned());
    }
    let span = i128::from(end) - i128::from(start) + i128::from(is_closed);
    let len = (span + i128::from(step) - 1).div_euclid(i128::from(step));
    match u64::try_from(len) {
        Ok(len) if len > 0 => Ok(Range::Ints { start, step, len }),
        Ok(_) => Err(empty(is_closed)),
        Err(_) if len < 0 => Err(empty(is_closed)),
        Err(_) => Err("it has too many values; use a larger step".to_owned()),
    }
}

fn floats(start: &str, end: &str, is_closed: bool, step: Option<&str>) -> Result<Range, String> {
    let step = step.ok_or(
        "a range of floats needs a step or a number of values; write `0..1/0.25`, `lin:0..1/5` or `log:1e-5..1e-1/5`",
    )?;
    let (start, end, step) = (float(start)?, float(end)?, float(step)?);
    if step <= 0.0 {
        return Err("the step must be larger than 0".to_owned());
    }
    // The last value may miss the end by an error of rounding, so the end is compared at the digits of the values.
    let steps = canonical_float((end - start) / step, DIGITS - 2);
    let (below, whole) = (steps.floor(), steps.fract() == 0.0);
    let len = if whole && !is_closed {
        below
    } else {
        below + 1.0
    };
    match count(len) {
        Some(len) if len > 0 => Ok(Range::Floats { start, step, len }),
        Some(_) => Err(empty(is_closed)),
        None => Err("it has too many values; use a larger step".to_owned()),
    }
}

fn spaced(kind: &str, (start, end): (&str, &str), len: Option<&str>) -> Result<Range, String> {
    let example = if kind == "lin" {
        "lin:0..1/11"
    } else {
        "log:1e-5..1e-1/9"
    };
    let len = len
        .and_then(|len| len.parse::<u64>().ok())
        .filter(|len| *len > 1);
    let len = len.ok_or_else(|| {
        format!("it needs a number of values, at least 2, behind a slash; write `{example}`")
    })?;
    let (start, end) = (float(start)?, float(end)?);
    if start.total_cmp(&end).is_eq() {
        return Err("both ends are equal; write the value alone".to_owned());
    }
    if kind == "lin" {
        Ok(Range::Linear { start, end, len })
    } else if start > 0.0 && end > 0.0 {
        Ok(Range::Logarithmic { start, end, len })
    } else {
        Err("the ends of a logarithmic range must be larger than 0".to_owned())
    }
}

/// At most this many values of a range are computed to check them.
pub(super) const MOST_CHECKED: u64 = 100_000;

fn float(text: &str) -> Result<f64, String> {
    let value = typed_float(text).transpose();
    let value = value.map_err(|lost| format!("`{text}`: {lost}"))?;
    let value = value.filter(|value| value.is_finite());
    value.ok_or_else(|| format!("`{text}` is no finite number"))
}

fn empty(is_closed: bool) -> String {
    let side = if is_closed {
        "not be above"
    } else {
        "be below"
    };
    format!("it is empty: its start must {side} its end")
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no grid has as many values as a float has integers"
)]
fn as_float(at: u64) -> f64 {
    at as f64
}

/// A length that was computed; `None` if it is not exact.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is checked to be small, and not negative"
)]
fn count(len: f64) -> Option<u64> {
    const MOST: f64 = 9e15;
    (len < MOST).then_some(len.max(0.0) as u64)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "it is whole and small enough"
)]
fn whole(value: f64) -> Option<i64> {
    const MOST: f64 = 9e15;
    (value.fract() == 0.0 && value.abs() < MOST).then_some(value as i64)
}
