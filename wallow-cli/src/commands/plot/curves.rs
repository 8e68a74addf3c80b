//! Curves: one for each run, or the mean of those of a group.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use wallow_runtime::dynamic::{Row, Value, path_key};

use super::{CurveName, Drawn, Plot};
use crate::damaged::Damaged;
use crate::grouping::Grouping;
use crate::open::{Reading, misused};
use crate::output::{self, Failure};
use crate::plot::{Axis, Kind, MOST_SERIES, Picture, Point, Series};
use crate::sparkline;
use crate::statistics::Sample;
use crate::table::Look;

/// Members of a log that say where a point is, the first that every point has.
const STEPS: [&str; 3] = ["step", "epoch", "iteration"];

/// The points of a curve, and the member that says where they are.
struct Curve {
    points: Vec<(f64, f64)>,
    step: Option<&'static str>,
}

pub(super) fn draw(reading: &Reading, plot: &Plot, curve: &CurveName) -> Result<Drawn, Failure> {
    let query = if plot.over.is_empty() {
        reading.selection(&plot.selection)?
    } else {
        reading.selection_of_groups(&plot.selection)?
    };
    let (keys, mut notes) = if plot.over.is_empty() {
        (plot.by.iter().cloned().collect(), Vec::new())
    } else {
        let grouping = Grouping::over(reading, &query, &plot.over)?;
        let note = format!("means and 95 % intervals {}", grouping.describe(&plot.over));
        (grouping.keys, vec![note])
    };
    let mut names = vec!["id".to_owned()];
    names.extend(keys.iter().filter(|key| *key != "id").cloned());
    names.push(curve.field.clone());
    let query = query.columns(&names).map_err(misused)?;
    let mut series = BTreeMap::<(usize, String), BTreeMap<u64, (f64, Vec<f64>)>>::new();
    let mut order = Vec::<String>::new();
    let (mut without, mut crowded, mut infinite) = (0, 0, 0);
    let mut damaged = Damaged::default();
    // The curves that runs without this one have instead.
    let mut others = BTreeSet::new();
    let mut steps = Vec::new();
    for row in &query {
        let Some(row) = damaged.readable(row).map_err(misused)? else {
            continue;
        };
        let Some(found) = of_row(&row, curve, &mut others) else {
            without += 1;
            continue;
        };
        let name = series_name(&row, &keys, plot.over.is_empty());
        let index = order.iter().position(|known| *known == name);
        if index.is_none() && order.len() == MOST_SERIES {
            crowded += 1;
            continue;
        }
        let index = index.unwrap_or_else(|| {
            order.push(name.clone());
            order.len() - 1
        });
        if !steps.contains(&found.step) {
            steps.push(found.step);
        }
        let points = series.entry((index, name)).or_default();
        for (x, y) in found.points {
            if !y.is_finite() || (plot.is_log_y() && y <= 0.0) || (plot.is_log_x() && x <= 0.0) {
                infinite += 1;
                continue;
            }
            // In the order of numbers, also of negative ones.
            let place = points.entry(ordered(x)).or_insert((x, Vec::new()));
            place.1.push(y);
        }
    }
    if order.is_empty() && damaged.is_empty() && !others.is_empty() {
        return Err(no_curve(curve, &others));
    }
    let step = match &steps[..] {
        [Some(step)] => step,
        _ => "point",
    };
    for (count, why) in [
        (without, "without this curve left out".to_owned()),
        (
            crowded,
            format!(
                "beyond {MOST_SERIES} lines left out; choose with `--where`, `--sort` and `-n`"
            ),
        ),
    ] {
        if count > 0 {
            notes.push(format!("{} {why}", output::counted(count, "run")));
        }
    }
    notes.extend(of_others(curve, without, &others));
    if infinite > 0 {
        let points = output::counted(infinite, "point");
        notes.push(format!("{points} that the axes cannot show left out"));
    }
    let log = |is_log| if is_log { Kind::Log } else { Kind::Number };
    let is_mean = !plot.over.is_empty();
    let series = series.into_iter().map(|((_, name), points)| Series {
        name,
        is_line: true,
        points: points
            .into_values()
            .map(|(x, values)| mean(x, &values, is_mean))
            .collect(),
    });
    let picture = Picture {
        title: curve.text(),
        x: Axis::new(step, log(plot.is_log_x())),
        y: Axis::new(curve.text(), log(plot.is_log_y())),
        series: series.collect(),
    };
    Ok(Drawn {
        picture,
        notes,
        damaged,
    })
}

