//! Migrations, from a schema on disk to the scripts and what they do to runs in a table.
//!
//! `schemas`, `changes` and `pairs` say what changes, `model` what should become of the runs, `database` asks SQLite
//! what did. The other modules are the tests, one a topic.

mod adopt;
mod changes;
mod database;
mod diff;
mod files;
mod guards;
mod history;
mod laws;
mod model;
mod pairs;
mod schemas;
mod scripts;
mod snapshot;
