//! Runs of MLflow's database (its SQLite backend store).
//!
//! Names: `params.NAME`, `metrics.NAME` (the latest value), `history.NAME` (all values, ordered by step, as a list),
//! `tags.NAME`, `status`, `started_at`, `completed_at`, `wallclock_seconds`, `git_commit`, `run.id`, `run.name`,
//! `run.user`, `run.artifact_uri`, `run.experiment`. Deleted runs and those of deleted experiments are left out, and
//! counted.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_runtime::{Error, RunStatus};

use super::alteration::{Alteration, Alterations};
use super::conversion::json_value;
use super::span::{self, Reading};
use super::status::{Meaning, Stand};
use super::{Cell, Location, Record, RecordError, Records};
use crate::advice::shell_word;
use crate::output::{self, Failure};

/// MLflow writes the largest float for infinity. Some copies lose its last digit, so anything from here on counts.
const INFINITE: f64 = 1.797_693_134_862_315e308;

/// The values of a run, by name.
type Values = Vec<(String, Cell)>;

/// A database that is being read.
struct Runs {
    database: ExternalDb,
    ids: std::vec::IntoIter<Vec<Value>>,
    /// Whether the history of any metric is wanted.
    histories: bool,
}

pub(super) fn open(
    path: &Path,
    experiment: Option<&str>,
    asks: &dyn Fn(&str) -> bool,
    seen: &mut Vec<String>,
) -> Result<Records, Failure> {
    let database = ExternalDb::open(&path.to_string_lossy())?;
    if database.columns("latest_metrics")?.is_empty() {
        return Err(Failure::finding(format!(
            "`{}` is no database of MLflow (it has no table `latest_metrics`); name the file behind \
             `sqlite:///` in its tracking URI",
            path.display()
        )));
    }
    let mut ids = database.rows(
        "SELECT r.run_uuid, e.name, coalesce(r.lifecycle_stage, '') = 'deleted', \
                coalesce(e.lifecycle_stage, '') = 'deleted' \
         FROM runs r JOIN experiments e ON e.experiment_id = r.experiment_id ORDER BY r.start_time, r.run_uuid",
        &[],
        4,
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
    leave_out_deleted(&mut ids, seen);
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

/// Selects the runs that MLflow shows; the number of the others goes into the report.
fn leave_out_deleted(ids: &mut Vec<Vec<Value>>, seen: &mut Vec<String>) {
    let is = |row: &[Value], place: usize| {
        matches!(row.get(place), Some(Value::Int(1) | Value::Bool(true)))
    };
    let (mut of_experiments, mut alone) = (0, 0);
    ids.retain(|row| {
        let (run, experiment) = (is(row, 2), is(row, 3));
        of_experiments += usize::from(experiment);
        alone += usize::from(run && !experiment);
        !run && !experiment
    });
    if alone > 0 {
        let runs = output::counted(alone, "deleted run");
        seen.push(format!("left out: {runs}"));
    }
    if of_experiments > 0 {
        let runs = output::counted(of_experiments, "run");
        seen.push(format!("left out: {runs} of deleted experiments"));
    }
}

/// If the path is a folder of MLflow's file store, says what to do with it: only its databases can be read.
pub(crate) fn refuse_file_store(path: &Path) -> Result<(), Failure> {
    let Some(store) = file_store(path) else {
        return Ok(());
    };
    Err(Failure::finding(format!(
        "`{}` is a folder of MLflow's file store; make a database of it with \
         `mlflow migrate-filestore --source {} --target sqlite:///mlflow.db`, then name that with `--from-mlflow mlflow.db`",
        path.display(),
        shell_word(&store.display().to_string())
    )))
}

/// The file store that a path means: the folder itself, a folder with a `mlruns` in it, or the parent of an experiment.
fn file_store(path: &Path) -> Option<PathBuf> {
    let is_store = |folder: &Path| {
        let entries = folder.read_dir().into_iter().flatten().flatten();
        let mut folders = entries.map(|entry| entry.path());
        folders.any(|folder| folder.join("meta.yaml").is_file())
    };
    if !path.is_dir() {
        return None;
    }
    if path.join("meta.yaml").is_file() {
        let parent = path.canonicalize().ok()?.parent()?.to_owned();
        return Some(parent);
    }
    let below = path.join("mlruns");
    [path.to_owned(), below]
        .into_iter()
        .find(|folder| is_store(folder))
}

impl Iterator for Runs {
    type Item = Result<Record, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut row = self.ids.next()?.into_iter();
        let (Some(Value::Text(id)), Some(experiment)) = (row.next(), row.next()) else {
            let reason = "a run has no id".to_owned();
            return Some(Err(RecordError::Record(
                Location::Named("a run".into()),
                reason,
            )));
        };
        Some(
            self.record(id, experiment)
                .map_err(|error| RecordError::End(error.into())),
        )
    }
}

impl Runs {
    fn record(&self, id: String, experiment: Value) -> Result<Record, Error> {
        let (stand, mut values) = self.attributes(&id)?;
        values.push(("run.experiment".into(), experiment.into()));
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
                    // Tags of MLflow's own.
                    "mlflow.source.git.commit" => {
                        values.push(("git_commit".into(), value.clone().into()));
                    }
                    key if key.starts_with("mlflow.") => {}
                    // MLflow writes every parameter as text: Python's `None`, too.
                    key if group == "params" && *value == Value::Text("None".to_owned()) => {
                        values.push((format!("{group}.{key}"), Value::Null.into()));
                    }
                    key => values.push((format!("{group}.{key}"), value.clone().into())),
                }
            }
        }
        let sql = "SELECT key, value, is_nan FROM latest_metrics WHERE run_uuid = ? ORDER BY key";
        for row in self.database.rows(sql, &[&id], 3)? {
            if let Some((key, value)) = metric(&row) {
                values.push((format!("metrics.{key}"), value));
            }
        }
        if self.histories {
            values.extend(self.histories(&id)?);
        }
        let values = values.into_iter();
        let at = Location::Named(format!("run {id}"));
        let id = (Arc::from("run.id"), Cell::Value(id.into()));
        let values = values.map(|(name, cell)| (Arc::from(name), cell));
        Ok(Record {
            within: Vec::new(),
            at,
            values: values.chain([id]).collect(),
            status: stand,
        })
    }

    fn attributes(&self, id: &str) -> Result<(Option<Stand>, Values), Error> {
        let sql = "SELECT name, user_id, artifact_uri, status, start_time, end_time \
                   FROM runs WHERE run_uuid = ?";
        let rows = self.database.rows(sql, &[id], 6)?;
        let mut row = rows.into_iter().flatten();
        let mut values = Vec::new();
        for name in ["run.name", "run.user", "run.artifact_uri", "status"] {
            values.push((name.to_owned(), row.next().unwrap_or(Value::Null).into()));
        }
        let stand = match values.last() {
            Some((_, Cell::Value(Value::Text(word)))) => Some(Stand::new(word, meaning(word))),
            _ => None,
        };
        let given = [row.next(), row.next()];
        let [start, end] = given.each_ref().map(|millis| Reading {
            noted: millis.as_ref(),
            time: time(millis.as_ref()),
        });
        let times = span::of(&start, &end).into_iter();
        values.extend(times.map(|(name, cell)| (name.to_owned(), cell)));
        Ok((stand, values))
    }

    /// Every value of every metric.
    fn histories(&self, id: &str) -> Result<Values, Error> {
        let sql = "SELECT key, value, is_nan FROM metrics WHERE run_uuid = ? \
                   ORDER BY key, step, timestamp";
        let mut histories = Vec::<(String, Vec<Json>, Alterations)>::new();
        for row in self.database.rows(sql, &[id], 3)? {
            let Some((key, value)) = metric(&row) else {
                continue;
            };
            if histories.last().is_none_or(|(last, ..)| last != key) {
                histories.push((key.to_owned(), Vec::new(), Alterations::default()));
            }
            if let Some((_, values, altered)) = histories.last_mut() {
                // A saturated value was logged as infinity, which JSON does not have: that is the loss to note here.
                let (Cell::Value(value) | Cell::Altered(value, _)) = value else {
                    continue;
                };
                values.push(json_value(value, altered));
            }
        }
        let histories = histories.into_iter();
        let named = histories.map(|(key, values, altered)| {
            let values = Cell::Altered(Value::Json(Json::Array(values)), altered);
            (format!("history.{key}"), values)
        });
        Ok(named.collect())
    }
}

