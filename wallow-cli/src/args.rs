//! What a person can type after `wallow`: the list of the commands. The arguments of each command are in its own file
//! below `commands`.

mod shared;
mod values;

use std::path::PathBuf;

use clap::{Args as Arguments, Parser, Subcommand};

use crate::commands::{
    attempts, claim, copy, diff, doctor, enqueue, export, fenced, gc, grants, import, importance,
    init, logs, ls, migrate, near, pivot, plot, report, retry, rm, set, top, ui, watch,
};
#[cfg(unix)]
use crate::commands::{serve_db, work};

pub(crate) use shared::{Consent, Delivery, Filter, Form, Selection};
pub(crate) use values::{assignment, duration, name, normal, positive, refuse_database, some_time};

/// A deduplicating run registry: one schema file, no run done twice.
#[derive(Debug, Parser)]
#[command(
    name = "wallow",
    version,
    propagate_version = true,
    after_help = "The database is the one that --db names; else WALLOW_DATABASE_URL; else DATABASE_URL \
                  (both also\nfrom a .env file); else [database].url of the schema; else runs.db beside it. \
                  A relative path is\nrelative to the schema.\n\n\
                  Exit status: 0 success, and in sync; 1 a finding (pending, different, not found, refused); \
                  2 wrong usage.\n\n\
                  Examples:\n  wallow init\n  wallow migrate generate \"initial\"\n  wallow migrate apply\n  wallow status"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) place: Place,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which project, which database.
#[derive(Debug, Clone, Arguments)]
pub(crate) struct Place {
    /// The schema [default: wallow.toml here or in the nearest folder above]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) schema: Option<PathBuf>,

    /// The database [default: see `wallow --help`]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) db: Option<String>,

    /// The option that named the database, if it is not `--db`
    #[arg(skip)]
    pub(crate) option: Option<&'static str>,
}

impl Place {
    /// This project with the database of `url`, if the option was given.
    pub(crate) fn on(&self, option: &'static str, url: Option<&str>) -> Self {
        Place {
            schema: self.schema.clone(),
            db: url.map(ToOwned::to_owned).or_else(|| self.db.clone()),
            option: url.map(|_| option).or(self.option),
        }
    }

    /// The option that named the database.
    pub(crate) fn option(&self) -> &'static str {
        self.option.unwrap_or("--db")
    }
}

