//! `wallow ls`: runs, or groups of them.

use wallow_runtime::dynamic::{self, Column, Function, Groups, Measure};

use crate::args::{Delivery, Filter, Form, Place, name, normal, number};
use crate::listing::{self, Listing};
use crate::output::{Failure, Status};
use crate::reading::{Reading, grouped, misused};

mod sort;

/// Below its help.
pub(crate) const HELP: &str = "\
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

/// `wallow ls`.
#[derive(Debug, clap::Args)]
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

pub(crate) fn run(place: &Place, ls: &Ls) -> Result<Status, Failure> {
    let form = listing::form(&ls.delivery)?;
    let reading = Reading::open(place)?;
    if ls.group_by.is_empty() && ls.agg.is_empty() {
        let columns = columns(&reading, ls, form)?;
        let mut query = reading.query(&ls.filter)?;
        for term in &ls.sort {
            let order = dynamic::order(reading.store.schema(), term);
            query = query.order_by(order.map_err(misused)?);
        }
        if let Some(limit) = ls.limit {
            query = query.limit(limit);
        }
        // The usual columns may be left out if there is no room, except the id.
        let asked = ls.columns.len().max(1);
        let listing = Listing::of(&reading, &query, &columns, asked).map_err(misused)?;
        return listing.deliver(&reading, &ls.delivery);
    }
    let Groups { columns, mut rows } = groups(&reading, ls)?;
    sort::by(&mut rows, &columns, &ls.sort)?;
    rows.truncate(ls.limit.unwrap_or(usize::MAX));
    let listing = Listing {
        asked: columns.len(),
        columns,
        rows: Box::new(rows.into_iter().map(Ok)),
    };
    listing.deliver(&reading, &ls.delivery)
}

/// The columns that were asked for; otherwise the usual columns of a table, and all columns for a program.
fn columns(reading: &Reading, ls: &Ls, form: Form) -> Result<Vec<String>, Failure> {
    let names = if !ls.columns.is_empty() {
        ls.columns.clone()
    } else if form == Form::Table {
        listing::usual(reading, None)
    } else {
        let all = reading.store.columns().iter();
        all.map(|column| column.name.clone()).collect()
    };
    twice(&names)?;
    Ok(names)
}

fn groups(reading: &Reading, ls: &Ls) -> Result<Groups, Failure> {
    twice(&ls.group_by)?;
    let mut measures = Vec::new();
    for measure in ls.agg.iter().flat_map(with_spread) {
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let query = reading.query(&ls.filter)?;
    grouped(&query, &ls.group_by, &measures)
}

/// A mean says little without its spread, so the standard deviation is added.
fn with_spread(measure: &Measure) -> Vec<Measure> {
    let functions: &[Function] = match measure.function {
        Function::Mean => &[
            Function::Mean,
            Function::StdDev,
            Function::Min,
            Function::Max,
            Function::Count,
        ],
        ref function => std::slice::from_ref(function),
    };
    let functions = functions.iter();
    functions
        .map(|function| Measure::new(*function, measure.field.as_str()))
        .collect()
}

/// Each column once: most formats cannot distinguish two columns of the same name.
fn twice(names: &[String]) -> Result<(), Failure> {
    let again = |(index, name): &(usize, &String)| names[..*index].contains(*name);
    match names.iter().enumerate().find(again) {
        None => Ok(()),
        Some((_, name)) => Err(Failure::usage(format!(
            "the column `{name}` is named twice; name it once"
        ))),
    }
}

/// The names of columns, for a message.
fn listed(columns: &[Column]) -> String {
    let names = columns.iter().map(|column| column.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// Blanks around a name are ignored: `--sort "loss, -seed"`.
fn measure(text: &str) -> Result<Measure, String> {
    normal(text).parse()
}
