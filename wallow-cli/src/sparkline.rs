//! Curves in json values, drawn as a line of blocks.
//!
//! A curve is an array of numbers (`null` is a gap) anywhere in the value: the value itself, a member of an object, or
//! the same member of each object in an array, such as a log of epochs.

use serde_json::{Map, Value as Json};
use wallow_runtime::dynamic::path_key;

use crate::output::counted;
use crate::table::rounded;

/// The blocks, from the lowest to the highest.
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Numbers, and their path in the value: `.loss`, or empty if they are the value itself. Keys that are no plain words are in
/// quotes, as in an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    pub(crate) path: String,
    pub(crate) values: Vec<Option<f64>>,
}

/// The curves in a value, and the rest of it.
pub(crate) fn split(value: &Json) -> (Vec<Curve>, Option<Json>) {
    let mut curves = Vec::new();
    let rest = take(value, "", &mut curves);
    (curves, rest)
}

/// Collects the curves and returns the value without them; `None` if nothing is left.
fn take(value: &Json, path: &str, curves: &mut Vec<Curve>) -> Option<Json> {
    if let Some(values) = numbers(value) {
        let path = path.to_owned();
        curves.push(Curve { path, values });
        return None;
    }
    match value {
        Json::Object(members) if !members.is_empty() => {
            let mut rest = Map::new();
            for (key, member) in members {
                if let Some(left) = take(member, &format!("{path}.{}", path_key(key)), curves) {
                    rest.insert(key.clone(), left);
                }
            }
            (!rest.is_empty()).then_some(Json::Object(rest))
        }
        Json::Array(rows) => {
            let Some(columns) = columns(rows) else {
                return Some(value.clone());
            };
            for (key, column) in &columns {
                let values = column.as_array().into_iter().flatten();
                curves.push(Curve {
                    path: format!("{path}[].{}", path_key(key)),
                    values: values.filter_map(number).collect(),
                });
            }
            None
        }
        _ => Some(value.clone()),
    }
}

/// An array of at least two numbers; `null` is a gap.
pub(crate) fn numbers(value: &Json) -> Option<Vec<Option<f64>>> {
    let Json::Array(items) = value else {
        return None;
    };
    let values = items.iter().map(number).collect::<Option<Vec<_>>>()?;
    (values.iter().flatten().count() >= 2).then_some(values)
}

/// A number, or a gap; `None` if it is neither.
#[expect(clippy::option_option, reason = "a gap is no mistake")]
fn number(item: &Json) -> Option<Option<f64>> {
    match item {
        Json::Null => Some(None),
        Json::Number(number) => number.as_f64().map(Some),
        _ => None,
    }
}

/// A log as an array for each key: at least two objects with the same keys and only numbers as values.
pub(crate) fn columns(rows: &[Json]) -> Option<Map<String, Json>> {
    let rows = rows.iter().map(Json::as_object);
    let rows = rows.collect::<Option<Vec<_>>>()?;
    let keys = rows.first()?.keys();
    let columns = keys.map(|key| {
        let cells = rows.iter().map(|row| row.get(key));
        let cells = cells.map(|cell| cell.filter(|cell| number(cell).is_some()).cloned());
        Some((key.clone(), cells.collect::<Option<Json>>()?))
    });
    let columns = columns.collect::<Option<Map<_, _>>>()?;
    let same = rows.iter().all(|row| row.len() == columns.len());
    (same && rows.len() >= 2 && !columns.is_empty()).then_some(columns)
}

/// The values as a line of at most `width` blocks; each block shows the mean of its values.
pub(crate) fn line(values: &[Option<f64>], width: usize) -> String {
    let width = width.min(values.len());
    let means = (0..width).map(|place| {
        let (from, to) = (
            place * values.len() / width,
            (place + 1) * values.len() / width,
        );
        mean(values[from..to].iter().flatten().copied())
    });
    let means = means.collect::<Vec<_>>();
    let present = || means.iter().flatten().copied();
    let (low, high) = (
        present().fold(f64::MAX, f64::min),
        present().fold(f64::MIN, f64::max),
    );
    let blocks = means.iter().map(|mean| match mean {
        None => ' ',
        Some(mean) => BLOCKS[height(*mean, low, high)],
    });
    blocks.collect()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a curve has too few values for that to matter"
)]
fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_usize), |(sum, count), value| {
        (sum + value, count + 1)
    });
    (count > 0).then(|| sum / count as f64)
}