/// The commands, one file each below `commands`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first wallow.toml, and what belongs to it
    #[command(
        after_help = "Examples:\n  wallow init\n  wallow init --dir sweeps --db results.db\n  wallow init --python"
    )]
    Init(init::Init),
    /// Check a schema: print a summary, or every error with its position
    #[command(after_help = "Examples:\n  wallow check\n  wallow check --schema sweeps/wallow.toml")]
    Check,
    /// Create and apply schema migrations
    #[command(subcommand)]
    Migrate(migrate::Migrate),
    /// Compare the schema, the newest snapshot and the database, and print every difference
    #[command(after_help = "Examples:\n  wallow status\n  wallow status --db results.db --json")]
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Add the combinations of a grid as pending runs, where they are new
    #[command(after_help = enqueue::HELP)]
    Enqueue(enqueue::Enqueue),
    /// Execute a command for each run of the queue
    #[cfg(unix)]
    #[command(after_help = work::HELP)]
    Work(work::Work),
    /// Execute a command with a PostgreSQL server of its own, whose data stays in a folder
    #[cfg(unix)]
    #[command(after_help = serve_db::HELP)]
    ServeDb(serve_db::ServeDb),
    /// Claim the next run of the queue, for a driver in any language
    #[command(after_help = claim::HELP)]
    Claim(claim::Claim),
    /// Show that the worker of a claimed run is alive, and write intermediate results
    #[command(after_help = "Example:\n  wallow heartbeat 8fa740691a0a --attempt 1 train_loss=0.42")]
    Heartbeat(fenced::Heartbeat),
    /// End a claimed run as completed, with its results
    #[command(
        after_help = "Examples:\n  wallow complete 8fa740691a0a --attempt 1 val_loss=0.31\n  \
                      wallow complete 8fa740691a0a --attempt 1 --json - < result.json"
    )]
    Complete(fenced::Complete),
    /// End a claimed run as failed
    #[command(
        after_help = "Example:\n  wallow fail 8fa740691a0a --attempt 1 --reason 'out of memory'"
    )]
    Fail(fenced::Fail),
    /// Put a claimed run back into the queue
    #[command(after_help = "Example:\n  wallow release 8fa740691a0a --attempt 1")]
    Release(fenced::Held),
    /// Write annotating fields of a run
    #[command(after_help = set::HELP)]
    Set(set::Set),
    /// List runs, or groups of them
    #[command(after_help = ls::HELP)]
    Ls(ls::Ls),
    /// Count runs
    #[command(
        after_help = "Examples:\n  wallow count\n  wallow count --where 'status == \"failed\"'"
    )]
    Count(Selection),
    /// Print a table of two fields, with a measure of the runs in each cell
    #[command(after_help = pivot::HELP)]
    Pivot(pivot::Pivot),
    /// Print how much each identifying field matters for a result
    #[command(after_help = importance::HELP)]
    Importance(importance::Args),
    /// Draw fields on the terminal, or as an SVG file
    #[command(after_help = plot::HELP)]
    Plot(plot::Plot),
    /// List the runs with the highest values of a field
    #[command(after_help = "Examples:\n  wallow top val_accuracy\n  \
                      wallow top val_loss --lowest -n 3 --where 'architecture == \"mlp-16\"'")]
    Top(top::Top),
    /// Show one run
    #[command(
        visible_alias = "inspect",
        after_help = "Examples:\n  wallow show 17\n  wallow show 8fa740691a0a --json"
    )]
    Show {
        /// The id or the uuid of the run
        run: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List who has executed runs, and how that ended
    #[command(after_help = attempts::HELP)]
    Attempts(attempts::Attempts),
    /// Print what the command of a run has printed
    #[command(after_help = logs::HELP)]
    Logs(logs::Logs),
    /// Show the fields in which two or more runs differ
    #[command(
        after_help = "Examples:\n  wallow diff 17 18\n  wallow diff 8fa740691a0a 91c0aa52e7d3 --json\n  \
                      wallow diff --where 'status == \"completed\"' --sort -val_accuracy -n 3"
    )]
    Diff(diff::Diff),
    /// Find the runs nearest to a setting, and how they differ from it
    #[command(
        after_help = "Example:\n  wallow near learning_rate=1e-3 optimiser=adamw\n\n\
                      Runs that differ in fewer fields are nearer; among them those whose numbers\n\
                      are nearer in proportion. Fields that are not given do not count."
    )]
    Near(near::Near),
    /// Watch a sweep: completed, running, failed and remaining runs, speed, time left
    #[command(
        after_help = "Examples:\n  wallow watch\n  wallow watch --where 'seed == 0' --until-done\n  \
                      wallow watch --once --json"
    )]
    Watch(watch::Watch),
    /// Show the runs that would have the same key if an identifying field were dropped
    #[command(after_help = "Examples:\n  wallow collisions seed\n  wallow collisions seed warmup")]
    Collisions {
        /// The identifying fields that would go
        #[arg(value_name = "FIELD", required = true, value_parser = name)]
        fields: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Export runs as CSV, JSON, Parquet or Arrow, ordered by id, in bounded memory
    #[command(after_help = "Examples:\n  wallow export > runs.csv\n  \
                            wallow export --where 'status == \"completed\"' --output completed.parquet\n  \
                            wallow export --unnest training_curve --output curves.parquet")]
    Export(export::Export),
    /// Write runs into one HTML file that shows them in a browser, without a network
    #[command(after_help = report::HELP)]
    Report(report::Report),
    /// Show the runs in a browser, as they are now
    #[command(after_help = ui::HELP)]
    Ui(ui::Ui),
    /// Delete runs
    #[command(after_help = rm::HELP)]
    Rm(rm::Rm),
    /// Put failed runs, and stale running ones, back into the queue
    #[command(after_help = retry::HELP)]
    Retry(retry::Retry),
    /// Find artefacts without a run, and runs without artefacts
    #[command(after_help = gc::HELP)]
    Gc(gc::Gc),
    /// Check integrity, schema drift and stale claims
    #[command(after_help = doctor::HELP)]
    Doctor(doctor::Doctor),
    /// Print the SQL of the rights that a role of a PostgreSQL server needs
    #[command(after_help = grants::HELP)]
    Grants(grants::Grants),
    /// Import runs from a file, or from the database of another program: all or none
    #[command(after_help = "Examples:\n  wallow import --from old.csv --dry-run\n  \
                            wallow import --from old.parquet --map lr=learning_rate --set seed=0\n  \
                            wallow import --from-mlflow mlflow.db --map params.lr=learning_rate --map metrics.acc=val_accuracy\n  \
                            wallow import --from-optuna study.db --map value=val_loss")]
    Import(import::Import),
    /// Copy all runs to another database, with ids, uuids and times, so that the sweep can continue there
    #[command(after_help = copy::HELP)]
    Copy(copy::Copy),
    /// Print the completion script of a shell
    #[command(
        after_help = "Example:\n  wallow completions bash > ~/.local/share/bash-completion/completions/wallow"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}