/// The name and the value of a metric. A value that is not a number is kept as it is.
fn metric(row: &[Value]) -> Option<(&str, Cell)> {
    let [Value::Text(key), value, is_nan] = row else {
        return None;
    };
    if matches!(is_nan, Value::Int(1) | Value::Bool(true)) {
        return Some((key, f64::NAN.into()));
    }
    #[expect(
        clippy::cast_precision_loss,
        reason = "a float that SQLite keeps as an integer"
    )]
    let number = match value {
        Value::Float(value) => *value,
        Value::Int(value) => *value as f64,
        // SQLite stores NULL instead of a NaN.
        Value::Null => f64::NAN,
        other => return Some((key, other.clone().into())),
    };
    let cell = if number.is_finite() && number.abs() >= INFINITE {
        let infinity = Value::Float(f64::INFINITY.copysign(number));
        Cell::Altered(infinity, Some(Alteration::Saturated).into())
    } else {
        number.into()
    };
    Some((key, cell))
}

/// The status that a state of MLflow means.
fn meaning(status: &str) -> Option<Meaning> {
    Some(match status {
        "FINISHED" => Meaning::Is(RunStatus::Completed),
        "FAILED" => Meaning::Is(RunStatus::Failed),
        "SCHEDULED" => Meaning::Is(RunStatus::Pending),
        "KILLED" => Meaning::CutShort,
        "RUNNING" => Meaning::Running,
        _ => return None,
    })
}

/// A time in milliseconds since 1970.
fn time(millis: Option<&Value>) -> Option<DateTime<Utc>> {
    match millis {
        Some(Value::Int(millis)) => DateTime::from_timestamp_millis(*millis),
        _ => None,
    }
}
