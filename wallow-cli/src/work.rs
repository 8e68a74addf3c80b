//! Executes a command for the runs of a queue.
//!
//! What enters: a queue, a command with placeholders, limits. What leaves: results in the database, and counts.
//! Each slot is a thread that claims a run, lets the main thread start the command, follows it, and writes its end.
//!
//! Invariants: no run is executed by two live workers, because every write of a claim is fenced; no child outlives this
//! process; memory does not grow with the number of runs, nor with what a child prints.

pub(crate) mod child;
mod crew;
mod curve;
mod devices;
mod end;
mod folder;
mod follow;
pub(crate) mod guard;
mod options;
mod program;
mod progress;
mod results;
mod session;
pub(crate) mod signals;
mod slot;
mod template;
mod time_left;
mod warnings;
pub(crate) mod watchdog;

pub(crate) use crew::work;
pub(crate) use devices::Gpus;
pub(crate) use end::display_limit;
pub(crate) use options::Options;
pub(crate) use program::find as find_program;
pub(crate) use template::Template;
