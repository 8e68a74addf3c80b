//! Reads and checks records and puts them aside, then writes them into a database.
//!
//! Invariants: the transaction begins after the last record was read, so that a slow file holds no lock. There is one
//! transaction: either every record that is not refused is written, or nothing changes.

use std::collections::BTreeSet;

use wallow_runtime::dynamic::Store;
use wallow_runtime::dynamic::import::{Ending, ImportOutcome, OnConflict};

use super::mapping::{Mapping, Names, Note};
use super::report::Report;
use super::spool::{self, Spool};
use super::together::Keys;
use super::{RecordError, Source};
use crate::output::Failure;
use crate::progress::Progress;

/// How to import.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    pub(crate) present: OnConflict,
    /// Whether to import the other runs if some are refused.
    pub(crate) skip_refused: bool,
    /// Whether to change nothing.
    pub(crate) dry_run: bool,
    /// The number of runs that a person agreed to overwrite; if there are more, nothing is written.
    pub(crate) agreed: Option<u64>,
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
pub(crate) fn stage(store: &Store, origin: &Source, names: &Names) -> Result<Staged, Failure> {
    let mut mapping = Mapping::new(store.schema(), store.columns(), names)?;
    let mut report = Report::default();
    let mut spool = Spool::new();
    let mut keys = Keys::new();
    let progress = Progress::counting("records read:");
    for record in origin.open(&mut mapping, &mut report.seen)? {
        progress.inc(1);
        let (at, reason) = match record {
            Err(RecordError::End(failure)) => return Err(failure),
            Err(RecordError::Record(at, reason)) => (at, reason),
            Ok(record) => {
                let at = record.at.clone();
                let mapped = mapping.arrival(record);
                let checked = mapped.and_then(|mapped| {
                    let run = mapping.run(mapped.values.clone());
                    let key = store
                        .check_import(&run)
                        .map_err(|error| error.to_string())?;
                    Ok((mapped, key))
                });
                match checked {
                    Err(reason) => (at, reason),
                    Ok((mapped, key)) => {
                        keys.push(&key).map_err(spool::failed)?;
                        spool.push(&at, &mapped).map_err(spool::failed)?;
                        continue;
                    }
                }
            }
        };
        report.refuse(at, reason);
    }
    report.together = keys.finish().map_err(spool::failed)?;
    report.name(&mapping);
    Ok(Staged {
        spool,
        mapping,
        report,
    })
}

/// Writes every record into the database.
pub(crate) fn import_all(
    store: &Store,
    staged: &mut Staged,
    rules: Rules,
) -> Result<Report, Failure> {
    let Staged {
        spool,
        mapping,
        report: known,
    } = staged;
    let named = known.together.first.iter().flatten().copied();
    let named = named.collect::<BTreeSet<_>>();
    let progress = Progress::counting("records imported:");
    store.import(|import| {
        let mut report = known.clone();
        for (number, entry) in (0..).zip(spool.entries().map_err(spool::failed)?) {
            let (at, mapped) = entry.map_err(spool::failed)?;
            progress.inc(1);
            if named.contains(&number) {
                report.places.insert(number, at.clone());
            }
            let run = mapping.run(mapped.values);
            let taken = import.take(&run, rules.present).map_err(|error| {
                // Such an error ends the transaction, yet one run is to blame.
                if error.to_string().contains("`RAISE(ROLLBACK, …)`") {
                    Failure::finding(format!("{at}: {error}"))
                } else {
                    error.into()
                }
            });
            match taken? {
                ImportOutcome::Refused(error) => report.refuse_for(at, &error),
                fate => {
                    report.count(&fate, &mapped.notes);
                    if matches!(fate, ImportOutcome::Inserted) {
                        for place in mapping.defaults_of(&run) {
                            report.note(place, Note::Default);
                        }
                    }
                }
            }
        }
        if let Some(agreed) = rules.agreed.filter(|agreed| report.overwritten > *agreed) {
            return Err(Failure::finding(format!(
                "nothing was changed: meanwhile {} runs would be overwritten, not {agreed}; type it again",
                report.overwritten
            )));
        }
        let keep = !rules.dry_run && (report.refused == 0 || rules.skip_refused);
        Ok(if keep {
            Ending::Keep(report)
        } else {
            Ending::Undo(report)
        })
    })
}
