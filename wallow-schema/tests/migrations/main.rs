//! Migrations, from a schema on disk to the scripts and what they do to runs in a table.
//!
//! `schemas`, `changes` and `pairs` define what changes, `model` computes the expected runs, and `database` runs the
//! scripts. The other modules are the tests, one for each topic.

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
