//! SQLite, through diesel and the SQLite it compiles in.

mod cells;
mod connection;
mod failure;
mod files;
mod functions;
mod log;
mod network;
pub(super) mod rebuild;
pub(super) mod tables;

pub(crate) use connection::{Connection, Target};
pub(crate) use failure::{of_file, of_query};
pub(crate) use log::{LogKeeper, log_of};
pub(crate) use network::network_file_system;
