//! The engine of wallow: opens a database, registers runs, reads them back. Programs use it through the facade crate
//! `wallow`, which re-exports its public parts.

mod backend;
mod clock;
pub mod codegen_support;
pub mod dynamic;
mod engine;
mod error;
mod expr;
pub mod external_db;
pub mod fields;
pub mod lifecycle;
pub mod migrate;
pub mod query;
mod sql;
pub mod sql_types;
#[doc(hidden)]
pub mod statistics;
mod store;
#[doc(hidden)]
pub mod table;
pub mod value;

#[doc(hidden)]
pub use backend::network_file_system;
pub use backend::{DatabaseUrl, IntoDatabaseUrl};
pub use clock::Environment;
pub use codegen_support::{End, Key, Lifecycle, Patch, Record};
pub use engine::{Attempt, AttemptOutcome, OnDuplicate, Reclaim, RegisterCounts, RegisterOutcome};
#[doc(hidden)]
pub use error::for_command;
pub use error::{Error, ErrorKind, RegisterError, Result};
pub use expr::{Expr, Order, count};
pub use lifecycle::{
    Claim, ClaimError, ClaimOptions, ClaimOutcome, LifecycleError, LifecycleOptions,
    LifecycleOutcome, SweepPlan, WorkCounts, WorkOptions,
};
pub use migrate::{Migrations, migrations};
pub use query::Query;
pub use store::{Store, StoreOptions};
pub use value::RunStatus;

pub use diesel;
pub use diesel_migrations;
