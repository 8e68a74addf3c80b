//! The names that `diesel print-schema` writes, for the types that wallow's columns have.
//!
//! SQLite's `INTEGER` and `REAL` hold 64 bits, but diesel's command prints them as types of 32. With `import_types =
//! ["wallow::sql_types::print_schema::*"]` under `[print_schema]` in diesel.toml, as `wallow init --diesel` writes it, the
//! printed table has the same types as the emitted one, with two exceptions on SQLite: a `json` field is text there,
//! and printed as `Text`; and `_wallow_attempt`, which has 32 bits on PostgreSQL, is printed like any other integer.

use diesel::sql_types;

pub use diesel::sql_types::{BigInt, Bool, Double, Nullable, Text};

pub use super::Json;

/// `INTEGER` of SQLite: 64 bits.
pub type Integer = sql_types::BigInt;
/// `INTEGER` of PostgreSQL: 32 bits, for `_wallow_attempt` alone.
pub type Int4 = sql_types::Integer;
/// `BIGINT` of PostgreSQL.
pub type Int8 = sql_types::BigInt;
/// `REAL` of SQLite: 64 bits.
pub type Float = sql_types::Double;
/// `DOUBLE PRECISION` of PostgreSQL.
pub type Float8 = sql_types::Double;
/// `VARCHAR` of a table that the Python package made.
pub type Varchar = sql_types::Text;
/// `DATETIME` of SQLite, `TIMESTAMP` of PostgreSQL: an instant in UTC.
pub type Timestamp = super::Utc;
/// `JSONB` of PostgreSQL.
pub type Jsonb = super::Json;
