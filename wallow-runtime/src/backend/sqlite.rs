//! SQLite, through diesel and the SQLite it compiles in.

mod beside;
mod cells;
mod clauses;
mod connection;
pub(super) mod dependents;
mod failure;
mod files;
mod functions;
mod network;
mod news;
mod readers;
pub(super) mod rebuild;
pub(super) mod tables;
mod wal;

pub(crate) use beside::{is_writable, names, refuse_name_of_wal};
pub(crate) use connection::{Connection, Target};
pub(crate) use failure::{of_file, of_query};
pub use network::network_file_system;
pub(crate) use wal::{WalKeeper, wal_of};
