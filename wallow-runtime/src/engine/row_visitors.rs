//! Row visitors: keep the first row, one scalar, or all rows.

use chrono::{DateTime, Utc};
use wallow_schema::ATTEMPT;

use super::statements::TableStatements;
use crate::backend::{Failure, Operation, Rows, Session};
use crate::codegen_support::Decode;
use crate::error::{Error, ErrorKind};
use crate::sql::{Bind, Sql};
use crate::value::{BUILT_INS, Cell, CellError, Cells};

/// The one row that a statement by key returns.
pub(in crate::engine) struct FirstRow<'p, T> {
    table: &'p TableStatements,
    pub(in crate::engine) found: Option<T>,
}

impl<'p, T> FirstRow<'p, T> {
    pub(in crate::engine) fn new(table: &'p TableStatements) -> Self {
        FirstRow { table, found: None }
    }
}

impl<T: Decode> FirstRow<'_, T> {
    /// Runs a statement and keeps its row; returns whether there was one. A row is large, so it is stored here once
    /// instead of being moved through the results of the statement, its repetitions and the pool.
    pub(in crate::engine) fn fill<O: Operation>(
        &mut self,
        session: &mut impl Session,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<bool, Failure> {
        self.found = None;
        session.run::<O>(sql, binds, self)?;
        Ok(self.found.is_some())
    }
}

impl<T: Decode> Rows for FirstRow<'_, T> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        if self.found.is_some() {
            return Err(several());
        }
        self.found = Some(decoded(self.table, cells)?);
        Ok(())
    }
}

/// The run of a key, from a statement that does not read the columns of the key: they have the values by which the run was
/// found. A store that writes and checks its table refuses one in which another value would be equal, by a collation or by
/// the type of a column.
pub(in crate::engine) struct RowOfKey<'r, 'p, T> {
    pub(in crate::engine) row: &'r mut FirstRow<'p, T>,
    pub(in crate::engine) key: &'r [Bind<'r>],
}

impl<T: Decode> Rows for RowOfKey<'_, '_, T> {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let key = self.key;
        self.row.row(&WithKey { cells, key })
    }
}

/// A whole row, of which the key is known and the other cells were read.
struct WithKey<'c, C> {
    cells: &'c C,
    key: &'c [Bind<'c>],
}

impl<C: Cells> Cells for WithKey<'_, C> {
    #[expect(clippy::inline_always, reason = "a call for every cell of every row")]
    #[inline(always)]
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        let of_key = index.checked_sub(BUILT_INS);
        match of_key.and_then(|nth| self.key.get(nth)) {
            Some(bind) => view(bind.as_cell()),
            None if of_key.is_some() => self.cells.with_cell(index - self.key.len(), view),
            None => self.cells.with_cell(index, view),
        }
    }
}

/// The error of a second row for a key. It should not occur: the check of the table fails first if the key is not
/// unique any more.
pub(in crate::engine) fn several() -> Error {
    let message = "several runs have what only one can have (a key, an id or a uuid): the database is damaged, or its \
                   uniqueness was taken away while it was read; look at `wallow doctor`";
    Error::new(ErrorKind::MultipleFound, message)
}

/// Whether there was a row at all.
pub(in crate::engine) struct HasRow(pub(in crate::engine) bool);

impl Rows for HasRow {
    fn row(&mut self, _: &impl Cells) -> Result<(), Error> {
        self.0 = true;
        Ok(())
    }
}

/// The one number that a statement returns.
pub(in crate::engine) struct ScalarInt(pub(in crate::engine) i64);

impl Rows for ScalarInt {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        self.0 = cells.required(0).map_err(unexpected)?;
        Ok(())
    }
}

/// The error of a statement that returned a value of another type.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(in crate::engine) fn unexpected(error: CellError) -> Error {
    let message = format!(
        "the database answers {}, not {}",
        error.found, error.expected
    );
    Error::new(ErrorKind::Database, message)
}

/// The one time that a statement returns.
pub(in crate::engine) struct ScalarTime(pub(in crate::engine) Option<DateTime<Utc>>);

impl Rows for ScalarTime {
    fn row(&mut self, cells: &impl Cells) -> Result<(), Error> {
        let time = cells.required(0);
        self.0 = Some(time.map_err(|error| {
            let message = format!("`updated_at` holds {}, not {}", error.found, error.expected);
            Error::new(ErrorKind::Database, message).with_field("updated_at")
        })?);
        Ok(())
    }
}

/// A whole run, or the error of one that cannot be read.
pub(in crate::engine) fn decoded<T: Decode>(
    table: &TableStatements,
    cells: &impl Cells,
) -> Result<T, Error> {
    T::decode(table.layout(), cells).map_err(|error| undecodable(table, cells, &error))
}

/// What names a damaged row in its error, if it is readable itself.
pub(in crate::engine) fn described(cells: &impl Cells, index: usize) -> String {
    cells.with_cell(index, |cell| match cell {
        Cell::Int(value) => value.to_string(),
        Cell::Text(value) => value.into_owned(),
        _ => "unknown".to_owned(),
    })
}

/// The error of a row that another program wrote, or that is damaged. It names the row and the field.
pub(in crate::engine) fn undecodable(
    table: &TableStatements,
    cells: &impl Cells,
    error: &CellError,
) -> Error {
    let (id, uuid) = (described(cells, 0), described(cells, 1));
    let field = table
        .columns()
        .get(error.index)
        // After these columns, a statement reads at most the number of the attempt.
        .map_or(ATTEMPT, |column| column.name.as_str());
    let message = format!(
        "run {id} (uuid {uuid}): field `{field}` holds {}, not {}; correct or clear that value",
        error.found, error.expected,
    );
    Error::new(ErrorKind::Database, message)
        .with_field(field)
        .with_types(error.expected, &error.found)
        .with_uuid(&uuid)
}
