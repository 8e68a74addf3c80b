//! The `wallow` command as a person uses it: the real program, in a folder of its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::needless_raw_string_hashes,
    reason = "the expected outputs are as snapbox writes them"
)]

mod absent;
mod adoption;
mod answers;
mod asking;
#[cfg(unix)]
mod attempts;
#[cfg(unix)]
mod attempts_damaged;
#[cfg(all(unix, feature = "postgres"))]
mod attempts_on_a_server;
mod beside;
mod by_hand;
mod catching_up;
mod clauses;
mod closed_sets;
#[cfg(feature = "columnar")]
mod coming_back;
mod comparing;
mod copying;
mod databases;
mod dependents;
mod discarding;
mod disowned;
mod doctor;
mod dot_env;
mod driving;
mod driving_values;
mod enqueue;
mod enqueue_rows;
#[cfg(feature = "columnar")]
mod export;
mod first_package;
mod gc;
mod grants;
mod help;
mod hostile;
mod import;
#[cfg(unix)]
mod import_attempts;
mod import_blanks;
#[cfg(feature = "columnar")]
mod import_columnar;
#[cfg(feature = "columnar")]
mod import_damaged;
mod import_empty;
mod import_given;
mod import_keys;
mod import_members;
mod import_names;
mod import_optuna;
mod import_preamble;
mod import_retried;
mod import_status;
mod import_text;
mod import_unknown;
mod import_unused;
mod init;
mod listing;
mod lone;
mod lost_databases;
mod many_states;
mod measures;
mod mlflow;
#[cfg(feature = "postgres")]
mod moving;
mod named_like_databases;
mod namesakes;
mod next_steps;
mod no_runs;
mod noted;
mod on;
mod options;
#[cfg(unix)]
mod other_users;
#[cfg(feature = "columnar")]
mod output;
mod places;
mod plots;
mod plotted_means;
#[cfg(feature = "postgres")]
mod pooled;
#[cfg(feature = "postgres")]
mod postgres;
mod precision;
mod project;
mod pushing;
#[cfg(unix)]
mod python;
#[cfg(unix)]
mod python_example;
#[cfg(unix)]
mod python_stopping;
mod recognising;
mod references;
mod refusals;
mod refused_by_server;
mod refused_changes;
mod renames;
mod replacing;
mod retry;
mod rm;
mod rolling;
#[cfg(feature = "postgres")]
mod row_security;
mod runner;
mod screen;
mod secrets;
#[cfg(feature = "postgres")]
mod servers;
#[cfg(all(unix, feature = "postgres"))]
mod serving_db;
#[cfg(all(unix, feature = "postgres"))]
mod serving_db_advice;
#[cfg(all(unix, feature = "postgres"))]
mod serving_db_ends;
#[cfg(all(unix, feature = "postgres"))]
mod serving_db_session;
#[cfg(feature = "postgres")]
mod settings;
mod show;
mod story;
mod strangers;
mod sweep;
mod terminal;
#[cfg(unix)]
mod unwritable;
mod watching;
#[cfg(not(feature = "columnar"))]
mod without_columnar;
#[cfg(unix)]
mod working;
#[cfg(target_os = "linux")]
mod working_chaos;
#[cfg(unix)]
mod working_folders;
#[cfg(unix)]
mod working_limits;
#[cfg(unix)]
mod working_signals;
#[cfg(unix)]
mod working_slurm;
#[cfg(unix)]
mod working_stopping;
