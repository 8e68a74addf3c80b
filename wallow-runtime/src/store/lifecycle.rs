//! The lifecycle on a typed store.

use std::borrow::Borrow;
use std::fmt;

use super::Store;
use crate::codegen_support::{Key, Lifecycle, Patch, Record};
use crate::engine::{ClaimRequest, NotClaimed, Reclaim};
use crate::error::Error;
use crate::lifecycle::{
    Claim, ClaimOptions, ClaimOutcome, LifecycleError, LifecycleOptions, LifecycleOutcome,
    SweepPlan, WorkCounts, WorkOptions, run_claim, work,
};

impl<R: Record> Store<R> {
    /// Claims a run, calls the closure, and writes its end: `completed` with the result of the closure, or `failed` with
    /// an excerpt of its error or panic, which is passed on. A run that is new is registered.
    ///
    /// # Train what is not trained yet
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
    /// use registry::Annotating;
    /// use wallow::{LifecycleOptions, Reclaim};
    ///
    /// let mut trained = 0;
    /// for _ in 0..2 {
    ///     let options = LifecycleOptions::new(Reclaim::Immediately);
    ///     let outcome = store.run_lifecycle(&key, options, |claim| {
    ///         trained += 1;
    ///         assert_eq!(claim.run().model, "mlp");
    ///         Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3))
    ///     })?;
    ///     assert_eq!(outcome.run().val_loss, Some(0.3));
    /// }
    /// assert_eq!(trained, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LifecycleError::Run`] with the closure's own error; [`LifecycleError::Store`] if the
    /// store fails, or if the run was given to another worker meanwhile
    /// ([`ClaimLost`](crate::ErrorKind::ClaimLost)).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made where they are used"
    )]
    pub fn run_lifecycle<E: fmt::Display>(
        &self,
        identifying: &R::Identifying,
        options: LifecycleOptions<R>,
        run: impl FnOnce(&Claim<R>) -> Result<R::Annotating, E>,
    ) -> Result<LifecycleOutcome<R>, LifecycleError<E>>
    where
        R: Lifecycle<Annotating: 'static>,
    {
        let request = ClaimRequest {
            reclaim: options.reclaim,
            starting: options.starting.as_ref().map_or_else(
                || vec![None; self.engine.table().annotating().len()],
                Patch::values,
            ),
            force: options.force,
            max_attempts: options.max_attempts,
            reset: options.reset,
        };
        match self.claims.claim(&identifying.values(), &request)? {
            Ok(claim) => run_claim(claim, run, None).into_outcome(),
            Err(NotClaimed::Completed(run)) => Ok(LifecycleOutcome::AlreadyCompleted(run)),
            Err(NotClaimed::Exhausted(run)) => Ok(LifecycleOutcome::AttemptsExhausted(run)),
            Err(NotClaimed::Held(run)) => Ok(LifecycleOutcome::HeldByAnother(run)),
        }
    }

    /// Claims a run; one that is new is registered.
    ///
    /// A `running` run is claimed at once if it is stale. A claim by key cannot know whether its worker is gone, or whether
    /// the server, the network or the machine stood still, so that heartbeats were missed; the queue watches for that.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a value of the key cannot be stored, and for a run with a status
    /// that wallow does not know, or with results and no status: it may have been completed by other means.
    /// [`Busy`](crate::ErrorKind::Busy) if the write lock is not free within the busy timeout;
    /// [`Database`](crate::ErrorKind::Database) for any other SQL error.
    pub fn claim(
        &self,
        identifying: &R::Identifying,
        reclaim: Reclaim,
    ) -> Result<ClaimOutcome<R>, Error>
    where
        R: Lifecycle,
    {
        let request = ClaimRequest {
            reclaim,
            starting: vec![None; self.engine.table().annotating().len()],
            force: false,
            max_attempts: None,
            reset: false,
        };
        Ok(match self.claims.claim(&identifying.values(), &request)? {
            Ok(claim) => ClaimOutcome::Claimed(claim),
            Err(NotClaimed::Completed(run)) => ClaimOutcome::AlreadyCompleted(run),
            Err(NotClaimed::Held(run) | NotClaimed::Exhausted(run)) => {
                ClaimOutcome::HeldByAnother(run)
            }
        })
    }

    /// Claims the next run of the queue: a pending run, or a stale one.
    ///
    /// A stale run is watched for a third of the stale time before it is claimed, from the first call that meets it. That
    /// call returns `None`; a later call returns the run, if no heartbeat was seen in between. The store watches in the
    /// background, for an hour after the last call. [`work`](Store::work) waits for it.
    ///
    /// # A worker of your own
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use registry::{Annotating, fields};
    /// use wallow::{ClaimOptions, Reclaim};
    ///
    /// store.enqueue((0..3).map(key))?;
    /// let options = || ClaimOptions::new(Reclaim::Immediately).order_by(fields::seed.desc());
    /// while let Some(claim) = store.claim_next(options())? {
    ///     let loss = 0.1 * claim.run().seed as f64;
    ///     claim.complete(Annotating::new().val_loss(loss))?;
    /// }
    /// assert_eq!(store.filter(fields::status.eq("completed")).count()?, 3);
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`claim`](Store::claim).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made where they are used"
    )]
    pub fn claim_next(&self, options: ClaimOptions<R>) -> Result<Option<Claim<R>>, Error>
    where
        R: Lifecycle,
    {
        let claimed = self.claims.claim_next(&options.request)?.ok();
        Ok(claimed.map(|(run, held)| Claim::new(run, held)))
    }

    /// Works on the queue, with the number of threads of the options, until nothing is left. A run that fails or panics,
    /// or whose result cannot be stored, ends as `failed`, and the others go on. While there are stale runs, the call does
    /// not return before it has watched them for a third of the stale time.
    ///
    /// A result that the database cannot take now is retried until it is written or the claim is lost; once
    /// [`stop_when`](WorkOptions::stop_when) is set, for one more busy timeout.
    ///
    /// # Work on the queue with four threads
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// use std::time::Duration;
    /// use registry::Annotating;
    /// use wallow::{Reclaim, WorkOptions};
    ///
    /// store.enqueue((0..8).map(key))?;
    /// let options = WorkOptions::new(Reclaim::WhenStale(Duration::from_secs(300))).threads(4);
    /// let counts = store.work(options, |claim| match claim.run().seed {
    ///     7 => Err("diverged"),
    ///     seed => Ok(Annotating::new().val_loss(0.1 * seed as f64)),
    /// })?;
    /// assert_eq!((counts.completed, counts.failed), (7, 1));
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the store fails. A result that could not be written is in [`Error::unwritten`], and in the log.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options are made where they are used"
    )]
    pub fn work<E: fmt::Display>(
        &self,
        options: WorkOptions<R>,
        run: impl Fn(&Claim<R>) -> Result<R::Annotating, E> + Sync,
    ) -> Result<WorkCounts, Error>
    where
        R: Lifecycle<Annotating: 'static>,
    {
        work(&self.claims, &options, &run)
    }

    /// Releases every claim of this store and its clones: the runs are `pending` again, for other workers, and the holders
    /// of the claims cannot write any more. A run whose result is being written is not released; the call waits for it,
    /// at most for the busy timeout. Returns the number of released claims. For programs that are asked to stop.
    ///
    /// # Errors
    /// As [`claim`](Store::claim); a claim that was not released becomes stale.
    pub fn release_claims(&self) -> Result<u64, Error>
    where
        R: Lifecycle,
    {
        self.claims.release_all()
    }

    /// From now on Ctrl-C, and on Unix the signals `TERM` and `HUP`, release every claim of this store and its clones, and
    /// end the program with status 130. So if a scheduler stops a worker, the others can claim its runs at once. A second
    /// signal ends the program without waiting.
    ///
    /// # A worker that can be stopped
    ///
    /// ```no_run
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// let store = registry::Store::open("runs.db")?;
    /// store.release_on_ctrl_c()?; // then `store.work(…)`
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Io`](crate::ErrorKind::Io) if the program handles these signals already: call
    /// [`release_claims`](Store::release_claims) in its handler.
    #[cfg(feature = "ctrlc")]
    pub fn release_on_ctrl_c(&self) -> Result<(), Error>
    where
        R: Lifecycle,
    {
        crate::lifecycle::release_on_ctrl_c(self.claims.clone())
    }

    /// Sorts keys, borrowed or owned, into new, pending, running, completed, failed, and those with a status that wallow
    /// does not know. Writes nothing.
    ///
    /// # Show what a sweep would do
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
    /// store.enqueue((0..2).map(key))?;
    /// let keys: Vec<_> = (0..5).map(key).collect();
    /// let plan = store.plan(&keys)?;
    /// println!("{} new, {} pending", plan.new.len(), plan.pending.len());
    /// assert_eq!((plan.new.len(), plan.pending.len()), (3, 2));
    /// # Ok::<(), wallow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`find`](Store::find).
    pub fn plan<K: Borrow<R::Identifying>>(
        &self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<SweepPlan<K>, Error>
    where
        R: Lifecycle,
    {
        let mut plan = SweepPlan::default();
        for key in keys {
            let state = self.engine.state(&key.borrow().values())?;
            plan.sort(key, state);
        }
        Ok(plan)
    }
}
