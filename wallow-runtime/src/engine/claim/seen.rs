//! A run as a claim sees it: read once, with its status and whether its worker is silent.

use super::FencingToken;
use crate::backend::Rows;
use crate::codegen_support::Decode;
use crate::engine::statements::TableStatements;
use crate::error::Error;
use crate::value::{Cells, RunState, RunStatus};

/// A run as a claim sees it.
pub(in crate::engine) struct Seen<T> {
    pub(in crate::engine) run: T,
    pub(in crate::engine) token: FencingToken,
    pub(in crate::engine) state: RunState,
    /// The word in the column `status`, if wallow does not know it.
    pub(in crate::engine) word: Option<String>,
    /// It is `running`, and its claim has sent no heartbeat.
    pub(in crate::engine) never_began: bool,
    pub(in crate::engine) stale: bool,
    /// Whether the statement that read it also took it.
    pub(in crate::engine) taken: bool,
}

impl<T> Seen<T> {
    pub(in crate::engine) fn is(&self, status: RunStatus) -> bool {
        self.state == RunState::Known(status)
    }
}

/// Reads a run, its attempt and, if the statement selects it, whether it is stale.
pub(in crate::engine) struct Looked<'p, T> {
    table: &'p TableStatements,
    pub(in crate::engine) seen: Option<Seen<T>>,
}

impl<'p, T> Looked<'p, T> {
    pub(in crate::engine) fn new(table: &'p TableStatements) -> Self {
        Looked { table, seen: None }
    }
}

impl<T: Decode> Rows for Looked<'_, T> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        if self.seen.is_some() {
            return Err(crate::engine::row_visitors::several());
        }
        let table = self.table;
        let read = || {
            let (width, key) = (table.columns().len(), table.key().len());
            let status = table
                .position("status")
                .map(|index| crate::value::BUILT_INS + key + index);
            let state = super::state::of_row(table, status, cells);
            let word = match (state, status) {
                (RunState::Unknown, Some(status)) => cells.nullable(status)?,
                _ => None,
            };
            Ok(Seen {
                run: T::decode(table.layout(), cells)?,
                token: FencingToken {
                    id: cells.required(0)?,
                    attempt: cells.required(width)?,
                    uuid: cells.required::<String>(1)?.into(),
                },
                state,
                word,
                never_began: state == RunState::Known(RunStatus::Running)
                    && super::state::never_began(table, cells),
                stale: cells.nullable(width + 1)?.unwrap_or(false),
                taken: cells.nullable(width + 2)?.unwrap_or(false),
            })
        };
        self.seen = Some(
            read()
                .map_err(|error| crate::engine::row_visitors::undecodable(table, cells, &error))?,
        );
        Ok(())
    }
}
