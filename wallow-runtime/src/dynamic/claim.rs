//! Claims of a schema that is known at run time.

mod unread;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use chrono::{DateTime, Utc};

#[doc(hidden)]
pub use unread::{RunEnd, Written};

use super::{Fields, Row, Store, Value};
use crate::engine::FencingToken;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::{ClaimOptions, HeldClaim, Turn, is_refused};

/// The exclusive right to execute a run and to write its result, as [`Claim`](crate::lifecycle::Claim) is for typed
/// runs. It sends heartbeats in the background. If it is dropped without an end, the run is `failed`.
///
/// # Work on the queue of any schema
///
/// ```
/// use wallow::dynamic::{Fields, Store};
/// use wallow::{ClaimOptions, Reclaim};
///
/// let schema = wallow::schema::parse(
///     "[project]\nname = 'a'\nlifecycle = true\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
///     "wallow.toml",
/// )?;
/// let store = Store::open(&schema, ":memory:")?;
/// store.enqueue([Fields::new().with("seed", 7)])?;
/// while let Some(claim) = store.claim_next(&ClaimOptions::new(Reclaim::Immediately))? {
///     assert_eq!(claim.run().get("seed"), Some(&7.into()));
///     claim.complete(&Fields::new().with("loss", 0.5))?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Claim {
    store: Store,
    run: Row,
    held: HeldClaim,
    /// Once it is set, a write is retried for one more busy timeout, not until the claim is lost.
    stop: Option<Arc<AtomicBool>>,
}

/// What is in the queue when no run can be claimed.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// A run may be claimed soon, without anybody doing anything.
    pub soon: bool,
    /// Others are at work, and their runs may come back.
    pub others_at_work: bool,
    /// How many runs this call marked as failed, because their workers went silent as often as `max_attempts` allows.
    pub given_up: u64,
}

impl Store {
    /// Claims the next run of the queue, as [`Store::claim_next`](crate::Store::claim_next) does.
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) if the schema has no lifecycle, otherwise as
    /// [`Store::claim_next`](crate::Store::claim_next).
    pub fn claim_next(&self, options: &ClaimOptions<Row>) -> Result<Option<Claim>, Error> {
        Ok(self.claim_or_wait(options)?.ok())
    }

    /// Claims the next run; if nothing can be claimed, it returns what is in the queue instead.
    #[doc(hidden)]
    pub fn claim_or_wait(
        &self,
        options: &ClaimOptions<Row>,
    ) -> Result<Result<Claim, Waiting>, Error> {
        self.require_lifecycle()?;
        Ok(match self.claims.claim_next::<Row>(&options.request)? {
            Ok((run, held)) => Ok(Claim {
                store: self.clone(),
                run,
                held,
                stop: None,
            }),
            Err(idle) => Err(Waiting {
                soon: idle.soon,
                others_at_work: idle.others_at_work,
                given_up: idle.given_up,
            }),
        })
    }

    /// Waits, after a claim that found no run, until the next one should be tried.
    #[doc(hidden)]
    pub fn wait_for_runs(
        &self,
        turn: &mut Turn<'_>,
        options: &ClaimOptions<Row>,
        waiting: Waiting,
        is_stopped: impl Fn() -> bool,
    ) {
        let longest = options.request.reclaim.heartbeat();
        turn.pause(&self.claims, waiting.soon, longest, is_stopped);
    }

    /// Says what executes the runs that this store claims from now on, for their attempts: a command line, the path of
    /// a program, a process; otherwise it is this process. It has no effect after the first claim.
    #[doc(hidden)]
    pub fn set_command(
        &self,
        argv: Option<&[String]>,
        program: Option<&std::path::Path>,
        pid: Option<u32>,
    ) {
        self.engine.set_command(argv, program, pid);
    }

    /// Warns no more of the size of values of this json field: a curve is meant to be in the database, and is written
    /// again and again while it grows.
    #[doc(hidden)]
    pub fn expect_large(&self, field: &str) {
        self.engine.expect_large(field);
    }

    /// The time of the database's clock.
    #[doc(hidden)]
    pub fn now(&self) -> Result<DateTime<Utc>, Error> {
        self.engine.now()
    }

    /// Gives every claim of this store and its clones back, as [`Store::release_claims`](crate::Store::release_claims) does.
    #[doc(hidden)]
    pub fn release_claims(&self) -> Result<u64, Error> {
        self.claims.release_all()
    }

    /// A claim that another process holds, or that was made by an earlier call of the command: the run with this uuid,
    /// if this is still its attempt. It sends a heartbeat now, and none in the background; dropping it changes nothing.
    ///
    /// # Errors
    /// [`NotFound`](ErrorKind::NotFound) if there is no such run; [`ClaimLost`](ErrorKind::ClaimLost) if it has another
    /// attempt, or is not at work.
    #[doc(hidden)]
    pub fn borrow_claim(&self, uuid: &str, attempt: i64) -> Result<(Claim, DateTime<Utc>), Error> {
        self.require_lifecycle()?;
        let run = self.find_by_uuid(uuid)?.ok_or_else(|| {
            let message = format!("there is no run with the uuid `{}`", uuid.escape_debug());
            Error::new(ErrorKind::NotFound, message)
        })?;
        let Some(&Value::Int(id)) = run.get("id") else {
            return Err(Error::new(
                ErrorKind::Database,
                "the id of the run cannot be read",
            ));
        };
        let token = FencingToken {
            id,
            attempt,
            uuid: uuid.into(),
        };
        let is_running = run.get("status") == Some(&Value::Text("running".to_owned()));
        let written = if is_running {
            self.engine.claim_heartbeat(&token)?
        } else {
            None
        };
        let now = written.ok_or_else(|| {
            let message = format!(
                "attempt {attempt} does not hold run {uuid} any more: it has ended, or was given to another worker; nothing \
                 was written"
            );
            Error::new(ErrorKind::ClaimLost, message).with_uuid(uuid)
        })?;
        let before = match run.get("started_at") {
            Some(Value::Time(started)) => (now - *started).to_std().unwrap_or_default(),
            _ => std::time::Duration::ZERO,
        };
        let held = HeldClaim::borrowed(&self.claims, token, before);
        let claim = Claim {
            store: self.clone(),
            run,
            held,
            stop: None,
        };
        Ok((claim, now))
    }
}

