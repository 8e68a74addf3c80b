//! The same types on PostgreSQL. JSON is sent as `JSON`, which a column of `JSONB` accepts, too.

use std::io::Write;

use chrono::{DateTime, Utc as ChronoUtc};
use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};

use super::{Json, Utc};
use crate::value::{from_micros, to_micros};

/// Microseconds from 1970 to 2000, where PostgreSQL begins to count.
pub(crate) const EPOCH: i64 = 946_684_800_000_000;

/// The number of the type `JSONB` in the server's catalogue.
const JSONB: u32 = 3802;

impl ToSql<Utc, Pg> for DateTime<ChronoUtc> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&(to_micros(self) - EPOCH).to_be_bytes())?;
        Ok(IsNull::No)
    }
}

impl FromSql<Utc, Pg> for DateTime<ChronoUtc> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match i64::from_be_bytes(value.as_bytes().try_into()?) {
            i64::MIN | i64::MAX => Err("an infinite time is no time".into()),
            micros => Ok(from_micros(micros.saturating_add(EPOCH))),
        }
    }
}

/// The text of a JSON value.
impl ToSql<Json, Pg> for str {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Json, Pg> for String {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <str as ToSql<Json, Pg>>::to_sql(self, out)
    }
}

impl ToSql<Json, Pg> for serde_json::Value {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        serde_json::to_writer(out, self)?;
        Ok(IsNull::No)
    }
}

impl FromSql<Json, Pg> for serde_json::Value {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let bytes = value.as_bytes();
        // The first byte is the version of the format.
        let text = if value.get_oid().get() == JSONB {
            bytes.get(1..).unwrap_or_default()
        } else {
            bytes
        };
        Ok(serde_json::from_slice(text)?)
    }
}
