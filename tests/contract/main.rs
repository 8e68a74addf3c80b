//! What a store promises with every kind of database: one suite that runs on all of them.
//!
//! A test takes a fresh database as its argument and is named in its file's `on_every_database!`, which makes a test of
//! it for each kind. A new kind of database is added in `test_support`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests fail by panicking"
)]

mod clock;
mod closed_sets;
mod configs;
mod database;
mod schemas;

mod artefacts;
mod changed;
mod claims;
mod damage;
mod defaults;
mod faces;
mod floats;
mod formats;
mod generic;
mod hostile;
mod imports;
mod locks;
mod lookups;
mod optional;
mod patches;
mod policies;
mod raw_connection;
mod serialisation;
mod sharing;
mod time;
mod uniqueness;
mod updates;
mod values;
