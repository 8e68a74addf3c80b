//! What may be typed behind `wallow`.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// A deduplicating run registry: one schema file, no run done twice.
#[derive(Debug, Parser)]
#[command(
    name = "wallow",
    version,
    propagate_version = true,
    max_term_width = 100
)]
pub(crate) struct Args {
    /// The schema [default: wallow.toml here or in the nearest folder above]
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) schema: Option<PathBuf>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands, one file each below `commands`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check a schema: a summary in one line, or every error with its place
    #[command(after_help = "Examples:\n  wallow check\n  wallow check --schema sweeps/wallow.toml")]
    Check,
}
