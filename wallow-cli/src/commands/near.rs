//! `wallow near`: the runs that are nearest to a setting.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use wallow_runtime::Query;
use wallow_runtime::dynamic::{Column, Row, Value};
use wallow_schema::FieldType;

use super::show::value_as_json;
use crate::args::{Delivery, Form, Place, Selection, assignment, name};
use crate::damaged::Damaged;
use crate::listing::{self, Listing, NO_RUNS, REASON};
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};
use crate::screen::Screen;
use crate::table::{Heading, Look, Table};
use crate::terminal;

mod setting;

use setting::Setting;

/// `wallow near`.
#[derive(Debug, clap::Args)]
pub(crate) struct Near {
    /// Values of identifying fields
    #[arg(required = true, value_name = "FIELD=VALUE", value_parser = assignment)]
    pub(crate) settings: Vec<(String, String)>,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Print these columns, too
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) delivery: Delivery,

    /// Print JSON, with the values that were asked for
    #[arg(long, conflicts_with = "format", hide = true)]
    pub(crate) json: bool,
}

/// How many runs are printed if nobody says.
const FIVE: usize = 5;

/// Shown beside a run if the schema has it.
const STATUS: &str = "status";

/// A run and its distance: the number of fields in which it differs, and the sum of the differences.
struct Neighbour {
    row: Row,
    differing: usize,
    distance: f64,
}

pub(crate) fn run(place: &Place, near: &Near) -> Result<Status, Failure> {
    let form = listing::form(&near.delivery)?;
    let reading = Reading::open(place)?;
    let schema = reading.store.schema();
    let settings = near.settings.iter();
    let settings = settings.map(|(name, text)| Setting::read(schema, name, text));
    let settings = settings.collect::<Result<Vec<_>, _>>()?;
    setting::refuse_twice(&settings)?;
    let has_status = schema.field(STATUS).is_some();
    let status = has_status.then_some(STATUS);
    let names = settings.iter().map(|setting| setting.name.as_str());
    let mut columns = vec!["id", "uuid"];
    columns.extend(status);
    let wanted = near.columns.iter().map(String::as_str);
    for name in names.chain(wanted) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let query = reading.query(&near.selection.filter)?;
    // Equally near runs are in the order that was asked for.
    let query = reading.sorted(query, &near.selection.sort)?;
    let query = query.columns(&columns).map_err(misused)?;
    let mut damaged = Damaged::default();
    let rows = query.iter();
    let rows = rows.filter_map(|row| damaged.sort_out(row));
    let limit = near.selection.limit.unwrap_or(FIVE);
    let nearest = nearest(rows, &settings, limit);
    let displayed = Shown {
        status,
        columns: columns_of(&query, &near.columns, status),
    };
    if form != Form::Table {
        let listing = listing(&nearest, &displayed, &settings);
        listing.deliver(&reading, &near.delivery)?;
    } else if near.json {
        let found = nearest
            .iter()
            .map(|found| as_json(found, status, &settings));
        output::json(&found.collect());
    } else if !nearest.is_empty() {
        print(&nearest, &displayed, &settings, near)?;
    } else if damaged.is_empty() {
        output::line("no runs");
    }
    damaged.report()?;
    Ok(Status::Fine)
}

/// The nearest runs, nearest first; equally near runs by id. At most this many runs are in memory at once.
fn nearest(rows: impl Iterator<Item = Row>, settings: &[Setting], limit: usize) -> Vec<Neighbour> {
    let mut nearest = Vec::<Neighbour>::new();
    for row in rows {
        let distances = settings.iter();
        let distances = distances.filter_map(|setting| setting.distance(row.get(&setting.name)));
        let distances = distances.collect::<Vec<_>>();
        let found = Neighbour {
            differing: distances.len(),
            distance: distances.iter().sum(),
            row,
        };
        let place = nearest.partition_point(|known| !found.is_nearer_than(known));
        if place < limit {
            nearest.truncate(limit - 1);
            nearest.insert(place, found);
        }
    }
    nearest
}

impl Neighbour {
    fn is_nearer_than(&self, other: &Self) -> bool {
        let by_count = self.differing.cmp(&other.differing);
        by_count
            .then(self.distance.total_cmp(&other.distance))
            .is_lt()
    }

