//! The options of the lifecycle.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use wallow_schema::FieldType;

use super::Reclaim;
use crate::codegen_support::Lifecycle;
use crate::engine::QueueRequest;
use crate::expr::{ColumnRef, Comparison, Expr, Node, Operand, Order};
use crate::sql::Bind;
use crate::value::RunStatus;

/// How [`Store::run_lifecycle`](crate::Store::run_lifecycle) treats a run.
///
/// # Try three times, and note the host
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{LifecycleOptions, LifecycleOutcome, Reclaim};
///
/// let options = || {
///     LifecycleOptions::new(Reclaim::Immediately)
///         .starting(Annotating::new().host("lab"))
///         .max_attempts(3)
/// };
/// for _ in 0..3 {
///     assert!(store.run_lifecycle(&key, options(), |_| Err("diverged")).is_err());
/// }
/// let outcome = store.run_lifecycle(&key, options(), |_| Err("diverged"))?;
/// assert!(matches!(outcome, LifecycleOutcome::AttemptsExhausted(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "options do nothing until they are used"]
pub struct LifecycleOptions<R: Lifecycle> {
    pub(crate) reclaim: Reclaim,
    pub(crate) starting: Option<R::Annotating>,
    pub(crate) force: bool,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) reset: bool,
}

impl<R: Lifecycle> LifecycleOptions<R> {
    /// Options with this policy for a `running` run; all else at its default.
    pub fn new(reclaim: Reclaim) -> Self {
        LifecycleOptions {
            reclaim,
            starting: None,
            force: false,
            max_attempts: None,
            reset: false,
        }
    }

    /// Fields to write when the run starts, such as host and commit.
    pub fn starting(mut self, annotating: R::Annotating) -> Self {
        self.starting = Some(annotating);
        self
    }

    /// Whether to run a run again that is completed, or that may be: one with a status that wallow does not know. Default:
    /// no.
    pub fn force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Whether the claim clears what an earlier attempt left in the annotating fields that may be `NULL`. The fields of
    /// [`starting`](LifecycleOptions::starting) are written, and a run that was never started keeps the values of its
    /// registration. Default: no.
    pub fn reset(mut self, reset: bool) -> Self {
        self.reset = reset;
        self
    }

    /// A run that was claimed this many times is not claimed again, unless it was put back into the queue since. Default:
    /// no limit.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = Some(attempts);
        self
    }
}

/// A column in the condition of the queue.
fn column(name: &'static str, ty: FieldType, nullable: bool) -> Operand {
    Operand::Column(ColumnRef {
        name: name.into(),
        ty,
        nullable,
        precision: None,
        values: Vec::new(),
        is_closed: false,
    })
}

/// Which run [`Store::claim_next`](crate::Store::claim_next) claims.
///
/// # The smallest learning rate first
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// use registry::{Identifying, fields};
/// use wallow::{ClaimOptions, Reclaim};
///
/// let key = |rate| Identifying::builder().model("mlp").learning_rate(rate).build();
/// store.enqueue([0.3, 0.1, 0.2].map(key))?;
/// let options = ClaimOptions::new(Reclaim::Immediately)
///     .filter(fields::model.eq("mlp"))
///     .order_by(fields::learning_rate.asc())
///     .max_attempts(2);
/// let claim = store.claim_next(options)?.ok_or("nothing waits")?;
/// assert_eq!(claim.run().learning_rate, 0.1);
/// # claim.release()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "options do nothing until they are used"]
pub struct ClaimOptions<R> {
    pub(crate) request: QueueRequest,
    marker: PhantomData<fn() -> R>,
}

impl<R> ClaimOptions<R> {
    /// Any run of the queue, with this policy for a `running` run.
    pub fn new(reclaim: Reclaim) -> Self {
        ClaimOptions {
            request: QueueRequest {
                reclaim,
                filter: Node::Constant(true),
                order: Vec::new(),
                max_attempts: None,
                reset: false,
            },
            marker: PhantomData,
        }
    }

