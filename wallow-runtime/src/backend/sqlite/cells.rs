//! A SQLite row as cells.

use diesel::deserialize::FromSqlRef;
use diesel::row::{Field, Row};
use diesel::sql_types::Text;
use diesel::sqlite::{Sqlite, SqliteType, SqliteValue};

use crate::value::{Cell, Cells};

/// A borrowed row.
pub(super) struct SqliteCells<'r, R>(pub(super) &'r R);

impl<'a, R: Row<'a, Sqlite>> Cells for SqliteCells<'_, R> {
    #[expect(clippy::inline_always, reason = "a call for every cell of every row")]
    #[inline(always)]
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

/// Inlined into the reading of each type, where the compiler removes most of it. As a call, a find would take 2 %
/// longer.
#[expect(clippy::inline_always, reason = "a call for every cell of every row")]
#[inline(always)]
fn read<'v, 'r>(value: &'v mut SqliteValue<'r, 'r, 'r>) -> Cell<'v> {
    match value.value_type() {
        None => Cell::Null,
        // Borrowed, and validated once. `read_text` would validate it twice, and repair it silently, which hides damage.
        Some(SqliteType::Text) => match <&str as FromSqlRef<'_, Text, Sqlite>>::from_sql(value) {
            Ok(text) => Cell::Text(text.into()),
            Err(_) => Cell::Garbled,
        },
        Some(SqliteType::Float | SqliteType::Double) => Cell::Float(value.read_double()),
        Some(SqliteType::SmallInt | SqliteType::Integer | SqliteType::Long) => {
            Cell::Int(value.read_long())
        }
        Some(SqliteType::Binary) => Cell::Blob,
    }
}
