//! A connection beside the pool, for work that must not wait for what the program does with the pool's connections.
//!
//! A thread of its own runs each piece of work, so that the caller always gets an answer in time: a server that is
//! frozen, or a connection that died silently, blocks that thread and not the caller.

use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use super::deadline::Deadline;
use super::shared::{Checkout, Purpose, Shared};
use crate::backend::Connection;
use crate::backend::connection::Limits;
use crate::error::{Error, ErrorKind};

/// A connection with limits of its own, opened when it is first needed, and again after it broke.
pub(crate) struct Dedicated {
    shared: Arc<Shared>,
    limits: Limits,
    worker: Option<Worker>,
}

impl std::fmt::Debug for Dedicated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dedicated")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl Dedicated {
    pub(super) fn new(
        shared: &Arc<Shared>,
        lock_timeout: Duration,
        answer_within: Duration,
    ) -> Self {
        Dedicated {
            shared: Arc::clone(shared),
            limits: Limits {
                lock_timeout,
                network: answer_within,
            },
            worker: None,
        }
    }

    /// Does `work` on the connection, and once more on a new one if the connection turns out to be lost, so the work
    /// must be safe to do twice. If the server accepts no further connection, one of the pool is used.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if there is no answer in time. The connection is then given up, and it is unknown whether
    /// the work was done.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = mpsc::channel();
        let job = Box::new(move |slot: &mut Slot| {
            // The caller may have stopped waiting for the answer.
            let _ = answer.send(slot.run(&mut work));
        });
        self.worker()?.send(job);
        let outcome = answered.recv_timeout(self.limits.network);
        outcome.unwrap_or_else(|reason| {
            self.rest();
            Err(match reason {
                RecvTimeoutError::Timeout => self.silent(),
                RecvTimeoutError::Disconnected => Error::new(
                    ErrorKind::Database,
                    "the thread of a database connection ended by a panic",
                ),
            })
        })
    }

    /// Closes the connection; the next piece of work opens another.
    pub(crate) fn rest(&mut self) {
        self.worker = None;
    }

    fn worker(&mut self) -> Result<&Worker, Error> {
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => Worker::start(Slot {
                shared: Arc::clone(&self.shared),
                limits: self.limits,
                connection: None,
            })?,
        };
        Ok(self.worker.insert(worker))
    }

    fn silent(&self) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "the database did not answer within {:?}; check that the server runs, and the network in between",
                self.limits.network,
            ),
        )
    }
}

type Job = Box<dyn FnOnce(&mut Slot) + Send>;

/// The thread that owns the connection. It ends when no more work can come.
struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    fn start(mut slot: Slot) -> Result<Self, Error> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("wallow-connection".into());
        let started = thread.spawn(move || {
            while let Ok(job) = todo.recv() {
                job(&mut slot);
            }
        });
        match started {
            Ok(_) => Ok(Worker { jobs }),
            Err(error) => {
                let message = format!("no thread for a database connection: {error}");
                Err(Error::new(ErrorKind::Io, message).with_source(error))
            }
        }
    }

    /// An error here is ignored: if the thread has ended, the caller notices because no answer comes.
    fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }
}

/// What the thread has.
struct Slot {
    shared: Arc<Shared>,
    limits: Limits,
    connection: Option<Box<Connection>>,
}

impl Slot {
    fn run<T>(
        &mut self,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let shared = Arc::clone(&self.shared);
        let deadline = Deadline::after(self.limits.lock_timeout);
        // If the database has a single writer, this thread and the program's other threads take turns.
        let _permit = if shared.options.target.has_one_writer() {
            Some(shared.permit(deadline)?)
        } else {
            None
        };
        let kept = self.connection.is_some();
        match self.once(deadline, work) {
            Err(error) if kept && error.is_lost_connection() => self.once(deadline, work),
            outcome => outcome,
        }
    }

    fn once<T>(
        &mut self,
        deadline: Deadline,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = match self.alive() {
            Some(connection) => connection,
            None => match self.shared.open(self.limits, deadline) {
                Ok(connection) => Box::new(connection),
                Err(error) => return self.elsewhere(error, work),
            },
        };
        connection.begin_work(deadline, true);
        let outcome = self
            .shared
            .attempt(&mut connection, self.limits, deadline, work);
        let outcome = connection.confirm(outcome);
        if !connection.is_lost() {
            self.connection = Some(connection);
        }
        outcome
    }

    /// The connection that is kept, unless it died meanwhile.
    fn alive(&mut self) -> Option<Box<Connection>> {
        let mut connection = self.connection.take()?;
        connection.is_alive(false).then_some(connection)
    }

    /// Does the work on a connection of the pool, for a server that accepts no further connection.
    fn elsewhere<T>(
        &self,
        error: Error,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        if !(error.is_busy() && self.shared.options.target.is_remote()) {
            return Err(error);
        }
        let Checkout {
            mut place,
            mut connection,
            ..
        } = self
            .shared
            .take(Deadline::after(self.limits.network), Purpose::Again)?;
        connection.begin_work(Deadline::after(self.limits.lock_timeout), true);
        let outcome = work(&mut connection);
        if connection.is_lost() {
            self.shared.forget_idle();
        } else {
            place.give_back(connection);
        }
        outcome
    }
}
