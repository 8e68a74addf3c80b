//! The page of `wallow report` and `wallow ui`: what is built, what it contains, and what it shows.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod built;
mod connections;
mod contents;
mod csv;
mod filters;
mod node;
mod requests;
mod server;
mod sorting;

#[path = "../command/project.rs"]
#[expect(dead_code, reason = "other tests need more of it")]
mod project;
