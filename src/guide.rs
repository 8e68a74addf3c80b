//! Guides: one page for each thing a user of wallow does. Their Rust code is compiled and run by the tests.
//!
//! | page | read it to |
//! |---|---|
//! | [`schema_file`] | write `wallow.toml`: which fields define an experiment, which describe it |
//! | [`registering`] | register runs, and decide what happens to a duplicate |
//! | [`lifecycle`] | run a sweep that can be interrupted, and choose a reclaim policy |
//! | [`queries`] | find, order, group and stream runs |
//! | [`looking`] | average over seeds, compare settings, see what matters, draw curves |
//! | [`migrations`] | change the schema of a database that has runs in it |
//! | [`many_machines`] | share a sweep among workers, and choose between SQLite and PostgreSQL |
//! | [`without_rust`] | execute runs with a program in Python or any other language |
//! | [`sharing_with_python`] | use one file from Rust and from the Python package `wallow` |
//! | [`coming_from`] | bring runs from MLflow, Optuna, sacred, DVC or files |
//! | [`design`] | know why it is built this way: one statement, fencing, time, floats |
#![cfg_attr(
    doc,
    doc = "| [`example`] | see every item that the macro makes of a schema |"
)]

#[doc = include_str!("guide/schema_file.md")]
pub mod schema_file {}

#[doc = include_str!("guide/registering.md")]
pub mod registering {}

#[doc = include_str!("guide/lifecycle.md")]
pub mod lifecycle {}

#[doc = include_str!("guide/queries.md")]
pub mod queries {}

#[doc = include_str!("guide/looking.md")]
pub mod looking {}

#[doc = include_str!("guide/migrations.md")]
pub mod migrations {}

#[doc = include_str!("guide/many_machines.md")]
pub mod many_machines {}

#[doc = include_str!("guide/without_rust.md")]
pub mod without_rust {}

#[doc = include_str!("guide/sharing_with_python.md")]
pub mod sharing_with_python {}

#[doc = include_str!("guide/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("guide/design.md")]
pub mod design {}

/// What [`wallow_schema!`](crate::wallow_schema) generates from the schema of the guide: every item below comes from
/// this file.
///
/// It is here only to be read: a program has such items for its own schema, at the place where it calls the macro.
///
/// ```toml
#[doc = include_str!("guide/example.toml")]
/// ```
// Only docs need it, so programs do not compile it.
#[cfg(doc)]
pub mod example {
    crate::wallow_schema!("src/guide/example.toml", crate = crate);
}
