//! Workers that share a queue.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;

use super::run::{RunEnd, run_claim};
use super::{Claim, LocalClaims, Waits, WorkOptions};
use crate::codegen_support::{Lifecycle, Patch};
use crate::error::{Error, ErrorKind};

/// How many runs [`Store::work`](crate::Store::work) claimed, by how they ended.
///
/// # Report what a worker did
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = |seed| registry::Identifying::builder().model("mlp").learning_rate(0.1).seed(seed).build();
/// use registry::Annotating;
/// use wallow::{Reclaim, WorkOptions};
///
/// store.enqueue((0..3).map(key))?;
/// let work = || {
///     let options = WorkOptions::new(Reclaim::Immediately);
///     store.work(options, |_| Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3)))
/// };
/// assert_eq!(work()?.completed, 3);
/// let again = work()?;
/// assert_eq!((again.completed, again.already_completed), (0, 3));
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct WorkCounts {
    /// Completed.
    pub completed: u64,
    /// Failed, by an error or a panic.
    pub failed: u64,
    /// Given to another worker before they ended.
    pub lost: u64,
    /// Given back with [`End::Release`](crate::codegen_support::End::Release): they are `pending` again.
    pub released: u64,
    /// Runs that its filter selects and that were completed before this call began.
    pub already_completed: u64,
}

/// Works until nothing is left, or until one thread meets an error of the store.
pub(crate) fn work<R, E, F>(
    claims: &LocalClaims,
    options: &WorkOptions<R>,
    run: &F,
) -> Result<WorkCounts, Error>
where
    R: Lifecycle,
    R::Annotating: 'static,
    E: fmt::Display,
    F: Fn(&Claim<R>) -> Result<R::Annotating, E> + Sync,
{
    let completed = options.claim.completed();
    let shared = Shared {
        counts: Mutex::new(WorkCounts {
            already_completed: claims.engine().count(&completed)?,
            ..WorkCounts::default()
        }),
        released: Mutex::default(),
        broken: AtomicBool::new(false),
        waits: Waits::default(),
        threads: OnceLock::new(),
    };
    let shared = &shared;
    let worker = move |number: usize| {
        // How many threads work depends on how many the system could start, so none begins before that is known.
        if number >= *shared.threads.wait() {
            return Ok(());
        }
        let outcome = shared.serve(claims, options, run);
        if outcome.is_err() {
            shared.broken.store(true, Ordering::Relaxed);
        }
        outcome
    };
    thread::scope(|scope| {
        let mut others = Vec::new();
        let mut refused = None;
        for number in 1..options.threads {
            let builder = thread::Builder::new().name(format!("wallow-work-{number}"));
            match builder.spawn_scoped(scope, move || worker(number)) {
                Ok(other) => others.push(other),
                Err(error) => {
                    refused = Some((error, affordable(number)));
                    break;
                }
            }
        }
        let threads = refused
            .as_ref()
            .map_or(options.threads, |(_, threads)| *threads);
        // No other code sets it.
        let _ = shared.threads.set(threads);
        if let Some((error, threads)) = refused {
            tracing::warn!(
                %error,
                wanted = options.threads,
                threads,
                "the system does not give as many threads as were asked for: the work goes on with fewer",
            );
        }
        let mut outcome = worker(0);
        for other in others {
            let joined = other.join().unwrap_or_else(|_| {
                Err(Error::new(
                    ErrorKind::Database,
                    "a worker thread ended without a word",
                ))
            });
            outcome = outcome.and(joined);
        }
        outcome
    })?;
    let unknown = claims.engine().unknown(&options.claim.request)?;
    if unknown > 0 {
        tracing::warn!(
            unknown,
            "runs were left alone: their status is none of pending, running, completed and failed, or they have \
             results and no status; write their status to have them run, or counted as done",
        );
    }
    let counts = shared.counts.lock();
    Ok(*counts.unwrap_or_else(PoisonError::into_inner))
}

/// How many threads work if the system could start only `most`. Some of them end again, because heartbeats and
/// connections need threads, too, and the runs need memory.
fn affordable(most: usize) -> usize {
    const GIVEN_BACK: usize = 8;
    most.saturating_sub(GIVEN_BACK.max(most / 8)).max(1)
}

struct Shared {
    counts: Mutex<WorkCounts>,
    /// The runs that were given back in this call. It does not claim them again, because it might never end otherwise.
    released: Mutex<Vec<i64>>,
    /// How many threads work, including the caller's own. Not set until all have been started.
    threads: OnceLock<usize>,
    /// A thread met an error, so the others stop after their current run.
    broken: AtomicBool,
    /// How the threads wait for a run.
    waits: Waits,
}

impl Shared {
    fn serve<R, E, F>(
        &self,
        claims: &LocalClaims,
        options: &WorkOptions<R>,
        run: &F,
    ) -> Result<(), Error>
    where
        R: Lifecycle,
        R::Annotating: 'static,
        E: fmt::Display,
        F: Fn(&Claim<R>) -> Result<R::Annotating, E> + Sync,
    {
        while let Some(claim) = self.next(claims, options)? {
            // A run that fails, panics or has a result that cannot be stored does not stop the others.
            let id = claim.id();
            // Noted before the run is given back, so that no other thread takes it in between.
            let context = |claim: &Claim<R>| {
                let result = run(claim);
                if result.as_ref().is_ok_and(Patch::is_release) {
                    self.released().push(id);
                }
                result
            };
            let ended = run_claim(claim, context, options.stop.as_deref());
            let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
            match ended {
                RunEnd::Completed(_) => counts.completed += 1,
                RunEnd::Released(_) => counts.released += 1,
                RunEnd::Failed(_) | RunEnd::Panicked(_) => counts.failed += 1,
                RunEnd::Refused(error) => {
                    counts.failed += 1;
                    tracing::warn!(%error, "a result cannot be stored: its run is failed");
                }
                RunEnd::Lost(..) => counts.lost += 1,
                RunEnd::Unwritten(error, _) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next run; `None` if nothing is left to do.
    fn next<R: Lifecycle>(
        &self,
        claims: &LocalClaims,
        options: &WorkOptions<R>,
    ) -> Result<Option<Claim<R>>, Error> {
        let longest = options.claim.request.reclaim.heartbeat();
        let mut turn = self.waits.turn();
        while !self.is_stopped(options) {
            let released = self.released().clone();
            let claimed = if released.is_empty() {
                claims.claim_next(&options.claim.request)
            } else {
                claims.claim_next(&options.claim.clone().without(&released).request)
            };
            let claimed = claimed?.map(|(run, held)| Claim::new(run, held));
            let idle = match claimed {
                // The run was given back after the list was read.
                Ok(claim) if self.released().contains(&claim.id()) => match claim.release() {
                    Err(error) if error.kind() != ErrorKind::ClaimLost => return Err(error),
                    _ => continue,
                },
                Ok(claim) => return Ok(Some(claim)),
                Err(idle) => idle,
            };
            if idle.given_up > 0 {
                tracing::warn!(
                    runs = idle.given_up,
                    "runs are failed: their last worker went silent, and `max_attempts` allows no other attempt",
                );
            }
            let stays = idle.soon || (options.wait_for_others && idle.others_at_work);
            if !stays {
                break;
            }
            turn.pause(claims, idle.soon, longest, || self.is_stopped(options));
        }
        Ok(None)
    }

    fn released(&self) -> MutexGuard<'_, Vec<i64>> {
        self.released.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped<R>(&self, options: &WorkOptions<R>) -> bool {
        let is_set = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
        is_set(&self.broken) || options.stop.as_deref().is_some_and(is_set)
    }
}
