#![doc = include_str!("../README.md")]

pub mod guide;
pub mod schema;

pub use wallow_macros::wallow_schema;
pub use wallow_runtime::fields::Field;
pub use wallow_runtime::{
    Claim, ClaimError, ClaimOptions, ClaimOutcome, End, Lifecycle, LifecycleError,
    LifecycleOptions, LifecycleOutcome, Reclaim, RunStatus, SweepPlan, WorkCounts, WorkOptions,
};
pub use wallow_runtime::{
    DatabaseUrl, Error, ErrorKind, Expr, IntoDatabaseUrl, Key, Migrations, OnDuplicate, Order,
    Patch, Query, Record, RegisterCounts, RegisterError, RegisterOutcome, Result, Sources, Store,
    StoreOptions, count, diesel, diesel_migrations, dynamic, migrations, query, sql_types,
};

pub use wallow_runtime::codegen_support::{chrono, serde_json};

#[doc(hidden)]
pub use wallow_runtime::codegen_support as __private;
