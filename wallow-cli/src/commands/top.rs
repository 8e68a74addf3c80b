//! `wallow top`: the runs with the highest or lowest values of a field.

use wallow_runtime::dynamic;

use crate::args::{Delivery, Place, Selection, name};
use crate::listing::{self, Listing};
use crate::open::{Reading, misused};
use crate::output::{Failure, Status};

/// `wallow top`.
#[derive(Debug, clap::Args)]
pub(crate) struct Top {
    /// The field; runs without a value are left out
    #[arg(value_parser = name)]
    pub(crate) field: String,

    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Print the field and these columns, in this order
    #[arg(long, value_name = "FIELDS", value_delimiter = ',', value_parser = name)]
    pub(crate) columns: Vec<String>,

    /// List the lowest values instead
    #[arg(long)]
    pub(crate) lowest: bool,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

/// How many runs are listed if nobody says.
const TEN: usize = 10;

pub(crate) fn run(place: &Place, top: &Top) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let sign = if top.lowest { "" } else { "-" };
    let order = dynamic::order(reading.store.schema(), &format!("{sign}{}", top.field));
    let order = order.map_err(misused)?;
    let has_value = reading.has_value(&top.field)?;
    let selection = &top.selection;
    let query = reading.query(&selection.filter)?.filter(has_value);
    // Equal runs are in the order that was asked for.
    let query = reading.sorted(query.order_by(order), &selection.sort)?;
    let query = query.limit(selection.limit.unwrap_or(TEN));
    let (columns, asked) = if top.columns.is_empty() {
        // The columns of id and of the field are always shown.
        (listing::usual(&reading, Some(&top.field)), 2)
    } else {
        let mut columns = top.columns.clone();
        if !columns.contains(&top.field) {
            columns.insert(0, top.field.clone());
        }
        let asked = columns.len();
        (columns, asked)
    };
    listing::refuse_twice(&columns)?;
    let listing = Listing::of(&query, &columns, asked).map_err(misused)?;
    listing.deliver(&reading, &top.delivery)
}
