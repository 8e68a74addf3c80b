//! A PostgreSQL row as cells, read from its binary form.

use std::borrow::Cow;
use std::cell::Cell as Known;

use diesel::pg::{Pg, PgValue};
use diesel::row::{Field, Row};

use crate::sql_types::POSTGRES_EPOCH as EPOCH;
use crate::value::{Cell, Cells, from_micros, to_micros};

/// The numbers of the types that a row can hold, as the server's catalogue has them.
mod oid {
    pub(super) const BOOL: u32 = 16;
    pub(super) const CHAR: u32 = 18;
    pub(super) const NAME: u32 = 19;
    pub(super) const INT8: u32 = 20;
    pub(super) const INT2: u32 = 21;
    pub(super) const INT4: u32 = 23;
    pub(super) const TEXT: u32 = 25;
    pub(super) const OID: u32 = 26;
    pub(super) const JSON: u32 = 114;
    pub(super) const FLOAT4: u32 = 700;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const BPCHAR: u32 = 1042;
    pub(super) const VARCHAR: u32 = 1043;
    pub(super) const TIMESTAMP: u32 = 1114;
    pub(super) const TIMESTAMPTZ: u32 = 1184;
    pub(super) const JSONB: u32 = 3802;
}

/// The types of a statement's columns, so that libpq is asked once for each column and not for each cell. An empty list
/// keeps nothing: for a single row, asking for each cell costs less than this memory.
#[derive(Default)]
pub(super) struct ColumnTypes(Vec<Known<u32>>);

impl ColumnTypes {
    pub(super) fn of(columns: usize) -> Self {
        // 0 is the number of no type.
        ColumnTypes(vec![Known::new(0); columns])
    }

    #[inline]
    fn find(&self, index: usize, value: PgValue<'_>) -> u32 {
        let Some(known) = self.0.get(index) else {
            return value.get_oid().get();
        };
        if known.get() == 0 {
            known.set(value.get_oid().get());
        }
        known.get()
    }
}

/// A borrowed row, and the types of its columns.
pub(super) struct PostgresCells<'r, R>(pub(super) &'r R, pub(super) &'r ColumnTypes);

impl<'a, R: Row<'a, Pg>> Cells for PostgresCells<'_, R> {
    #[inline]
    fn with_cell<T>(&self, index: usize, view: impl FnOnce(Cell<'_>) -> T) -> T {
        let Some(field) = self.0.get(index) else {
            return view(Cell::Null);
        };
        match field.value() {
            None => view(Cell::Null),
            Some(value) => view(read(value, self.1.find(index, value))),
        }
    }
}

#[inline]
fn read(value: PgValue<'_>, column_type: u32) -> Cell<'_> {
    let bytes = value.as_bytes();
    match column_type {
        oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::NAME | oid::CHAR | oid::JSON => text(bytes),
        // The first byte is the version of the format.
        oid::JSONB => bytes.get(1..).map_or(Cell::Blob, text),
        oid::INT8 => number(bytes, i64::from_be_bytes, Cell::Int),
        oid::INT4 => number(bytes, i32::from_be_bytes, |number| Cell::Int(number.into())),
        oid::INT2 => number(bytes, i16::from_be_bytes, |number| Cell::Int(number.into())),
        oid::OID => number(bytes, u32::from_be_bytes, |number| Cell::Int(number.into())),
        oid::FLOAT8 => number(bytes, f64::from_be_bytes, Cell::Float),
        oid::FLOAT4 => number(bytes, f32::from_be_bytes, |number| {
            Cell::Float(number.into())
        }),
        oid::BOOL => number(bytes, u8::from_be_bytes, |byte| Cell::Bool(byte != 0)),
        oid::TIMESTAMP | oid::TIMESTAMPTZ => number(bytes, i64::from_be_bytes, time),
        _ => Cell::Blob,
    }
}

fn text(bytes: &[u8]) -> Cell<'_> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cell::Text(Cow::Borrowed(text)),
        Err(_) => Cell::Garbled,
    }
}

fn number<'c, const N: usize, T>(
    bytes: &[u8],
    read: impl FnOnce([u8; N]) -> T,
    cell: impl FnOnce(T) -> Cell<'c>,
) -> Cell<'c> {
    bytes
        .try_into()
        .map_or(Cell::Blob, |bytes| cell(read(bytes)))
}

/// The ends of the range stand for `infinity` and `-infinity`, which are no times. A year that has no four digits in
/// SQLite's text is not a time either.
fn time<'c>(micros: i64) -> Cell<'c> {
    match micros {
        i64::MAX => Cell::Text("infinity".into()),
        i64::MIN => Cell::Text("-infinity".into()),
        micros => {
            let micros = micros.saturating_add(EPOCH);
            let time = from_micros(micros);
            if to_micros(&time) == micros {
                Cell::Time(time)
            } else {
                Cell::Text("outside the years 1 to 9999".into())
            }
        }
    }
}
