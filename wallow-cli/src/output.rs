//! What a person sees: lines on stdout, errors on stderr, and an exit status.

use std::fmt;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Style};
use wallow_runtime::for_command;
use wallow_schema::{Diagnostics, redact};

use crate::advice;
use crate::args::refuse_database;
use crate::screen::Screen;
use crate::terminal;

/// The result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Success, and everything is in sync.
    Fine,
    /// A finding: pending migrations, drift, not found, refused.
    Finding,
    /// Wrong usage.
    Usage,
    /// A signal ended the command after it had cleaned up; the status says which.
    Stopped(u8),
    /// The exit status of a command that it executed.
    #[cfg(unix)]
    Command(u8),
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(match status {
            Status::Fine => 0,
            Status::Finding => 1,
            Status::Usage => 2,
            Status::Stopped(status) => status,
            #[cfg(unix)]
            Status::Command(status) => status,
        })
    }
}

/// An error with its exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    problem: Problem,
}

/// The kinds of errors.
#[derive(Debug)]
enum Problem {
    /// A message that says what to do.
    Message(String),
    /// The errors of a schema or of an expression.
    Text(Diagnostics),
    /// The reader of the output has closed the pipe: there is nobody to inform, and nothing went wrong.
    Unread,
    /// Writing to stdout failed.
    Unwritten(io::Error),
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

    /// Appends what else a person has to know to the message.
    pub(crate) fn with(mut self, more: &str) -> Self {
        if let Problem::Message(message) = &mut self.problem {
            message.push_str("; ");
            message.push_str(more);
        }
        self
    }

    /// The errors of an invalid expression.
    pub(crate) fn expression(diagnostics: Diagnostics) -> Self {
        Failure {
            status: Status::Usage,
            problem: Problem::Text(diagnostics),
        }
    }
}

/// The error for Parquet and Arrow in a command that was built without them; `what` ends with the format.
#[cfg(not(feature = "columnar"))]
pub(crate) fn without_columnar(what: &str) -> Failure {
    Failure::usage(format!(
        "{what} needs the feature `columnar` of wallow-cli, and this `wallow` was built without it; build it with that \
         feature (it is on unless `default-features = false` says otherwise), or use CSV or JSON lines"
    ))
}

impl Failure {
    /// Whether writing the output failed, and this error says so.
    pub(crate) fn is_of_output(&self) -> bool {
        matches!(self.problem, Problem::Unwritten(_))
    }
}

impl From<io::Error> for Failure {
    /// An error of writing the output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure {
                status: Status::Fine,
                problem: Problem::Unread,
            },
            _ => Failure {
                status: Status::Finding,
                problem: Problem::Unwritten(error),
            },
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
        Failure::finding(reason(&error))
    }
}

/// The text of an error, with advice that a person at the command can follow.
pub(crate) fn reason(error: &wallow_runtime::Error) -> String {
    for_command(&error.to_string()).into_owned()
}

/// Prints a line. If writing fails, the command continues, and reports the failure when it ends.
pub(crate) fn line(text: &str) {
    let _ = if NAMES.is_empty() {
        terminal::line(text)
    } else {
        terminal::line(&without_passwords(text))
    };
}

/// Prints a line with styles; values in it must have been made [`visible`].
pub(crate) fn styled_line(text: &str) {
    let _ = terminal::styled_line(text);
}

/// Prints a JSON value for programs.
pub(crate) fn json(value: &serde_json::Value) {
    let _ = terminal::json_line(&format!("{value:#}"));
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::Message(message) => f.write_str(message),
            Problem::Text(diagnostics) => diagnostics.fmt(f),
            Problem::Unread => Ok(()),
            // An error of our own says what to do.
            Problem::Unwritten(error) if error.kind() == io::ErrorKind::Other => {
                write!(f, "the output is not complete: {error}")
            }
            Problem::Unwritten(error) => write!(
                f,
                "the output is not complete, because stdout cannot be written: {error}; send it elsewhere"
            ),
        }
    }
}

/// Prints an error, with colours only on a terminal.
pub(crate) fn failure(failure: &Failure) {
    match &failure.problem {
        Problem::Text(diagnostics) => {
            let styled = terminal::stderr_is_styled();
            let drawn = if styled {
                diagnostics.render_coloured()
            } else {
                diagnostics.to_string()
            };
            terminal::error(&without_passwords(&format!("{drawn}\n")), styled);
        }
        Problem::Unread => {}
        _ => labelled("error", AnsiColor::Red, &failure.to_string()),
    }
}

/// Prints a warning, with colours only on a terminal.
pub(crate) fn warning(message: &str) {
    labelled("warning", AnsiColor::Yellow, message);
}

