#![doc = include_str!("../README.md")]

pub use wallow_macros::wallow_schema;
pub use wallow_runtime::fields::Field;
pub use wallow_runtime::{
    Error, ErrorKind, OnDuplicate, Outcome, RegisterError, Result, Sources, Store, StoreOptions,
    diesel, dynamic, sql_types,
};

#[doc(hidden)]
pub use wallow_runtime::generated as __private;
