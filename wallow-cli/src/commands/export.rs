//! `wallow export`: writes runs into a file, ordered by id.

use std::path::PathBuf;

use wallow_runtime::Query;
use wallow_runtime::dynamic::{self, Column, Row};
use wallow_schema::FieldType;

use crate::args::{Place, Selection, name};
use crate::bulk;
use crate::export::unnest::Unnested;
use crate::export::{self, Format};
use crate::listing;
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};
use crate::progress::Progress;

/// `wallow export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Write only these columns, in this order
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// Write one row for each point of this json field, with id, uuid and key of its run, or with --columns
    #[arg(long, value_name = "FIELD", value_parser = name)]
    pub(crate) unnest: Option<String>,

    /// Write the attempts at these runs, not the runs
    #[arg(long, conflicts_with = "unnest")]
    pub(crate) attempts: bool,

    /// The format [default: by the ending of --output; csv on stdout]
    #[arg(long)]
    pub(crate) format: Option<Format>,

    /// Write into this file [default: stdout]
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

pub(crate) fn run(place: &Place, export: &Export) -> Result<Status, Failure> {
    let to = export::Place::new(export.output.as_deref());
    let format = format(export)?;
    let reading = Reading::open_to_save(place)?;
    let to = to.refuse_own(&reading)?;
    if export.attempts {
        return attempts(&reading, export, format, to);
    }
    let mut query = reading.selection(&export.selection)?;
    if let Some(field) = &export.unnest {
        return unnest(&reading, export, field, &query, format, to);
    }
    if !export.columns.is_empty() {
        listing::refuse_twice(&export.columns)?;
        query = query.columns(&export.columns).map_err(misused)?;
    }
    let progress = progress(export, &query)?;
    let rows = query.iter().inspect(|_| progress.inc(1));
    let count = export::write(rows, format, &query.read_columns(), to)?;
    drop(progress);
    if let Some(path) = &export.output {
        export::wrote(path, &output::counted(count, "run"));
    }
    Ok(Status::Fine)
}

/// Writes the attempts at runs.
fn attempts(
    reading: &Reading,
    export: &Export,
    format: Format,
    to: export::Place,
) -> Result<Status, Failure> {
    reading.store.require_attempts()?;
    let Selection {
        filter,
        sort,
        limit,
        ..
    } = &export.selection;
    if !sort.is_empty() || limit.is_some() {
        return Err(Failure::usage(
            "attempts are written by id and number, all of them; leave out `--sort` and `-n`, and say which runs with `--where`",
        ));
    }
    let condition = reading.condition(filter)?;
    let mut columns = dynamic::attempt_columns();
    if !export.columns.is_empty() {
        let is_known = |name: &&String| columns.iter().any(|column| column.name == **name);
        if let Some(unknown) = export.columns.iter().find(|name| !is_known(name)) {
            let known = columns.iter().map(|column| column.name.as_str());
            return Err(Failure::usage(format!(
                "attempts have no column `{}`; they have {}",
                output::visible(unknown),
                known.collect::<Vec<_>>().join(", ")
            )));
        }
        listing::refuse_twice(&export.columns)?;
        columns = named(&columns, &export.columns);
    }
    let rows = reading.store.attempt_rows(condition, &columns);
    let count = export::write(rows, format, &columns, to)?;
    if let Some(path) = &export.output {
        let attempts = output::counted(count, "attempt");
        output::line(&format!(
            "wrote {attempts} to {}",
            output::display_path(path)
        ));
    }
    Ok(Status::Fine)
}

/// The columns with these names, in their order.
fn named(columns: &[Column], names: &[String]) -> Vec<Column> {
    let find = |name: &String| columns.iter().find(|column| column.name == *name).cloned();
    names.iter().filter_map(find).collect()
}

/// Writes the points of a json field.
fn unnest(
    reading: &Reading,
    export: &Export,
    field: &str,
    query: &Query<Row>,
    format: Format,
    to: export::Place,
) -> Result<Status, Failure> {
    let mut names = export.columns.clone();
    if names.is_empty() {
        let key = reading.store.schema().identifying.iter();
        names = ["id", "uuid"].map(str::to_owned).to_vec();
        names.extend(key.map(|field| field.name.clone()));
    }
    names.push(field.to_owned());
    listing::refuse_twice(&names)?;
    let query = query.clone().columns(&names).map_err(misused)?;
    let columns = query.read_columns();
    if columns
        .last()
        .is_some_and(|column| column.ty != FieldType::Json)
    {
        return Err(Failure::usage(format!(
            "`{field}` is no json field, so it has no points; name a json field with `--unnest`"
        )));
    }
    let progress = progress(export, &query)?;
    let unnested = Unnested::of(field, &query);
    let without_points = unnested.without_points;
    let columns = unnested.columns();
    let (rows, changed) = unnested.rows(&query);
    let count = export::write(rows.inspect(|_| progress.inc(1)), format, &columns, to)?;
    drop(progress);
    if let Some(path) = &export.output {
        let points = output::counted(count, "point");
        output::line(&format!("wrote {points} to {}", output::display_path(path)));
    }
    if without_points > 0 {
        let runs = bulk::runs(without_points);
        output::note(&format!(
            "{runs} without points in `{field}`, and so without rows"
        ));
    }
    if changed.is_seen() {
        return Err(Failure::finding(format!(
            "points of `{field}` changed while they were exported, and some are left out; export again"
        )));
    }
    Ok(Status::Fine)
}

/// The progress of an export into a file; what goes to stdout shows its own.
fn progress(export: &Export, query: &Query<Row>) -> Result<Progress, Failure> {
    if export.output.is_none() || !Progress::is_shown() {
        return Ok(Progress::hidden());
    }
    let count = query.count().map_err(misused)?;
    let limit = export
        .selection
        .limit
        .map_or(u64::MAX, |limit| limit as u64);
    Ok(match export.unnest {
        Some(_) => Progress::counting("points exported:"),
        None => Progress::of_runs("exporting", count.min(limit)),
    })
}

/// The format that was given, or that the file's name indicates; CSV on stdout.
fn format(export: &Export) -> Result<Format, Failure> {
    match (export.format, &export.output) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(Format::Csv),
        (None, Some(path)) => Format::of_path(path).ok_or_else(|| output::no_format_to_write(path)),
    }
}
