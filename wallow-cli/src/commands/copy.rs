//! `wallow copy`: copies the runs of one database into another unchanged, so that a sweep can continue there.

use wallow_runtime::DatabaseUrl;
use wallow_runtime::dynamic::{self, Store};
use wallow_runtime::migrate::State;

use crate::advice;
use crate::args::{Consent, Place};
use crate::bulk::{agree, runs};
use crate::copy::{Proof, Route, Tally};
use crate::damaged::Damaged;
use crate::history::History;
use crate::output::{self, Failure, Status};
use crate::progress::Progress;
use crate::project::{Project, refuse_vanished};

/// Below its help.
pub(crate) const HELP: &str = "\
Examples:
  wallow copy --to postgres://db.example.org/sweeps
  wallow copy --from runs.db --to postgres://db.example.org/sweeps --dry-run

Ids, uuids, times and attempts are kept. At the end both databases are read again and compared. If a copy is
interrupted, run the command again: it continues where it stopped. Stop the workers first: what they write
while the runs are copied is not copied, until you run the command again with --update.";

/// `wallow copy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Copy {
    /// Copy from this database [default: see `wallow --help`]
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<String>,

    /// Copy to this database; its table is created if it does not exist
    #[arg(long, value_name = "URL")]
    pub(crate) to: String,

    /// Also update runs that exist there in an earlier state; newer ones stay
    #[arg(long)]
    pub(crate) update: bool,

    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// What is said if a copy is refused.
const NOTHING: &str = "nothing was copied";

pub(crate) fn run(place: &Place, copy: &Copy) -> Result<Status, Failure> {
    let project = Project::find(place)?;
    let from = place.on("--from", copy.from.as_deref());
    let to = place.on("--to", Some(&copy.to));
    let (from_url, to_named) = (project.url(&from)?, project.database(&to)?);
    let to_url = &to_named.url;
    if is_same(&from_url, to_url) {
        return Err(Failure::usage(format!(
            "`{to_url}` would be copied into itself; name another database with `--to`"
        )));
    }
    project.refuse_other(&to)?;
    project.refuse_other_precision(&to)?;
    project.warn_of_other_precision(&from)?;
    if is_same_on_server(&project, &from, &to)? {
        return Err(Failure::usage(format!(
            "`{from_url}` and `{to_url}` are one database, which would be copied into itself; name another database \
             with `--to`"
        )));
    }
    let left_out = left_out(&project, &from)?;
    let source = project.open_to_read_all(&from, NOTHING)?;
    let count = source.query().count()?;
    if copy.consent.dry_run {
        let tally = if has_runs(&project, &to)? {
            let target = project.open_to_read_all(&to, NOTHING)?;
            Route::new(&source, &target, to_url.to_string())?.look(copy.update)?
        } else {
            Tally::of_new(count)
        };
        print(&tally, "would be ");
        for (what, ids) in [
            ("gone on here, for `--update`", &tally.behind),
            ("gone on there, and left as they are", &tally.ahead),
        ] {
            if ids.count > 0 {
                output::line(&format!("{what}: {}, id {}", runs(ids.count), ids.text()));
            }
        }
        output::line("dry run: nothing was changed");
        return Ok(Status::Fine);
    }
    make(&project, &to)?;
    let target = project.open_all(&to, false, NOTHING)?;
    let route = Route::new(&source, &target, to_url.to_string())?;
    let update = match (copy.update, copy.consent.yes) {
        (false, _) => None,
        (true, true) => Some(u64::MAX),
        (true, false) => {
            let updated = route.look(true)?.updated;
            if updated > 0 {
                let question = format!("overwrite {} in {to_named}?", runs(updated));
                agree(&question, NOTHING)?;
            }
            Some(updated)
        }
    };
    let progress = Progress::of_runs("copying", count);
    let tally = route.carry(update, |runs| progress.inc(runs))?;
    drop(progress);
    print(&tally, "");
    let mut damaged = Damaged::default();
    if project.schema.project.attempts {
        let (attempts, unreadable) = route.carry_attempts()?;
        damaged = unreadable;
        if attempts > 0 {
            let attempts = usize::try_from(attempts).unwrap_or(usize::MAX);
            output::line(&format!("{} copied", output::counted(attempts, "attempt")));
        }
    }
    output::line(&format!("to {to_named}"));
    let progress = Progress::of_runs("verifying", count);
    let proof = route.prove(|runs| progress.inc(runs))?;
    drop(progress);
    if let Some(names) = left_out {
        output::line(&format!("left out, for want of a field: {names}"));
    }
    warn_of_workers(&source)?;
    let status = conclude(&proof, &target, &from_url.to_string(), &to_url.to_string());
    match (status, damaged.report()) {
        (Err(failure), Err(of_attempts)) => {
            output::failure(&of_attempts);
            Err(failure)
        }
        (status, reported) => reported.and(status),
    }
}

/// Whether two URLs are one database; a file may have several names.
fn is_same(one: &DatabaseUrl, other: &DatabaseUrl) -> bool {
    let files = one.file().zip(other.file());
    one == other
        || files.is_some_and(|(one, other)| same_file::is_same_file(one, other).unwrap_or(false))
}

