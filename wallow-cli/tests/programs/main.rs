//! Files and databases that real programs write and read: pandas, polars, pyarrow, DuckDB, Optuna, MLflow, and the
//! Python package `wallow`; and what a cluster reads, checked by a validator.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod export;
mod kubernetes;
mod python;
mod sharing;
mod trackers;
mod written;

#[path = "../command/project.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod project;
