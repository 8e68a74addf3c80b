//! The slots of a worker, and the main thread that starts commands and reports.

use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};
use std::{io, thread};

use chrono::SecondsFormat;
use wallow_runtime::ClaimOptions;
use wallow_runtime::dynamic::{self, Claim, Row, Store, Value, Waits};

use super::child::Process;
use super::end::Ended;
use super::folder::{advice, look_at_root};
use super::options::Options;
use super::progress::{Counts, Progress, Report};
use super::signals::Stop;
use super::slot::Slot;
use super::template::Template;
use super::time_left::JobEnd;
use super::warnings::{failure, note_of_running, warn_of_time, warn_of_unknown};
use super::watchdog::Watchdog;
use crate::bulk::runs;
use crate::output::{self, Failure};

/// What a slot tells the main thread.
pub(super) enum Event {
    /// Start this, and answer.
    Start(Box<Command>, mpsc::SyncSender<io::Result<Process>>),
    Began {
        slot: usize,
        uuid: String,
        label: String,
    },
    Ended(Report),
    Warning(String),
}

/// What the slots share.
pub(super) struct Crew<'a> {
    pub(super) store: &'a Store,
    pub(super) template: &'a Template,
    pub(super) options: &'a Options,
    pub(super) stop: Stop,
    pub(super) watchdog: Watchdog,
    /// The end of the job of a cluster.
    pub(super) job_end: Option<Instant>,
    /// The job ended too soon for another run.
    out_of_time: AtomicBool,
    started: AtomicU64,
    failed: AtomicU64,
    /// Runs that this worker marked as failed, because their own workers went silent as often as allowed.
    given_up: AtomicU64,
    /// Nothing could be claimed while others were at work.
    is_drained: AtomicBool,
    /// A slot met an error, so no other run is claimed.
    broken: AtomicBool,
    /// The runs that may be claimed: not those that have failed since this call began, because it might never end
    /// otherwise.
    claim: ClaimOptions<Row>,
    /// Runs that were put back, and are not claimed again in this call for the same reason.
    released: Mutex<Vec<i64>>,
    /// How the slots wait for a run.
    waits: Waits,
}

/// After a second signal, a database that does not answer is waited for this long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Works until nothing is left. Returns the counts, and the exit status if a signal ended it, or the error of a database
/// that fails or of a machine that cannot start commands. What was at work has ended then.
pub(crate) fn work(
    store: &Store,
    template: &Template,
    options: &Options,
) -> Result<(Counts, Result<Option<u8>, Failure>), Failure> {
    look_at_root(&options.root)?;
    let stop = Stop::listen()
        .map_err(|error| Failure::finding(format!("signals cannot be listened to: {error}")))?;
    let watchdog = Watchdog::start().map_err(|error| {
        Failure::finding(format!(
            "the process that ends commands with this one cannot be started: {error}{}",
            advice(&error)
        ))
    })?;
    let job_end = JobEnd::find(&stop);
    let crew = Crew {
        store,
        template,
        options,
        stop,
        watchdog,
        job_end: job_end.instant(),
        out_of_time: AtomicBool::new(false),
        started: AtomicU64::new(0),
        failed: AtomicU64::new(0),
        given_up: AtomicU64::new(0),
        is_drained: AtomicBool::new(false),
        broken: AtomicBool::new(false),
        claim: untried(store, options)?,
        released: Mutex::default(),
        waits: Waits::default(),
    };
    let mut progress = Progress::new(options.slots);
    if let Some(warning) = job_end.warning(options.need.is_some()) {
        progress.warn(&warning);
    }
    let outcome = thread::scope(|scope| {
        let (events, received) = mpsc::channel();
        let first = start(scope, &crew, 0, events);
        crew.report(&received, &mut progress);
        first.and_then(join)
    });
    progress.close();
    let outcome = outcome.and_then(|()| {
        let status = crew.stop.exit_status();
        if status.is_none() {
            warn_of_unknown(store, &options.claim)?;
            if crew.is_drained.load(Ordering::Relaxed) {
                note_of_running(store, options)?;
            }
            crew.warn_of_time()?;
        }
        Ok(status)
    });
    let counts = Counts {
        given_up: crew.given_up.load(Ordering::Relaxed),
        ..progress.counts()
    };
    Ok((counts, outcome))
}

/// A slot that works.
type Worker<'scope> = ScopedJoinHandle<'scope, Result<(), Failure>>;

/// Starts a slot. As soon as it has a run, it starts the next one, so that there is at most one slot more than runs.
fn start<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    crew: &'env Crew<'env>,
    number: usize,
    events: mpsc::Sender<Event>,
) -> Result<Worker<'scope>, Failure> {
    let work = move || {
        let slot = Slot {
            crew,
            number,
            events,
        };
        let mut next = None;
        let served = slot.serve(|| {
            if next.is_none() && number + 1 < crew.options.slots {
                let started = start(scope, crew, number + 1, slot.events.clone());
                crew.broken.fetch_or(started.is_err(), Ordering::Relaxed);
                next = Some(started?);
            }
            Ok(())
        });
        crew.broken.fetch_or(served.is_err(), Ordering::Relaxed);
        served.and(next.map_or(Ok(()), join))
    };
    let builder = thread::Builder::new().name(format!("wallow-slot-{number}"));
    builder.spawn_scoped(scope, work).map_err(|error| {
        Failure::finding(format!(
            "slot {number} could not be started, so no further run was claimed: {error}; use fewer with `--slots`"
        ))
    })
}