/// Prints what a person should know, although nothing is wrong.
pub(crate) fn note(message: &str) {
    labelled("note", AnsiColor::Cyan, message);
}

/// Arguments of the command that name a database with a password.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = names_of_databases();
    names.filter(|name| redact::has_password(name)).collect()
});

/// Arguments of the command that are URLs without a password, which a message may contain several times.
static URLS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let names = names_of_databases().filter(|name| name.contains("://"));
    names.filter(|name| !redact::has_password(name)).collect()
});

/// Arguments, and values in them, that may name a database.
fn names_of_databases() -> impl Iterator<Item = String> {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let values = |argument: String| {
        // `--db=URL`, `url=URL`
        let value = argument.split_once('=').map(|(_, value)| value.to_owned());
        [Some(argument), value].into_iter().flatten()
    };
    let names = arguments.flat_map(values);
    names.flat_map(|name| [visible(&name), name])
}

/// A text without the passwords of databases, whatever is quoted of an argument: a person may give a URL where a file or
/// something else is expected.
fn without_passwords(text: &str) -> String {
    redact::text_about(text, NAMES.iter().chain(&*URLS).map(String::as_str))
}

/// Prints a line on stderr, without passwords, which any message may contain.
fn labelled(label: &str, colour: AnsiColor, message: &str) {
    let message = without_passwords(&advice::complete(&for_command(message)));
    if terminal::stderr_is_styled() {
        let style = Style::new().bold().fg_color(Some(colour.into()));
        terminal::error(&format!("{style}{label}{style:#}: "), true);
        terminal::error(&format!("{message}\n"), false);
    } else {
        terminal::error(&format!("{label}: {message}\n"), false);
    }
}

/// Prints clap's output: help and the version to stdout, everything else as wrong usage.
pub(crate) fn usage(error: &clap::Error) -> Result<Status, Failure> {
    let text = error.render();
    if error.use_stderr() {
        let styled = terminal::stderr_is_styled();
        let text = if styled {
            text.ansi().to_string()
        } else {
            text.to_string()
        };
        // clap quotes a misplaced argument, which may be the URL of a database.
        terminal::error(&without_passwords(&text), styled);
        return Ok(Status::Usage);
    }
    let mut stdout = terminal::stdout();
    if Screen::stdout().styled {
        write!(stdout, "{}", text.ansi())?;
    } else {
        write!(stdout, "{text}")?;
    }
    stdout.flush()?;
    Ok(Status::Fine)
}

/// What a person should know about runs that no worker claims; `None` if there are none.
pub(crate) fn unknown(count: u64) -> Option<String> {
    let (are, their) = match count {
        0 => return None,
        1 => ("1 run is".to_owned(), "its"),
        _ => (format!("{count} runs are"), "their"),
    };
    Some(format!(
        "{are} left alone: {their} status is none of pending, running, completed and failed, or there are results and no \
         status; `wallow ls --where 'status is null or status not in [\"pending\", \"running\", \"completed\", \
         \"failed\"]'` lists them, and `wallow set RUN status=pending` (or completed, failed) writes it"
    ))
}

/// `1 run`, `2 runs`.
pub(crate) fn counted<N: fmt::Display + PartialEq + From<u8> + Copy>(
    count: N,
    noun: &str,
) -> String {
    let plural = if count == N::from(1) { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Whether a person can answer a question.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// A value without characters that a terminal would interpret, including line feeds and tabs: it cannot pretend to be
/// another line.
pub(crate) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for char in text.chars() {
        if terminal::is_obeyed(char) {
            visible.extend(char.escape_default());
        } else {
            visible.push(char);
        }
    }
    visible
}

/// A path on one line, without passwords: a file may be named after the URL of a database.
pub(crate) fn display_path(path: &Path) -> String {
    redact::database(&visible(&path.display().to_string()))
}

/// The error of a file to write whose name does not tell its format.
pub(crate) fn no_format_to_write(path: &Path) -> Failure {
    match refuse_database("--output", "file", path) {
        Err(failure) => failure,
        Ok(()) => no_format(path),
    }
}

/// The error of a file whose name does not tell its format.
pub(crate) fn no_format(path: &Path) -> Failure {
    Failure::usage(format!(
        "the name `{}` does not tell a format; name one with `--format`",
        display_path(path)
    ))
}

/// Asks on the terminal; returns the answer without surrounding blanks.
pub(crate) fn ask(question: &str) -> String {
    terminal::error(&format!("{question} "), false);
    let mut answer = String::new();
    // End of input counts as an empty answer.
    let _ = std::io::stdin().lock().read_line(&mut answer);
    answer.trim().to_owned()
}