    /// The condition of the completed runs among those that the filter selects.
    pub(super) fn completed(&self) -> Node {
        let status = column("status", FieldType::String, true);
        let completed = Bind::Text(Some(RunStatus::Completed.as_str().into()));
        let completed = Node::compare(status, Comparison::Eq, completed);
        self.request.filter.clone().and(completed)
    }

    /// Leaves the runs with these ids out.
    #[doc(hidden)]
    pub fn without(mut self, ids: &[i64]) -> Self {
        let ids = ids.iter().map(|id| Bind::Int(Some(*id)));
        let others = Node::is_in(column("id", FieldType::Int, false), ids, true);
        self.request.filter = self.request.filter.and(others);
        self
    }

    /// Only runs for which `expression` is true; further calls are combined with AND.
    pub fn filter(mut self, expression: Expr<R>) -> Self {
        self.request.filter = self.request.filter.and(expression.into_node());
        self
    }

    /// Which run comes first; further calls order the runs that are equal so far. Default: the one that was registered
    /// first.
    pub fn order_by(mut self, order: Order<R>) -> Self {
        self.request.order.push(order.into_term());
        self
    }

    /// Whether a claim clears what an earlier attempt left in the annotating fields that may be `NULL`. A run that was
    /// never started keeps the values of its registration. Default: no.
    pub fn reset(mut self, reset: bool) -> Self {
        self.request.reset = reset;
        self
    }

    /// Failed runs are claimed again, up to this number of claims. Default: failed runs are not claimed. A run that was put
    /// back into the queue is claimed in any case.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.request.max_attempts = Some(attempts);
        self
    }
}

/// How [`Store::work`](crate::Store::work) works on the queue.
///
/// # Work on a part of the queue, with retries
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use std::time::Duration;
/// use registry::{Annotating, fields};
/// use wallow::{Reclaim, WorkOptions};
///
/// store.enqueue((0..6).map(key))?;
/// let options = WorkOptions::new(Reclaim::WhenStale(Duration::from_secs(300)))
///     .threads(2)
///     .filter(fields::seed.lt(4))
///     .max_attempts(3)
///     .wait_for_others(true);
/// let counts = store.work(options, |_| Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3)))?;
/// assert_eq!(counts.completed, 4);
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "options do nothing until they are used"]
pub struct WorkOptions<R> {
    pub(crate) claim: ClaimOptions<R>,
    pub(crate) threads: usize,
    pub(crate) wait_for_others: bool,
    pub(crate) stop: Option<Arc<AtomicBool>>,
}

impl<R> WorkOptions<R> {
    /// One thread, with this policy for a `running` run.
    pub fn new(reclaim: Reclaim) -> Self {
        WorkOptions {
            claim: ClaimOptions::new(reclaim),
            threads: 1,
            wait_for_others: false,
            stop: None,
        }
    }

    /// The number of runs at the same time, at least one.
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Only runs for which `expression` is true; further calls are combined with AND.
    pub fn filter(mut self, expression: Expr<R>) -> Self {
        self.claim = self.claim.filter(expression);
        self
    }

    /// Which run comes first; further calls order the runs that are equal so far.
    pub fn order_by(mut self, order: Order<R>) -> Self {
        self.claim = self.claim.order_by(order);
        self
    }

    /// Whether a claim clears what an earlier attempt left in the annotating fields that may be `NULL`. A run that was
    /// never started keeps the values of its registration. Default: no.
    pub fn reset(mut self, reset: bool) -> Self {
        self.claim = self.claim.reset(reset);
        self
    }

    /// Failed runs are claimed again, up to this number of claims. Default: failed runs are not claimed. A run that was put
    /// back into the queue is claimed in any case.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.claim = self.claim.max_attempts(attempts);
        self
    }

    /// Whether to stay if no run is pending but other workers are still at work. If one of them crashes, its runs are then
    /// taken over here, and when `work` returns, all runs have ended. Default: no.
    pub fn wait_for_others(mut self, wait: bool) -> Self {
        self.wait_for_others = wait;
        self
    }

    /// Once the flag is set, no further run is started; those at work go on to their end.
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }
}
