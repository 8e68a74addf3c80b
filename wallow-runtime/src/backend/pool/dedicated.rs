//! A connection beside the pool, for work that must not wait for what the program does with the pool's connections.
//!
//! A thread of its own runs each piece of work, so that the caller gets an answer in time whatever happens: a server
//! that is frozen, or a connection that died without a word, holds that thread and not the caller.

#![cfg_attr(not(test), expect(dead_code, reason = "heartbeats are to use it"))]

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use super::PoolOptions;
use crate::backend::Connection;
use crate::error::{Error, ErrorKind};

/// A connection with limits of its own, opened when it is first needed, and again after it broke.
#[derive(Debug)]
pub(crate) struct Dedicated {
    options: PoolOptions,
    answer_within: Duration,
    worker: Option<Worker>,
}

impl Dedicated {
    pub(super) fn new(options: PoolOptions, answer_within: Duration) -> Self {
        Dedicated {
            options,
            answer_within,
            worker: None,
        }
    }

    /// Does `work` on the connection, and once more on a new one if the connection turns out to be lost: the work has
    /// to do no harm the second time.
    ///
    /// # Errors
    /// [`ErrorKind::Busy`] if there is no answer in time; the connection is given up then, and whether the work was
    /// done is not known.
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (answer, answered) = mpsc::channel();
        let job = Box::new(move |slot: &mut Slot| {
            // Nobody may wait for the answer any more.
            let _ = answer.send(slot.run(&mut work));
        });
        self.worker()?.send(job);
        let outcome = answered.recv_timeout(self.answer_within);
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
            None => Worker::start(self.options.clone())?,
        };
        Ok(self.worker.insert(worker))
    }

    fn silent(&self) -> Error {
        Error::new(
            ErrorKind::Busy,
            format!(
                "the database did not answer within {:?}; check that the server runs, and the network in between",
                self.answer_within,
            ),
        )
    }
}

type Job = Box<dyn FnOnce(&mut Slot) + Send>;

/// The thread that has the connection. It ends when no more work can come.
#[derive(Debug)]
struct Worker {
    jobs: Sender<Job>,
}

impl Worker {
    fn start(options: PoolOptions) -> Result<Self, Error> {
        let (jobs, todo) = mpsc::channel::<Job>();
        let thread = std::thread::Builder::new().name("wallow-connection".into());
        let started = thread.spawn(move || {
            let mut slot = Slot {
                options,
                connection: None,
            };
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

    /// A thread that has ended says so by the answer that does not come.
    fn send(&self, job: Job) {
        let _ = self.jobs.send(job);
    }
}

struct Slot {
    options: PoolOptions,
    connection: Option<Box<Connection>>,
}

impl Slot {
    fn run<T>(
        &mut self,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let kept = self.connection.is_some();
        let outcome = self.once(work);
        match &outcome {
            Err(error) if kept && error.is_lost_connection() => self.once(work),
            _ => outcome,
        }
    }

    fn once<T>(
        &mut self,
        work: &mut impl FnMut(&mut Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Box::new(Connection::open(&self.options)?),
        };
        let outcome = work(&mut connection);
        if !connection.is_lost() {
            self.connection = Some(connection);
        }
        outcome
    }
}
