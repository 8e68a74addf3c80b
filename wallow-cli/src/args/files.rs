//! What may be typed where files and other programs' databases are written and read.

use std::path::PathBuf;

use clap::{Args as Arguments, ValueEnum};
use wallow_runtime::RunStatus;

use super::{Consent, Filter};
use crate::export::Format;
use crate::import::FileFormat;
use crate::import::csv::separator;

pub(super) const COPY: &str = "\
Examples:
  wallow copy --to postgres://db.example.org/sweeps
  wallow copy --from runs.db --to postgres://db.example.org/sweeps --dry-run

Ids, uuids, times and attempts stay. Both databases are read once more at the end, and compared. A copy that
was interrupted goes on where it stopped: type it again. Stop the workers first: what they write while
the runs are copied stays behind, until it is brought along with --update.";

/// `wallow copy`.
#[derive(Debug, Arguments)]
pub(crate) struct Copy {
    /// Where the runs are [default: see `wallow --help`]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,

    /// Where they go; the table is made where it is not there
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,

    /// Also overwrite earlier states of the same runs there; what went on there stays
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

    /// These columns alone, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    /// What to write [default: as the name of the file ends; csv on stdout]
    #[arg(long)]
    pub(crate) format: Option<Format>,

    /// Where to [default: stdout]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `wallow import`.
#[derive(Debug, Arguments)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) source: ImportSource,

    /// What the file is read as [default: as its name ends]
    #[arg(long, requires = "from")]
    pub(crate) format: Option<FileFormat>,

    /// Of MLflow, the runs of one experiment alone
    #[arg(long, value_name = "NAME", requires = "from_mlflow")]
    pub(crate) experiment: Option<String>,

    /// Of Optuna, the trials of one study alone
    #[arg(long, value_name = "NAME", requires = "from_optuna")]
    pub(crate) study: Option<String>,

    /// The field for a name that is none; `THEIRS=` leaves a value out
    #[arg(long, value_name = "THEIRS=OURS", value_parser = mapped)]
    pub(crate) map: Vec<(String, String)>,

    /// The value of a field of which a run says nothing
    #[arg(long, value_name = "FIELD=VALUE", value_parser = given)]
    pub(crate) set: Vec<(String, String)>,

    /// Take the default of an identifying field of which a run says nothing; else such a run is refused
    #[arg(long)]
    pub(crate) defaults: bool,

    /// What a word of theirs in `status` means: pending, running, completed or failed
    #[arg(long, value_name = "THEIRS=OURS", value_parser = status)]
    pub(crate) status: Vec<(String, RunStatus)>,

    /// What separates the values of CSV, such as `;` or `tab` [default: what separates the names of fields]
    #[arg(long, value_name = "CHARACTER", value_parser = separator, requires = "from")]
    pub(crate) separator: Option<u8>,

    /// What happens to a run that is registered already; `overwrite` erases nothing where a value is missing
    #[arg(long, value_name = "POLICY", value_enum, default_value_t = OnDuplicate::Skip)]
    pub(crate) on_duplicate: OnDuplicate,

    /// Import the others where some runs are refused
    #[arg(long)]
    pub(crate) skip_refused: bool,

    /// Report what would happen, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Overwrite without a question
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
        Some((theirs, ours)) if !theirs.is_empty() => Ok((theirs.into(), ours.into())),
        _ => Err("write `THEIRS=OURS`, such as `lr=learning_rate`".into()),
    }
}

fn given(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((field.into(), value.into())),
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
