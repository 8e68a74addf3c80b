//! Trials of Optuna's database (its RDB storage on SQLite).
//!
//! Names: `params.NAME` (a categorical one as the choice that it was), `value`, or `values.0` and so on if there are
//! several objectives, `history.value` (the intermediate values, ordered by step, as a list), `attrs.NAME` (the
//! attributes of a user), `status`, `started_at`, `completed_at`, `wallclock_seconds`, `trial.number`, `trial.study`.

mod clock;
mod version;
mod zone;

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_runtime::{Error, RunStatus};

use self::clock::{Clock, Noted, Span};
use super::alteration::Alterations;
use super::conversion::json_value;
use super::decimal::EXACT;
use super::json::Node;
use super::span::{self, Reading};
use super::status::{Meaning, Stand};
use super::{Cell, Location, Record, RecordError, Records};
use crate::output::Failure;

/// A database that is being read.
struct Trials {
    database: ExternalDb,
    /// Each trial with its times.
    rows: std::vec::IntoIter<(Vec<Value>, Span)>,
    /// Whether the intermediate values are wanted.
    history: bool,
}

pub(super) fn open(
    path: &Path,
    study: Option<&str>,
    asks: &dyn Fn(&str) -> bool,
    seen: &mut Vec<String>,
) -> Result<Records, Failure> {
    let database = ExternalDb::open(&path.to_string_lossy())?;
    if database.columns("trial_params")?.is_empty() {
        return Err(Failure::finding(format!(
            "`{}` is no database of Optuna (it has no table `trial_params`); name the file behind \
             `sqlite:///` in its storage",
            path.display()
        )));
    }
    version::check(path, &database)?;
    let mut trials = database.rows(
        "SELECT CAST(t.trial_id AS TEXT), t.number, s.study_name, t.state, t.datetime_start, t.datetime_complete \
         FROM trials t JOIN studies s ON s.study_id = t.study_id ORDER BY t.trial_id",
        &[],
        6,
    )?;
    if let Some(name) = study {
        trials.retain(|row| row[2] == name.into());
        if trials.is_empty() {
            return Err(Failure::finding(format!(
                "`{}` has no trials of a study `{name}`",
                path.display()
            )));
        }
    }
    let clock = Clock::of(&database)?;
    if let Clock::Local = clock {
        seen.extend(zone::remark());
    }
    let spans = spans(&database, clock, &trials)?;
    let rows = trials.into_iter().zip(spans).collect::<Vec<_>>();
    Ok(Box::new(Trials {
        database,
        rows: rows.into_iter(),
        history: asks("history.value"),
    }))
}

/// The start and the end of each trial. The trials of a study are treated together, because their order helps to
/// resolve ambiguous times.
fn spans(database: &ExternalDb, clock: Clock, trials: &[Vec<Value>]) -> Result<Vec<Span>, Error> {
    let sql =
        "SELECT CAST(trial_id AS TEXT) FROM trial_system_attributes WHERE key = 'fixed_params'";
    let enqueued = database.rows(sql, &[], 1)?.into_iter().flatten();
    let enqueued = enqueued.filter_map(|id| match id {
        Value::Text(id) => Some(id),
        _ => None,
    });
    let enqueued = enqueued.collect::<HashSet<_>>();
    let mut studies = HashMap::<String, (Vec<usize>, Vec<Noted>)>::new();
    for (place, trial) in trials.iter().enumerate() {
        let [Value::Text(id), _, study, _, start, end] = &trial[..] else {
            continue;
        };
        let study = match study {
            Value::Text(study) => study.clone(),
            _ => String::new(),
        };
        let (places, noted) = studies.entry(study).or_default();
        places.push(place);
        noted.push(Noted::new(start, end, enqueued.contains(id)));
    }
    let mut spans = vec![(None, None); trials.len()];
    for (places, noted) in studies.into_values() {
        for (place, span) in places.into_iter().zip(clock.spans(&noted)) {
            spans[place] = span;
        }
    }
    Ok(spans)
}

impl Iterator for Trials {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let (trial, span) = self.rows.next()?;
        Some(
            self.record(&trial, span)
                .map_err(|error| RecordError::End(error.into())),
        )
    }
}

impl Trials {
    fn record(&self, trial: &[Value], span: Span) -> Result<Record, Error> {
        let (stand, mut values) = attributes(trial, span);
        let (id, at) = match trial {
            [Value::Text(id), Value::Int(number), Value::Text(study), ..] => {
                (id.as_str(), format!("trial {number} of {study}"))
            }
            [Value::Text(id), ..] => (id.as_str(), format!("trial with id {id}")),
            _ => ("", "a trial without an id".to_owned()),
        };
        self.parameters(id, &mut values)?;
        if matches!(trial.get(3), Some(Value::Text(state)) if state == "WAITING") {
            self.enqueued(id, &mut values)?;
        }
        self.objectives(id, &mut values)?;
        let sql = "SELECT key, value_json FROM trial_user_attributes \
                   WHERE trial_id = CAST(? AS BIGINT) ORDER BY key";
        for row in self.database.rows(sql, &[id], 2)? {
            if let [Value::Text(key), Value::Text(text)] = &row[..] {
                let value = Node::parse(text).map_or_else(Cell::Unsupported, Cell::from);
                values.push((format!("attrs.{key}"), value));
            }
        }
        let values = values.into_iter();
        Ok(Record {
            within: Vec::new(),
            at: Location::Named(at),
            values: values.map(|(name, cell)| (Arc::from(name), cell)).collect(),
            status: stand,
        })
    }

