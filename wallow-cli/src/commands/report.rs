//! `wallow report`: runs in one HTML file, to be looked at without wallow, a database or a network.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use chrono::{SecondsFormat, Utc};
use serde_json::{Value as Json, json};
use wallow_runtime::Query;
use wallow_runtime::dynamic::{Column, Row};
use wallow_schema::FieldType;

use super::importance;
use crate::args::{Filter, Place, name};
use crate::damaged::Damaged;
use crate::export;
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};
use crate::page::attempts::Attempts;
use crate::page::{self, Columns};
use crate::progress::Progress;

/// Below its help.
pub(crate) const HELP: &str = "\
The file holds its runs, and opens in a browser from the disk. It shows progress, a table, groups over
seeds, scatter plots, parallel coordinates, heat maps, curves, comparisons, and which fields matter.
Curves are thinned to 1,000 points. For more runs than a browser holds, see `wallow ui`.

Examples:
  wallow report --output report.html
  wallow report --where 'status == \"completed\"' --output completed.html
  wallow report --columns architecture,learning_rate,seed,val_accuracy -o small.html";

/// `wallow report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Write only these columns; id and uuid are always there
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// Write into this file, completely or not at all [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// A page of more bytes is slow in a browser.
const LARGE: u64 = 100_000_000;

pub(crate) fn run(place: &Place, report: &Report) -> Result<Status, Failure> {
    let to = export::Place::new(report.output.as_deref());
    if to.is_terminal() {
        return Err(Failure::usage(
            "a report is for a browser, not for a terminal; name a file with `--output report.html`",
        ));
    }
    let reading = Reading::open(place)?;
    let to = to.refuse_own(&reading)?;
    let names = columns(&reading, &report.columns)?;
    let query = reading.query(&report.filter)?;
    let query = query.columns(&names).map_err(misused)?;
    let columns = query.read_columns();
    let (runs, damaged) = read(&query, &columns)?;
    let attempts = page::attempts::of(&reading.store, reading.condition(&report.filter)?)?;
    let text = Text {
        reading: &reading,
        report,
        columns: &columns,
        importance: importance(&reading, &report.filter, &columns),
        attempts: &attempts,
        runs: &runs,
        damaged: &damaged,
    };
    let written = deliver(to, |out| text.write(out))?;
    if let Some(path) = &report.output {
        let counted = output::counted(runs.rows(), "run");
        output::line(&format!(
            "wrote {counted} to {}",
            output::display_path(path)
        ));
        if written > LARGE {
            let megabytes = written / 1_000_000;
            output::warning(&format!(
                "the report has {megabytes} MB, which browsers open slowly; write fewer runs with `--where`, leave \
                 columns out with `--columns`, or look at all runs with `wallow ui`"
            ));
        }
    }
    Damaged::report_all([damaged, attempts.damaged])?;
    Ok(Status::Fine)
}

/// The columns that were asked for, and those by which a run is named.
fn columns(reading: &Reading, asked: &[String]) -> Result<Vec<String>, Failure> {
    let all = reading.store.columns().iter();
    let all = all.map(|column| column.name.clone()).collect::<Vec<_>>();
    if asked.is_empty() {
        return Ok(all);
    }
    if let Some(name) = asked.iter().find(|name| !all.contains(name)) {
        // The error of a query names the nearest column.
        let query = reading.store.query();
        let _ = query.columns(&[name]).map_err(misused)?;
        return Err(Failure::usage(format!(
            "`{name}` is a part of a json field, and a report has whole fields; name the field, or leave `--columns` out"
        )));
    }
    let is_kept = |name: &String| ["id", "uuid"].contains(&name.as_str()) || asked.contains(name);
    Ok(all.into_iter().filter(is_kept).collect())
}

/// Reads the runs. If the database itself fails, nothing is written: the report must not look complete.
fn read(query: &Query<Row>, columns: &[Column]) -> Result<(Columns, Damaged), Failure> {
    let mut columns = Columns::new(columns.to_vec(), true);
    let mut damaged = Damaged::default();
    for row in query {
        let row = damaged.readable(row);
        if let Some(row) = row.map_err(|error| Failure::finding(error.to_string()))? {
            columns.push(&row);
        }
    }
    Ok((columns, damaged))
}

/// How much each field matters for each number that was measured, or why that is not known.
fn importance(reading: &Reading, filter: &Filter, columns: &[Column]) -> Json {
    let _progress = Progress::of("weighing the fields");
    let schema = reading.store.schema();
    let is_metric = |column: &&Column| {
        let of_run = schema
            .annotating
            .iter()
            .find(|field| field.name == column.name);
        of_run.is_some_and(|field| matches!(field.ty, FieldType::Int | FieldType::Float))
    };
    let metrics = columns.iter().filter(is_metric);
    let found = metrics.map(|column| {
        let shares = importance::shares(reading, filter, &column.name, None);
        let shares = shares.unwrap_or_else(|failure| json!({ "refused": failure.to_string() }));
        (column.name.clone(), shares)
    });
    Json::Object(found.collect())
}

/// Writes the file, and returns its size.
fn deliver(
    to: export::Place,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<u64, Failure> {
    let (out, to) = to.open(false)?;
    let mut out = Counted {
        out: BufWriter::with_capacity(1 << 16, out),
        bytes: 0,
    };
    let written = write(&mut out).and_then(|()| out.flush());
    match written {
        Ok(()) => to.keep()?,
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(to.unwritten(error)),
    }
    Ok(out.bytes)
}

/// What a report is made of.
struct Text<'r> {
    reading: &'r Reading,
    report: &'r Report,
    columns: &'r [Column],
    importance: Json,
    attempts: &'r Attempts,
    runs: &'r Columns,
    damaged: &'r Damaged,
}

impl Text<'_> {
    fn write(&self, mut out: &mut dyn Write) -> io::Result<()> {
        let title = &self.reading.store.schema().project.name;
        page::write(&mut out, page::Served::AsFile, title, |out| self.data(out))
    }

    /// The members of the description, then the runs.
    fn data(&self, out: &mut dyn Write) -> io::Result<()> {
        let schema = self.reading.store.schema();
        let partial = self.runs.partial();
        let database = &self.reading.database;
        let mut page = page::description::of(schema, self.columns, database, &partial);
        let now = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true);
        page.insert("written".into(), now.into());
        page.insert("where".into(), json!(self.report.filter.condition));
        page.insert("size".into(), self.runs.rows().into());
        page.insert("importance".into(), self.importance.clone());
        page.insert("attempts".into(), json!(self.attempts.by_run));
        page.insert("damaged".into(), self.damaged.as_json());
        page.insert("damagedAttempts".into(), self.attempts.damaged.as_json());
        let text = page::harmless(Json::from(page).to_string());
        let text = text.strip_suffix('}').unwrap_or(&text);
        write!(out, "{text},\"data\":")?;
        self.runs.write(out)?;
        out.write_all(b"}")
    }
}

/// Counts what is written.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
