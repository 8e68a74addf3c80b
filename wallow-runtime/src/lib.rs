//! The engine of wallow: opens a database, registers runs, reads them back. Programs use it
//! through the facade crate `wallow`, which re-exports what is meant for them.

mod backend;
mod clock;
pub mod dynamic;
mod engine;
mod error;
pub mod fields;
pub mod foreign;
pub mod generated;
pub mod lifecycle;
pub mod migrate;
pub mod plan;
pub mod query;
pub mod record;
mod register;
pub mod sql_types;
mod store;
mod table;
pub mod value;

pub use backend::{DatabaseUrl, IntoDatabaseUrl};
pub use clock::Sources;
pub use error::{Error, ErrorKind, RegisterError, Result};
pub use lifecycle::{
    Claim, ClaimError, ClaimOptions, ClaimOutcome, End, Lifecycle, LifecycleError,
    LifecycleOptions, LifecycleOutcome, Reclaim, RunStatus, SweepPlan, WorkCounts, WorkOptions,
};
pub use query::{Expr, Order, Query, count};
pub use record::{Key, Patch, Record};
pub use register::{OnDuplicate, RegisterCounts, RegisterOutcome};
pub use store::{Store, StoreOptions};

pub use diesel;