/// Values are halved first, so that the span between the largest floats does not overflow.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is between 0 and 7"
)]
fn height(value: f64, low: f64, high: f64) -> usize {
    let span = high / 2.0 - low / 2.0;
    if span > 0.0 {
        let place = (value / 2.0 - low / 2.0) / span;
        ((place * 7.0).round() as usize).min(7)
    } else {
        3
    }
}

/// The numbers that the line does not show: the first and the last value, the lowest and the highest.
pub(crate) fn summary(values: &[Option<f64>]) -> String {
    let present = || values.iter().flatten().copied();
    let first = present().next().unwrap_or(f64::NAN);
    let last = present().next_back().unwrap_or(f64::NAN);
    let low = present().fold(f64::INFINITY, f64::min);
    let high = present().fold(f64::NEG_INFINITY, f64::max);
    let [first, last, low, high] = [first, last, low, high].map(short);
    let count = counted(values.len(), "value");
    format!("{count} from {first} to {last}, lowest {low}, highest {high}")
}

/// A line with its first and last value, to compare with another one.
pub(crate) fn sketch(values: &[Option<f64>], width: usize) -> String {
    let last = values.iter().flatten().next_back();
    let last = last.map_or_else(String::new, |last| format!(" to {}", short(*last)));
    line(values, width) + &last
}

fn short(value: f64) -> String {
    let text = rounded(value);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn curve(path: &str, values: &[f64]) -> Curve {
        Curve {
            path: path.into(),
            values: values.iter().copied().map(Some).collect(),
        }
    }

    #[test]
    fn curves_are_found_wherever_they_stand() {
        assert_eq!(split(&json!([1, 2])), (vec![curve("", &[1.0, 2.0])], None));
        assert_eq!(
            split(&json!({"loss": [2, 1], "a": {"b": [0, 1.5], "note": "x"}})),
            (
                vec![curve(".a.b", &[0.0, 1.5]), curve(".loss", &[2.0, 1.0])],
                Some(json!({"a": {"note": "x"}}))
            )
        );
        assert_eq!(
            split(&json!([{"epoch": 1, "loss": 2.5}, {"epoch": 2, "loss": 1.5}])),
            (
                vec![
                    curve("[].epoch", &[1.0, 2.0]),
                    curve("[].loss", &[2.5, 1.5])
                ],
                None
            )
        );
    }

    #[test]
    fn what_is_no_curve_stays() {
        for value in [
            json!(null),
            json!([]),
            json!({}),
            json!([1]),
            json!([null, null]),
            json!([1, "x"]),
            json!([{"a": 1}, {"a": 2, "b": 3}]),
            json!([{"a": 1}, {"b": 2}]),
            json!([[1, 2], [3, 4]]),
        ] {
            assert_eq!(split(&value), (Vec::new(), Some(value.clone())), "{value}");
        }
    }

    #[test]
    fn a_line_is_as_wide_as_it_may_be() {
        let values = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(line(&values(&[0.0, 1.0, 2.0]), 10), "▁▅█");
        assert_eq!(line(&values(&[5.0, 5.0]), 10), "▄▄");
        assert_eq!(line(&values(&[f64::MIN, f64::MAX]), 10), "▁█");
        assert_eq!(line(&[Some(1.0), None, Some(2.0)], 10), "▁ █");
        assert_eq!(line(&values(&[0.0; 1000]), 16).chars().count(), 16);
        assert_eq!(line(&values(&[1.0, 1.0, 9.0, 9.0]), 2), "▁█");
        assert_eq!(line(&[], 16), "");
        assert_eq!(line(&values(&[1.0, 2.0]), 0), "");
    }
}
