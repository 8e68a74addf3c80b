//! Warnings of the store, for the person who started the work: what cannot be written now, which runs are left alone.

use std::time::Duration;
use std::{fmt, io};

use chrono::TimeDelta;
use tracing::field::Visit;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use wallow_runtime::dynamic::{Row, Store};
use wallow_runtime::{ClaimOptions, Error, ErrorKind};

use super::end::shown;
use crate::bulk::runs;
use crate::output::{self, Failure};
use crate::table::age;

/// From now on, warnings of the store, which is in the database of this name, are printed on stderr.
pub(crate) fn warn_of_store(database: String) {
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .event_format(Sentence { database })
        .with_writer(|| Line(Vec::new()))
        .finish();
    // A program that calls the command as a library may have one already.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Warns of the runs among these that no worker claims, if there are any.
pub(super) fn warn_of_unknown(store: &Store, claim: &ClaimOptions<Row>) -> Result<(), Failure> {
    if let Some(unknown) = output::unknown(store.count_unknown(claim)?) {
        output::warning(&unknown);
    }
    Ok(())
}

/// The error for a person, who has no program to build anew if the table was changed. `run` is at work.
pub(super) fn failure(error: Error, run: Option<&str>) -> Failure {
    if error.kind() != ErrorKind::DatabaseAhead || error.differences().is_empty() {
        return error.into();
    }
    let stays = run.map_or(String::new(), |uuid| {
        format!("; its results and its end are not written, so run {uuid} stays `running` until it is taken over after the stale time (`--stale`)")
    });
    Failure::finding(format!(
        "the table `runs` was changed while `wallow work` was at work, and does not fit its wallow.toml any more: \
         {}{stays}; start `wallow work` again with the wallow.toml that the table has now",
        error.differences().join("; ")
    ))
}

/// Warns of the pending runs among these, if there are any: the job of the cluster has `left`, which is not enough.
pub(super) fn warn_of_time(
    store: &Store,
    claim: &ClaimOptions<Row>,
    left: Duration,
    need: Duration,
) -> Result<(), Failure> {
    let pending = store.count_pending(claim)?;
    if pending > 0 {
        let runs = runs(pending);
        let stay = if pending == 1 { "stays" } else { "stay" };
        let left = age(TimeDelta::from_std(left).unwrap_or(TimeDelta::MAX));
        output::warning(&format!(
            "{left} are left of the Slurm job, less than `--need {}`: {runs} {stay} pending; `wallow work` in another job \
             goes on with them",
            shown(need)
        ));
    }
    Ok(())
}

/// A warning as a sentence for people: which run, what, why, and in which database.
struct Sentence {
    database: String,
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
struct Line(Vec<u8>);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.0);
        output::warning(&output::visible(text.trim()));
    }
}
