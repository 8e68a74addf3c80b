//! A schema, random runs of it, and a database that Rust and the Python package share.

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use wallow_runtime::OnDuplicate;
use wallow_runtime::dynamic::{Fields, Row, Store, Value};
use wallow_schema::{DefaultValue, FieldType, Schema};

use crate::project::Project;
use crate::python;

/// Every type, with and without defaults, also where NULL is not allowed.
const SCHEMA: &str = r#"[project]
name = "shared"

[identifying.label]
type = "string"

[identifying.step]
type = "int"
default = 3

[identifying.rate]
type = "float"
default = 0.1

[identifying.warm]
type = "bool"
default = true

[annotating.count]
type = "int"
indexed = true

[annotating.tries]
type = "int"
default = -1
nullable = false

[annotating.score]
type = "float"

[annotating.weight]
type = "float"
default = 0.1

[annotating.note]
type = "string"
default = "naïve “quotes” 🐷"

[annotating.done]
type = "bool"
default = false
nullable = false

[annotating.extra]
type = "json"

[annotating.seen_at]
type = "datetime"
indexed = true

[annotating.file]
type = "path"
"#;

/// One of the random runs of `sharing.py`.
pub(super) struct Made {
    pub(super) key: Fields,
    pub(super) first: Fields,
    pub(super) then: Fields,
}

/// A project with random runs to register, and no database yet.
pub(super) struct Shared {
    pub(super) project: Project,
    schema: Schema,
}

impl Shared {
    pub(super) fn new() -> Self {
        Shared {
            project: Project::with(SCHEMA),
            schema: wallow_schema::parse(SCHEMA, "wallow.toml").unwrap(),
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.project.path(name)
    }

    /// Runs a step of `sharing.py` on the database, and returns what it printed; `None` without Python.
    #[track_caller]
    pub(super) fn python(&self, step: &str, arguments: &[&str]) -> Option<String> {
        let (database, schema) = (self.path("runs.db"), self.path("wallow.toml"));
        let mut all = vec![Path::new(step), &database, &schema];
        all.extend(arguments.iter().map(Path::new));
        python::run("sharing.py", &all)
    }

    /// Lets the script generate random runs.
    pub(super) fn made(&self, count: u32) -> Option<Vec<Made>> {
        let (schema, runs) = (self.path("wallow.toml"), self.path("runs.jsonl"));
        let count = count.to_string();
        python::run(
            "sharing.py",
            &[Path::new("make"), &schema, &runs, Path::new(&count)],
        )?;
        let text = fs::read_to_string(runs).unwrap();
        let runs = text.lines().map(|line| {
            let run: Json = serde_json::from_str(line).unwrap();
            let part = |name: &str| self.fields(&run[name]);
            Made {
                key: part("key"),
                first: part("first"),
                then: part("then"),
            }
        });
        Some(runs.collect())
    }

    fn fields(&self, values: &Json) -> Fields {
        let values = values.as_object().unwrap().iter();
        values
            .map(|(name, value)| (name, meant(self.schema.field(name).unwrap().ty, value)))
            .collect()
    }

    pub(super) fn store(&self) -> Store {
        Store::open(&self.schema, self.path("runs.db").to_str().unwrap()).unwrap()
    }

    /// Checks that Rust finds every run, and that every value is that of these parts, each overwriting the one before
    /// it.
    #[track_caller]
    pub(super) fn assert_found(
        &self,
        store: &Store,
        runs: &[Made],
        parts: &[fn(&Made) -> &Fields],
    ) {
        for run in runs {
            let outcome = store.register(&run.key, &Fields::new(), OnDuplicate::ReturnExisting);
            let outcome = outcome.unwrap();
            assert!(!outcome.was_inserted(), "registered twice: {:?}", run.key);
            let row = outcome.into_run().unwrap();
            for field in &self.schema.annotating {
                let mut expected = field.default.as_ref().map_or(Value::Null, default);
                for part in parts {
                    expected = part(run).get(&field.name).cloned().unwrap_or(expected);
                }
                let found = row.get(&field.name).unwrap();
                assert_eq!(none(found), expected, "{:?}: {}", run.key, field.name);
            }
            assert_eq!(store.find(&run.key).unwrap(), Some(row));
        }
    }
}

/// A value in the notation of `sharing.py`.
fn meant(ty: FieldType, value: &Json) -> Value {
    let text = || value.as_str().unwrap();
    match ty {
        _ if value.is_null() => Value::Null,
        FieldType::Int => Value::Int(value.as_i64().unwrap()),
        FieldType::Float => Value::Float(text().parse().unwrap()),
        FieldType::Bool => Value::Bool(value.as_bool().unwrap()),
        FieldType::String | FieldType::Path => text().into(),
        FieldType::Json => value.clone().into(),
        FieldType::Datetime => text().parse::<DateTime<Utc>>().unwrap().into(),
    }
}

fn default(value: &DefaultValue) -> Value {
    match value {
        DefaultValue::Int(value) => (*value).into(),
        DefaultValue::Float(value) => (*value).into(),
        DefaultValue::Bool(value) => (*value).into(),
        DefaultValue::String(value) => value.as_str().into(),
        other => unreachable!("no field of the schema has {other:?}"),
    }
}

/// The package writes JSON `null` where NULL is meant.
fn none(value: &Value) -> Value {
    match value {
        Value::Json(Json::Null) => Value::Null,
        value => value.clone(),
    }
}

/// Uuid and times of every run, as `sharing.py` prints them.
pub(super) fn stamps(store: &Store) -> String {
    let line = |row: Row| {
        let time = |name| match row.get(name) {
            Some(Value::Time(time)) => time.format("%Y-%m-%d %H:%M:%S%.6f").to_string(),
            other => unreachable!("{name} is {other:?}"),
        };
        format!(
            "{} {} {}\n",
            row.uuid(),
            time("created_at"),
            time("updated_at")
        )
    };
    let rows = store.query().iter();
    rows.map(|row| line(row.unwrap())).collect()
}
