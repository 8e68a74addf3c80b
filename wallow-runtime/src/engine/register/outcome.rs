//! Registration: the policies for a duplicate, and how a registration ended.

use std::time::Duration;

/// What `register` does if the run is registered already. There is no default: every caller decides.
///
/// # The five policies, for a run that exists
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use std::time::Duration;
/// use registry::Annotating;
/// use wallow::{OnDuplicate, RegisterOutcome};
///
/// store.register(&key, &Annotating::new().val_loss(0.4), OnDuplicate::Error)?; // inserted
/// let register = |policy| store.register(&key, &Annotating::new().host("lab"), policy);
///
/// assert!(register(OnDuplicate::Error).is_err());
/// assert!(matches!(register(OnDuplicate::ReturnExisting)?, RegisterOutcome::Existing(_)));
/// assert!(matches!(register(OnDuplicate::Skip)?, RegisterOutcome::Skipped));
/// let hour = Duration::from_secs(3_600);
/// assert!(matches!(register(OnDuplicate::ClaimIfStale(hour))?, RegisterOutcome::Fresh(_)));
/// assert!(matches!(register(OnDuplicate::Overwrite)?, RegisterOutcome::Updated(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OnDuplicate {
    /// Refuse: the error has the existing run.
    Error,
    /// Return the existing run, untouched.
    ReturnExisting,
    /// Write the annotating fields that are set, and leave the others as they are.
    Overwrite,
    /// Leave the run untouched, and do not read it.
    Skip,
    /// Take the run over if nothing was written to it for longer than this duration; else leave it untouched. If many
    /// callers try at the same time, exactly one gets it. In a schema with the lifecycle a `completed` run is never taken
    /// over.
    ClaimIfStale(Duration),
}

/// The result of a registration. Each policy has its outcomes, and there are no others, so a `match` needs no `_` arm.
///
/// # Do something for a new run alone
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{OnDuplicate, RegisterOutcome};
///
/// match store.register(&key, &Annotating::new(), OnDuplicate::ReturnExisting)? {
///     RegisterOutcome::Inserted(run) => println!("{} is new", run.uuid),
///     outcome => println!("known: {:?}", outcome.into_run().and_then(|run| run.val_loss)),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum RegisterOutcome<R> {
    /// The run is new.
    Inserted(R),
    /// The run existed, and fields were written.
    Updated(R),
    /// The run existed, and is untouched.
    Existing(R),
    /// The run existed and was left alone, without reading it ([`OnDuplicate::Skip`]).
    Skipped,
    /// The run existed and is not stale: it was left alone ([`OnDuplicate::ClaimIfStale`]).
    Fresh(R),
}

impl<R> RegisterOutcome<R> {
    /// The run, unless it was skipped unread.
    pub fn run(&self) -> Option<&R> {
        match self {
            RegisterOutcome::Inserted(run)
            | RegisterOutcome::Updated(run)
            | RegisterOutcome::Existing(run)
            | RegisterOutcome::Fresh(run) => Some(run),
            RegisterOutcome::Skipped => None,
        }
    }

    /// The run by value, unless it was skipped unread.
    pub fn into_run(self) -> Option<R> {
        match self {
            RegisterOutcome::Inserted(run)
            | RegisterOutcome::Updated(run)
            | RegisterOutcome::Existing(run)
            | RegisterOutcome::Fresh(run) => Some(run),
            RegisterOutcome::Skipped => None,
        }
    }

    /// Whether the run is new.
    pub fn was_inserted(&self) -> bool {
        matches!(self, RegisterOutcome::Inserted(_))
    }

    /// Whether an existing run was written.
    pub fn was_updated(&self) -> bool {
        matches!(self, RegisterOutcome::Updated(_))
    }

    /// Whether an existing run was left alone: skipped, or not stale.
    pub fn was_skipped(&self) -> bool {
        matches!(self, RegisterOutcome::Skipped | RegisterOutcome::Fresh(_))
    }
}

/// How many runs a bulk registration inserted, wrote, returned and skipped.
///
/// # Report a bulk registration
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// let counts = store.enqueue((0..3).map(key))?;
/// assert_eq!((counts.inserted, counts.total()), (3, 3));
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RegisterCounts {
    /// New runs.
    pub inserted: u64,
    /// Existing runs that were written.
    pub updated: u64,
    /// Existing runs that were left untouched under [`OnDuplicate::ReturnExisting`].
    pub existing: u64,
    /// Existing runs that were skipped, or are not stale.
    pub skipped: u64,
}

impl RegisterCounts {
    /// The number of all runs.
    pub fn total(&self) -> u64 {
        self.inserted + self.updated + self.existing + self.skipped
    }
}

impl std::ops::AddAssign for RegisterCounts {
    fn add_assign(&mut self, other: Self) {
        self.inserted += other.inserted;
        self.updated += other.updated;
        self.existing += other.existing;
        self.skipped += other.skipped;
    }
}
