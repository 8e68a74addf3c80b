//! `wallow attempts`: who has executed runs, and how that ended.

use wallow_runtime::Expr;
use wallow_runtime::dynamic::{self, Column, Row};

use crate::args::{Delivery, Filter, Form, Place};
use crate::export::{self, Format};
use crate::listing::{self, Listing};
use crate::open::Reading;
use crate::output::{Failure, Status};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow attempts
  wallow attempts 8fa740691a0a
  wallow attempts --where 'status == \"failed\"' --json

A run has an attempt for each time it was claimed, since the schema has `attempts = true` below [project].
--where selects runs, not attempts.";

/// `wallow attempts`.
#[derive(Debug, clap::Args)]
pub(crate) struct Attempts {
    /// The id or the uuid of a run [default: all runs]
    #[arg(value_name = "RUN", conflicts_with = "condition")]
    pub(crate) run: Option<String>,

    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Print JSON, with every column
    #[arg(long, conflicts_with = "format")]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

/// The columns of the table.
const SHOWN: [&str; 9] = [
    "run_uuid",
    "attempt",
    "outcome",
    "host",
    "pid",
    "started_at",
    "ended_at",
    "exit_code",
    "error",
];

pub(crate) fn run(place: &Place, attempts: &Attempts) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    // Said before a run is looked for.
    reading.store.require_attempts()?;
    let expression = match &attempts.run {
        Some(name) => of_run(&reading, name)?,
        None => reading.condition(&attempts.filter)?,
    };
    let mut columns = dynamic::attempt_columns();
    if attempts.json {
        let rows = reading.store.attempt_rows(expression, &columns);
        let place = export::Place::new(attempts.delivery.output.as_deref());
        export::write(rows, Format::Json, &columns, place.refuse_own(&reading)?)?;
        return Ok(Status::Fine);
    }
    if listing::form(&attempts.delivery)? == Form::Table {
        columns = displayed_columns(&columns);
    }
    let rows = reading.store.attempt_rows(expression, &columns);
    let listing = Listing {
        asked: columns.len(),
        columns,
        rows: Box::new(rows),
        nothing: "no attempts",
        reason: "error",
    };
    listing.deliver(&reading, &attempts.delivery)
}

/// The condition of one run.
pub(super) fn of_run(reading: &Reading, name: &str) -> Result<Expr<Row>, Failure> {
    let run = reading.run(name)?;
    let condition = format!("uuid == \"{}\"", run.uuid());
    dynamic::parse(reading.store.schema(), &condition).map_err(Failure::expression)
}

fn displayed_columns(columns: &[Column]) -> Vec<Column> {
    let find = |name: &&str| columns.iter().find(|column| column.name == **name).cloned();
    SHOWN.iter().filter_map(find).collect()
}
