//! `wallow migrate check`: in step, or not and why. For CI.

use crate::args::Place;
use crate::output::{Failure, Status};
use crate::project::Project;

pub(crate) fn run(_: &Project, place: &Place) -> Result<Status, Failure> {
    crate::commands::status::run(place, false)
}
