//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Where the registry is kept unless `--db` says otherwise.
///
/// Under `target/`, relative to the current directory. In the repository's root, git ignores that folder, and `cargo
/// clean` removes the example's runs together with the example.
const DATABASE: &str = "target/ml_sweep/runs.db";

/// Trains small networks on the red wines of linfa-datasets: every combination of a grid, none of them twice.
///
/// Interrupt it at any time (Ctrl-C, `kill -9`, a power cut) and start it again: it continues with the remaining runs.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Without a command: run the sweep.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The registry: a SQLite file, created if it does not exist.
    #[arg(long, global = true, value_name = "PATH", default_value = DATABASE)]
    pub(crate) db: String,

    /// The folder for the runs' files [default: the folder `artefacts` beside the registry].
    #[arg(long, global = true, value_name = "DIR")]
    artefacts: Option<PathBuf>,

    /// Train at most this many runs this time.
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// What the program can do beside the sweep.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Command {
    /// Print answers from the registry: progress, the best run and its artefacts, the best per architecture, failures.
    Analyse,
}

impl Args {
    /// The registry's file, absolute; `None` if `--db` names no file (`:memory:`, another kind of URL).
    pub(crate) fn database_file(&self) -> Option<PathBuf> {
        let path = self.db.strip_prefix("sqlite://").unwrap_or(&self.db);
        let is_path = path != ":memory:" && !path.contains("://");
        is_path.then(|| absolute(Path::new(path)))
    }

    /// The root of the artefacts, absolute, so that the paths recorded with a run are valid anywhere.
    pub(crate) fn artefacts(&self) -> PathBuf {
        match &self.artefacts {
            Some(root) => absolute(root),
            None => self
                .database_file()
                .unwrap_or_else(|| absolute(Path::new(DATABASE)))
                .with_file_name("artefacts"),
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Args {
        Args::try_parse_from(line.split(' ')).unwrap()
    }

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn artefacts_lie_beside_the_registry() {
        for line in [
            "ml_sweep --db /data/wines.db",
            "ml_sweep --db sqlite:///data/wines.db",
        ] {
            assert_eq!(parse(line).artefacts(), Path::new("/data/artefacts"));
        }

        let args = parse("ml_sweep --db /data/wines.db --artefacts /big/disk");
        assert_eq!(args.artefacts(), Path::new("/big/disk"));

        let here = std::env::current_dir().unwrap();
        for line in ["ml_sweep", "ml_sweep --db postgres://lab/wines"] {
            assert_eq!(
                parse(line).artefacts(),
                here.join("target/ml_sweep/artefacts")
            );
        }
    }

    #[test]
    fn the_registry_can_be_named_before_and_after_the_command() {
        for line in [
            "ml_sweep --db wines.db analyse",
            "ml_sweep analyse --db wines.db",
        ] {
            let args = parse(line);
            assert!(matches!(args.command, Some(Command::Analyse)));
            assert_eq!(args.db, "wines.db");
        }
    }
}
