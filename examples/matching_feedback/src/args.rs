//! The command line.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

/// Where the registry is kept unless `--db` says otherwise.
///
/// Under `target/`, relative to the current directory. In the repository's root, git ignores that folder, and
/// `[database].url` of wallow.toml names the same file.
const DATABASE: &str = "target/matching_feedback/runs.db";

/// More steps than this before the comparison only take more time.
const MOST_WARMUP: i64 = 100_000;

/// Searches for feedback rules that make noisy cells follow a reference: a grid of 144 runs, none of them done twice.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Without a command: search.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The registry: a SQLite file, created if it does not exist. The runs' files go to `artefacts` beside it.
    #[arg(long, global = true, value_name = "PATH", default_value = DATABASE)]
    pub(crate) db: String,

    /// First apply the migrations that the registry lacks.
    #[arg(long, global = true)]
    pub(crate) migrate: bool,

    /// Search the grid with this many steps before the comparison; these are different runs.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=MOST_WARMUP))]
    pub(crate) warmup_steps: u32,

    /// Take over unfinished runs that were not written to for this long; 0 if no other program is at work.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub(crate) stale_after: u32,
}

/// What the program can do beside the search.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Command {
    /// Print answers from the registry: the best rules, the worst losses, what settled, one run, the spread over seeds.
    Analyse {
        /// Runs whose loss is above this are listed.
        #[arg(long, value_name = "LOSS", default_value_t = 0.1)]
        loss_above: f64,
    },
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
        self.database_file()
            .unwrap_or_else(|| absolute(Path::new(DATABASE)))
            .with_file_name("artefacts")
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
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
    fn the_command_line_and_the_schema_mean_one_registry() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let schema = wallow_schema::load(&here.join("wallow.toml")).unwrap();
        let url = schema.database.url.unwrap();
        assert_eq!(url, Path::new("../..").join(DATABASE).to_str().unwrap());
    }

    #[test]
    fn artefacts_lie_beside_the_registry() {
        let args = Args::parse_from(["matching_feedback", "--db", "/data/rules.db", "analyse"]);
        assert_eq!(args.artefacts(), Path::new("/data/artefacts"));
    }
}
