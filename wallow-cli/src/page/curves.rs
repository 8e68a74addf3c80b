//! The curves in a json value, as the page draws them.
//!
//! A curve is an array of at least two numbers (`null` is a gap), or the same member of the objects of an array, such as
//! a log of epochs. Its positions are a member that counts steps, if there is one, else the indices.

use serde_json::{Map, Value as Json, json};

use super::packed::pack;

/// At most this many points of a curve are sent.
pub(crate) const POINTS: usize = 1000;

/// Members of a log that are positions, not values.
const POSITIONS: [&str; 9] = [
    "step",
    "global_step",
    "epoch",
    "iteration",
    "iter",
    "batch",
    "generation",
    "x",
    "t",
];

/// Numbers, their positions, and their path in the value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    /// `.loss`, `[].loss`, or empty if they are the value itself.
    pub(crate) path: String,
    /// `None` if they are counted from 0.
    pub(crate) x: Option<Vec<f64>>,
    /// NaN is a gap.
    pub(crate) y: Vec<f64>,
}

/// The curves in a value, and the rest of it.
pub(crate) fn split(value: &Json) -> (Vec<Curve>, Option<Json>) {
    let mut curves = Vec::new();
    let rest = take(value, "", &mut curves);
    (curves, rest)
}

/// Collects the curves, and returns the value without them; `None` if nothing is left.
fn take(value: &Json, path: &str, curves: &mut Vec<Curve>) -> Option<Json> {
    match value {
        Json::Array(items) => {
            if let Some(y) = numbers(items) {
                let path = path.to_owned();
                curves.push(Curve { path, x: None, y });
                return None;
            }
            match log(items, path) {
                Some(found) => {
                    curves.extend(found);
                    None
                }
                None => Some(value.clone()),
            }
        }
        Json::Object(members) if !members.is_empty() => {
            let mut rest = Map::new();
            for (key, member) in members {
                if let Some(left) = take(member, &format!("{path}.{key}"), curves) {
                    rest.insert(key.clone(), left);
                }
            }
            (!rest.is_empty()).then_some(Json::Object(rest))
        }
        _ => Some(value.clone()),
    }
}

fn numbers(items: &[Json]) -> Option<Vec<f64>> {
    let values = items.iter().map(number).collect::<Option<Vec<_>>>()?;
    (values.iter().filter(|value| !value.is_nan()).count() >= 2).then_some(values)
}

/// A number, or NaN for a gap; `None` if it is neither.
fn number(item: &Json) -> Option<f64> {
    match item {
        Json::Null => Some(f64::NAN),
        Json::Number(number) => number.as_f64(),
        _ => None,
    }
}

/// A curve for each member of the objects of an array. Objects may lack members, which are gaps then; what is no number
/// is one, too. `None` if the array is no log.
fn log(items: &[Json], path: &str) -> Option<Vec<Curve>> {
    let rows = items.iter().map(Json::as_object);
    let rows = rows.collect::<Option<Vec<_>>>()?;
    let mut names = Vec::<&String>::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
        // An array of objects with ever new names is no log.
        if names.len() > 64 {
            return None;
        }
    }
    let members = |name: &str| rows.iter().map(|row| row.get(name)).collect::<Vec<_>>();
    let column = |members: &[Option<&Json>]| {
        let cells = members.iter().map(|member| member.and_then(number));
        cells
            .map(|cell| cell.unwrap_or(f64::NAN))
            .collect::<Vec<_>>()
    };
    let mut known = POSITIONS
        .iter()
        .filter(|position| names.iter().any(|name| name.as_str() == **position));
    let positions = known.find_map(|name| {
        let x = column(&members(name));
        let ascends = x.windows(2).all(|pair| pair[0] <= pair[1]);
        (ascends && x.len() >= 2 && !x[0].is_nan()).then_some((*name, x))
    });
    let curves = names.iter().filter_map(|name| {
        let is_position = positions.as_ref().is_some_and(|(other, _)| other == name);
        let members = members(name);
        let mut y = column(&members);
        if is_position || y.iter().filter(|value| !value.is_nan()).count() < 2 {
            return None;
        }
        let mut x = positions.as_ref().map(|(_, x)| x.clone());
        // A member that only some objects have is a curve of these objects, not one with gaps.
        if let Some(x) = &mut x
            && members.iter().any(Option::is_none)
        {
            let is_there = |index: usize| members[index].is_some();
            *x = kept(x, is_there);
            y = kept(&y, is_there);
        }
        let path = format!("{path}[].{name}");
        Some(Curve { path, x, y })
    });
    let curves = curves.collect::<Vec<_>>();
    (!curves.is_empty()).then_some(curves)
}

