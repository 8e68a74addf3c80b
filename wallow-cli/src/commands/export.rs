//! `wallow export`: writes runs into a file, ordered by id.

use std::path::PathBuf;

use wallow_runtime::dynamic::Column;

use crate::args::{Filter, Place, name};
use crate::export::{self, Format};
use crate::output::{self, Failure, Status};
use crate::reading::Reading;

/// `wallow export`.
#[derive(Debug, clap::Args)]
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

pub(crate) fn run(place: &Place, export: &Export) -> Result<Status, Failure> {
    let to = export::Place::new(export.output.as_deref());
    let format = format(export)?;
    let reading = Reading::open(place)?;
    let to = to.refuse_own(&reading)?;
    let mut query = reading.query(&export.filter)?;
    let mut columns = reading.store.columns().to_vec();
    if !export.columns.is_empty() {
        let narrowed = query.columns(&export.columns);
        query = narrowed.map_err(|error| Failure::usage(error.to_string()))?;
        columns = named(&columns, &export.columns)?;
    }
    let count = export::write(query.iter(), format, &columns, to)?;
    if let Some(path) = &export.output {
        export::wrote(path, &output::counted(count, "run"));
    }
    Ok(Status::Fine)
}

/// The columns with these names, each once: most readers refuse a table in which a name occurs twice.
fn named(columns: &[Column], names: &[String]) -> Result<Vec<Column>, Failure> {
    let mut chosen = Vec::<Column>::new();
    for name in names {
        if chosen.iter().any(|column| column.name == *name) {
            return Err(Failure::usage(format!(
                "the column `{name}` is named twice; name it once"
            )));
        }
        chosen.extend(columns.iter().find(|column| column.name == *name).cloned());
    }
    Ok(chosen)
}

/// The format that was given, or that the file's name indicates; CSV on stdout.
fn format(export: &Export) -> Result<Format, Failure> {
    match (export.format, &export.output) {
        (Some(format), _) => Ok(format),
        (None, None) => Ok(Format::Csv),
        (None, Some(path)) => Format::of_path(path).ok_or_else(|| {
            Failure::usage(format!(
                "the name `{}` does not tell a format; name one with `--format`",
                path.display()
            ))
        }),
    }
}
