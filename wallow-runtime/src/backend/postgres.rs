//! PostgreSQL, through diesel and libpq.

mod cells;
mod columns;
mod connection;
mod failure;
pub(super) mod tables;

pub(crate) use connection::{Connection, Target};
pub(crate) use failure::of_query;
