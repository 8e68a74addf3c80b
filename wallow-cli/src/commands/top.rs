//! `wallow top`: the runs that are highest, or lowest, in a field.

use wallow_runtime::dynamic;

use crate::args::{Place, Top};
use crate::listing::{self, Listing};
use crate::output::{Failure, Status};
use crate::reading::{Reading, misused};

pub(crate) fn run(place: &Place, top: &Top) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let sign = if top.lowest { "" } else { "-" };
    let order = dynamic::order(reading.store.schema(), &format!("{sign}{}", top.field));
    let order = order.map_err(misused)?;
    // Backquotes, in case the name is a word of the language.
    let has_value = format!("`{}` is not null", top.field);
    let has_value = dynamic::parse(reading.store.schema(), &has_value);
    let query = reading
        .query(&top.filter)?
        .filter(has_value.map_err(Failure::expression)?)
        .order_by(order)
        .limit(top.limit);
    let columns = listing::usual(&reading, Some(&top.field));
    // The id and the field stay.
    let asked = 2;
    let listing = Listing::of(&reading, &query, &columns, asked).map_err(misused)?;
    listing.deliver(&reading, &top.delivery)
}