/// Whether two URLs lead to one table of a server, which may have several names: `localhost`, an address, a service.
fn is_same_on_server(project: &Project, from: &Place, to: &Place) -> Result<bool, Failure> {
    let identity = |place| match project.look_at_database(place)? {
        None => Ok(None),
        Some(database) => Ok::<_, Failure>(database.identity()?),
    };
    let Some(from) = identity(from)? else {
        return Ok(false);
    };
    Ok(identity(to)? == Some(from))
}

/// Reports which runs are in both databases, and which are not.
fn conclude(proof: &Proof, target: &Store, from: &str, to: &str) -> Result<Status, Failure> {
    let Proof {
        tally:
            Tally {
                same,
                behind,
                ahead,
                ..
            },
        absent,
        checksums: [one, other],
    } = proof;
    if ahead.count > 0 {
        output::line(&format!(
            "gone on in `{to}`, and left as they are there: {}, id {}",
            runs(ahead.count),
            ahead.text()
        ));
    }
    let others = target.query().count()?;
    let others = others.saturating_sub(same + behind.count + ahead.count);
    if others > 0 {
        output::line(&format!("in `{to}` alone: {}", runs(others)));
    }
    if one != other {
        return Err(Failure::finding(format!(
            "the runs have the checksum {one} in `{from}` and {other} in `{to}`: they are not the same; do not go on \
             there, keep both databases, and report this as a mistake of wallow"
        )));
    }
    output::line(&format!(
        "verified: {}, the same in both, checksum {one}",
        runs(*same)
    ));
    if absent.count > 0 {
        return Err(Failure::finding(format!(
            "{} came to `{from}` while it was copied: id {}; stop who writes there, and copy again",
            runs(absent.count),
            absent.text()
        )));
    }
    if behind.count > 0 {
        return Err(Failure::finding(format!(
            "{} went on in `{from}` since the copy was made: id {}; stop who writes there, and bring them along \
             with `--update`",
            runs(behind.count),
            behind.text()
        )));
    }
    Ok(Status::Fine)
}

fn print(tally: &Tally, would: &str) {
    let updated = (tally.updated > 0).then(|| format!("{} {would}updated", tally.updated));
    let same = (tally.same > 0).then(|| format!("{} there already", tally.same));
    let copied = format!("{} {would}copied", runs(tally.copied));
    let parts = std::iter::once(copied).chain(updated).chain(same);
    output::line(&parts.collect::<Vec<_>>().join(", "));
}

/// Warns of workers: what they write to the source from now on does not reach the copy.
fn warn_of_workers(source: &Store) -> Result<(), Failure> {
    if !source.schema().has_lifecycle() {
        return Ok(());
    }
    let running = dynamic::parse(source.schema(), "status == \"running\"");
    let running = source.query().filter(running.map_err(Failure::expression)?);
    let count = running.count()?;
    if count > 0 {
        output::line(&format!(
            "`running`: {}; where workers are still at it, let them end, and copy again with `--update`",
            runs(count)
        ));
    }
    Ok(())
}

/// The columns that the schema does not have, if there are any. An error if the runs have no uuids: those that reading
/// makes of the ids would become real ones in the other database.
fn left_out(project: &Project, place: &Place) -> Result<Option<String>, Failure> {
    let database = project.look_at_runs(place)?;
    let table = database.table()?.unwrap_or_default();
    if table.column("uuid").is_none() {
        let next = project.situation(Some(&database))?.next();
        return Err(Failure::finding(format!(
            "the runs of `{}` have no uuids yet, and nothing was copied; to give each one, {next} there first",
            project.url(place)?
        )));
    }
    let names = table.columns.iter().map(|column| column.name.as_str());
    let unknown = names
        .filter(|name| !project.knows_column(name))
        .collect::<Vec<_>>();
    Ok((!unknown.is_empty()).then(|| output::visible(&unknown.join(", "))))
}

/// Whether there is a database with a table of runs.
fn has_runs(project: &Project, place: &Place) -> Result<bool, Failure> {
    match project.look_at_database(place)? {
        None => Ok(false),
        Some(database) => Ok(database.table()?.is_some()),
    }
}

/// Creates the table if it does not exist: by the migrations of the project, if there are any. An existing table must
/// have all these migrations. The exception is a table without runs: it was left by an interrupted copy, or another
/// copy is creating it right now, so the rest is applied.
fn make(project: &Project, place: &Place) -> Result<(), Failure> {
    let history = History::load(project, place)?;
    let url = project.url(place)?;
    let database = project.open_database(place)?;
    let has_no_runs = database.has_no_runs()?;
    let pending = match database.state()? {
        State::Unmanaged { .. } => return Ok(()),
        State::Empty => Vec::new(),
        State::Managed { applied } => {
            history.refuse_unknown(&applied)?;
            // A table whose notes say that no migration was applied is refused: `apply` would fail on it.
            project.refuse_unmanaged(&database, place)?;
            refuse_vanished(&database)?;
            history.pending(&applied)
        }
    };
    match pending.first() {
        Some(name) if !has_no_runs => Err(Failure::finding(format!(
            "`{url}` lacks the migration {name}, and nothing was copied; run {}",
            advice::about("`wallow migrate apply`", place)
        ))),
        _ => history.apply(&database, history.entries.len(), |_| {}),
    }
}
