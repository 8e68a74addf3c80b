//! A point for each run, or for the mean of runs.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use wallow_runtime::dynamic::{Function, Measure, Value};
use wallow_schema::FieldType;

use super::{Drawn, Plot};
use crate::damaged::Damaged;
use crate::grouping::Grouping;
use crate::open::{Reading, grouped, misused};
use crate::output::Failure;
use crate::plot::{Axis, Kind, MOST_SERIES, Picture, Point, Series};
use crate::table::Look;

/// A picture has at most this many points: more make a file large, and lie upon each other.
const MOST_POINTS: u64 = 5000;

/// A run, or a mean, before it is known what the axes show.
struct Raw {
    x: Value,
    y: Value,
    half: Option<f64>,
    series: Value,
}

pub(super) fn draw(
    reading: &Reading,
    plot: &Plot,
    x: Option<&str>,
    y: &str,
) -> Result<Drawn, Failure> {
    let mut damaged = Damaged::default();
    let (raw, mut notes) = if plot.over.is_empty() {
        runs(reading, plot, x, y, &mut damaged)?
    } else {
        means(reading, plot, x, y, &mut damaged)?
    };
    let ty = |name: &str| {
        let query = reading.store.query().columns(&[name]).map_err(misused)?;
        Ok::<_, Failure>(
            query
                .read_columns()
                .first()
                .map_or(FieldType::Json, |column| column.ty),
        )
    };
    let y_kind = if plot.is_log_y() {
        Kind::Log
    } else {
        Kind::Number
    };
    if !matches!(ty(y)?, FieldType::Int | FieldType::Float | FieldType::Json) {
        return Err(Failure::usage(format!(
            "`{y}` is of type {}, and upwards there are numbers; name a number last",
            ty(y)?
        )));
    }
    let x_kind = match x {
        None => Kind::Number,
        Some(x) => kind(ty(x)?, plot.is_log_x(), raw.iter().map(|raw| &raw.x)),
    };
    let of_order = if plot.selection.sort.is_empty() {
        "run, by id".to_owned()
    } else {
        format!("run, by {}", plot.selection.sort.join(", "))
    };
    let picture = Picture {
        title: match x {
            Some(x) => format!("{y} by {x}"),
            None => y.to_owned(),
        },
        x: Axis::new(x.map_or(of_order, str::to_owned), x_kind),
        y: Axis::new(y, y_kind),
        series: Vec::new(),
    };
    let picture = place(picture, raw, plot, &mut notes);
    Ok(Drawn {
        picture,
        notes,
        damaged,
    })
}

/// What an axis shows for a type.
fn kind<'v>(ty: FieldType, is_log: bool, mut values: impl Iterator<Item = &'v Value>) -> Kind {
    let is_text = |value: &Value| matches!(value, Value::Json(Json::String(_)));
    match ty {
        FieldType::Datetime => Kind::Time,
        FieldType::Bool | FieldType::String | FieldType::Path => Kind::Words(Vec::new()),
        // Parts of json are what their values are.
        FieldType::Json if values.any(is_text) => Kind::Words(Vec::new()),
        FieldType::Int | FieldType::Float | FieldType::Json if is_log => Kind::Log,
        FieldType::Int | FieldType::Float | FieldType::Json => Kind::Number,
    }
}

/// A point for each run.
fn runs(
    reading: &Reading,
    plot: &Plot,
    x: Option<&str>,
    y: &str,
    damaged: &mut Damaged,
) -> Result<(Vec<Raw>, Vec<String>), Failure> {
    let mut names = vec![x.unwrap_or("id"), y];
    names.extend(plot.by.as_deref());
    let query = reading.selection(&plot.selection)?;
    let limit = plot.selection.limit.map_or(u64::MAX, |limit| limit as u64);
    let count = query.count().map_err(misused)?.min(limit);
    let query = query.columns(&names).map_err(misused)?;
    let every = count.div_ceil(MOST_POINTS).max(1);
    let mut raw = Vec::new();
    for (index, row) in (0_u64..).zip(query.iter()) {
        let Some(row) = damaged.readable(row).map_err(misused)? else {
            continue;
        };
        if index % every > 0 {
            continue;
        }
        let mut values = row.iter().map(|(_, value)| value.clone());
        let mut next = || values.next().unwrap_or(Value::Null);
        let (of_x, y, series) = (next(), next(), next());
        let number = i64::try_from(index + 1).unwrap_or(i64::MAX);
        raw.push(Raw {
            x: if x.is_some() {
                of_x
            } else {
                Value::Int(number)
            },
            y,
            half: None,
            series,
        });
    }
    let mut notes = Vec::new();
    if every > 1 {
        let runs = crate::bulk::runs(count);
        notes.push(format!("a sample: one in {every} of {runs}"));
    }
    Ok((raw, notes))
}

