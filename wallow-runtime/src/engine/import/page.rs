//! A page of imported runs with a few statements, for servers, where each statement is a round trip.
//!
//! What enters: runs in their order. What leaves: the outcome of each, which is the same as if they were imported one
//! after the other. So a page is divided into groups: no run of a group has the key or brings the uuid of another run of
//! it. A group is written within a savepoint. If anything is not as expected (a value that the server refuses, a uuid that
//! is taken, a run that others delete meanwhile), it is rolled back, and its runs are imported one by one, which finds the
//! run and the reason.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use super::run::{insert_binds, known};
use super::{ImportOutcome, ImportTransaction, Imported, OnConflict, PageError};
use crate::backend::{Connection, Rows, postgres};
use crate::engine::register::{Request, duplicate};
use crate::engine::row_visitors::unexpected;
use crate::engine::{Engine, binds};
use crate::error::Error;
use crate::sql::Bind;
use crate::value::Cells;

/// A run of a group.
struct Member<'r> {
    /// Its position in the page.
    index: usize,
    request: &'r Request<'r>,
    only_new: &'r [bool],
    /// What its insert binds; `None` if it lacks what a new run needs.
    binds: Option<Vec<Bind<'r>>>,
}

/// The outcomes of runs, by their positions in the page.
type Outcomes = BTreeMap<usize, ImportOutcome>;

