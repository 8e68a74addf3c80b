//! The `wallow` command as a person uses it: the real program, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::needless_raw_string_hashes,
    reason = "the expected outputs are as snapbox writes them"
)]

mod adoption;
mod asking;
mod beside;
mod catching_up;
mod closed_sets;
mod coming_back;
mod comparing;
mod copying;
mod databases;
mod discarding;
mod disowned;
mod doctor;
mod export;
mod gc;
mod help;
mod hostile;
mod import;
mod import_columnar;
mod import_damaged;
mod import_given;
mod import_keys;
mod import_names;
mod import_optuna;
mod import_preamble;
mod import_status;
mod import_text;
mod import_unused;
mod init;
mod listing;
mod lone;
mod mlflow;
#[cfg(feature = "postgres")]
mod moving;
mod namesakes;
mod next_steps;
mod on;
mod output;
mod places;
#[cfg(feature = "postgres")]
mod pooled;
#[cfg(feature = "postgres")]
mod postgres;
mod project;
mod pushing;
mod references;
mod refusals;
mod refused_by_server;
mod renames;
mod replacing;
mod retry;
mod rm;
mod runner;
mod screen;
mod secrets;
#[cfg(feature = "postgres")]
mod servers;
#[cfg(feature = "postgres")]
mod settings;
mod show;
mod story;
mod strangers;
mod sweep;
mod terminal;
mod watching;
