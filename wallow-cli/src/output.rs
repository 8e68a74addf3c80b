//! What reaches a person: lines on stdout, errors on stderr, an exit status.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};
use wallow_schema::Diagnostics;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Fine and in sync.
    Fine = 0,
    /// A finding: pending, drift, not found, refused.
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
    problem: Problem,
}

/// What went wrong.
#[derive(Debug)]
enum Problem {
    /// In words, with what to do.
    Message(String),
    /// The errors of a schema, or of an expression.
    Text(Diagnostics),
    /// Whoever read the output has gone: there is nobody to tell, and nothing went wrong.
    Unread,
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

    /// An expression that is none.
    pub(crate) fn expression(diagnostics: Diagnostics) -> Self {
        Failure {
            status: Status::Usage,
            problem: Problem::Text(diagnostics),
        }
    }
}

impl From<io::Error> for Failure {
    /// Of writing the output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure {
                status: Status::Fine,
                problem: Problem::Unread,
            },
            _ => Failure::finding(format!("the output cannot be written: {error}")),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(diagnostics: Diagnostics) -> Self {
        Failure {
            status: Status::Finding,
            problem: Problem::Text(diagnostics),
        }
    }
}

impl From<wallow_runtime::Error> for Failure {
    fn from(error: wallow_runtime::Error) -> Self {
        Failure::finding(error.to_string())
    }
}

/// Prints a line. A closed pipe (`| head`) is not an error of ours.
pub(crate) fn line(text: &str) {
    let _ = writeln!(anstream::stdout(), "{text}");
}

/// Prints a value for programs.
pub(crate) fn json(value: &serde_json::Value) {
    line(&format!("{value:#}"));
}

/// Prints an error; colours only on a terminal.
pub(crate) fn failure(failure: &Failure) {
    let mut stderr = anstream::stderr();
    let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
    let _ = match &failure.problem {
        Problem::Message(message) => writeln!(stderr, "{red}error{red:#}: {message}"),
        Problem::Text(diagnostics) => writeln!(stderr, "{}", diagnostics.render_coloured()),
        Problem::Unread => Ok(()),
    };
}

/// `1 run`, `2 runs`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Whether somebody is there to answer a question.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A value of a run without what a terminal would obey: control characters, and those that turn the
/// direction of text.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() || turns(char) {
            visible.extend(char.escape_default());
        } else {
            visible.push(char);
        }
    }
    visible
}

/// Whether the character changes where the text after it stands.
fn turns(char: char) -> bool {
    matches!(
        char,
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
    )
}

/// Asks on the terminal; the answer without blanks around it.
pub(crate) fn ask(question: &str) -> String {
    let mut stderr = anstream::stderr();
    let _ = write!(stderr, "{question} ");
    let _ = stderr.flush();
    let mut answer = String::new();
    // No answer is an empty one.
    let _ = std::io::stdin().lock().read_line(&mut answer);
    answer.trim().to_owned()
}
