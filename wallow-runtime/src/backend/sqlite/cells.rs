//! A SQLite row as cells.

use diesel::row::{Field, Row};
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};

use crate::value::{Cell, Cells};

/// A borrowed row.
pub(super) struct SqliteCells<'r, R>(pub(super) &'r R);

impl<'a, R: Row<'a, Sqlite>> Cells for SqliteCells<'_, R> {
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        let Some(field) = self.0.get(index) else {
            return view(Cell::Null);
        };
        match field.value() {
            None => view(Cell::Null),
            Some(mut value) => view(read(&mut value)),
        }
    }
}

fn read<'v>(value: &'v mut SqliteValue<'_, '_, '_>) -> Cell<'v> {
    match value.value_type() {
        None => Cell::Null,
        Some(SqliteType::Text) => Cell::Text(value.read_text()),
        Some(SqliteType::Float | SqliteType::Double) => Cell::Float(value.read_double()),
        Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
            Cell::Int(value.read_long())
        }
        Some(SqliteType::Binary) => Cell::Blob,
    }
}
