//! The lifecycle on a typed store.

use std::borrow::Borrow;
use std::fmt;

use super::Store;
use crate::codegen_support::Lifecycle;
use crate::codegen_support::{Key, Patch, Record};
use crate::engine::Reclaim;
use crate::engine::{ClaimRequest, NotClaimed};
use crate::error::Error;
use crate::lifecycle::{
    Claim, ClaimOptions, ClaimOutcome, LifecycleError, LifecycleOptions, LifecycleOutcome,
    SweepPlan, WorkCounts, WorkOptions, run_claim, work,
};

impl<R: Record> Store<R> {
    /// Claims a run, does its work, and writes what came of it: `completed` with what the closure
    /// returned, or `failed` with an excerpt of its error or panic, which is passed on. A run that
    /// is new is registered.
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
    /// [`LifecycleError::Run`] with the closure's own error; [`LifecycleError::Store`] where the
    /// store fails, or the run was given to another worker meanwhile
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
        let start = ClaimRequest {
            reclaim: options.reclaim,
            starting: options.starting.as_ref().map_or_else(
                || vec![None; self.engine.plan().annotating().len()],
                Patch::values,
            ),
            force: options.force,
            max_attempts: options.max_attempts,
            reset: options.reset,
        };
        match self.claims.claim(&identifying.values(), &start)? {
            Ok(claim) => run_claim(claim, run, None).into_outcome(),
            Err(NotClaimed::Completed(run)) => Ok(LifecycleOutcome::AlreadyCompleted(run)),
            Err(NotClaimed::Exhausted(run)) => Ok(LifecycleOutcome::AttemptsExhausted(run)),
            Err(NotClaimed::Held(run)) => Ok(LifecycleOutcome::HeldByAnother(run)),
        }
    }

    /// Claims a run; one that is new is registered.
    ///
    /// A run that says `running` is taken at once if the database finds it silent. Whether its worker is gone, or could
    /// not be heard because the server, the network or the machine stood still, a claim by key cannot know; the queue
    /// watches for that.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) also for a run with a status that wallow does not know, or with
    /// results and no status: it may have been completed by other means.
    /// [`Validation`](crate::ErrorKind::Validation), [`Busy`](crate::ErrorKind::Busy) and
    /// [`Database`](crate::ErrorKind::Database), as anywhere.
    pub fn claim(
        &self,
        identifying: &R::Identifying,
        reclaim: Reclaim,
    ) -> Result<ClaimOutcome<R>, Error>
    where
        R: Lifecycle,
    {
        let start = ClaimRequest {
            reclaim,
            starting: vec![None; self.engine.plan().annotating().len()],
            force: false,
            max_attempts: None,
            reset: false,
        };
        Ok(match self.claims.claim(&identifying.values(), &start)? {
            Ok(claim) => ClaimOutcome::Claimed(claim),
            Err(NotClaimed::Completed(run)) => ClaimOutcome::AlreadyCompleted(run),
            Err(NotClaimed::Held(run) | NotClaimed::Exhausted(run)) => {
                ClaimOutcome::HeldByAnother(run)
            }
        })
    }

    /// Claims the next run that waits: a pending one, or one whose worker is silent.
    ///
    /// A run whose worker is silent is watched for a third of the stale time before it is taken, from the first call
    /// that meets it: that call returns `None`, and a later one the run, if it was seen silent all the while. The store
    /// watches in the background, for an hour after the last call. [`work`](Store::work) waits for it.
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
        Ok(self.claims.claim_next(&options.request)?.ok())
    }

    /// Runs what waits in the queue, with as many threads as the options say, until nothing is
    /// left. A run that fails or panics is marked, and the others go on; so is one whose result cannot be stored. While
    /// runs seem to have been left by a crash, it stays until it has watched them for a third of the stale time.
    ///
    /// A result that the database cannot take now is tried again until it is written or the claim is lost; after
    /// [`stop_when`](WorkOptions::stop_when) for one more busy timeout.
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

    /// Gives back every claim that lives in this store and its clones: the runs are `pending` again,
    /// for other workers. Those who hold the claims cannot write any more. A run that has come to its end is not given
    /// back while its end is being written, for the busy timeout at most. Returns how many were given back. For programs
    /// that are told to end.
    ///
    /// # Errors
    /// As [`claim`](Store::claim); what was not given back looks silent after a while.
    pub fn release_claims(&self) -> Result<u64, Error>
    where
        R: Lifecycle,
    {
        self.claims.release_all()
    }

    /// From now on Ctrl-C, and on Unix the signals `TERM` and `HUP`, give back every claim that
    /// lives in this store and its clones, and end the program with status 130: schedulers that
    /// stop a worker leave its runs to the others at once. A second signal ends it without waiting.
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
    /// [`Io`](crate::ErrorKind::Io) where the program listens to these signals already: call
    /// [`release_claims`](Store::release_claims) there.
    #[cfg(feature = "ctrlc")]
    pub fn release_on_ctrl_c(&self) -> Result<(), Error>
    where
        R: Lifecycle,
    {
        crate::lifecycle::release_on_ctrl_c(self.claims.clone())
    }

    /// Says which keys, borrowed or owned, are new, pending, running, completed or failed, and which have a status
    /// that wallow does not know; without writing.
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