impl CurveName {
    fn text(&self) -> String {
        match &self.member {
            Some(member) => format!("{}[].{}", self.field, path_key(member)),
            None => self.field.clone(),
        }
    }
}

fn mean(x: f64, values: &[f64], is_mean: bool) -> Point {
    let sample = Sample::of(values.iter().copied());
    Point {
        x,
        y: sample.mean,
        half: if is_mean { sample.ci() } else { None },
    }
}

/// The bits of a float in the order of its value.
fn ordered(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if value < 0.0 { !bits } else { bits | (1 << 63) }
}

/// `run 17`, or the values of the keys.
fn series_name(row: &Row, keys: &[String], is_run: bool) -> String {
    let keys = keys.iter().filter_map(|key| {
        let value = Look::WHOLE.cell(row.get(key)?, true).text;
        Some(format!("{key} {value}"))
    });
    let mut parts = keys.collect::<Vec<_>>();
    if is_run && let Some(id) = row.get("id") {
        parts.insert(0, format!("run {}", Look::WHOLE.cell(id, true).text));
    }
    if parts.is_empty() {
        "all runs".into()
    } else {
        parts.join(", ")
    }
}

/// The curve of a run; `None` if it has none. The names of curves that it has instead are added to `others`.
fn of_row(row: &Row, curve: &CurveName, others: &mut BTreeSet<String>) -> Option<Curve> {
    let Some((_, Value::Json(json))) = row.iter().last() else {
        return None;
    };
    let found = match (json, &curve.member) {
        (Json::Array(items), Some(member)) => of_log(items, member),
        (Json::Array(items), None) if !items.iter().any(Json::is_object) => of_numbers(items),
        _ => None,
    };
    if found.is_none() && others.len() < MOST_NAMES {
        let (curves, _) = sparkline::split(json);
        let curves = curves.iter();
        others.extend(curves.map(|found| format!("`{}{}`", curve.field, found.path)));
    }
    found
}

/// A message names about as many curves.
const MOST_NAMES: usize = 20;

fn of_numbers(items: &[Json]) -> Option<Curve> {
    let numbers = items.iter().enumerate();
    let numbers = numbers.filter_map(|(place, item)| Some((position(place), item.as_f64()?)));
    let points = numbers.collect::<Vec<_>>();
    (!points.is_empty()).then_some(Curve { points, step: None })
}

fn of_log(items: &[Json], member: &str) -> Option<Curve> {
    let number = |item: &Json, name: &str| item.get(name).and_then(Json::as_f64);
    let step = STEPS
        .into_iter()
        .find(|step| *step != member && items.iter().all(|item| number(item, step).is_some()));
    let points = items.iter().enumerate().filter_map(|(place, item)| {
        let x = step.map_or(Some(position(place)), |step| number(item, step))?;
        Some((x, number(item, member)?))
    });
    let points = points.collect::<Vec<_>>();
    (!points.is_empty()).then_some(Curve { points, step })
}

/// No run has a curve of this name, but some have others.
fn no_curve(curve: &CurveName, others: &BTreeSet<String>) -> Failure {
    Failure::usage(format!(
        "`{}` is no curve of these runs, but they have some: name one of {}",
        curve.text(),
        named(others)
    ))
}

/// A note with the curves that the runs without this one have instead.
fn of_others(curve: &CurveName, without: usize, others: &BTreeSet<String>) -> Option<String> {
    let is_reported = without > 0 && curve.member.is_none() && !others.is_empty();
    is_reported.then(|| format!("others have {}; name one to draw it", named(others)))
}

fn named(curves: &BTreeSet<String>) -> String {
    let names = curves.iter().map(String::as_str).collect::<Vec<_>>();
    names.join(", ")
}

#[expect(clippy::cast_precision_loss, reason = "a position in a curve")]
fn position(index: usize) -> f64 {
    index as f64
}
