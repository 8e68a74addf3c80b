//! The only way to stdout and stderr.
//!
//! Invariants: a terminal gets no control characters except the command's own styles, whatever values and names a file
//! or a database contains; and a failed write to stdout is not forgotten: [`finish`] reports it.

pub(crate) mod drawing;
mod pager;
mod sanitize;

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, IsTerminal as _, Write};
use std::sync::{Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};

use crate::args::Delivery;
use crate::screen::Screen;
use sanitize::{Form, Sanitize};

pub(crate) use sanitize::is_obeyed;

/// The first failed write to stdout. A closed pipe does not count.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

/// A stream that records its failures.
struct Recorded<W>(W);

impl<W: Write> Write for Recorded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).inspect_err(keep)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().inspect_err(keep)
    }
}

fn keep(error: &io::Error) {
    if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::Interrupted) {
        return;
    }
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    // An error cannot be cloned; its code or kind is enough.
    failed.get_or_insert_with(|| match error.raw_os_error() {
        Some(number) => io::Error::from_raw_os_error(number),
        None => io::Error::new(error.kind(), error.to_string()),
    });
}

/// Flushes stdout, and reports whether everything was written. A reader that closed the pipe (`| head`) had read what
/// it wanted, so that is not a failure.
pub(crate) fn finish() -> io::Result<()> {
    let _ = Recorded(io::stdout()).flush();
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner).take();
    failed.map_or(Ok(()), Err)
}

/// Stdout for many lines of our own, buffered. Styles are passed on, so values must have been made visible before.
pub(crate) fn stdout() -> Box<dyn Write + Send> {
    Box::new(BufWriter::new(lines(Form::Text, true)))
}

/// The same for a table, which may be long: on a terminal with a pager, unless nobody wants one.
pub(crate) fn paged(delivery: &Delivery) -> Box<dyn Write + Send> {
    let lines = Screen::stdout().height.filter(|_| !delivery.no_pager);
    match lines {
        Some(lines) => Box::new(BufWriter::new(pager::Paged::new(stdout(), lines))),
        None => stdout(),
    }
}

/// Stdout for the bytes of a format: exact, except for characters that a terminal would interpret.
pub(crate) fn exact_stdout(is_json: bool) -> Box<dyn Write + Send> {
    exact_if(io::stdout().is_terminal(), Recorded(io::stdout()), is_json)
}

/// Stderr for the bytes of a format, as [`exact_stdout`].
pub(crate) fn exact_stderr(is_json: bool) -> Box<dyn Write + Send> {
    exact_if(io::stderr().is_terminal(), io::stderr(), is_json)
}

/// A file for the bytes of a format, as [`exact_stdout`]: it may be a terminal.
pub(crate) fn exact(file: File, is_json: bool) -> Box<dyn Write + Send> {
    exact_if(file.is_terminal(), file, is_json)
}

fn exact_if(
    is_terminal: bool,
    out: impl Write + Send + 'static,
    is_json: bool,
) -> Box<dyn Write + Send> {
    if is_terminal {
        let form = if is_json { Form::Json } else { Form::Text };
        Box::new(Sanitize::new(out, form, false))
    } else {
        Box::new(out)
    }
}

/// Stdout for lines of our own: on a terminal with styles, if these are enabled, but without other control characters.
fn lines(form: Form, styles: bool) -> Box<dyn Write + Send> {
    if !io::stdout().is_terminal() {
        return Box::new(Recorded(io::stdout()));
    }
    // If styles are enabled, old Windows terminals need a translation; elsewhere it would remove characters.
    if styles {
        Box::new(Sanitize::new(Recorded(anstream::stdout()), form, true))
    } else {
        Box::new(Sanitize::new(Recorded(io::stdout()), form, false))
    }
}

/// Writes a line to stdout.
///
/// # Errors
/// If it cannot be written. The caller may ignore the error, because [`finish`] reports it.
pub(crate) fn line(text: &str) -> io::Result<()> {
    write_line(text, lines(Form::Text, false))
}

/// Writes a line with styles; values in it must have been made visible before.
pub(crate) fn styled_line(text: &str) -> io::Result<()> {
    write_line(text, lines(Form::Text, true))
}

/// Writes a line of JSON, which stays valid and equal JSON on a terminal.
pub(crate) fn json_line(text: &str) -> io::Result<()> {
    write_line(text, lines(Form::Json, false))
}

fn write_line(text: &str, mut out: impl Write) -> io::Result<()> {
    // In one write, so that the lines of two processes are not mixed.
    out.write_all(format!("{text}\n").as_bytes())?;
    out.flush()
}

/// Whether what goes to stderr may have styles.
pub(crate) fn stderr_is_styled() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Writes to stderr. A failure is ignored, because there is no other way to report it.
pub(crate) fn error(text: &str, styles: bool) {
    let bytes = text.as_bytes();
    let _ = match (io::stderr().is_terminal(), styles) {
        (false, _) => io::stderr().write_all(bytes),
        (true, true) => Sanitize::new(anstream::stderr(), Form::Text, true).write_all(bytes),
        (true, false) => Sanitize::new(io::stderr(), Form::Text, false).write_all(bytes),
    };
    let _ = io::stderr().flush();
}
