//! Reads and checks records and puts them aside, then writes them into a database.
//!
//! Invariants: the transaction begins after the last record was read, so that a slow file holds no lock. There is one
//! transaction: either every record that is not refused is written, or nothing changes.

use wallow_runtime::Error;
use wallow_runtime::dynamic::import::{Ending, Import, ImportOutcome, ImportedRun, OnConflict};
use wallow_runtime::dynamic::{Store, Value};

use super::attempts::Histories;
use super::mapping::{Mapped, Mapping, Names, Note};
use super::precedence::Precedence;
use super::report::Report;
use super::spool::{self, Spool};
use super::status::Stand;
use super::together::Keys;
use super::{Location, RecordError, Source};
use crate::bulk::runs;
use crate::output::Failure;
use crate::progress::Progress;

/// How to import.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) on_conflict: OnConflict,
    /// Whether to import the other runs if some are refused.
    pub(crate) skip_refused: bool,
    /// Whether to change nothing.
    pub(crate) dry_run: bool,
    /// The number of runs that a person agreed to overwrite; if there are more, nothing is written.
    pub(crate) agreed: Option<u64>,
}

impl Rules {
    /// What happens to a run that exists if another record of it takes precedence: it is not overwritten.
    fn after(self) -> OnConflict {
        match self.on_conflict {
            OnConflict::Overwrite => OnConflict::Leave,
            on_conflict => on_conflict,
        }
    }
}

/// Records that were read and checked.
pub(crate) struct Staged {
    spool: Spool,
    mapping: Mapping,
    /// What is known before the database is read.
    report: Report,
}

impl Staged {
    /// Adds what was recognised to the report.
    pub(crate) fn recognised(&mut self, what: String) {
        self.report.seen.insert(0, what);
    }
}

/// Reads every record, and checks everything that can be checked without the database.
pub(crate) fn stage(store: &Store, source: &Source, names: &Names) -> Result<Staged, Failure> {
    let mut mapping = Mapping::new(store.schema(), store.columns(), names)?;
    let (spool, report) = read_all(source, &mut mapping, |mapping, mapped| {
        let run = mapping.run(mapped.values.clone());
        let key = store.check_import(&run);
        key.map_err(|error| error.to_string())
    })?;
    Ok(Staged {
        spool,
        mapping,
        report,
    })
}

/// Reads every record, and puts those aside that `check` does not refuse. It returns the key of a record.
pub(super) fn read_all(
    source: &Source,
    mapping: &mut Mapping,
    mut check: impl FnMut(&Mapping, &Mapped) -> Result<Vec<Value>, String>,
) -> Result<(Spool, Report), Failure> {
    let mut report = Report::default();
    let mut spool = Spool::new();
    let mut keys = Keys::new();
    let progress = Progress::counting("records read:");
    for record in source.open(mapping, &mut report.seen)? {
        progress.inc(1);
        let (at, reason) = match record {
            Err(RecordError::End(failure)) => return Err(failure),
            Err(RecordError::Record(at, reason)) => (at, reason),
            Ok(record) => {
                let at = record.at.clone();
                let status = record.status.as_ref().and_then(Stand::status);
                let mapped = mapping.map(record);
                let checked = mapped.and_then(|mapped| {
                    let key = check(mapping, &mapped)?;
                    Ok((mapped, key))
                });
                match checked {
                    Err(reason) => (at, reason),
                    Ok((mapped, key)) => {
                        let precedence = Precedence::of(mapping, &mapped, status);
                        keys.push(&key, precedence).map_err(spool::failed)?;
                        spool.push(&at, &mapped).map_err(spool::failed)?;
                        continue;
                    }
                }
            }
        };
        report.refuse(at, reason);
    }
    report.together = keys.finish().map_err(spool::failed)?;
    report.locate(&mut spool).map_err(spool::failed)?;
    report.name(mapping);
    Ok((spool, report))
}

/// Runs that are written at once.
struct Page {
    runs: Vec<ImportedRun>,
    /// Where each of them is in the source, and what happened to its values.
    locations: Vec<(Location, Vec<(usize, Note)>)>,
}

