// Links of the README to files of the repository are relative there. The first definition of a link counts, so on other
// sites, such as docs.rs, these lead to the repository that Cargo.toml names.
#![doc = concat!("[ml_sweep]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/ml_sweep/README.md")]
#![doc = concat!("[matching_feedback]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/matching_feedback/README.md")]
#![doc = concat!("[many_workers]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/many_workers/README.md")]
#![doc = concat!("[python_sweep]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/examples/python_sweep/README.md")]
#![doc = concat!("[specs]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/specs/README.md")]
#![doc = concat!("[ARCHITECTURE.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/ARCHITECTURE.md")]
#![doc = concat!("[BENCHMARKS.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/BENCHMARKS.md")]
#![doc = concat!("[CONTRIBUTING.md]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/CONTRIBUTING.md")]
#![doc = concat!("[MIT]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/LICENSE-MIT")]
#![doc = concat!("[Apache-2.0]: ", env!("CARGO_PKG_REPOSITORY"), "/blob/HEAD/LICENSE-APACHE")]
//!
// Not as doctests: the programs of the README need its schema beside their Cargo.toml. `tests/rebuild/readme.rs` compiles
// and runs each of them, in a crate of its own.
#![cfg_attr(not(doctest), doc = include_str!("../README.md"))]

pub mod guide;
pub mod schema;

pub use wallow_macros::wallow_schema;
pub use wallow_runtime::fields::Field;
pub use wallow_runtime::{
    Attempt, AttemptOutcome, Claim, ClaimError, ClaimOptions, ClaimOutcome, End, Lifecycle,
    LifecycleError, LifecycleOptions, LifecycleOutcome, Reclaim, RunStatus, SweepPlan, WorkCounts,
    WorkOptions,
};
pub use wallow_runtime::{
    DatabaseUrl, Environment, Error, ErrorKind, Expr, IntoDatabaseUrl, Key, Migrations,
    OnDuplicate, Order, Patch, Query, Record, RegisterCounts, RegisterError, RegisterOutcome,
    Result, Store, StoreOptions, count, diesel, diesel_migrations, dynamic, migrations, query,
    sql_types,
};

pub use wallow_runtime::codegen_support::{chrono, serde_json};

#[doc(hidden)]
pub use wallow_runtime::codegen_support as __private;

/// The examples in the docs of the macro.
#[cfg(doctest)]
#[doc = include_str!("../wallow-macros/src/wallow_schema.md")]
#[derive(Debug)]
pub struct MacroExamples;
