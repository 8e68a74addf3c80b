//! The command line.

use std::path::Path;
use std::time::Duration;

use clap::{Parser, Subcommand};

/// Where the registry is kept unless `--db` says otherwise: below `target/`, which git ignores.
const DATABASE: &str = "target/many_workers/runs.db";

/// The variable that names the registry. With it, a password is not visible in the list of processes.
pub(crate) const VARIABLE: &str = "WALLOW_DATABASE_URL";

/// Several processes share one sweep of 200 simulations; kill any of them, and each run is still completed exactly once.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Without a command: start workers, wait for them, and check what they did.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) registry: Registry,

    /// The number of processes.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) workers: u16,

    /// Kill one of them at random, again and again (`kill -9`), and start another in its place.
    #[arg(long)]
    pub(crate) chaos: bool,
}

/// What every process of a sweep has to agree on.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Registry {
    /// The registry. A SQLite file is created if it does not exist, and is for processes of one machine.
    #[arg(long, global = true, value_name = "URL", default_value = DATABASE, env = VARIABLE, hide_env_values = true)]
    pub(crate) db: String,

    /// A run is taken over if its worker sends no heartbeat for this long. A live worker sends four in this time.
    #[arg(long, global = true, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub(crate) stale_after: Duration,
}

/// What one process of many does.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Command {
    /// Work on the sweep until all of it is done. Start any number, on any machine that can reach the registry.
    Work {
        /// The number of runs at the same time.
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
        threads: u16,
    },
    /// Print the progress of the sweep, and its results so far.
    Report,
}

impl Registry {
    /// The registry's file; `None` if `--db` names no file.
    pub(crate) fn file(&self) -> Option<&Path> {
        let path = self.db.strip_prefix("sqlite://").unwrap_or(&self.db);
        (path != ":memory:" && !path.contains("://")).then(|| Path::new(path))
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text
        .parse()
        .map_err(|_| "write a number of seconds, such as 300")?;
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) if !duration.is_zero() => Ok(duration),
        _ => Err("write a number of seconds above 0, such as 300".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn seconds_may_be_fractions_and_are_above_nothing() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for wrong in ["0", "-1", "soon", "nan", "1e300"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