impl Page {
    fn of(mapping: &Mapping, records: impl Iterator<Item = (Location, Mapped)>) -> Self {
        let runs = records.map(|(at, mapped)| {
            let mut run = mapping.run(mapped.values);
            // That a run is running elsewhere says nothing about one that is here already, perhaps at work.
            let unclaimed = mapped.notes.iter();
            let unclaimed = unclaimed.filter(|(_, note)| *note == Note::Unclaimed);
            run.only_new = unclaimed
                .map(|(place, _)| mapping.column(*place).to_owned())
                .collect();
            (run, (at, mapped.notes))
        });
        let (runs, locations) = runs.unzip();
        Page { runs, locations }
    }

    /// Writes the runs, and reports what became of each.
    fn write(
        &self,
        import: &mut Import<'_, '_>,
        mapping: &Mapping,
        on_conflict: OnConflict,
        report: &mut Report,
    ) -> Result<(), Stopped> {
        let outcomes = import.take(&self.runs, on_conflict).map_err(|stopped| {
            let at = self.locations.get(stopped.index).map(|(at, _)| at);
            match (stopped.error, at) {
                // Such an error ends the transaction, yet one run is to blame.
                (error, Some(at)) if error.to_string().contains("`RAISE(ROLLBACK, …)`") => {
                    Stopped::Here(Failure::finding(format!("{at}: {error}")))
                }
                (error, _) => Stopped::ByDatabase(error),
            }
        })?;
        for ((run, (at, notes)), outcome) in self.runs.iter().zip(&self.locations).zip(outcomes) {
            if let ImportOutcome::Refused(error) = outcome {
                report.refuse_for(at.clone(), &error);
                continue;
            }
            report.count(&outcome, notes);
            if matches!(outcome, ImportOutcome::Inserted) {
                for place in mapping.defaults_of(run) {
                    report.note(place, Note::Default, 1);
                }
            }
        }
        Ok(())
    }
}

/// Writes every record into the database.
pub(crate) fn import_all(
    store: &Store,
    staged: &mut Staged,
    histories: &Histories,
    rules: Rules,
) -> Result<Report, Failure> {
    let Staged {
        spool,
        mapping,
        report: known,
    } = staged;
    let progress = Progress::counting("records imported:");
    let now = store.now()?;
    let imported = store.import(|import| {
        let mut report = known.clone();
        report.overwrites = rules.on_conflict == OnConflict::Overwrite;
        // A record over which another one takes precedence comes after it, and counts only if that one is refused.
        for (outranked, on_conflict) in [(false, rules.on_conflict), (true, rules.after())] {
            if outranked && !known.has_outranked() {
                continue;
            }
            let mut entries = spool.entries().map_err(spool::failed)?;
            let mut numbers = 0..;
            loop {
                let records = entries.page().map_err(spool::failed)?;
                if records.is_empty() {
                    break;
                }
                let records = records.into_iter().zip(numbers.by_ref());
                let of_turn = records.filter(|(_, number)| known.is_outranked(*number) == outranked);
                let page = Page::of(mapping, of_turn.map(|(record, _)| record));
                page.write(import, mapping, on_conflict, &mut report)?;
                progress.inc(page.runs.len() as u64);
            }
        }
        report.brought = histories.bring(now, import)?;
        if let Some(agreed) = rules.agreed.filter(|agreed| report.overwritten > *agreed) {
            return Err(Stopped::Here(Failure::finding(format!(
                "nothing was changed: meanwhile {} would be overwritten, not {agreed}; type it again",
                runs(report.overwritten)
            ))));
        }
        let keep = !rules.dry_run && (report.refused == 0 || rules.skip_refused);
        Ok(if keep {
            Ending::Keep(report)
        } else {
            Ending::Undo(report)
        })
    });
    imported.map_err(|stopped| match stopped {
        Stopped::Here(failure) => failure,
        // Its text may be about other operations, which keep what they did before.
        Stopped::ByDatabase(error) => Failure::finding(format!("nothing was imported: {error}")),
    })
}

/// Why an import ended.
enum Stopped {
    Here(Failure),
    ByDatabase(Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Stopped::ByDatabase(error)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Stopped::Here(failure)
    }
}
