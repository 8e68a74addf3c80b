//! SQL types of wallow's columns for which diesel's own are too narrow or too slow.
//!
//! With these in the emitted table, a raw diesel query reads `DateTime<Utc>` and
//! `serde_json::Value` from the columns as wallow stores them.

use chrono::{DateTime, Utc as ChronoUtc};
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{Interval, SqlType, ops};
use diesel::sqlite::{Sqlite, SqliteValue};

use crate::value::{format_time, parse_time};

#[cfg(feature = "postgres")]
mod postgres;
pub mod print_schema;

#[cfg(feature = "postgres")]
pub(crate) use postgres::EPOCH as POSTGRES_EPOCH;

/// An instant, to the microsecond: text in UTC on SQLite, `TIMESTAMP` in UTC on PostgreSQL.
#[derive(Debug, Clone, Copy, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(sqlite_type(name = "Text"))]
#[cfg_attr(
    feature = "postgres",
    diesel(postgres_type(oid = 1114, array_oid = 1115))
)]
pub struct Utc;

/// `time + interval`, on PostgreSQL. (SQLite has no intervals. diesel's own type has the same operator.)
impl ops::Add for Utc {
    type Rhs = Interval;
    type Output = Utc;
}

impl ops::Sub for Utc {
    type Rhs = Interval;
    type Output = Utc;
}

/// JSON: text on SQLite, `JSONB` or `JSON` on PostgreSQL.
#[derive(Debug, Clone, Copy, Default, SqlType, diesel::query_builder::QueryId)]
#[diesel(sqlite_type(name = "Text"))]
#[cfg_attr(
    feature = "postgres",
    diesel(postgres_type(oid = 114, array_oid = 199))
)]
pub struct Json;

impl ToSql<Utc, Sqlite> for DateTime<ChronoUtc> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(format_time(self));
        Ok(IsNull::No)
    }
}

impl FromSql<Utc, Sqlite> for DateTime<ChronoUtc> {
    fn from_sql(mut bytes: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let text = bytes.read_text();
        parse_time(text).ok_or_else(|| format!("{text:?} is no time").into())
    }
}

/// The text of a JSON value, as it is stored.
impl ToSql<Json, Sqlite> for str {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self);
        Ok(IsNull::No)
    }
}

impl ToSql<Json, Sqlite> for String {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        <str as ToSql<Json, Sqlite>>::to_sql(self, out)
    }
}

impl ToSql<Json, Sqlite> for serde_json::Value {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Sqlite> for serde_json::Value {
    fn from_sql(mut bytes: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_str(bytes.read_text())?)
    }
}