    fn parameters(&self, id: &str, values: &mut Vec<(String, Cell)>) -> Result<(), Error> {
        let sql = "SELECT param_name, param_value, distribution_json FROM trial_params \
                   WHERE trial_id = CAST(? AS BIGINT) ORDER BY param_name";
        for row in self.database.rows(sql, &[id], 3)? {
            let [Value::Text(name), value, Value::Text(distribution)] = &row[..] else {
                continue;
            };
            let value = parameter(value, distribution);
            values.push((
                format!("params.{name}"),
                value.unwrap_or_else(Cell::Unsupported),
            ));
        }
        Ok(())
    }

    /// The parameters that were fixed when the trial was put into the queue.
    fn enqueued(&self, id: &str, values: &mut Vec<(String, Cell)>) -> Result<(), Error> {
        let sql = "SELECT value_json FROM trial_system_attributes \
                   WHERE trial_id = CAST(? AS BIGINT) AND key = 'fixed_params'";
        for row in self.database.rows(sql, &[id], 1)? {
            let [Value::Text(text)] = &row[..] else {
                continue;
            };
            if let Ok(Node::Object(members)) = Node::parse(text) {
                let given = members.into_iter();
                let given = given.map(|(name, value)| (format!("params.{name}"), value.into()));
                values.extend(given);
            }
        }
        Ok(())
    }

    fn objectives(&self, id: &str, values: &mut Vec<(String, Cell)>) -> Result<(), Error> {
        let sql = "SELECT value, value_type FROM trial_values \
                   WHERE trial_id = CAST(? AS BIGINT) ORDER BY objective";
        let found = self.database.rows(sql, &[id], 2)?;
        let several = found.len() > 1;
        for (index, row) in found.iter().enumerate() {
            let name = if several {
                format!("values.{index}")
            } else {
                "value".to_owned()
            };
            values.push((name, Cell::Value(float(row))));
        }
        if self.history {
            let sql = "SELECT intermediate_value, intermediate_value_type \
                       FROM trial_intermediate_values WHERE trial_id = CAST(? AS BIGINT) ORDER BY step";
            let steps = self.database.rows(sql, &[id], 2)?;
            let mut altered = Alterations::default();
            let steps = steps.iter().map(|row| json_value(float(row), &mut altered));
            let history = Value::Json(Json::Array(steps.collect()));
            values.push(("history.value".into(), Cell::Altered(history, altered)));
        }
        Ok(())
    }
}

/// Columns of the trial itself.
fn attributes(trial: &[Value], (start, end): Span) -> (Option<Stand>, Vec<(String, Cell)>) {
    let get = |index: usize| trial.get(index).cloned().unwrap_or(Value::Null);
    let stand = match get(3) {
        Value::Text(word) => Some(Stand::new(&word, meaning(&word))),
        _ => None,
    };
    let [start, end] = [(4, start), (5, end)].map(|(index, time)| Reading {
        noted: trial.get(index),
        time,
    });
    let values = [
        ("trial.number", get(1).into()),
        ("trial.study", get(2).into()),
        ("status", get(3).into()),
    ];
    let values = values.into_iter().chain(span::of(&start, &end));
    let values = values.map(|(name, cell): (&str, Cell)| (name.to_owned(), cell));
    (stand, values.collect())
}

/// A suggested parameter: Optuna stores it as a float, with a description of what the float means.
fn parameter(value: &Value, distribution: &str) -> Result<Cell, String> {
    let value = match value {
        Value::Float(value) => *value,
        #[expect(
            clippy::cast_precision_loss,
            reason = "a float that SQLite keeps as an integer"
        )]
        Value::Int(value) => *value as f64,
        _ => return Err("it has no value".into()),
    };
    let distribution = Node::parse(distribution)?;
    let name = match distribution.get("name") {
        Some(Node::Text(name)) => name.as_ref(),
        _ => "",
    };
    if name == "CategoricalDistribution" {
        let attributes = distribution.get("attributes");
        let choices = match attributes.and_then(|attributes| attributes.get("choices")) {
            Some(Node::Array(choices)) => choices.as_slice(),
            _ => &[],
        };
        // A negative number or a fraction is not an index, but the cast would turn it into one.
        let is_index = value >= 0.0 && value.fract() == 0.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the index of a choice"
        )]
        let choice = choices.get(value as usize).filter(|_| is_index);
        let choice = choice.ok_or("its choice is not among those that it has")?;
        return Ok(choice.clone().into());
    }
    // A float that is not an integer, or that may have been rounded, stays a float: a field of type int refuses it.
    let is_exact = value.fract() == 0.0 && value.abs() < EXACT;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an integer that was made a float"
    )]
    let value = if name.starts_with("Int") && is_exact {
        Value::Int(value as i64)
    } else {
        Value::Float(value)
    };
    Ok(Cell::Value(value))
}

/// A value with its type, which distinguishes the infinite values.
fn float(row: &[Value]) -> Value {
    match row {
        [_, Value::Text(kind)] if kind == "INF_POS" => f64::INFINITY.into(),
        [_, Value::Text(kind)] if kind == "INF_NEG" => f64::NEG_INFINITY.into(),
        [_, Value::Text(kind)] if kind == "NAN" => f64::NAN.into(),
        [value, ..] => value.clone(),
        [] => Value::Null,
    }
}

/// The status that a state of Optuna means.
fn meaning(state: &str) -> Option<Meaning> {
    Some(match state {
        "COMPLETE" => Meaning::Is(RunStatus::Completed),
        "FAIL" => Meaning::Is(RunStatus::Failed),
        "WAITING" => Meaning::Is(RunStatus::Pending),
        "PRUNED" => Meaning::CutShort,
        "RUNNING" => Meaning::Running,
        _ => return None,
    })
}
