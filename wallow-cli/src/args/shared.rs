//! Options that several commands have.

use std::iter;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};

use super::values::{name, number};
use crate::export::Format;

/// Which runs.
#[derive(Debug, Clone, Args)]
pub(crate) struct Filter {
    /// Select the runs for which this is true
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: Option<String>,
}

impl Filter {
    /// The runs for which this is true; all, if it is blank.
    pub(crate) fn of(condition: &str) -> Self {
        let is_blank = condition.trim().is_empty();
        Filter {
            condition: (!is_blank).then(|| condition.to_owned()),
        }
    }
}

/// Which runs, in which order, and how many: the same options on every command that takes several runs.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Sort by these fields, or parts of json fields, the smallest first; `-FIELD`: the largest first
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,

    /// Take at most N runs, the first in this order
    #[arg(long, short = 'n', value_name = "N", value_parser = number)]
    pub(crate) limit: Option<usize>,
}

/// How what was found is delivered.
#[derive(Debug, Args)]
pub(crate) struct Delivery {
    /// A table, or a data format [default: by the ending of --output, else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) format: Option<Form>,

    /// Write into this file, completely or not at all
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Print absolute times, even on a terminal
    #[arg(long)]
    pub(crate) absolute: bool,

    /// Print a long table on a terminal without a pager (else $PAGER, or less)
    #[arg(long)]
    pub(crate) no_pager: bool,
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

/// Whether a change is meant.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Consent {
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) yes: bool,

    /// Print what would be done, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}
