//! How much each field of the key matters for a result.
//!
//! The variance of the result between the settings is divided: what a field explains on its own, whatever the others
//! are, is its share, and what remains are interactions. If the settings are a full grid, the shares are those of the
//! analysis of variance, and exact; otherwise a random forest stands in for the settings that nobody ran.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use wallow_runtime::dynamic::Value;

use super::{forest, variance};

/// With fewer runs, the shares would be chance.
pub(crate) const FEWEST_RUNS: u64 = 20;

/// The mean result of the runs with these values of the fields.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    /// A value for each field, `Null` if it is absent.
    pub(crate) values: Vec<Value>,
    pub(crate) mean: f64,
}

/// How the shares were computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Exactly, from a full grid.
    Anova,
    /// By a random forest.
    Forest,
}

/// The shares of the fields in the variance between settings.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Importance {
    pub(crate) method: Method,
    /// The fields that vary, the largest share first.
    pub(crate) shares: Vec<(String, f64)>,
    /// The share that no field explains alone.
    pub(crate) interactions: f64,
    /// The fields with one value, and this value.
    pub(crate) constant: Vec<(String, Value)>,
}

/// Why there are no shares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unexplained {
    /// All settings have the same result.
    SameResult,
    /// All runs have the same values of all fields.
    OneSetting,
}

/// A field that varies.
pub(super) struct Factor {
    pub(super) name: String,
    pub(super) levels: Vec<Value>,
    /// Whether levels are numbers.
    pub(super) is_ordered: bool,
}

/// The settings by levels.
pub(super) struct Settings {
    pub(super) factors: Vec<Factor>,
    /// The level of each field, for each setting.
    pub(super) places: Vec<Vec<usize>>,
    pub(super) results: Vec<f64>,
}

/// The shares of these fields. Each setting occurs once, and its result is finite.
pub(crate) fn importance(
    fields: &[String],
    settings: &[Setting],
) -> Result<Importance, Unexplained> {
    let mut factors = Vec::new();
    let mut constant = Vec::new();
    let mut columns = Vec::new();
    for (index, name) in fields.iter().enumerate() {
        let values = || {
            settings
                .iter()
                .filter_map(|setting| setting.values.get(index))
        };
        let levels = values().map(Level).collect::<BTreeSet<_>>();
        if levels.len() < 2 {
            let value = values().next().cloned().unwrap_or(Value::Null);
            constant.push((name.clone(), value));
            continue;
        }
        let places = levels.iter().enumerate();
        let places = places.map(|(place, level)| (*level, place));
        let places = places.collect::<BTreeMap<_, _>>();
        let column = values().filter_map(|value| places.get(&Level(value)).copied());
        columns.push(column.collect::<Vec<_>>());
        factors.push(Factor {
            name: name.clone(),
            is_ordered: values().any(|value| matches!(value, Value::Int(_) | Value::Float(_))),
            levels: levels.into_iter().map(|level| level.0.clone()).collect(),
        });
    }
    if factors.is_empty() {
        return Err(Unexplained::OneSetting);
    }
    let means = settings.iter().map(|setting| setting.mean);
    let results = scaled(&means.collect::<Vec<_>>());
    if variance::variance(results.iter().copied()) <= 0.0 {
        return Err(Unexplained::SameResult);
    }
    let places = (0..results.len()).map(|setting| {
        let levels = columns.iter().map(|column| column[setting]);
        levels.collect::<Vec<_>>()
    });
    // The databases return the settings in different orders of texts, and a forest samples them by their position.
    let mut sorted = places.zip(results).collect::<Vec<_>>();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    let (places, results) = sorted.into_iter().unzip();
    let settings = Settings {
        factors,
        places,
        results,
    };
    let (method, shares) = match variance::main_effects(&settings) {
        Some(shares) => (Method::Anova, shares),
        None => (Method::Forest, forest::main_effects(&settings)),
    };
    // Rounding may leave a sum just above one.
    let interactions = (1.0 - shares.iter().sum::<f64>()).max(0.0);
    let names = settings.factors.into_iter().map(|factor| factor.name);
    let mut shares = names.zip(shares).collect::<Vec<_>>();
    shares.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    Ok(Importance {
        method,
        shares,
        interactions,
        constant,
    })
}

/// The results between 0 and 1, of the smallest and the largest: shares are the same, squares do not overflow, and what a
/// result has in common with all others takes none of its digits. Rounded to 2^-44, so that a last digit in which two
/// databases differ does not decide how a tree is split.
fn scaled(results: &[f64]) -> Vec<f64> {
    const STEPS: f64 = 17_592_186_044_416.0;
    let low = results.iter().copied().fold(f64::INFINITY, f64::min);
    let high = results.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // Halves first: the distance between the largest floats would overflow.
    let half = high / 2.0 - low / 2.0;
    if half > 0.0 {
        let part = |result: f64| (result / 2.0 - low / 2.0) / half;
        let results = results.iter();
        results
            .map(|result| (part(*result) * STEPS).round() / STEPS)
            .collect()
    } else {
        vec![0.0; results.len()]
    }
}

/// A value in the order of levels: absent, then by value.
#[derive(Clone, Copy)]
struct Level<'v>(&'v Value);

impl Ord for Level<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let kind = |value: &Value| match value {
            Value::Null => 0,
            Value::Bool(_) => 1,
            Value::Int(_) => 2,
            Value::Float(_) => 3,
            Value::Text(_) => 4,
            Value::Time(_) => 5,
            Value::Json(_) => 6,
        };
        match (self.0, other.0) {
            (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
            (Value::Int(one), Value::Int(other)) => one.cmp(other),
            (Value::Float(one), Value::Float(other)) => one.total_cmp(other),
            (Value::Text(one), Value::Text(other)) => one.cmp(other),
            (Value::Time(one), Value::Time(other)) => one.cmp(other),
            (Value::Json(one), Value::Json(other)) => one.to_string().cmp(&other.to_string()),
            (one, other) => kind(one).cmp(&kind(other)),
        }
    }
}

impl PartialOrd for Level<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Level<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Level<'_> {}

#[cfg(test)]
mod tests;
