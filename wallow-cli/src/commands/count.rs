//! `wallow count`: how many runs there are.

use crate::args::{Place, Selection};
use crate::open::{Reading, misused};
use crate::output::{self, Failure, Status};

pub(crate) fn run(place: &Place, selection: &Selection) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let count = reading.selection(selection)?.count().map_err(misused)?;
    // The limit counts here as for a listing.
    let limit = selection.limit.map_or(u64::MAX, |limit| limit as u64);
    output::line(&count.min(limit).to_string());
    Ok(Status::Fine)
}
