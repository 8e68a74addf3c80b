//! `wallow pivot`: a table of two fields, with a measure of the runs in each cell.

use std::sync::Arc;

use serde_json::Value as Json;
use wallow_runtime::Query;
use wallow_runtime::dynamic::{Column, Function, Measure, Row, Value};
use wallow_schema::FieldType;

use super::ls::measure;
use crate::args::{Delivery, Filter, Form, Place, name};
use crate::listing::{self, Listing, NO_RUNS, REASON};
use crate::open::{Reading, grouped};
use crate::output::{self, Failure, Status};
use crate::screen::Screen;
use crate::table::{Cell, Heading, Look, Table};
use crate::terminal;

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow pivot optimiser learning_rate --agg mean:val_accuracy
  wallow pivot architecture batch_size --agg ci:val_loss --where 'status == \"completed\"' --format csv

Measures are those of `wallow ls --help`; an interval stands behind its mean. Behind a measure is how many runs have a value, in parentheses;
formats for programs have it as a column `n:VALUE`. A cell without runs is `-`.";

/// `wallow pivot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Pivot {
    /// One row for each value of this field
    #[arg(value_name = "ROW", value_parser = name)]
    pub(crate) row: String,

    /// One column for each value of this field
    #[arg(value_name = "COLUMN", value_parser = name)]
    pub(crate) column: String,

    /// The measure in the cells [default: the number of runs]
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub(crate) agg: Option<Measure>,

    #[command(flatten)]
    pub(crate) filter: Filter,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

/// With more columns nobody reads a table.
const MOST_COLUMNS: usize = 200;

/// The measure of the runs with one value of both fields, and how many of them have a value.
#[derive(Clone)]
struct Group {
    value: Value,
    count: Value,
    /// The middle of an interval, if the measure is one.
    mean: Option<Value>,
}

/// The cells, row by row; `None` if no run has both values.
struct Grid {
    columns: Vec<Value>,
    rows: Vec<(Value, Vec<Option<Group>>)>,
    /// The column of the values of the rows.
    row: Column,
    /// The type of the measure.
    ty: FieldType,
}

pub(crate) fn run(place: &Place, pivot: &Pivot) -> Result<Status, Failure> {
    let form = listing::form(&pivot.delivery)?;
    if pivot.row == pivot.column {
        return Err(Failure::usage(format!(
            "`{}` is named for the rows and for the columns; name two fields",
            pivot.row
        )));
    }
    let reading = Reading::open(place)?;
    let query = reading.query(&pivot.filter)?;
    let measured = pivot.agg.iter().map(|measure| measure.field.as_str());
    let fields = [pivot.row.as_str(), &pivot.column].into_iter();
    let fields = fields.chain(measured).collect::<Vec<_>>();
    let (grid, damaged) = reading.of_readable(&query, &fields, |query| grid(query, pivot))?;
    if form == Form::Table {
        print(&reading, pivot, &grid)?;
        damaged.report()?;
        return Ok(Status::Fine);
    }
    listing(pivot, grid).deliver_without(damaged, &reading, &pivot.delivery)
}

fn grid(query: &Query<Row>, pivot: &Pivot) -> Result<Grid, Failure> {
    let is_interval = pivot
        .agg
        .as_ref()
        .is_some_and(|measure| measure.function == Function::Ci);
    let measures = pivot.agg.iter().flat_map(|measure| {
        let count = Measure::new(Function::Count, measure.field.as_str());
        let mean = is_interval.then(|| Measure::new(Function::Mean, measure.field.as_str()));
        [measure.clone(), count].into_iter().chain(mean)
    });
    let measures = measures.collect::<Vec<_>>();
    let keys = [&pivot.row, &pivot.column];
    let groups = grouped(query, &keys, &measures)?;
    // The columns: both keys, the number of runs, the measure, and the number of values.
    let (value, count) = if measures.is_empty() { (2, 2) } else { (3, 4) };
    let mut columns = grouped(query, &keys[1..], &[])?.rows;
    if columns.len() > MOST_COLUMNS {
        return Err(Failure::usage(format!(
            "`{}` has {} values, and a table has at most {MOST_COLUMNS} columns; name it first, select fewer runs with \
             `--where`, or list the groups with `wallow ls --group-by {},{}`",
            pivot.column,
            columns.len(),
            pivot.row,
            pivot.column,
        )));
    }
    let nth = |row: &Row, index: usize| {
        row.iter()
            .nth(index)
            .map_or(Value::Null, |(_, value)| value.clone())
    };
    let columns = columns
        .drain(..)
        .map(|row| nth(&row, 0))
        .collect::<Vec<_>>();
    let mut rows = Vec::<(Value, Vec<Option<Group>>)>::new();
    // Groups are ordered by the row, then by the column.
    for group in &groups.rows {
        let (row, column) = (nth(group, 0), nth(group, 1));
        if rows.last().is_none_or(|(last, _)| !same(last, &row)) {
            rows.push((row, vec![None; columns.len()]));
        }
        let place = columns.iter().position(|known| same(known, &column));
        if let (Some((_, cells)), Some(place)) = (rows.last_mut(), place) {
            cells[place] = Some(Group {
                value: nth(group, value),
                count: nth(group, count),
                mean: is_interval.then(|| nth(group, count + 1)),
            });
        }
    }
    Ok(Grid {
        columns,
        rows,
        row: groups
            .columns
            .first()
            .cloned()
            .unwrap_or_else(|| Column::new(&pivot.row, FieldType::String, true)),
        ty: groups
            .columns
            .get(value)
            .map_or(FieldType::Int, |column| column.ty),
    })
}

