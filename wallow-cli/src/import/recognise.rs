//! Recognises the program that made a SQLite database, by its tables.
//!
//! Invariant: a database that may be of several programs, or of none, is an error that says what is in it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use wallow_runtime::dynamic::Value;
use wallow_runtime::external_db::ExternalDb;
use wallow_schema::{ATTEMPT, BUILT_IN, redact};

use crate::output::{Failure, visible};

/// The first bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// At most this many tables are listed.
const LISTED: usize = 12;

/// The tables of frameworks that number and date the rows of every table, a table `runs` included.
const FRAMEWORKS: [&str; 3] = [
    "django_migrations",
    "ar_internal_metadata",
    "_prisma_migrations",
];

/// A program whose databases are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    Wallow,
    Python,
    Mlflow,
    Optuna,
}

impl Program {
    const ALL: [Program; 4] = [
        Program::Wallow,
        Program::Python,
        Program::Mlflow,
        Program::Optuna,
    ];

    /// Its name, for the report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Program::Wallow => "wallow",
            Program::Python => "the Python package wallow",
            Program::Mlflow => "MLflow",
            Program::Optuna => "Optuna",
        }
    }

    /// The option that says that a database is of this program.
    fn option(self) -> &'static str {
        match self {
            Program::Wallow | Program::Python => "--from-python",
            Program::Mlflow => "--from-mlflow",
            Program::Optuna => "--from-optuna",
        }
    }

    /// Whether it made these tables, with these columns in `runs`.
    fn made(self, tables: &[String], runs: &[String]) -> bool {
        let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
        let built_in = BUILT_IN.iter().all(|name| has(runs, name));
        match self {
            Program::Wallow => built_in && has(runs, ATTEMPT),
            // Before 0.2 the package had no uuids.
            Program::Python => {
                ["id", "created_at", "updated_at"]
                    .iter()
                    .all(|name| has(runs, name))
                    && !has(runs, ATTEMPT)
                    && !FRAMEWORKS.iter().any(|table| has(tables, table))
            }
            Program::Mlflow => has(tables, "latest_metrics") && has(runs, "run_uuid"),
            Program::Optuna => has(tables, "trial_params") && has(tables, "studies"),
        }
    }
}

/// Whether a path names a SQLite database, as a file or as a URL. Only the first bytes of a file are read, and nothing of
/// a pipe.
pub(crate) fn is_database(path: &Path) -> bool {
    if path
        .to_string_lossy()
        .to_ascii_lowercase()
        .starts_with("sqlite:")
    {
        return true;
    }
    if !path.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return false;
    }
    let mut start = Vec::new();
    let limit = MAGIC.len() as u64;
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut start));
    read.is_ok() && start == MAGIC
}

/// The program that made a database.
pub(crate) fn program(path: &Path) -> Result<Program, Failure> {
    let database = ExternalDb::open(&path.to_string_lossy())?;
    let tables = database.rows(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
        &[],
        1,
    )?;
    let tables = tables.into_iter().flatten().filter_map(|name| match name {
        Value::Text(name) => Some(name),
        _ => None,
    });
    let tables = tables.collect::<Vec<_>>();
    let runs = database.columns("runs")?;
    let made = Program::ALL.into_iter();
    let made = made.filter(|program| program.made(&tables, &runs));
    let displayed = redact::database(&path.to_string_lossy());
    match made.collect::<Vec<_>>()[..] {
        [program] => Ok(program),
        [] => Err(Failure::finding(format!(
            "`{displayed}` is a SQLite database, but not of a program whose runs are read here (wallow, its Python package, \
             MLflow, Optuna): {}; name another file, or write the rows as CSV and import that",
            contents(&tables)
        ))),
        [one, other, ..] => Err(Failure::finding(format!(
            "`{displayed}` has tables of {} and of {}; say whose runs are meant, with `{} {displayed}` or `{} {displayed}`",
            one.name(),
            other.name(),
            one.option(),
            other.option()
        ))),
    }
}

/// What a database has that nobody here knows.
fn contents(tables: &[String]) -> String {
    if tables.is_empty() {
        return "it has no tables".to_owned();
    }
    let listed = tables.iter().take(LISTED);
    let listed = listed.map(|name| format!("`{}`", visible(name)));
    let more = if tables.len() > LISTED { ", …" } else { "" };
    format!(
        "its tables are {}{more}",
        listed.collect::<Vec<_>>().join(", ")
    )
}
