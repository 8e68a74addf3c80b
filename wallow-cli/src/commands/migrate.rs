//! `wallow migrate …`.

mod apply;
mod check;
mod downgrade;
mod generate;
mod groups;
mod history;
mod stamp;

use crate::args::{Migrate, Place};
use crate::output::{Failure, Status};
use crate::project::Project;

/// Does what was asked.
pub(crate) fn run(place: &Place, command: &Migrate) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    match command {
        Migrate::Generate(generate) => generate::run(&project, place, generate),
        Migrate::Apply { target } => apply::run(&project, place, target.as_deref()),
        Migrate::Downgrade { revision, yes } => downgrade::run(&project, place, revision, *yes),
        Migrate::History => history::run(&project, place),
        Migrate::Stamp { revision } => stamp::run(&project, place, revision),
        Migrate::Check => check::run(&project, place),
    }
}
