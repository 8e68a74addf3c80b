//! `wallow top`: the runs with the highest or lowest values of a field.

use wallow_runtime::dynamic;

use crate::args::{Delivery, Filter, Place, name, number};
use crate::listing::{self, Listing};
use crate::output::{Failure, Status};
use crate::reading::{Reading, misused};

/// `wallow top`.
#[derive(Debug, clap::Args)]
pub(crate) struct Top {
    /// The field; runs without a value are left out
    #[arg(value_parser = name)]
    pub(crate) field: String,

    #[command(flatten)]
    pub(crate) filter: Filter,

    /// Print at most N runs
    #[arg(long, short = 'n', value_name = "N", default_value_t = 10, value_parser = number)]
    pub(crate) limit: usize,

    /// List the lowest values instead
    #[arg(long)]
    pub(crate) lowest: bool,

    #[command(flatten)]
    pub(crate) delivery: Delivery,
}

pub(crate) fn run(place: &Place, top: &Top) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let sign = if top.lowest { "" } else { "-" };
    let order = dynamic::order(reading.store.schema(), &format!("{sign}{}", top.field));
    let order = order.map_err(misused)?;
    // In backquotes, because the name may be a keyword.
    let has_value = format!("`{}` is not null", top.field);
    let has_value = dynamic::parse(reading.store.schema(), &has_value);
    let query = reading
        .query(&top.filter)?
        .filter(has_value.map_err(Failure::expression)?)
        .order_by(order)
        .limit(top.limit);
    let columns = listing::usual(&reading, Some(&top.field));
    // The columns of id and of the field are always shown.
    let asked = 2;
    let listing = Listing::of(&reading, &query, &columns, asked).map_err(misused)?;
    listing.deliver(&reading, &top.delivery)
}
