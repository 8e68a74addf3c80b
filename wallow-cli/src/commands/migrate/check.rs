//! `wallow migrate check`: whether schema, migrations and database are in sync, and if not, why. For CI.

use crate::args::Place;
use crate::output::{Failure, Status};
use crate::project::Project;

pub(crate) fn run(_: &Project, place: &Place) -> Result<Status, Failure> {
    crate::commands::status::run(place, false)
}
