//! What a person asks of `wallow work`.

use std::path::PathBuf;
use std::time::Duration;

use wallow_runtime::ClaimOptions;
use wallow_runtime::dynamic::Row;

/// How to work.
#[derive(Debug)]
pub(crate) struct Options {
    /// Which runs, and in which order.
    pub(crate) claim: ClaimOptions<Row>,
    pub(crate) slots: usize,
    /// A device for each slot, if there are any.
    pub(crate) devices: Option<Vec<String>>,
    pub(crate) timeout: Option<Duration>,
    /// The time between TERM and KILL.
    pub(crate) grace: Duration,
    /// A run is only started if the job of the cluster has this much time left.
    pub(crate) need: Option<Duration>,
    pub(crate) max_runs: Option<u64>,
    /// Stop after this many failures.
    pub(crate) fail_fast: Option<u64>,
    /// Stay while others are at work.
    pub(crate) wait: bool,
    /// Fields without which a run is failed.
    pub(crate) required: Vec<String>,
    /// The field of curves.
    pub(crate) curve: Option<String>,
    /// The command that puts back those of the runs that are `running` and silent.
    pub(crate) retry: String,
    /// The folder of all artefacts.
    pub(crate) root: PathBuf,
}
