//! SQLite, through diesel and the SQLite it compiles in.

mod cells;
mod connection;
mod failure;
mod functions;
mod inspect;
mod log;
pub(crate) mod migrations;
mod pool;
mod prepare;
mod rebuild;
mod statement;

pub(crate) use connection::{Connection, Target};
pub(crate) use failure::{of_file, of_query};
pub(crate) use pool::{Pool, PoolOptions};
pub(crate) use prepare::{Rules, prepare, verify};