/// A point for the mean of the runs with one value.
fn means(
    reading: &Reading,
    plot: &Plot,
    x: Option<&str>,
    y: &str,
    damaged: &mut Damaged,
) -> Result<(Vec<Raw>, Vec<String>), Failure> {
    let Some(x) = x else {
        return Err(Failure::usage(
            "a mean of all runs is one point; name the field to its left, too: `wallow plot FIELD METRIC --over seed`",
        ));
    };
    let query = reading.selection_of_groups(&plot.selection)?;
    let functions = [Function::Mean, Function::Ci, Function::Count];
    let measures = functions.map(|function| Measure::new(function, y));
    let mut keys = vec![x.to_owned()];
    keys.extend(plot.by.clone());
    let fields = reading.store.schema().key_columns().into_iter();
    let fields = fields.chain(keys.iter().map(String::as_str)).chain([y]);
    let fields = fields.collect::<Vec<_>>();
    let ((grouping, groups), unreadable) = reading.of_readable(&query, &fields, |query| {
        let grouping = Grouping::over(reading, query, &plot.over)?;
        Ok((grouping, grouped(query, &keys, &measures)?))
    })?;
    damaged.extend(unreadable);
    let raw = groups.rows.iter().map(|row| {
        let get = |name: &str| row.get(name).cloned().unwrap_or(Value::Null);
        let half = match get(&measures[1].to_string()) {
            Value::Float(half) => Some(half),
            _ => None,
        };
        Raw {
            x: get(x),
            y: get(&measures[0].to_string()),
            half,
            series: plot.by.as_deref().map_or(Value::Null, get),
        }
    });
    let raw = raw.collect();
    let others = grouping.keys.iter().filter(|key| !keys.contains(key));
    let over = plot.over.iter().chain(others).map(String::as_str);
    let counts = groups
        .rows
        .iter()
        .filter_map(|row| match row.get(&measures[2].to_string()) {
            Some(Value::Int(count)) if *count > 0 => Some(*count),
            _ => None,
        });
    let (least, most) = counts.fold((i64::MAX, 0), |(least, most), count| {
        (least.min(count), most.max(count))
    });
    let count = match (least, most) {
        (_, 0) => "no runs".to_owned(),
        (1, 1) => "1 run".to_owned(),
        (least, most) if least == most => format!("{least} runs"),
        (least, most) => format!("{least} to {most} runs"),
    };
    let over = over.collect::<Vec<_>>().join(", ");
    let note = format!("means over {over} with their 95 % interval, of {count} each");
    Ok((raw, vec![note]))
}

/// Puts the points into series, and names the words of the axis.
fn place(mut picture: Picture, raw: Vec<Raw>, plot: &Plot, notes: &mut Vec<String>) -> Picture {
    if let Kind::Words(words) = &mut picture.x.kind {
        let mut known = raw.iter().map(|raw| label(&raw.x)).collect::<Vec<_>>();
        known.sort_unstable();
        known.dedup();
        *words = known;
    }
    let mut series = BTreeMap::<String, Vec<Point>>::new();
    let (mut absent, mut outside, mut crowded) = (0, 0, 0);
    for raw in raw {
        let (Some(x), Some(y)) = (position(&raw.x, &picture.x.kind), number(&raw.y)) else {
            absent += 1;
            continue;
        };
        if !picture.x.shows(x) || !picture.y.shows(y) {
            outside += 1;
            continue;
        }
        let name = match &plot.by {
            Some(by) => format!("{by} {}", label(&raw.series)),
            None => String::new(),
        };
        if series.len() == MOST_SERIES && !series.contains_key(&name) {
            crowded += 1;
            continue;
        }
        let half = raw.half;
        series.entry(name).or_default().push(Point { x, y, half });
    }
    let points = if plot.over.is_empty() { "run" } else { "mean" };
    let mut note = |count: usize, why: &str| {
        if count > 0 {
            let what = crate::output::counted(count, points);
            notes.push(format!("{what} {why} left out"));
        }
    };
    note(absent, "without a value");
    note(
        outside,
        "that the axes cannot show (NaN, infinite, or not above 0 on a logarithmic one)",
    );
    note(crowded, &format!("of more than {MOST_SERIES} series"));
    let is_line = !plot.over.is_empty() && !matches!(picture.x.kind, Kind::Words(_));
    picture.series = series
        .into_iter()
        .map(|(name, mut points)| {
            if is_line {
                points.sort_by(|one, other| one.x.total_cmp(&other.x));
            }
            Series {
                name,
                is_line,
                points,
            }
        })
        .collect();
    picture
}

/// Where a value is on an axis.
fn position(value: &Value, kind: &Kind) -> Option<f64> {
    match kind {
        Kind::Words(words) => {
            let index = words.binary_search(&label(value)).ok()?;
            u32::try_from(index).ok().map(f64::from)
        }
        Kind::Time => match value {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a second more or less in millennia"
            )]
            Value::Time(time) => Some(time.timestamp_micros() as f64 / 1e6),
            _ => None,
        },
        Kind::Number | Kind::Log => number(value),
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "a position in a picture")]
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::Json(value) => value.as_f64(),
        _ => None,
    }
}

fn label(value: &Value) -> String {
    match value {
        Value::Json(Json::String(text)) | Value::Text(text) => text.clone(),
        value => Look::WHOLE.cell(value, true).text,
    }
}
