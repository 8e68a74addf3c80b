//! The engine of wallow: opens a database, registers runs, reads them back. Programs use it
//! through the facade crate `wallow`, which re-exports what is meant for them.

mod backend;
mod clock;
pub mod codegen_support;
pub mod dynamic;
mod engine;
mod error;
mod expr;
pub mod fields;
pub mod foreign;
pub mod lifecycle;
pub mod migrate;
pub mod plan;
pub mod query;
mod register;
mod sql;
pub mod sql_types;
mod store;
#[doc(hidden)]
pub mod table;
pub mod value;

pub use crate::codegen_support::{End, Key, Lifecycle, Patch, Record};
pub use crate::expr::{Expr, Order};
pub use crate::lifecycle::{
    Claim, ClaimError, ClaimOptions, ClaimOutcome, LifecycleError, LifecycleOptions,
    LifecycleOutcome, Reclaim, RunStatus, SweepPlan, WorkCounts, WorkOptions,
};
pub use crate::query::{Query, count};
pub use backend::{DatabaseUrl, IntoDatabaseUrl};
pub use clock::Sources;
pub use error::{Error, ErrorKind, RegisterError, Result};
pub use register::{OnDuplicate, RegisterCounts, RegisterOutcome};
pub use store::{Store, StoreOptions};

pub use diesel;
