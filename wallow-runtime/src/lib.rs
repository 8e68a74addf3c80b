//! The engine of wallow: opens a database, registers runs, reads them back. Programs use it
//! through the facade crate `wallow`, which re-exports what is meant for them.

mod backend;
mod clock;
pub mod dynamic;
mod engine;
mod error;
mod expr;
pub mod fields;
pub mod foreign;
pub mod generated;
pub mod lifecycle;
pub mod migrate;
pub mod plan;
pub mod query;
pub mod record;
mod register;
mod sql;
pub mod sql_types;
mod store;
mod table;
pub mod value;

pub use crate::expr::{Expr, Order};
pub use crate::query::{Query, count};
pub use backend::{DatabaseUrl, IntoDatabaseUrl};
pub use clock::Sources;
pub use error::{Error, ErrorKind, RegisterError, Result};
pub use lifecycle::{
    Claim, ClaimOptions, ClaimOutcome, Lifecycle, LifecycleError, LifecycleOptions,
    LifecycleOutcome, Reclaim, RunStatus, SweepPlan, WorkCounts, WorkOptions,
};
pub use register::{OnDuplicate, RegisterCounts, RegisterOutcome};
pub use store::{Store, StoreOptions};

pub use diesel;