/// Whether two values of one column make one group.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        // Zeros of both signs are one group.
        (Value::Float(one), Value::Float(other)) => (one + 0.0).total_cmp(&(other + 0.0)).is_eq(),
        (one, other) => one == other,
    }
}

/// A value as a name: the texts among the parts of a json field are texts for a person, without quotes.
fn label(value: &Value) -> String {
    match value {
        Value::Json(Json::String(text)) => output::visible(text),
        value => Look::WHOLE.cell(value, true).text,
    }
}

fn print(reading: &Reading, pivot: &Pivot, grid: &Grid) -> Result<(), Failure> {
    if grid.rows.is_empty() {
        output::line("no runs");
        return Ok(());
    }
    let screen = Screen::stdout();
    let look = Look {
        short: screen.is_terminal(),
        ..Look::WHOLE
    };
    let corner = format!("{} \\ {}", pivot.row, pivot.column);
    let mut headings = vec![Heading::text(output::visible(&corner))];
    headings.extend(
        grid.columns
            .iter()
            .map(|value| Heading::number(label(value))),
    );
    let mut table = Table::new(headings, screen, terminal::paged(&pivot.delivery));
    for (row, cells) in &grid.rows {
        let mut line = vec![match row {
            Value::Json(Json::String(_)) => label(row).into(),
            row => look.cell(row, reading.is_identifying(&pivot.row)),
        }];
        line.extend(cells.iter().map(|cell| match cell {
            None => Cell::null(),
            Some(Group { value, .. }) if pivot.agg.is_none() => look.cell(value, false),
            Some(Group { value, count, mean }) => {
                let (value, count) = (look.cell(value, false).text, label(count));
                match mean {
                    Some(mean) => {
                        let mean = look.cell(mean, false).text;
                        format!("{mean} ± {value} ({count})").into()
                    }
                    None => format!("{value} ({count})").into(),
                }
            }
        }));
        table.row(line)?;
    }
    table.finish()?;
    Ok(())
}

/// The table in a form for programs: a column for each value, then, with a measure, the number of runs in each cell.
fn listing(pivot: &Pivot, grid: Grid) -> Listing {
    let mut columns = vec![grid.row];
    let mut name = |head: &str, value: &Value, ty| {
        let mut name = format!("{head}{}", label(value));
        // A text may be named as another column is.
        while columns.iter().any(|column: &Column| column.name == name) {
            name.push('\'');
        }
        columns.push(Column::new(name, ty, true));
    };
    for value in &grid.columns {
        name("", value, grid.ty);
    }
    if pivot.agg.is_some() {
        for value in &grid.columns {
            name("n:", value, FieldType::Int);
        }
    }
    let names = columns.iter().map(|column| column.name.clone());
    let names = names.collect::<Arc<[String]>>();
    let with_counts = pivot.agg.is_some();
    let rows = grid.rows.into_iter().map(move |(row, cells)| {
        let mut values = vec![row];
        values.extend(cells.iter().map(|cell| {
            cell.as_ref()
                .map_or(Value::Null, |group| group.value.clone())
        }));
        if with_counts {
            values.extend(
                cells
                    .into_iter()
                    .map(|cell| cell.map_or(Value::Int(0), |group| group.count)),
            );
        }
        Ok(Row::new(Arc::clone(&names), values))
    });
    Listing {
        asked: columns.len(),
        columns,
        rows: Box::new(rows),
        nothing: NO_RUNS,
        reason: REASON,
    }
}