    /// The settings in which the run differs, with the run's own values.
    fn differences<'s>(
        &'s self,
        settings: &'s [Setting],
    ) -> impl Iterator<Item = (&'s Setting, &'s Value)> {
        settings.iter().filter_map(|setting| {
            let value = self.row.get(&setting.name)?;
            setting.distance(Some(value)).map(|_| (setting, value))
        })
    }
}

/// What is printed of a run beside its differences.
struct Shown<'s> {
    status: Option<&'s str>,
    /// The columns that were asked for.
    columns: Vec<Column>,
}

/// The columns that were asked for, without those that are printed anyway.
fn columns_of(query: &Query<Row>, names: &[String], status: Option<&str>) -> Vec<Column> {
    let columns = query.read_columns().into_iter();
    let columns = columns.filter(|column| {
        let name = column.name.as_str();
        let is_there = name == "id" || name == "uuid" || Some(name) == status;
        !is_there && names.contains(&column.name)
    });
    columns.collect()
}

/// The differences as text, with the run's own values.
fn differences(found: &Neighbour, settings: &[Setting]) -> String {
    let differences = found.differences(settings).map(|(setting, value)| {
        let value = Look::WHOLE.cell(value, true).text;
        format!("{}={value}", setting.name)
    });
    let differences = differences.collect::<Vec<_>>();
    if differences.is_empty() {
        "nothing".to_owned()
    } else {
        differences.join(" ")
    }
}

/// The nearest runs for a program.
fn listing(nearest: &[Neighbour], displayed: &Shown<'_>, settings: &[Setting]) -> Listing {
    let mut columns = vec![
        Column::new("id", FieldType::Int, false),
        Column::new("differs_in", FieldType::String, false),
    ];
    columns.extend(
        displayed
            .status
            .map(|name| Column::new(name, FieldType::String, true)),
    );
    columns.extend(displayed.columns.iter().cloned());
    columns.push(Column::new("uuid", FieldType::String, false));
    let names = columns.iter().map(|column| column.name.clone());
    let names = names.collect::<Arc<[String]>>();
    let rows = nearest.iter().map(|found| {
        let values = columns
            .iter()
            .enumerate()
            .map(|(index, column)| match index {
                1 => Value::Text(differences(found, settings)),
                _ => found.row.get(&column.name).cloned().unwrap_or(Value::Null),
            });
        Ok(Row::new(Arc::clone(&names), values.collect()))
    });
    Listing {
        rows: Box::new(rows.collect::<Vec<_>>().into_iter()),
        asked: columns.len(),
        columns,
        nothing: NO_RUNS,
        reason: REASON,
    }
}

fn print(
    nearest: &[Neighbour],
    displayed: &Shown<'_>,
    settings: &[Setting],
    near: &Near,
) -> Result<(), Failure> {
    let status = displayed.status;
    let mut headings = vec![Heading::number("id"), Heading::text("differs in")];
    headings.extend(status.map(Heading::text));
    headings.extend(displayed.columns.iter().map(listing::heading));
    headings.push(Heading::id("uuid"));
    let mut table = Table::new(headings, Screen::stdout(), terminal::paged(&near.delivery));
    for found in nearest {
        let differences = differences(found, settings);
        let cell = |name| {
            let value = found.row.get(name).unwrap_or(&Value::Null);
            Look::WHOLE.cell(value, true)
        };
        let mut cells = vec![cell("id"), differences.into()];
        cells.extend(status.map(cell));
        cells.extend(displayed.columns.iter().map(|column| cell(&column.name)));
        cells.push(cell("uuid"));
        table.row(cells)?;
    }
    Ok(table.finish()?)
}

fn as_json(found: &Neighbour, status: Option<&str>, settings: &[Setting]) -> Json {
    let displayed = ["id", "uuid"].into_iter().chain(status);
    let displayed = displayed.filter_map(|name| Some((name, found.row.get(name)?)));
    let mut members = displayed
        .map(|(name, value)| (name.to_owned(), value_as_json(value)))
        .collect::<Map<_, _>>();
    let differences = found.differences(settings).map(|(setting, value)| {
        let both = json!({
            "asked": value_as_json(&setting.value),
            "found": value_as_json(value),
        });
        (setting.name.clone(), both)
    });
    members.insert("differences".into(), Json::Object(differences.collect()));
    Json::Object(members)
}
