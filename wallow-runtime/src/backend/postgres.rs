//! PostgreSQL, through diesel and libpq.

mod cells;
mod columns;
mod connection;
mod connections;
pub(super) mod dependents;
mod environment;
mod failure;
mod health;
mod lending;
mod looking;
mod network;
mod news;
mod open;
pub(super) mod rights;
mod server;
mod session;
pub(super) mod settings;
pub(super) mod tables;
mod unstorable;

pub(crate) use connection::{Connection, Target};
pub(crate) use failure::of_query;
pub(crate) use tables::can_swallow;
