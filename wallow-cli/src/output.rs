//! What reaches a person: lines on stdout, errors on stderr, an exit status.

use std::io::Write as _;
use std::process::ExitCode;

use wallow_schema::Diagnostics;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Fine and in sync.
    Fine = 0,
    /// A finding: something is wrong with what was looked at.
    Finding = 1,
    /// Wrong usage.
    Usage = 2,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status as u8)
    }
}

/// An error with its exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) problem: Problem,
}

/// What went wrong.
#[derive(Debug)]
pub(crate) enum Problem {
    /// In words, with what to do.
    Message(String),
    /// The errors of a schema.
    Schema(Diagnostics),
}

impl Failure {
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Failure {
            status: Status::Usage,
            problem: Problem::Message(message.into()),
        }
    }

    pub(crate) fn finding(message: impl Into<String>) -> Self {
        Failure {
            status: Status::Finding,
            problem: Problem::Message(message.into()),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Failure {
            status: Status::Finding,
            problem: Problem::Schema(diagnostics),
        }
    }
}

/// Prints a line. A closed pipe (`| head`) is not an error of ours.
pub(crate) fn line(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints an error; colours only on a terminal.
pub(crate) fn failure(failure: &Failure) {
    let mut stderr = anstream::stderr();
    let _ = match &failure.problem {
        Problem::Message(message) => writeln!(stderr, "error: {message}"),
        Problem::Schema(diagnostics) => writeln!(stderr, "{}", diagnostics.render_coloured()),
    };
}