impl ImportTransaction<'_> {
    /// Imports a page; the outcomes are in the order of the runs.
    pub(super) fn take_in_groups(
        &mut self,
        runs: &[Imported<'_>],
        on_conflict: OnConflict,
    ) -> Result<Vec<ImportOutcome>, PageError> {
        let engine = self.engine;
        let requests = runs.iter();
        let requests = requests.map(|run| Request::new(engine, run.key, run.patch).ok());
        let requests = requests.collect::<Vec<_>>();
        let mut outcomes = Outcomes::new();
        for mut group in groups(runs, &requests) {
            let members = group.iter().map(|member| member.index);
            let members = members.collect::<Vec<_>>();
            let written = self.write_group(&mut group, on_conflict);
            let first = members.first().copied().unwrap_or_default();
            outcomes.extend(written.map_err(|error| PageError::at(first, error))?);
            self.take_rest(runs, members, on_conflict, &mut outcomes)?;
        }
        // Those that cannot be stored anywhere belong to no group.
        self.take_rest(runs, 0..runs.len(), on_conflict, &mut outcomes)?;
        Ok(outcomes.into_values().collect())
    }

    /// Imports those of the runs at these positions that have no outcome, one by one.
    fn take_rest(
        &mut self,
        runs: &[Imported<'_>],
        positions: impl IntoIterator<Item = usize>,
        on_conflict: OnConflict,
        outcomes: &mut Outcomes,
    ) -> Result<(), PageError> {
        for index in positions {
            if let Entry::Vacant(place) = outcomes.entry(index) {
                let taken = self.take_in_savepoint(runs[index], on_conflict);
                let outcome = taken.map_err(|error| PageError::at(index, error))?;
                place.insert(outcome);
            }
        }
        Ok(())
    }

    /// Writes a group; a run without an outcome has to be imported by itself.
    fn write_group(
        &mut self,
        group: &mut [Member<'_>],
        on_conflict: OnConflict,
    ) -> Result<Outcomes, Error> {
        let Connection::Postgres(connection) = &mut *self.connection else {
            return Ok(Outcomes::new());
        };
        let (engine, swallows) = (self.engine, &mut self.swallows);
        let written = connection
            .try_at_once(|connection| write(engine, connection, swallows, group, on_conflict));
        let written = written.map_err(|error| self.remember_busy(error))?;
        Ok(written.unwrap_or_default())
    }
}

/// Inserts the runs that are new, and handles the others; `None` if what was written has to be rolled back.
fn write(
    engine: &Engine,
    connection: &mut postgres::Connection,
    swallows: &mut Swallows,
    group: &mut [Member<'_>],
    on_conflict: OnConflict,
) -> Result<Option<Outcomes>, Error> {
    let (mut members, mut rows) = (Vec::new(), Vec::new());
    for member in group {
        let Some(mut binds) = member.binds.take() else {
            continue;
        };
        let uuid = match &binds[0] {
            Bind::Text(Some(uuid)) => uuid.to_string(),
            _ => engine.environment.uuid(),
        };
        binds[0] = Bind::Text(Some(uuid.clone().into()));
        rows.push(binds);
        members.push((&*member, uuid));
    }
    let mut outcomes = Outcomes::new();
    if members.is_empty() {
        return Ok(Some(outcomes));
    }
    let mut inserted = Uuids::default();
    let sql = engine.table.insert_imported_columns();
    connection.run_columns(&sql, &rows, &mut inserted)?;
    let mut there = Vec::new();
    for (member, uuid) in members {
        if inserted.0.remove(&uuid) {
            outcomes.insert(member.index, ImportOutcome::Inserted);
        } else {
            there.push(member);
        }
    }
    // A trigger may have changed uuids, so that it is not known which runs were inserted.
    if !inserted.0.is_empty() {
        return Ok(None);
    }
    // The others should be there already. If a trigger may have swallowed them instead, each of them is looked up.
    if there.is_empty() || swallows.get_or_look(connection)? {
        return Ok(Some(outcomes));
    }
    if on_conflict == OnConflict::Overwrite && !overwrite(connection, &there)? {
        return Ok(None);
    }
    outcomes.extend(there.iter().map(|member| {
        let outcome = match on_conflict {
            OnConflict::Leave => ImportOutcome::Existing,
            OnConflict::Overwrite => ImportOutcome::Updated,
            OnConflict::Refuse => ImportOutcome::Refused(duplicate()),
        };
        (member.index, outcome)
    }));
    Ok(Some(outcomes))
}

/// Overwrites runs that are there, those that set the same fields with one statement. Returns whether all of them were
/// written.
fn overwrite(
    connection: &mut postgres::Connection,
    members: &[&Member<'_>],
) -> Result<bool, Error> {
    let patches = members.iter();
    let patches = patches.map(|member| known(member.request.patch, member.only_new));
    let patches = patches.collect::<Vec<_>>();
    let mut shapes = BTreeMap::<_, Vec<_>>::new();
    for (member, patch) in members.iter().zip(&patches) {
        let requests = shapes.entry(binds::fields(patch)).or_default();
        requests.push(member.request.with_patch(patch));
    }
    for requests in shapes.values() {
        let engine = requests[0].engine;
        let Some(update) = engine.updates(requests, None) else {
            return Ok(false);
        };
        if update.run(connection)? != requests.len() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Divides a page: each run is in the first group after those that have a run with its key or its uuid.
fn groups<'r>(
    runs: &'r [Imported<'r>],
    requests: &'r [Option<Request<'r>>],
) -> Vec<Vec<Member<'r>>> {
    let mut groups = Vec::<Vec<_>>::new();
    let mut next = BTreeMap::<String, usize>::new();
    for (index, (run, request)) in runs.iter().zip(requests).enumerate() {
        let Some(request) = request else {
            continue;
        };
        let names = iter::once(format!("{:?}", request.key)).chain(run.built_ins.uuid.clone());
        let names = names.collect::<Vec<_>>();
        let number = names.iter().filter_map(|name| next.get(name)).max();
        let number = number.copied().unwrap_or_default();
        next.extend(names.into_iter().map(|name| (name, number + 1)));
        if number == groups.len() {
            groups.push(Vec::new());
        }
        groups[number].push(Member {
            index,
            request,
            only_new: run.only_new,
            binds: insert_binds(request, run.built_ins).ok(),
        });
    }
    groups
}

/// Whether the database may take a run and store nothing, as it was found within this transaction.
#[derive(Debug, Default)]
pub(super) struct Swallows(Option<bool>);

impl Swallows {
    fn get_or_look(&mut self, connection: &mut postgres::Connection) -> Result<bool, Error> {
        if let Some(swallows) = self.0 {
            return Ok(swallows);
        }
        // Others cannot create a trigger meanwhile, because the transaction holds the table.
        let swallows = postgres::can_swallow(connection)?;
        Ok(*self.0.insert(swallows))
    }
}

/// Collects uuids.
#[derive(Debug, Default)]
struct Uuids(BTreeSet<String>);

impl Rows for Uuids {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.0.insert(cells.required(0).map_err(unexpected)?);
        Ok(())
    }
}
