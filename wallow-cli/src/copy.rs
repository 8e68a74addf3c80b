//! Copies the runs of one database into another, one page at a time.
//!
//! What enters: two open databases. What leaves: counts of what happened to the runs. Invariants: a page is written
//! completely or not at all, so a repeated copy continues where the last one stopped. A run of the other database is
//! only overwritten if it is an earlier state of the same run.

mod checksum;
mod tally;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use wallow_runtime::Expr;
use wallow_runtime::dynamic::copy::{CopyOp, RawRun, RawRuns};
use wallow_runtime::dynamic::{Fields, Store, Value};

use crate::damaged::Damaged;
use crate::output::{Failure, visible};
use checksum::Checksum;
pub(crate) use tally::{Ids, Tally};

/// The size of the first page, which is small, because the size of the runs is not known yet.
const FIRST: usize = 8;

/// A page has at most this many runs.
const MOST: usize = 128;

/// After a page with this much text, in bytes, the next one has fewer runs.
const LARGE: usize = 4 << 20;

/// After a page with less text than this, the next one has more runs.
const SMALL: usize = 1 << 20;

/// If others change the runs of a page at the same time, it is tried this many times.
const TRIES: usize = 3;

/// The two databases of a copy.
pub(crate) struct Route<'s> {
    source: &'s Store,
    from: RawRuns<'s>,
    store: &'s Store,
    to: RawRuns<'s>,
    /// The name of the other database, without passwords.
    name: String,
}

/// The state of a run in the other database.
#[derive(Clone, Copy)]
enum CopyState<'p> {
    Absent,
    Same,
    /// It has an earlier state of the run.
    Behind(&'p RawRun),
    /// The run continued there.
    Ahead,
}

/// The result of reading both databases again.
#[derive(Debug)]
pub(crate) struct Proof {
    pub(crate) tally: Tally,
    pub(crate) absent: Ids,
    /// Checksums of the runs that are the same in both: one of the values read from the source, one of those read from
    /// the other database.
    pub(crate) checksums: [String; 2],
}

impl<'s> Route<'s> {
    pub(crate) fn new(from: &'s Store, to: &'s Store, name: String) -> Result<Self, Failure> {
        Ok(Route {
            source: from,
            from: from.raw_runs()?,
            store: to,
            to: to.raw_runs()?,
            name,
        })
    }

    /// What a copy would do.
    pub(crate) fn look(&self, update: bool) -> Result<Tally, Failure> {
        let mut tally = Tally::default();
        self.pages(|page| {
            let there = self.there(page)?;
            for run in page {
                tally.count(run, self.state(run, &there)?, update);
            }
            Ok(())
        })?;
        Ok(tally)
    }

    /// Copies missing runs, and overwrites earlier states: none if `update` is `None`, else at most this many, and
    /// stops if there would be more. `progress` receives the number of runs of each finished page.
    pub(crate) fn carry(
        &self,
        update: Option<u64>,
        mut progress: impl FnMut(u64),
    ) -> Result<Tally, Failure> {
        self.to.reserve_ids(self.from.last_id()?)?;
        let mut tally = Tally::default();
        let carried = self.pages(|page| {
            self.carry_page(page, update, &mut tally)?;
            progress(page.len() as u64);
            Ok(())
        });
        carried.map_err(|failure| failure.with(&tally.so_far()))?;
        Ok(tally)
    }

    fn carry_page(
        &self,
        page: &[RawRun],
        update: Option<u64>,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        for _ in 0..TRIES {
            let there = self.there(page)?;
            let states = page.iter().map(|run| self.state(run, &there));
            let states = states.collect::<Result<Vec<_>, _>>()?;
            let behind = states.iter();
            let behind = behind.filter(|state| matches!(state, CopyState::Behind(_)));
            if update.is_some_and(|most| tally.updated + behind.count() as u64 > most) {
                return Err(Failure::finding(format!(
                    "meanwhile more runs went on than were to be overwritten; {} {}: look again with `--dry-run`",
                    tally.updated,
                    if tally.updated == 1 { "was" } else { "were" },
                )));
            }
            let update = update.is_some();
            let runs = || page.iter().zip(&states);
            let operations = runs().filter_map(|(run, state)| match state {
                CopyState::Absent => Some(CopyOp::New(run)),
                CopyState::Behind(than) if update => Some(CopyOp::Newer { run, than }),
                _ => None,
            });
            let operations = operations.collect::<Vec<_>>();
            if operations.is_empty() || self.to.write(&operations)? {
                for (run, state) in runs() {
                    tally.count(run, *state, update);
                }
                return Ok(());
            }
        }
        Err(self.in_the_way(page, update.is_some())?)
    }

    /// Copies the attempts at runs that are in both, as far as the other database lacks them or their end; returns how
    /// many, and which cannot be read. An attempt that the run there has not come to is left out.
    pub(crate) fn carry_attempts(&self) -> Result<(u64, Damaged), Failure> {
        const PAGE: usize = 256;
        let attempts = self.source.attempts_where(Expr::all([]));
        let mut damaged = Damaged::default();
        let mut attempts = attempts.filter_map(|attempt| match attempt {
            Err(error) if error.uuid().is_none() => Some(Err(error)),
            attempt => damaged.sort_out(attempt).map(Ok),
        });
        let mut copied = 0;
        loop {
            let page = attempts.by_ref().take(PAGE);
            let page = page.collect::<Result<Vec<_>, _>>()?;
            if page.is_empty() {
                break;
            }
            copied += self.store.take_attempts(&page)?;
        }
        drop(attempts);
        Ok((copied, damaged))
    }

