//! Runs of MLflow's database (its SQLite backend store).
//!
//! Names: `params.NAME`, `metrics.NAME` (the latest value), `history.NAME` (all values in the order of steps, as a list),
//! `tags.NAME`, `status`, `started_at`, `completed_at`, `wallclock_seconds`, `git_commit`, `run.id`, `run.name`, `run.user`,
//! `run.artifact_uri`, `run.experiment`. Deleted runs are left out.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::Value as Json;
use wallow_runtime::Error;
use wallow_runtime::dynamic::Value;
use wallow_runtime::foreign::Foreign;

use super::{At, Cell, Flaw, Record, Records};
use crate::output::Failure;

/// MLflow writes the largest float for an infinite one; its last digit does not outlive every copy.
const INFINITE: f64 = 1.797_693_134_862_315e308;

/// A database that is being read.
struct Runs {
    database: Foreign,
    ids: std::vec::IntoIter<Vec<Value>>,
    /// Whether the history of a metric is wanted.
    histories: bool,
}

pub(super) fn open(
    path: &Path,
    experiment: Option<&str>,
    asks: &dyn Fn(&str) -> bool,
) -> Result<Records, Failure> {
    let database = Foreign::open(&path.to_string_lossy())?;
    if database.columns("latest_metrics")?.is_empty() {
        return Err(Failure::finding(format!(
            "`{}` is no database of MLflow (it has no table `latest_metrics`); name the file behind \
             `sqlite:///` in its tracking URI",
            path.display()
        )));
    }
    let mut ids = database.rows(
        "SELECT r.run_uuid, e.name FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id \
         WHERE r.lifecycle_stage = 'active' ORDER BY r.start_time, r.run_uuid",
        &[],
        2,
    )?;
    if let Some(name) = experiment {
        ids.retain(|row| row[1] == name.into());
        if ids.is_empty() {
            return Err(Failure::finding(format!(
                "`{}` has no runs of an experiment `{name}`",
                path.display()
            )));
        }
    }
    let metrics = database.rows("SELECT DISTINCT key FROM latest_metrics", &[], 1)?;
    let mut keys = metrics.into_iter().flatten();
    let histories =
        keys.any(|key| matches!(key, Value::Text(key) if asks(&format!("history.{key}"))));
    Ok(Box::new(Runs {
        database,
        ids: ids.into_iter(),
        histories,
    }))
}

impl Iterator for Runs {
    type Item = Result<Record, Flaw>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = self.ids.next()?.into_iter();
        let (Some(Value::Text(id)), Some(experiment)) = (row.next(), row.next()) else {
            let reason = "a run has no id".to_owned();
            return Some(Err(Flaw::Record(At::Named("a run".into()), reason)));
        };
        Some(
            self.record(id, experiment)
                .map_err(|error| Flaw::End(error.into())),
        )
    }
}

impl Runs {
    fn record(&self, id: String, experiment: Value) -> Result<Record, Error> {
        let mut values = self.attributes(&id)?;
        values.push(("run.experiment".into(), experiment));
        for (group, sql) in [
            (
                "params",
                "SELECT key, value FROM params WHERE run_uuid = ? ORDER BY key",
            ),
            (
                "tags",
                "SELECT key, value FROM tags WHERE run_uuid = ? ORDER BY key",
            ),
        ] {
            for row in self.database.rows(sql, &[&id], 2)? {
                let [Value::Text(key), value] = &row[..] else {
                    continue;
                };
                match key.as_str() {
                    // What MLflow notes for itself.
                    "mlflow.source.git.commit" => values.push(("git_commit".into(), value.clone())),
                    key if key.starts_with("mlflow.") => {}
                    key => values.push((format!("{group}.{key}"), value.clone())),
                }
            }
        }
        let sql = "SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ? ORDER BY key";
        for row in self.database.rows(sql, &[&id], 3)? {
            if let Some((key, value)) = metric(&row) {
                values.push((format!("metrics.{key}"), value.into()));
            }
        }
        if self.histories {
            values.extend(self.histories(&id)?);
        }
        let values = values.into_iter();
        let at = At::Named(format!("run {id}"));
        let id = (Arc::from("run.id"), Cell::Value(id.into()));
        let values = values.map(|(name, value)| (Arc::from(name), Cell::Value(value)));
        Ok(Record {
            at,
            values: values.chain([id]).collect(),
        })
    }

