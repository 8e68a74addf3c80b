//! The `wallow` command as a library, so that a project can have it as a program of its own:
//!
//! ```no_run
//! // src/bin/wallow.rs
//! fn main() -> std::process::ExitCode {
//!     wallow_cli::main()
//! }
//! ```
//!
//! Then `cargo run --bin wallow -- migrate generate "…"` works without anything installed.

mod advice;
mod args;
mod artefacts;
mod bulk;
mod closed_sets;
mod commands;
mod copy;
mod damaged;
mod export;
mod field_value;
mod files;
#[doc(hidden)]
pub mod fuzzing;
mod grid;
mod grouping;
mod history;
mod import;
mod listing;
mod open;
mod output;
mod page;
mod plot;
mod progress;
mod project;
mod reason;
mod screen;
#[cfg(unix)]
mod serve_db;
mod sparkline;
mod statistics;
mod store_warnings;
mod table;
mod terminal;
mod ui;
mod width;
#[cfg(unix)]
mod work;

use std::process::ExitCode;

use clap::Parser as _;

use output::{Failure, Status};
use wallow_schema::redact;

/// Runs the command with the arguments of this process: either those that a person typed, or those of a child process
/// that the command started itself.
pub fn main() -> ExitCode {
    if let Some(code) = import::columnar::serve(std::env::args_os()) {
        return code;
    }
    #[cfg(unix)]
    if let Some(code) = work::guard::serve(std::env::args_os())
        .or_else(|| work::watchdog::serve(std::env::args_os()))
    {
        return code;
    }
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return ended(output::usage(&repeated(error))),
    };
    ended(commands::run(&args))
}

/// The error of the same arguments with control characters written out and without passwords. clap styles its messages,
/// so that what an argument brings in cannot be told from a style any more.
fn repeated(error: clap::Error) -> clap::Error {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let safe = arguments.map(|argument| redact::database(&output::visible(&argument)));
    args::Args::try_parse_from(safe).err().unwrap_or(error)
}

/// Reports an error, also one of the output: the reader of truncated output must know that it is truncated.
fn ended(outcome: Result<Status, Failure>) -> ExitCode {
    let (status, failure) = match outcome {
        Ok(status) => (status, None),
        Err(failure) => (failure.status, Some(failure)),
    };
    let of_output = failure.as_ref().is_some_and(Failure::is_of_output);
    if let Some(failure) = &failure {
        output::failure(failure);
    }
    match terminal::finish() {
        Err(error) if !of_output => {
            let failure = Failure::from(error);
            output::failure(&failure);
            match status {
                // The terminal may have gone with the signal, which is what the caller has to know.
                Status::Stopped(_) => status.into(),
                _ => failure.status.into(),
            }
        }
        _ => status.into(),
    }
}
