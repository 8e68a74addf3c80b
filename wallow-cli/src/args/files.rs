//! What may be typed where files and other programs' databases are written and read.

use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};
use wallow_runtime::RunStatus;

use super::{Consent, Filter, name, normal};
use crate::export::Format;
use crate::import::FileFormat;
use crate::import::csv::separator;

pub(super) const COPY: &str = "\
Examples:
  wallow copy --to postgres://db.example.org/sweeps
  wallow copy --from runs.db --to postgres://db.example.org/sweeps --dry-run

Ids, uuids, times and attempts are kept. At the end both databases are read again and compared. If a copy is
interrupted, run the command again: it continues where it stopped. Stop the workers first: what they write
while the runs are copied is not copied, until you run the command again with --update.";

/// `wallow copy`.
#[derive(Debug, Arguments)]
pub(crate) struct Copy {
    /// Copy from this database [default: see `wallow --help`]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,

    /// Copy to this database; its table is created if it does not exist
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,

    /// Also update runs that exist there in an earlier state; newer ones stay
    #[arg(long)]
    pub(crate) update: bool,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// `wallow export`.
#[derive(Debug, Arguments)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Write only these columns, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// The format [default: by the ending of --output; csv on stdout]
    #[arg(long)]
    pub(crate) format: Option<Format>,

    /// Write into this file [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `wallow import`.
#[derive(Debug, Arguments)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) source: ImportSource,

    /// The format of the file [default: by its ending]
    #[arg(long, requires = "from")]
    pub(crate) format: Option<FileFormat>,

    /// Import only the runs of this MLflow experiment
    #[arg(long, value_name = "NAME", requires = "from_mlflow")]
    pub(crate) experiment: Option<String>,

    /// Import only the trials of this Optuna study
    #[arg(long, value_name = "NAME", requires = "from_optuna")]
    pub(crate) study: Option<String>,

    /// Import the value THEIRS into the field OURS; `THEIRS=` leaves it out
    #[arg(long, value_name = "THEIRS=OURS", value_parser = mapped)]
    pub(crate) map: Vec<(String, String)>,

    /// Set a field in runs that have no value for it
    #[arg(long, value_name = "FIELD=VALUE", value_parser = given)]
    pub(crate) set: Vec<(String, String)>,

    /// Use the defaults of identifying fields in runs that have no value for them; else such runs are refused
    #[arg(long)]
    pub(crate) defaults: bool,

    /// Map a status of the source to pending, running, completed or failed
    #[arg(long, value_name = "THEIRS=OURS", value_parser = status)]
    pub(crate) status: Vec<(String, RunStatus)>,

    /// The separator of CSV, such as `;` or `tab` [default: detected from the header]
    #[arg(long, value_name = "CHARACTER", value_parser = separator, requires = "from")]
    pub(crate) separator: Option<u8>,

    /// What to do with a run that exists already; `overwrite` keeps a value if the source has none
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = OnDuplicate::Skip)]
    pub(crate) on_duplicate: OnDuplicate,

    /// Import the other runs if some are refused
    #[arg(long)]
    pub(crate) skip_refused: bool,

    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Overwrite without asking
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Where runs come from: one of these.
#[derive(Debug, Arguments)]
#[group(required = true, multiple = false)]
pub(crate) struct ImportSource {
    /// A file: .csv, .tsv, .jsonl, .json (also .gz or .zst of these), .parquet, .arrow
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,

    /// A SQLite database of the Python package wallow, or of this one
    #[arg(long, value_name = "DB")]
    pub(crate) from_python: Option<PathBuf>,

    /// A SQLite database of MLflow
    #[arg(long, value_name = "DB")]
    pub(crate) from_mlflow: Option<PathBuf>,

    /// A SQLite database of Optuna
    #[arg(long, value_name = "DB")]
    pub(crate) from_optuna: Option<PathBuf>,
}

/// What happens to a run that is registered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnDuplicate {
    Skip,
    Overwrite,
    Error,
}

fn mapped(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((theirs, ours)) if !theirs.is_empty() => Ok((theirs.into(), normal(ours))),
        _ => Err("write `THEIRS=OURS`, such as `lr=learning_rate`".into()),
    }
}

fn given(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((normal(field), value.into())),
        _ => Err("write `FIELD=VALUE`, such as `seed=0`".into()),
    }
}

fn status(text: &str) -> Result<(String, RunStatus), String> {
    let (theirs, ours) = text.rsplit_once('=').unwrap_or_default();
    match RunStatus::of(&ours.trim().to_lowercase()) {
        Some(status) if !theirs.trim().is_empty() => Ok((theirs.into(), status)),
        _ => Err("write `THEIRS=OURS`, such as `FINISHED=completed`; ours is pending, running, completed or failed".into()),
    }
}
