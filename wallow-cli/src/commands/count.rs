//! `wallow count`: how many runs there are.

use crate::args::{Filter, Place};
use crate::output::{self, Failure, Status};
use crate::reading::{Reading, misused};

pub(crate) fn run(place: &Place, filter: &Filter) -> Result<Status, Failure> {
    let reading = Reading::open(place)?;
    let count = reading.query(filter)?.count().map_err(misused)?;
    output::line(&count.to_string());
    Ok(Status::Fine)
}
