//! Warnings of a store, for the person who called the command.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::{fmt, io};

use tracing::field::Visit;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use wallow_runtime::DatabaseUrl;

use crate::output;

/// The module whose warnings are about the place of a database: a file system, a kind of server.
const OF_PLACE: &str = "wallow_runtime::backend";

/// From now on, warnings of the store, which is in the database of this name, are printed on stderr.
#[cfg(unix)]
pub(crate) fn print_all(database: String) {
    // A program that calls the command as a library may have one already.
    let _ = tracing::subscriber::set_global_default(printing(database, ""));
}

/// Opens a database to change it. What is warned of about its place (a network file system, a server on which wallow is
/// not tested) is printed on stderr, each warning once. Every other warning is for programs: the commands have words of
/// their own for it.
pub(crate) fn of_place<T>(database: &DatabaseUrl, open: impl FnOnce() -> T) -> T {
    tracing::subscriber::with_default(printing(database.to_string(), OF_PLACE), open)
}

/// Prints the warnings of the modules whose path begins like this.
fn printing(database: String, modules: &'static str) -> impl Subscriber + Send + Sync {
    let once = modules == OF_PLACE;
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .event_format(Sentence { database, modules })
        .with_writer(move || Line {
            bytes: Vec::new(),
            once,
        })
        .finish()
}

/// A warning as a sentence for people: which run, what, why, and in which database.
struct Sentence {
    database: String,
    modules: &'static str,
}

impl<S, N> FormatEvent<S, N> for Sentence
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if !event.metadata().target().starts_with(self.modules) {
            return Ok(());
        }
        let mut parts = Parts::default();
        event.record(&mut parts);
        if let Some(uuid) = &parts.uuid {
            write!(writer, "run {uuid}: ")?;
        }
        write!(writer, "{}", parts.message)?;
        if let Some(error) = &parts.error {
            write!(writer, ": {error}")?;
        }
        for (name, value) in &parts.others {
            write!(writer, "; {name}: {value}")?;
        }
        write!(writer, " ({})", self.database)
    }
}

/// The fields of an event.
#[derive(Default)]
struct Parts {
    message: String,
    uuid: Option<String>,
    error: Option<String>,
    others: Vec<(&'static str, String)>,
}

impl Visit for Parts {
    fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            "uuid" => self.uuid = Some(value),
            "error" => self.error = Some(value),
            name => self.others.push((name, value)),
        }
    }
}

/// One warning, which is printed when it is whole, by the same gate as every other.
struct Line {
    bytes: Vec<u8>,
    /// Whether a command prints it only once, although it opens the database several times.
    once: bool,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        static PRINTED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
        let text = String::from_utf8_lossy(&self.bytes);
        let text = text.trim();
        let is_new = || {
            let mut printed = PRINTED.lock().unwrap_or_else(PoisonError::into_inner);
            printed.insert(text.to_owned())
        };
        if !text.is_empty() && (!self.once || is_new()) {
            output::warning(&output::visible(text));
        }
    }
}