impl Claim {
    /// Once the flag is set, a write that the database cannot take is retried for one more busy timeout only.
    #[doc(hidden)]
    #[must_use]
    pub fn stop_when(mut self, flag: Arc<AtomicBool>) -> Self {
        self.stop = Some(flag);
        self
    }

    /// Says which command executes the run, for the attempt: its process and its command line, whose secrets are not
    /// stored. It is written with the end of the run.
    #[doc(hidden)]
    pub fn set_process(&mut self, pid: u32, argv: &[String]) {
        self.held.details().set_process(pid, argv);
    }

    /// Writes the process of the command now.
    ///
    /// # Errors
    /// [`Busy`](ErrorKind::Busy) or [`Database`](ErrorKind::Database) if it cannot be written now.
    #[doc(hidden)]
    pub fn note_process(&self) -> Result<(), Error> {
        self.held.note_process()
    }

    /// Says how the command ended, for the attempt: its exit status, and whether it took too long.
    #[doc(hidden)]
    pub fn set_exit(&mut self, exit_code: Option<i32>, timed_out: bool) {
        let details = self.held.details();
        details.exit_code = exit_code.map(i64::from);
        details.timed_out = timed_out;
    }

    /// The run as it was when it was claimed.
    pub fn run(&self) -> &Row {
        &self.run
    }

    /// How often the run was claimed, including this claim.
    pub fn attempt(&self) -> i64 {
        self.held.attempt()
    }

    /// Whether the run is known to have been given to another worker.
    pub fn is_lost(&self) -> bool {
        self.held.is_lost()
    }

    /// Sends a heartbeat now; returns the new `updated_at`.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn heartbeat(&self) -> Result<DateTime<Utc>, Error> {
        self.held.heartbeat()
    }

    /// Writes intermediate results; the run goes on.
    ///
    /// # Errors
    /// As [`Claim::annotate`](crate::lifecycle::Claim::annotate).
    pub fn annotate(&self, annotating: &Fields) -> Result<Row, Error> {
        let values = self.store.patch(annotating)?;
        self.held
            .annotate(self.held.patience_with(self.stop.as_deref()), &values)
    }

    /// Ends the run as `completed`, with its result. If the result cannot be stored, the run is `failed`, with the reason
    /// and the values that can be stored.
    ///
    /// # Errors
    /// As [`Claim::complete`](crate::lifecycle::Claim::complete).
    pub fn complete(mut self, annotating: &Fields) -> Result<Row, Error> {
        let stop = self.stop.clone();
        let patience = self.held.patience_with(stop.as_deref());
        let values = match self.store.patch(annotating) {
            Ok(values) => values,
            Err(error) => {
                if !self.held.is_borrowed() {
                    self.held.refuse(patience, &error.to_string(), &[]);
                }
                return Err(error);
            }
        };
        let completed = self.held.complete(patience, &values);
        if let Err(error) = &completed
            && is_refused(error)
            && !self.held.is_borrowed()
        {
            self.held.refuse(patience, &error.to_string(), &values);
        }
        completed
    }

    /// Ends the run as `failed`, with the first 1,000 characters of `reason`.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn fail(mut self, reason: &str) -> Result<Row, Error> {
        let stop = self.stop.clone();
        let patience = self.held.patience_with(stop.as_deref());
        self.held.fail(patience, reason)
    }

    /// Leaves the claim to another process, which has to send its heartbeats; see
    /// [`borrow_claim`](Store::borrow_claim).
    #[doc(hidden)]
    pub fn leave(mut self) -> Row {
        self.held.leave();
        self.run.clone()
    }

    /// Gives the run back: it is `pending` again.
    ///
    /// # Errors
    /// [`ClaimLost`](ErrorKind::ClaimLost) if the run was given to another worker.
    pub fn release(mut self) -> Result<Row, Error> {
        let stop = self.stop.clone();
        let patience = self.held.patience_with(stop.as_deref());
        self.held.release(patience)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("uuid", &self.held.uuid())
            .field("attempt", &self.held.attempt())
            .finish_non_exhaustive()
    }
}