    /// Reads both databases again and compares them.
    pub(crate) fn prove(&self, mut progress: impl FnMut(u64)) -> Result<Proof, Failure> {
        let mut tally = Tally::default();
        let mut absent = Ids::default();
        let mut checksums = [Checksum::new(), Checksum::new()];
        self.pages(|page| {
            let there = self.there(page)?;
            for run in page {
                let state = self.state(run, &there)?;
                if let (CopyState::Same, Some(other)) = (state, there.get(&run.id())) {
                    checksums[0].take(run);
                    checksums[1].take(other);
                }
                match state {
                    CopyState::Absent => absent.add(run),
                    state => tally.count(run, state, false),
                }
            }
            progress(page.len() as u64);
            Ok(())
        })?;
        Ok(Proof {
            tally,
            absent,
            checksums: checksums.map(Checksum::text),
        })
    }

    /// Calls `work` with every page of the source.
    fn pages(&self, mut work: impl FnMut(&[RawRun]) -> Result<(), Failure>) -> Result<(), Failure> {
        let (mut next, mut most) = (Some(i64::MIN), FIRST);
        while let Some(id) = next {
            let page = self.from.page(id..=i64::MAX, most)?;
            if !page.is_empty() {
                work(&page)?;
            }
            next = behind(&page);
            let size = page.iter().map(RawRun::size).sum::<usize>();
            most = match size {
                LARGE.. => (most / 2).max(1),
                SMALL.. => most,
                _ => (most * 2).min(MOST),
            };
        }
        Ok(())
    }

    /// The runs of the other database whose ids are between the first and the last id of a page.
    fn there(&self, page: &[RawRun]) -> Result<BTreeMap<i64, RawRun>, Failure> {
        let mut there = BTreeMap::new();
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(there);
        };
        let mut next = Some(first.id());
        while let Some(id) = next {
            let found = self.to.page(id..=last.id(), page.len())?;
            next = behind(&found).filter(|id| *id <= last.id());
            there.extend(found.into_iter().map(|run| (run.id(), run)));
        }
        Ok(there)
    }

    /// The state of a run in the other database, whose runs around it are `there`.
    fn state<'p>(
        &self,
        run: &RawRun,
        there: &'p BTreeMap<i64, RawRun>,
    ) -> Result<CopyState<'p>, Failure> {
        let Some(other) = there.get(&run.id()) else {
            return Ok(CopyState::Absent);
        };
        if other == run {
            return Ok(CopyState::Same);
        }
        if other.row().uuid() != run.row().uuid() || self.key(other) != self.key(run) {
            return Err(self.taken(run, other.row().uuid(), run.id()));
        }
        let written = |run| time(run, "updated_at");
        let is_earlier = other.attempt() <= run.attempt() && written(other) <= written(run);
        Ok(if is_earlier && !self.went_both_ways(run, other) {
            CopyState::Behind(other)
        } else {
            CopyState::Ahead
        })
    }

    /// Whether each side executed the run by itself: it started at different times, and the attempt is the
    /// same or the other one is completed. The results of one worker must not overwrite those of another.
    fn went_both_ways(&self, run: &RawRun, other: &RawRun) -> bool {
        if !self.store.schema().has_lifecycle() {
            return false;
        }
        let started = |run| time(run, "started_at");
        let is_another = started(other).is_some() && started(other) != started(run);
        let is_done = other.row().get("status") == Some(&Value::from("completed"));
        is_another && (is_done || other.attempt() == run.attempt())
    }

    fn key(&self, run: &RawRun) -> Fields {
        let fields = self.store.schema().identifying.iter();
        let values = fields.filter_map(|field| {
            let value = run.row().get(&field.name)?;
            Some((field.name.clone(), value.clone()))
        });
        values.collect()
    }

    /// Why a page cannot be written although its own ids are free there: another run has the key or the uuid.
    fn in_the_way(&self, page: &[RawRun], update: bool) -> Result<Failure, Failure> {
        for run in page {
            let same_key = self.store.find(&self.key(run))?;
            let found = match same_key {
                Some(row) => Some(row),
                None => self.store.find_by_uuid(run.row().uuid())?,
            };
            let id = found.as_ref().and_then(|row| row.get("id")).cloned();
            if let (Some(row), Some(Value::Int(id))) = (found, id)
                && id != run.id()
            {
                return Ok(self.taken(run, row.uuid(), id));
            }
        }
        let there = self.there(page)?;
        for run in page {
            let operation = match self.state(run, &there)? {
                CopyState::Absent => CopyOp::New(run),
                CopyState::Behind(than) if update => CopyOp::Newer { run, than },
                _ => continue,
            };
            if let Some(error) = self.to.swallowed(&operation)? {
                return Ok(error.into());
            }
        }
        Ok(Failure::finding(format!(
            "the runs from id {} on change in `{}` while they are copied; stop who writes there, and begin again: \
             what was copied stays",
            page.first().map_or(0, RawRun::id),
            self.name,
        )))
    }

    /// The error for a run that cannot be placed, because another run has its id, uuid or key.
    fn taken(&self, run: &RawRun, uuid: &str, id: i64) -> Failure {
        Failure::finding(format!(
            "run {} (uuid {}) has no place in `{}`: run {id} there (uuid {}) is another one with its id, its uuid or \
             its key. Copy into a database without runs, or bring the runs in with ids of their own: \
             `wallow import --from-python FILE --db URL`",
            run.id(),
            visible(run.row().uuid()),
            self.name,
            visible(uuid),
        ))
    }
}

/// The time in a column, if there is one.
fn time(run: &RawRun, column: &str) -> Option<DateTime<Utc>> {
    match run.row().get(column) {
        Some(Value::Time(time)) => Some(*time),
        _ => None,
    }
}

/// The first id after a page, if more runs can follow.
fn behind(page: &[RawRun]) -> Option<i64> {
    page.last()?.id().checked_add(1)
}
