//! The state of a run, without claiming it.

use std::borrow::Cow;

use wallow_schema::Schema;

use super::Engine;
use crate::backend::{Rows, Session};
use crate::engine::statements::TableStatements;
use crate::engine::{Lookup, binds};
use crate::error::advice::WRITE_STATUS;
use crate::error::{Error, ErrorKind};
use crate::expr::{ColumnRef, Node, Operand};
use crate::sql::{Sql, Statement};
use crate::value::{BUILT_INS, Cell, Cells, RunState, Value, result_fields};

/// This many states are read with one statement from a server.
const GROUP: usize = 100;

/// The position of `updated_at` among the columns.
const UPDATED_AT: usize = 3;

impl Engine {
    /// The state of the run with this key.
    pub(crate) fn state(&self, key: &[Value<'_>]) -> Result<RunState, Error> {
        self.pool.read(|session| self.state_on(session, key))
    }

    /// The states of the runs with these keys.
    pub(crate) fn states(&self, keys: &[Vec<Value<'_>>]) -> Result<Vec<RunState>, Error> {
        if self.pool.saves_round_trips() {
            return self.states_in_groups(keys);
        }
        self.pool.read(|session| {
            let states = keys.iter().map(|key| self.state_on(session, key));
            states.collect()
        })
    }

    /// The same with a statement for many keys.
    fn states_in_groups(&self, keys: &[Vec<Value<'_>>]) -> Result<Vec<RunState>, Error> {
        let mut states = Vec::with_capacity(keys.len());
        for group in keys.chunks(GROUP) {
            let binds = group.iter().map(|key| binds::key(&self.table, key));
            let binds = binds.collect::<Result<Vec<_>, _>>()?;
            let is_pending = pending_without_status(self.table.schema());
            let mut statement = Statement {
                sql: Sql::new(),
                binds: Vec::new(),
            };
            for (index, key) in binds.iter().enumerate() {
                let union = if index > 0 { " UNION ALL " } else { "" };
                let head = format!("{union}SELECT \"runs\".\"status\", ");
                statement.sql.push(&head);
                is_pending.render(self.table.dialect(), &mut statement);
                let from = format!(", {index}::bigint FROM \"runs\" WHERE ");
                statement.sql.push(&from);
                self.table.matching(&mut statement, key);
            }
            if group.len() < GROUP {
                statement.sql.forget_after_use();
            }
            let found = self.pool.read(|session| {
                let mut rows = States(vec![RunState::New; group.len()]);
                session.run::<Lookup>(&statement.sql, &statement.binds, &mut rows)?;
                Ok(rows.0)
            })?;
            states.extend(found);
        }
        Ok(states)
    }

    fn state_on(&self, session: &mut impl Session, key: &[Value<'_>]) -> Result<RunState, Error> {
        let key = binds::key(&self.table, key)?;
        let statement = || {
            let is_pending = pending_without_status(self.table.schema());
            let mut statement = Statement {
                sql: Sql::new(),
                binds: Vec::new(),
            };
            statement.sql.push("SELECT \"runs\".\"status\", ");
            is_pending.render(self.table.dialect(), &mut statement);
            statement.sql.push(" FROM \"runs\" WHERE ");
            self.table.matching(&mut statement, &key);
            statement.sql
        };
        let sql = self.table.claim_statements().state.get_or_init(statement);
        let mut rows = State(RunState::New);
        session.run::<Lookup>(sql, &key, &mut rows)?;
        Ok(rows.0)
    }
}

/// Reads the status of a run and, if there is none, whether the run is pending.
struct State(RunState);

impl Rows for State {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let has_results = || !matches!(cells.nullable::<bool>(1), Ok(Some(true)));
        self.0 = cells.with_cell(0, |cell| of_cell(&cell, has_results));
        Ok(())
    }
}

/// Reads the states of many runs: what [`State`] reads, and the position of the run.
struct States(Vec<RunState>);

impl Rows for States {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let mut state = State(RunState::New);
        state.row(cells)?;
        let index = cells.required::<i64>(2).ok();
        let index = index.and_then(|index| usize::try_from(index).ok());
        if let Some(place) = index.and_then(|index| self.0.get_mut(index)) {
            *place = state.0;
        }
        Ok(())
    }
}

/// The state of a run, from its cells in the order of the table's columns.
pub(in crate::engine) fn of_row(
    table: &TableStatements,
    status: Option<usize>,
    cells: &impl Cells,
) -> RunState {
    let first = BUILT_INS + table.key().len();
    let has_results = || {
        let mut fields = result_fields(table.schema());
        fields.any(|(index, _)| cells.with_cell(first + index, |cell| cell != Cell::Null))
    };
    match status {
        Some(status) => cells.with_cell(status, |cell| of_cell(&cell, has_results)),
        None => RunState::of(None, || false),
    }
}

/// Whether nothing has been written to a run since it was claimed: the same condition as
/// [`NEVER_BEGAN`](super::sql::NEVER_BEGAN), which compares the stored cells, too. Reading them as times would take as
/// long as reading two more columns of the run.
pub(in crate::engine) fn never_began(table: &TableStatements, cells: &impl Cells) -> bool {
    let started_at = table.position("started_at");
    let started_at = started_at.map(|index| BUILT_INS + table.key().len() + index);
    started_at.is_some_and(|started_at| {
        cells.with_cell(started_at, |started_at| {
            cells.with_cell(UPDATED_AT, |updated_at| {
                started_at != Cell::Null && started_at == updated_at
            })
        })
    })
}

fn of_cell(cell: &Cell<'_>, has_results: impl FnOnce() -> bool) -> RunState {
    match cell {
        Cell::Text(word) => RunState::of(Some(word), has_results),
        Cell::Null => RunState::of(None, has_results),
        // The cell is not text.
        _ => RunState::Unknown,
    }
}

/// The error of claiming a run that may have been completed by other means.
pub(in crate::engine) fn unknown(uuid: &str, word: Option<&str>) -> Error {
    let (has, actual) = match word {
        Some(word) => (
            format!("the status `{word}`, which wallow does not know"),
            word,
        ),
        None => ("results and no status".to_owned(), "NULL"),
    };
    let message = format!(
        "run {uuid} has {has}, so it may have been completed by other means; {}",
        WRITE_STATUS.program
    );
    Error::new(ErrorKind::Validation, message)
        .with_field("status")
        .with_types("pending, running, completed or failed", actual)
        .with_uuid(uuid)
}

/// The condition of the runs that have neither a status nor a result: they are pending, too.
pub(crate) fn pending_without_status(schema: &Schema) -> Node {
    let status = schema
        .annotating
        .iter()
        .find(|field| field.name == "status");
    let fields = status.into_iter();
    let fields = fields.chain(result_fields(schema).map(|(_, field)| field));
    let is_null = fields.map(|field| Node::Null {
        operand: Operand::Column(ColumnRef {
            name: Cow::Owned(field.name.clone()),
            ty: field.ty,
            nullable: field.nullable,
            precision: None,
            values: Vec::new(),
            is_closed: false,
        }),
        negated: false,
    });
    Node::And(is_null.collect())
}