    fn attributes(&self, id: &str) -> Result<Vec<(String, Value)>, Error> {
        let sql = "SELECT name, user_id, artifact_uri, status, start_time, end_time \
                   FROM runs WHERE run_uuid = ?";
        let rows = self.database.rows(sql, &[id], 6)?;
        let mut row = rows.into_iter().flatten();
        let mut values = Vec::new();
        for name in ["run.name", "run.user", "run.artifact_uri"] {
            values.push((name.to_owned(), row.next().unwrap_or(Value::Null)));
        }
        let status = match row.next() {
            Some(Value::Text(status)) => lifecycle(&status).into(),
            _ => Value::Null,
        };
        values.push(("status".into(), status));
        let (start, end) = (row.next(), row.next());
        if let (Some(Value::Int(start)), Some(Value::Int(end))) = (&start, &end) {
            #[expect(clippy::cast_precision_loss, reason = "a time span in milliseconds")]
            let seconds = (end - start) as f64 / 1000.0;
            values.push(("wallclock_seconds".into(), seconds.into()));
        }
        let (start, end) = (time(start.as_ref()), time(end.as_ref()));
        let last = if end == Value::Null { &start } else { &end };
        values.push(("created_at".into(), start.clone()));
        values.push(("updated_at".into(), last.clone()));
        values.push(("started_at".into(), start));
        values.push(("completed_at".into(), end));
        Ok(values)
    }

    /// Every value of every metric.
    fn histories(&self, id: &str) -> Result<Vec<(String, Value)>, Error> {
        let sql = "SELECT key, value, is_nan FROM metrics WHERE run_uuid = ? \
                   ORDER BY key, step, timestamp";
        let mut histories = Vec::<(String, Vec<Json>)>::new();
        for row in self.database.rows(sql, &[id], 3)? {
            let Some((key, value)) = metric(&row) else {
                continue;
            };
            match histories.last_mut() {
                Some((last, values)) if last == key => values.push(value.into()),
                _ => histories.push((key.to_owned(), vec![value.into()])),
            }
        }
        let histories = histories.into_iter();
        let named = histories.map(|(key, values)| {
            let values = Value::Json(Json::Array(values));
            (format!("history.{key}"), values)
        });
        Ok(named.collect())
    }
}

/// A metric: its name, its value, and whether it is NaN.
fn metric(row: &[Value]) -> Option<(&str, f64)> {
    let [Value::Text(key), value, is_nan] = row else {
        return None;
    };
    #[expect(
        clippy::cast_precision_loss,
        reason = "a float that SQLite keeps as an integer"
    )]
    let value = match value {
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        _ => return None,
    };
    let value = match is_nan {
        Value::Int(1) | Value::Bool(true) => f64::NAN,
        _ if value.abs() >= INFINITE => value * 2.0,
        _ => value,
    };
    Some((key, value))
}

/// What wallow calls a state of MLflow.
fn lifecycle(status: &str) -> &str {
    match status {
        "FINISHED" => "completed",
        "RUNNING" => "running",
        "SCHEDULED" => "pending",
        "FAILED" | "KILLED" => "failed",
        other => other,
    }
}

/// Milliseconds since 1970.
fn time(millis: Option<&Value>) -> Value {
    match millis {
        Some(Value::Int(millis)) => DateTime::from_timestamp_millis(*millis).into(),
        _ => Value::Null,
    }
}
