//! The page of `wallow report` and `wallow ui` in Chromium: every view, with real runs and with hostile ones.
//!
//! Screenshots are left in the `browser` folder of cargo's temporary folder (`target/tmp`), for people to look at.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod browser;
mod filters;
mod hostile;
mod keyboard;
mod labels;
mod left_out;
mod links;
mod odd;
mod project;
mod responsive;
mod sweep;
mod views;
