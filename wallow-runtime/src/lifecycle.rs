//! The lifecycle of a run: claimed, running, completed or failed, and shared by many workers.
//!
//! What enters: keys, and what to do. What leaves: outcomes, and rows that say what happened.
//! Invariant: a [`Claim`] is fenced. Each claim of a run has a number, the number is part of the
//! condition of every write, and so a worker whose run was given to another cannot write any more.

mod claim;
mod claim_error;
mod end;
mod error;
mod heartbeats;
#[cfg(feature = "ctrlc")]
mod interrupt;
mod options;
mod persist;
mod plan;
mod run;
mod status;
mod work;

pub use claim::{Claim, ClaimOutcome};
pub use claim_error::ClaimError;
pub use end::End;
pub use error::LifecycleError;
pub use options::{ClaimOptions, LifecycleOptions, Reclaim, WorkOptions};
pub use plan::SweepPlan;
pub use run::LifecycleOutcome;
pub use status::RunStatus;
pub use work::WorkCounts;

pub(crate) use heartbeats::{Heartbeats, watch_time};
#[cfg(feature = "ctrlc")]
pub(crate) use interrupt::release_on_ctrl_c;
pub(crate) use run::run_claim;
pub(crate) use status::{RunState, pending_without_status, result_fields};
pub(crate) use work::work;

use crate::record::Record;

/// A schema that declares the fields of the lifecycle.
#[diagnostic::on_unimplemented(
    message = "the schema of this store has no lifecycle",
    label = "needs the fields of the lifecycle",
    note = "declare them in wallow.toml, nullable: `[annotating.status]` type = \"string\", \
            `[annotating.started_at]` and `[annotating.completed_at]` type = \"datetime\", \
            `[annotating.wallclock_seconds]` type = \"float\", \
            `[annotating.error_excerpt]` type = \"string\""
)]
pub trait Lifecycle: Record {
    /// Where the run stands: what the lifecycle makes of its `status`. A run without a status is pending as long as it
    /// has no result. `None` if the status is a word that wallow does not know, or if there are results and no status.
    fn run_status(&self) -> Option<RunStatus> {
        RunStatus::of_run(self)
    }
}