fn kept(values: &[f64], is_there: impl Fn(usize) -> bool) -> Vec<f64> {
    let values = values.iter().enumerate();
    let values = values.filter(|(index, _)| is_there(*index));
    values.map(|(_, value)| *value).collect()
}

/// The paths of curves, which name them by number, each with the positions of its first curve: most others have the
/// same.
#[derive(Debug, Default)]
pub(crate) struct Paths(Vec<(String, Json)>);

impl Paths {
    /// The paths as the page reads them.
    pub(crate) fn as_json(&self) -> Json {
        json!(self.0)
    }

    /// The number of a path; whether its curves usually have these positions.
    fn find(&mut self, path: &str, x: &Json) -> (usize, bool) {
        let known = self.0.iter().position(|(known, _)| known == path);
        match known {
            Some(number) => (number, self.0[number].1 == *x),
            None => {
                self.0.push((path.to_owned(), x.clone()));
                (self.0.len() - 1, true)
            }
        }
    }
}

/// Curves as the page reads them. New paths are added to `paths`.
pub(crate) fn encode(curves: &[Curve], paths: &mut Paths, short: bool) -> Json {
    let encoded = curves.iter().map(|curve| curve.encode(paths, short));
    Json::Array(encoded.collect())
}

impl Curve {
    /// The curve as the page reads it: the number of its path, its values, its positions if they are not those of the path
    /// (null if they are counted from 0), and its length if it was longer. `short`: with three bytes for each number, if
    /// they fit.
    fn encode(&self, paths: &mut Paths, short: bool) -> Json {
        let kept = thinned(&self.y, POINTS);
        let y = kept.iter().map(|at| self.y[*at]).collect::<Vec<_>>();
        let is_thinned = kept.len() < self.y.len();
        let x = kept.iter().map(|at| match &self.x {
            Some(x) => x[*at],
            None => position(*at),
        });
        let x = x.collect::<Vec<_>>();
        let x = match progression(&x) {
            Some([0.0, 1.0]) => Json::Null,
            Some(steps) => json!(steps),
            None => pack(&x, short).into(),
        };
        let (path, is_usual) = paths.find(&self.path, &x);
        let mut parts = vec![path.into(), pack(&y, short).into()];
        if is_thinned {
            parts.extend([x, self.y.len().into()]);
        } else if !is_usual {
            parts.push(x);
        }
        Json::Array(parts)
    }
}

#[expect(clippy::cast_precision_loss, reason = "no array has 2^53 items")]
fn position(index: usize) -> f64 {
    index as f64
}

/// First value and step, if the values are an arithmetic progression to the last bit.
#[expect(clippy::float_cmp, reason = "it has to be exact")]
fn progression(x: &[f64]) -> Option<[f64; 2]> {
    let start = *x.first()?;
    let step = x.get(1).map_or(1.0, |next| next - start);
    let fits = |(index, value): (usize, &f64)| start + step * position(index) == *value;
    x.iter().enumerate().all(fits).then_some([start, step])
}

