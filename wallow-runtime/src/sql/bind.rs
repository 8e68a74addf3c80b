//! Values as a statement binds them: each with the SQL type of its column, `NULL` included, so
//! that one text has one prepared statement.

use std::borrow::Cow;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::query_builder::AstPass;
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Bool, Double, HasSqlType, Nullable, Text};

use crate::sql_types::{Json, Utc as UtcTime};
use crate::value::Cell;

/// One bind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Bind<'a> {
    Int(Option<i64>),
    Float(Option<f64>),
    Bool(Option<bool>),
    Text(Option<Cow<'a, str>>),
    Json(Option<Cow<'a, str>>),
    Time(Option<DateTime<Utc>>),
}

/// The longest time span in a statement, two thousand years, because no clock can subtract much more.
const OLDEST: Duration = Duration::from_secs(2_000 * 365 * 24 * 3_600);

impl Bind<'_> {
    /// A time span as the statements take it, in microseconds.
    pub(crate) fn micros(span: Duration) -> Self {
        Bind::Int(i64::try_from(span.min(OLDEST).as_micros()).ok())
    }

    /// Whether it is a text with U+0000, the one character that PostgreSQL cannot store.
    pub(crate) fn has_nul(&self) -> bool {
        matches!(self, Bind::Text(Some(text)) if text.contains('\0'))
    }

    /// A bind with the same value, whose text is borrowed from this one.
    pub(crate) fn reborrow(&self) -> Bind<'_> {
        match self {
            Bind::Text(Some(text)) => Bind::Text(Some(Cow::Borrowed(text))),
            Bind::Json(Some(text)) => Bind::Json(Some(Cow::Borrowed(text))),
            Bind::Text(None) => Bind::Text(None),
            Bind::Json(None) => Bind::Json(None),
            Bind::Int(value) => Bind::Int(*value),
            Bind::Float(value) => Bind::Float(*value),
            Bind::Bool(value) => Bind::Bool(*value),
            Bind::Time(value) => Bind::Time(*value),
        }
    }

    /// The value as the cell of a row that has it.
    #[inline]
    pub(crate) fn as_cell(&self) -> Cell<'_> {
        match self {
            Bind::Int(Some(value)) => Cell::Int(*value),
            Bind::Float(Some(value)) => Cell::Float(*value),
            Bind::Bool(Some(value)) => Cell::Bool(*value),
            Bind::Text(Some(text)) | Bind::Json(Some(text)) => Cell::Text(Cow::Borrowed(text)),
            Bind::Time(Some(value)) => Cell::Time(*value),
            Bind::Int(None)
            | Bind::Float(None)
            | Bind::Bool(None)
            | Bind::Text(None)
            | Bind::Json(None)
            | Bind::Time(None) => Cell::Null,
        }
    }

    /// Puts the bind into a statement.
    pub(crate) fn push<'b, DB>(&'b self, out: &mut AstPass<'_, 'b, DB>) -> QueryResult<()>
    where
        DB: Backend
            + HasSqlType<BigInt>
            + HasSqlType<Double>
            + HasSqlType<Bool>
            + HasSqlType<Text>
            + HasSqlType<Json>
            + HasSqlType<UtcTime>,
        Option<i64>: ToSql<Nullable<BigInt>, DB>,
        Option<f64>: ToSql<Nullable<Double>, DB>,
        Option<bool>: ToSql<Nullable<Bool>, DB>,
        Option<Cow<'b, str>>: ToSql<Nullable<Text>, DB>,
        Option<Cow<'b, str>>: ToSql<Nullable<Json>, DB>,
        Option<DateTime<Utc>>: ToSql<Nullable<UtcTime>, DB>,
    {
        match self {
            Bind::Int(value) => out.push_bind_param::<Nullable<BigInt>, _>(value),
            Bind::Float(value) => out.push_bind_param::<Nullable<Double>, _>(value),
            Bind::Bool(value) => out.push_bind_param::<Nullable<Bool>, _>(value),
            Bind::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value),
            Bind::Json(value) => out.push_bind_param::<Nullable<Json>, _>(value),
            Bind::Time(value) => out.push_bind_param::<Nullable<UtcTime>, _>(value),
        }
    }
}
