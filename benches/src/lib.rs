//! What the benchmark measures: wallow's operations, and the floor, that is, the same statements by hand on a database
//! of its own with the same table, with rusqlite or with libpq.
//!
//! `cargo bench -p wallow-bench` prints the ratios; BENCHMARKS.md says what they were and why.

mod database;
mod floor;
mod kind;
mod measure;
mod operation;
mod optional;
mod postgres;
mod report;
mod run;
mod side;
mod summary;
mod time;
mod worker;

pub use database::Databases;
pub use floor::Floor;
pub use kind::{Both, Kind, Work, with_side};
pub use measure::{Pair, Plan, measure};
pub use operation::{Batch, Operation};
pub use optional::{OptionalDatabases, OptionalOperation, OptionalSide, Recorded};
pub use postgres::{PostgresDatabases, PostgresFloor};
pub use report::{bulk_head, bulk_row, row, table_head};
pub use run::{Combination, Results};
pub use side::{Line, Side, SideName, Wallow};
pub use summary::Summary;
pub use worker::{Sample, Worker, memory, serve};

/// The types of the schema of `examples/ml_sweep`: 23 columns, 14 indexes.
pub mod registry {
    wallow::wallow_schema!("../examples/ml_sweep/wallow.toml");
}

/// Any error; the benchmark ends with its text.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
