//! `wallow migrate …`.

mod absent;
mod adopt;
mod apply;
mod at_work;
mod check;
mod consent;
mod discard;
mod downgrade;
pub(crate) mod generate;
mod groups;
mod hints;
mod history;
mod push;
mod recognise;
mod stamp;
mod unfit;

use crate::args::Place;
use crate::output::{Failure, Status};
use crate::project::Project;

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
    Apply(apply::Apply),
    /// Bring a database that no migration manages to wallow.toml, without files
    #[command(
        after_help = "Examples:\n  wallow migrate push\n  wallow migrate push --rename lr=learning_rate\n  \
                      wallow migrate push --dry-run\n\nFor prototypes. Before data is lost, a SQLite file is copied \
                      to FILE.before-TIME."
    )]
    Push(push::Push),
    /// Let migrations manage a database that none manages yet
    #[command(
        after_help = "Examples:\n  wallow migrate adopt\n  wallow migrate adopt \"warm-up\" --rename lr=learning_rate"
    )]
    Adopt(adopt::Adopt),
    /// Remove the newest migration, if no database of the project has applied it
    Discard,
    /// Revert the migrations after this one, or all of them (`base`)
    #[command(
        after_help = "Examples:\n  wallow migrate downgrade 2026-11-25-120000\n  wallow migrate downgrade base --yes"
    )]
    Downgrade {
        /// The migration that is the newest one afterwards, or `base`
        revision: String,
        /// Do not ask, even if data is lost or programs at work are stopped
        #[arg(long)]
        yes: bool,
    },
    /// List the migrations, and whether the database has applied them
    History,
    /// Record migrations as applied without running them
    #[command(
        after_help = "Examples:\n  wallow migrate stamp head\n  wallow migrate stamp 2026-11-25-120000\n\nTo \
                      begin with an existing database, see `wallow migrate adopt`."
    )]
    Stamp(stamp::Stamp),
    /// Check that the schema, the migrations and the database are in sync
    Check,
}

pub(crate) fn run(place: &Place, command: &Migrate) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    match command {
        Migrate::Generate(generate) => generate::run(&project, place, generate),
        Migrate::Apply(apply) => apply::run(&project, place, apply),
        Migrate::Push(push) => push::run(&project, place, push),
        Migrate::Adopt(adopt) => adopt::run(&project, place, adopt),
        Migrate::Discard => discard::run(&project, place),
        Migrate::Downgrade { revision, yes } => downgrade::run(&project, place, revision, *yes),
        Migrate::History => history::run(&project, place),
        Migrate::Stamp(stamp) => stamp::run(&project, place, stamp),
        Migrate::Check => check::run(&project, place),
    }
}