/// Waits for the end of a slot and of those that it has started.
fn join(worker: Worker<'_>) -> Result<(), Failure> {
    worker
        .join()
        .unwrap_or_else(|_| Err(Failure::finding("a slot ended without a word")))
}

impl Crew<'_> {
    /// The main thread: starts commands and reports until the slots have ended.
    fn report(&self, events: &mpsc::Receiver<Event>, progress: &mut Progress) {
        let mut urged = None;
        let mut at_work = 0;
        loop {
            match events.recv_timeout(Duration::from_millis(100)) {
                Ok(Event::Start(mut command, answer)) => {
                    let _ = answer.send(Process::start(&mut command));
                }
                Ok(Event::Began { slot, uuid, label }) => {
                    at_work += 1;
                    progress.begin(slot, &uuid, &label);
                }
                Ok(Event::Ended(ended)) => {
                    at_work -= 1;
                    progress.end(&ended);
                }
                Ok(Event::Warning(warning)) => progress.warn(&warning),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
            if self.stop.is_urged() {
                let since = *urged.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    // The commands were killed. The database does not answer, so their runs become stale.
                    progress.close();
                    output::warning(&format!(
                        "{} could not be put back, because the database does not answer: each stays `running` until the \
                         stale time (`--stale`) is over",
                        runs(at_work)
                    ));
                    output::line(&progress.counts().to_string());
                    std::process::exit(self.stop.exit_status().unwrap_or(1).into());
                }
            }
        }
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stop.is_asked() || self.broken.load(Ordering::Relaxed)
    }

    /// The next run; `None` if nothing is left to do.
    pub(super) fn next(&self) -> Result<Option<Claim>, Failure> {
        let mut turn = self.waits.turn();
        while !self.is_stopping() && self.may_start() {
            let claimed = self.store.claim_or_wait(&self.claim_options());
            match claimed.map_err(|error| failure(error, None))? {
                // The run was put back after the list was read, or a signal came while the database was waited for.
                Ok(claim) if self.is_stopping() || self.was_released(claim.run()) => {
                    claim.release()?;
                }
                Ok(claim) => {
                    let number = self.started.fetch_add(1, Ordering::Relaxed);
                    if self.options.max_runs.is_some_and(|most| number >= most) {
                        // Another slot started the last one meanwhile.
                        claim.release()?;
                        return Ok(None);
                    }
                    return Ok(Some(claim.stop_when(self.stop.flag())));
                }
                Err(waiting) => {
                    self.given_up.fetch_add(waiting.given_up, Ordering::Relaxed);
                    if !(waiting.soon || self.options.wait && waiting.others_at_work) {
                        let is_drained = waiting.others_at_work;
                        self.is_drained.fetch_or(is_drained, Ordering::Relaxed);
                        break;
                    }
                    let stops = || self.is_stopping() || !self.may_start();
                    self.store
                        .wait_for_runs(&mut turn, &self.claim, waiting, stops);
                }
            }
        }
        Ok(None)
    }

    /// Notes how a run ended.
    pub(super) fn note(&self, how: Ended, run: &Row) {
        match how {
            Ended::Failed => {
                self.failed.fetch_add(1, Ordering::Relaxed);
            }
            Ended::PutBack => self.released().extend(id(run)),
            Ended::Completed | Ended::Lost => {}
        }
    }

    /// Whether limits allow another run.
    fn may_start(&self) -> bool {
        let options = self.options;
        let reached = |limit: Option<u64>, count: &AtomicU64| {
            limit.is_some_and(|limit| count.load(Ordering::Relaxed) >= limit)
        };
        if reached(options.max_runs, &self.started) || reached(options.fail_fast, &self.failed) {
            return false;
        }
        let is_late = match (options.need, self.job_end) {
            (Some(need), Some(end)) => end.saturating_duration_since(Instant::now()) < need,
            _ => false,
        };
        self.out_of_time.fetch_or(is_late, Ordering::Relaxed);
        !is_late
    }

    /// Warns of the runs that stay because the job of the cluster ends too soon for them.
    fn warn_of_time(&self) -> Result<(), Failure> {
        match (self.options.need, self.job_end) {
            (Some(need), Some(end)) if self.out_of_time.load(Ordering::Relaxed) => {
                let left = end.saturating_duration_since(Instant::now());
                warn_of_time(self.store, &self.options.claim, left, need)
            }
            _ => Ok(()),
        }
    }

    fn claim_options(&self) -> ClaimOptions<Row> {
        let released = self.released();
        if released.is_empty() {
            self.claim.clone()
        } else {
            self.claim.clone().without(&released)
        }
    }

    fn was_released(&self, run: &Row) -> bool {
        id(run).is_some_and(|id| self.released().contains(&id))
    }

    fn released(&self) -> MutexGuard<'_, Vec<i64>> {
        self.released.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The runs of the options that have not failed since now, by the database's clock.
fn untried(store: &Store, options: &Options) -> Result<ClaimOptions<Row>, Failure> {
    let now = store.now()?.to_rfc3339_opts(SecondsFormat::Micros, true);
    let condition = format!("status is null or status != \"failed\" or updated_at < \"{now}\"");
    let condition = dynamic::parse(store.schema(), &condition).map_err(Failure::expression)?;
    Ok(options.claim.clone().filter(condition))
}

fn id(run: &Row) -> Option<i64> {
    match run.get("id") {
        Some(Value::Int(id)) => Some(*id),
        _ => None,
    }
}
