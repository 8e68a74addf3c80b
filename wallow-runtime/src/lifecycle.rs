//! The lifecycle of a run: claimed, running, completed or failed, and shared by many workers.
//!
//! What enters: keys, and the work to do. What leaves: outcomes, and rows that record them. Invariant: a [`Claim`] is
//! fenced. Each claim of a run has a number, which is part of the condition of every write, so a worker whose run was
//! given to another cannot write any more.

mod claim;
mod claim_error;
mod error;
mod excerpt;
mod heartbeats;
mod held;
#[cfg(feature = "ctrlc")]
mod interrupt;
mod local;
mod options;
mod persist;
mod plan;
mod recurring;
mod run;
mod waits;
mod work;

pub use crate::engine::Reclaim;
pub use claim::{Claim, ClaimOutcome};
pub use claim_error::ClaimError;
pub use error::LifecycleError;
pub use options::{ClaimOptions, LifecycleOptions, WorkOptions};
pub use plan::SweepPlan;
pub use run::LifecycleOutcome;
#[doc(hidden)]
pub use waits::{Turn, Waits};
pub use work::WorkCounts;

pub(crate) use held::{HeldClaim, UnreadEnd, is_refused};
pub(crate) use local::LocalClaims;

use heartbeats::Heartbeats;
#[cfg(feature = "ctrlc")]
pub(crate) use interrupt::release_on_ctrl_c;
pub(crate) use run::run_claim;
pub(crate) use work::work;

pub use crate::codegen_support::{End, Lifecycle};
pub use crate::value::RunStatus;