/// The places of at most `most` values: the first, the last, and the smallest and the largest of each stretch between.
fn thinned(values: &[f64], most: usize) -> Vec<usize> {
    if values.len() <= most {
        return (0..values.len()).collect();
    }
    let (inner, stretches) = (values.len() - 2, (most - 2) / 2);
    let mut kept = vec![0];
    for stretch in 0..stretches {
        let from = 1 + stretch * inner / stretches;
        let to = 1 + (stretch + 1) * inner / stretches;
        let places = (from..to).filter(|at| !values[*at].is_nan());
        let low = places
            .clone()
            .min_by(|a, b| values[*a].total_cmp(&values[*b]));
        let high = places.max_by(|a, b| values[*a].total_cmp(&values[*b]));
        let (Some(low), Some(high)) = (low, high) else {
            // A gap as long as the stretch is still one.
            kept.push(from);
            continue;
        };
        kept.push(low.min(high));
        if low != high {
            kept.push(low.max(high));
        }
    }
    kept.push(values.len() - 1);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(value: &Json) -> Vec<String> {
        let (curves, _) = split(value);
        curves.into_iter().map(|curve| curve.path).collect()
    }

    #[test]
    fn curves_are_found() {
        assert_eq!(paths(&json!([1, 2, null])), [""]);
        assert_eq!(paths(&json!({"a": [1, 2], "b": "x"})), [".a"]);
        let log = json!([{"epoch": 1, "loss": 2, "note": "x"}, {"epoch": 2, "loss": 1.5}]);
        let (curves, rest) = split(&log);
        assert_eq!(rest, None);
        assert_eq!(curves.len(), 1);
        assert_eq!(curves[0].path, "[].loss");
        assert_eq!(curves[0].x, Some(vec![1.0, 2.0]));
        for other in [
            json!(null),
            json!([]),
            json!([1]),
            json!({"a": "x"}),
            json!([[1, 2]]),
        ] {
            assert_eq!(split(&other), (Vec::new(), Some(other.clone())), "{other}");
        }
    }

    #[test]
    fn a_member_of_some_objects_has_its_own_positions() {
        let log = json!([
            {"step": 1, "loss": 3.0},
            {"step": 2, "loss": 2.0, "val_loss": 4.0},
            {"step": 3, "loss": 1.0},
            {"step": 4, "loss": 0.5, "val_loss": 2.0},
        ]);
        let (curves, _) = split(&log);
        let validation = curves.iter().find(|curve| curve.path == "[].val_loss");
        assert_eq!(validation.unwrap().x, Some(vec![2.0, 4.0]));
        assert_eq!(validation.unwrap().y, [4.0, 2.0]);
    }

    #[test]
    fn thinning_keeps_extremes_and_ends() {
        let mut values = (0..100_000)
            .map(|at| f64::from(at % 97))
            .collect::<Vec<_>>();
        (values[777], values[50_001]) = (1e9, -1e9);
        values[99_999] = 5.5;
        let kept = thinned(&values, POINTS);
        assert!(kept.len() <= POINTS);
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        for place in [0, 777, 50_001, 99_999] {
            assert!(kept.contains(&place), "{place}");
        }
        assert_eq!(thinned(&values[..1000], POINTS).len(), 1000);
        assert!(thinned(&vec![f64::NAN; 5000], POINTS).len() <= POINTS);
    }

    #[test]
    fn regular_positions_take_no_room() {
        let curve = |x: Option<Vec<f64>>| Curve {
            path: String::new(),
            x,
            y: vec![1.0, 2.0, 3.0],
        };
        let mut paths = Paths::default();
        let epochs = Some(vec![1.0, 2.0, 3.0]);
        assert_eq!(curve(epochs.clone()).encode(&mut paths, true).get(2), None);
        assert_eq!(paths.as_json(), json!([["", [1.0, 1.0]]]));
        assert_eq!(curve(epochs).encode(&mut paths, true).get(2), None);
        let counted = curve(None).encode(&mut paths, true);
        assert_eq!(counted.get(2), Some(&Json::Null));
        let times = curve(Some(vec![1.0, 2.0, 7.0])).encode(&mut paths, true);
        assert!(times[2].is_string());
    }
}
