//! `wallow migrate …`.

mod absent;
mod apply;
mod at_work;
mod check;
mod downgrade;
pub(crate) mod generate;
mod groups;
mod history;
mod recognise;
mod stamp;

use crate::args::Place;
use crate::output::{Failure, Status};
use crate::project::Project;

/// Does what was asked.
/// `wallow migrate …`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Migrate {
    /// Write the migration from the newest snapshot to the current schema; needs no database
    #[command(
        after_help = "Examples:\n  wallow migrate generate \"add warm-up\"\n  \
                      wallow migrate generate \"better names\" --rename lr=learning_rate\n  \
                      wallow migrate generate \"try it\" --dry-run"
    )]
    Generate(generate::Generate),
    /// Apply the pending migrations
    #[command(
        after_help = "Examples:\n  wallow migrate apply\n  wallow migrate apply --target 2026-11-25-120000"
    )]
    Apply {
        /// Stop after this migration
        #[arg(long, value_name = "REV")]
        target: Option<String>,
        /// Do not ask, even if programs at work are stopped
        #[arg(long)]
        yes: bool,
    },
    /// Revert the migrations after this one, or all of them (`base`)
    #[command(
        after_help = "Examples:\n  wallow migrate downgrade 2026-11-25-120000\n  wallow migrate downgrade base --yes"
    )]
    Downgrade {
        /// The migration that is the newest one afterwards, or `base`
        revision: String,
        /// Do not ask, even if data is lost
        #[arg(long)]
        yes: bool,
    },
    /// List the migrations, and whether the database has applied them
    History,
    /// Record migrations as applied without running them, to adopt an existing database
    #[command(
        after_help = "Examples:\n  wallow migrate stamp head\n  wallow migrate stamp 2026-11-25-120000"
    )]
    Stamp {
        /// Record all migrations up to this one; `head` is the newest, `base` is before the first
        revision: String,
    },
    /// Check that the schema, the migrations and the database are in sync
    Check,
}

pub(crate) fn run(place: &Place, command: &Migrate) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    match command {
        Migrate::Generate(generate) => generate::run(&project, place, generate),
        Migrate::Apply { target, yes } => apply::run(&project, place, target.as_deref(), *yes),
        Migrate::Downgrade { revision, yes } => downgrade::run(&project, place, revision, *yes),
        Migrate::History => history::run(&project, place),
        Migrate::Stamp { revision } => stamp::run(&project, place, revision),
        Migrate::Check => check::run(&project, place),
    }
}
