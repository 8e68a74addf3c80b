//! `wallow near`: the runs that are nearest to a setting.

use serde_json::{Map, Value as Json, json};
use wallow_runtime::dynamic::{Row, Value};

use super::show::value_as_json;
use crate::args::{Filter, Place, assignment, number};
use crate::damaged::Damaged;
use crate::output::{self, Failure, Status};
use crate::reading::{Reading, misused};
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
    pub(crate) filter: Filter,

    /// Print at most N runs
    #[arg(long, short = 'n', value_name = "N", default_value_t = 5, value_parser = number)]
    pub(crate) limit: usize,

    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Shown beside a run if the schema has it.
const STATUS: &str = "status";

/// A run and its distance: the number of fields in which it differs, and the sum of the differences.
struct Neighbour {
    row: Row,
    differing: usize,
    distance: f64,
}

pub(crate) fn run(place: &Place, near: &Near) -> Result<Status, Failure> {
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
    columns.extend(names.filter(|name| *name != STATUS));
    let query = reading.query(&near.filter)?.columns(&columns);
    let mut damaged = Damaged::default();
    let rows = query.map_err(misused)?.iter();
    let rows = rows.filter_map(|row| damaged.sort_out(row));
    let nearest = nearest(rows, &settings, near.limit);
    if near.json {
        let found = nearest
            .iter()
            .map(|found| as_json(found, status, &settings));
        output::json(&found.collect());
    } else if !nearest.is_empty() {
        print(&nearest, status, &settings)?;
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

fn print(nearest: &[Neighbour], status: Option<&str>, settings: &[Setting]) -> Result<(), Failure> {
    let mut headings = vec![Heading::number("id"), Heading::text("differs in")];
    headings.extend(status.map(Heading::text));
    headings.push(Heading::text("uuid"));
    let mut table = Table::new(headings, Screen::stdout(), terminal::stdout());
    for found in nearest {
        let differences = found.differences(settings).map(|(setting, value)| {
            let value = Look::WHOLE.cell(value, true).text;
            format!("{}={value}", setting.name)
        });
        let differences = differences.collect::<Vec<_>>();
        let differences = if differences.is_empty() {
            "nothing".to_owned()
        } else {
            differences.join(" ")
        };
        let cell = |name| {
            let value = found.row.get(name).unwrap_or(&Value::Null);
            Look::WHOLE.cell(value, true)
        };
        let mut cells = vec![cell("id"), differences.into()];
        cells.extend(status.map(cell));
        cells.push(cell("uuid"));
        table.row(cells)?;
    }
    Ok(table.finish()?)
}

fn as_json(found: &Neighbour, status: Option<&str>, settings: &[Setting]) -> Json {
    let shown = ["id", "uuid"].into_iter().chain(status);
    let shown = shown.filter_map(|name| Some((name, found.row.get(name)?)));
    let mut members = shown
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
