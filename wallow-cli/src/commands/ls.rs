//! `wallow ls`: runs, or groups of them.

use wallow_runtime::dynamic::{Column, Function, Groups, Measure};

use crate::args::{Delivery, Form, Place, Selection, name, normal};
use crate::damaged::Damaged;
use crate::grouping::Grouping;
use crate::listing::{self, Listing};
use crate::open::{Reading, grouped, misused};
use crate::output::{self, Failure, Status};

mod sort;

/// Below its help.
pub(crate) const HELP: &str = "\
Expressions:
  == != < <= > >=   in [1, 2]   not in [..]   between 1 and 3   is null   is not null
  contains \"x\"   starts with \"x\"   ends with \"x\"   and   or   not   ( )
  A part of a json field is curve.loss[0]; a time is a text such as \"2026-11-25T13:00:00Z\".

Measures:
  mean:FIELD (with std, min, max and n)   n:   std:   sem:   min:   max:   sum:   median:   p0: … p100:
  ci:FIELD (with mean and n): half of the 95 % confidence interval of the mean, which is mean ± ci
  FIELD may be a part of a json field, such as curve[19].loss; runs without a number there do not count.

Examples:
  wallow ls
  wallow ls --where 'status == \"completed\" and val_loss < 0.3' --sort -val_accuracy,seed --limit 10
  wallow ls --columns uuid,learning_rate,val_loss --format csv --output runs.csv
  wallow ls --columns id,learning_rate,'curve[19].loss' --sort 'curve[19].loss'
  wallow ls --group-by architecture,learning_rate --agg mean:val_accuracy --sort -mean:val_accuracy
  wallow ls --group-by 'config.optimiser' --agg mean:val_accuracy
  wallow ls --over seed --agg ci:val_accuracy,median:val_loss";

/// `wallow ls`.
#[derive(Debug, clap::Args)]
pub(crate) struct Ls {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Print only these columns, in this order
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// Print one row for each combination of these fields, or parts of json fields, with its number of runs
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        conflicts_with = "columns"
    )]
    pub(crate) group_by: Vec<String>,

    /// Print one row for all runs that differ only in these fields: groups by every other identifying field that varies
    #[arg(
        long,
        value_name = "FIELDS",
        value_delimiter = ',',
        value_parser = name,
        conflicts_with_all = ["columns", "group_by"]
    )]
    pub(crate) over: Vec<String>,

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
    if ls.group_by.is_empty() && ls.agg.is_empty() && ls.over.is_empty() {
        let columns = columns(&reading, ls, form)?;
        let query = reading.selection(&ls.selection)?;
        // The usual columns may be left out if there is no room, except the id.
        let asked = ls.columns.len().max(1);
        let listing = Listing::of(&query, &columns, asked).map_err(misused)?;
        return listing.deliver(&reading, &ls.delivery);
    }
    let (Groups { columns, mut rows }, damaged) = groups(&reading, ls)?;
    sort::by(&mut rows, &columns, &ls.selection.sort)?;
    rows.truncate(ls.selection.limit.unwrap_or(usize::MAX));
    let listing = Listing {
        asked: columns.len(),
        columns,
        rows: Box::new(rows.into_iter().map(Ok)),
        nothing: listing::NO_RUNS,
        reason: listing::REASON,
    };
    listing.deliver_without(damaged, &reading, &ls.delivery)
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
    listing::refuse_twice(&names)?;
    Ok(names)
}

/// The groups of the runs that can be read, and the other runs.
fn groups(reading: &Reading, ls: &Ls) -> Result<(Groups, Damaged), Failure> {
    listing::refuse_twice(&ls.group_by)?;
    let mut measures = Vec::new();
    for measure in ls.agg.iter().flat_map(with_spread) {
        if !measures.contains(&measure) {
            measures.push(measure);
        }
    }
    let query = reading.query(&ls.selection.filter)?;
    let of_measures = measures.iter().map(|measure| measure.field.as_str());
    if ls.over.is_empty() {
        let keys = ls.group_by.iter().map(String::as_str);
        let fields = keys.chain(of_measures).collect::<Vec<_>>();
        return reading.of_readable(&query, &fields, |query| {
            grouped(query, &ls.group_by, &measures)
        });
    }
    let fields = reading.store.schema().key_columns();
    let fields = fields.into_iter().chain(of_measures).collect::<Vec<_>>();
    let ((grouping, groups), damaged) = reading.of_readable(&query, &fields, |query| {
        let grouping = Grouping::over(reading, query, &ls.over)?;
        let groups = grouped(query, &grouping.keys, &measures)?;
        Ok((grouping, groups))
    })?;
    output::note(&grouping.describe(&ls.over));
    Ok((groups, damaged))
}

/// A mean says little without its spread, so the standard deviation is added.
pub(super) fn with_spread(measure: &Measure) -> Vec<Measure> {
    let functions: &[Function] = match measure.function {
        Function::Mean => &[
            Function::Mean,
            Function::StdDev,
            Function::Min,
            Function::Max,
            Function::Count,
        ],
        // An interval without its middle says nothing.
        Function::Ci => &[Function::Mean, Function::Ci, Function::Count],
        ref function => std::slice::from_ref(function),
    };
    let functions = functions.iter();
    functions
        .map(|function| Measure::new(*function, measure.field.as_str()))
        .collect()
}

/// The names of columns, for a message.
fn listed(columns: &[Column]) -> String {
    let names = columns.iter().map(|column| column.name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// Blanks around a name are ignored: `--sort "loss, -seed"`.
pub(super) fn measure(text: &str) -> Result<Measure, String> {
    normal(text).parse()
}
