//! What may be typed behind the commands that read runs.

use std::iter;
use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use clap::builder::PossibleValue;
use clap::{Args as Arguments, ValueEnum};
use wallow_runtime::dynamic::Measure;

use super::{name, normal};
use crate::export::Format;

/// Below the help of `wallow ls`.
pub(super) const LS: &str = "\
Expressions:
  == != < <= > >=   in [1, 2]   not in [..]   between 1 and 3   is null   is not null
  contains \"x\"   starts with \"x\"   ends with \"x\"   and   or   not   ( )
  A part of a json field is curve.loss[0]; a time is a text such as \"2026-11-25T13:00:00Z\".

Measures:
  mean:FIELD (with std, min, max and n)   n:FIELD   std:FIELD   min:FIELD   max:FIELD   sum:FIELD

Examples:
  wallow ls
  wallow ls --where 'status == \"completed\" and val_loss < 0.3' --sort -val_accuracy,seed --limit 10
  wallow ls --columns uuid,learning_rate,val_loss --format csv --output runs.csv
  wallow ls --group-by architecture,learning_rate --agg mean:val_accuracy --sort -mean:val_accuracy";

/// Which runs.
#[derive(Debug, Arguments)]
pub(crate) struct Filter {
    /// Select the runs for which this is true
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: Option<String>,
}

/// How what was found is delivered.
#[derive(Debug, Arguments)]
pub(crate) struct Delivery {
    /// A table, or a data format [default: by the ending of --output, else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Form>,

    /// Write into this file, completely or not at all
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Print absolute times, even on a terminal
    #[arg(long)]
    pub(crate) absolute: bool,
}

/// A form of a listing: a table, or a format of exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Table,
    Data(Format),
}

impl ValueEnum for Form {
    fn value_variants<'a>() -> &'a [Self] {
        static ALL: LazyLock<Vec<Form>> = LazyLock::new(|| {
            let formats = Format::value_variants().iter().copied();
            iter::once(Form::Table)
                .chain(formats.map(Form::Data))
                .collect()
        });
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Form::Table => Some(PossibleValue::new("table").help("A table to read")),
            Form::Data(format) => format.to_possible_value(),
        }
    }
}

/// `wallow ls`.
#[derive(Debug, Arguments)]
pub(crate) struct Ls {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Sort by these fields, the smallest first; `-FIELD`: the largest first
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,

    /// Print only these columns, in this order
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// Print at most N runs
    #[arg(long, short = 'n', value_name = "N", value_parser = number)]
    pub(crate) limit: Option<usize>,

    /// Print one row for each combination of these fields, with its number of runs
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        conflicts_with = "columns"
    )]
    pub(crate) group_by: Vec<String>,

    /// Compute these measures of each group, such as `mean:val_accuracy`
    #[arg(
        long,
        value_name = "MEASURES",
        value_delimiter = ',',
        value_parser = measure,
        conflicts_with = "columns"
    )]
    pub(crate) agg: Vec<Measure>,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

/// `wallow top`.
#[derive(Debug, Arguments)]
pub(crate) struct Top {
    /// The field; runs without a value are left out
    #[arg(value_parser = name)]
    pub(crate) field: String,

    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Print at most N runs
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = number)]
    pub(crate) limit: usize,

    /// List the lowest values instead
    #[arg(long)]
    pub(crate) lowest: bool,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

/// `wallow diff`.
#[derive(Debug, Arguments)]
pub(crate) struct Diff {
    /// The id or the uuid of a run
    pub(crate) one: String,

    /// The id or the uuid of another
    pub(crate) other: String,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `wallow near`.
#[derive(Debug, Arguments)]
pub(crate) struct Near {
    /// Values of identifying fields
    #[arg(required = true, value_name = "FIELD=VALUE", value_parser = setting)]
    pub(crate) settings: Vec<(String, String)>,

    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Print at most N runs
    #[arg(long, short = 'n', value_name = "N", default_value_t = 5, value_parser = number)]
    pub(crate) limit: usize,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `wallow watch`.
#[derive(Debug, Arguments)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Seconds between two looks [default: 2 on a terminal, else 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) interval: Option<Duration>,

    /// Print the state once, and end
    #[arg(long, conflicts_with_all = ["interval", "until_done"])]
    pub(crate) once: bool,

    /// End when no run is pending or running
    #[arg(long)]
    pub(crate) until_done: bool,

    /// Print JSON: one object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// How many: none at all would look like a database without runs.
fn number(text: &str) -> Result<usize, &'static str> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or("write a whole number from 1 on, or leave the option out")
}

/// Blanks around a name do not count: `--sort "loss, -seed"`.
fn measure(text: &str) -> Result<Measure, String> {
    normal(text).parse()
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, value)) if !field.is_empty() => Ok((normal(field), value.into())),
        _ => Err("write `FIELD=VALUE`, such as `learning_rate=1e-3`".into()),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    const SHORTEST: f64 = 0.1;
    let seconds = text.parse().ok().filter(|seconds| *seconds >= SHORTEST);
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("write seconds, at least {SHORTEST}"))
}
