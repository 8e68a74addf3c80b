//! A command that is at work: its results, its limit, and what asks it to end.

use std::time::{Duration, Instant};
use std::{io, thread};

use wallow_runtime::ErrorKind;
use wallow_runtime::dynamic::{Claim, Fields, Value, Written};

use super::child::Process;
use super::end::{Cause, EXCERPT, End, TRY_AGAIN, decide};
use super::folder::Folder;
use super::guard;
use super::results::{Results, Values};
use super::slot::Slot;

/// How often a command that is at work is looked after: signals, the claim, its limit, its results.
const TICK: Duration = Duration::from_millis(50);

/// The shortest time between two writes of results.
const WRITE: Duration = Duration::from_secs(1);

/// A scheduler that stops a job sends its signal to the worker and to the commands, in any order. So a command that has
/// ended is judged after this time.
const MOMENT: Duration = Duration::from_millis(200);

/// A command that succeeds sooner is judged at once, so that many short ones do not take longer.
const SHORT: Duration = Duration::from_secs(2);

/// A run that is at work.
struct AtWork<'c, 's> {
    claim: &'c Claim,
    results: Results<'s>,
    started: Instant,
    written: Instant,
    cause: Option<Cause>,
    /// When the command was asked to end.
    asked: Option<Instant>,
    /// When it was seen that the command has ended.
    ended: Option<Instant>,
    /// Whether the attempt says which process it is.
    is_noted: bool,
}

impl Slot<'_> {
    /// Follows a command to its end.
    pub(super) fn follow(
        &self,
        claim: &mut Claim,
        folder: &Folder,
        mut process: Process,
    ) -> io::Result<(End, Option<Values>)> {
        let crew = self.crew;
        let followed = folder.result_file().and_then(|file| {
            let results = Results::open(
                crew.store.schema(),
                crew.store.dialect(),
                crew.options.curve.as_deref(),
                &folder.results,
                file,
            );
            self.look_on(claim, results, &process)
        });
        if followed.is_err() {
            process.kill();
        }
        let status = process.end()?;
        crew.watchdog.forget(process.id());
        let (mut results, cause) = followed?;
        if let Some(reason) = guard::unable(status, &folder.end_of_stderr(EXCERPT)) {
            return Err(io::Error::other(reason.to_owned()));
        }
        if cause == Some(Cause::Lost) {
            return Ok((End::Lost, None));
        }
        let cause = if results.finish(self.patience())? {
            cause
        } else {
            cause.or(Some(Cause::Stop))
        };
        results.take_back(|name| claim.run().get(name).cloned().unwrap_or(Value::Null));
        self.warn(claim, &mut results);
        let missing = results.missing(&crew.options.required);
        let end = decide(status, cause, results.faults(), &missing, |most| {
            folder.end_of_stderr(most)
        });
        claim.set_exit(status.code(), matches!(cause, Some(Cause::Timeout(_))));
        let values = results.take(true);
        Ok((end, values))
    }

    /// Looks after a command until it has ended, and, if it was asked to end, also what it has started. Returns its
    /// results so far, and why it was asked.
    fn look_on<'s>(
        &self,
        claim: &Claim,
        results: Results<'s>,
        process: &Process,
    ) -> io::Result<(Results<'s>, Option<Cause>)> {
        let now = Instant::now();
        let mut at_work = AtWork {
            claim,
            results,
            started: now,
            written: now,
            cause: None,
            asked: None,
            ended: None,
            is_noted: false,
        };
        let mut pause = TICK;
        loop {
            if at_work.ended.is_some() {
                thread::sleep(pause);
            } else if process.has_ended_within(pause) {
                at_work.ended = Some(Instant::now());
            }
            if self.is_over(&at_work, process) {
                return Ok((at_work.results, at_work.cause));
            }
            // A file that grows faster than it is read is read without a pause.
            let is_read = self.look_after(&mut at_work, process)?;
            pause = if is_read { TICK } else { Duration::ZERO };
        }
    }

    /// Whether nothing is to be waited for any more. A command that was asked to end may be a script that has ended at
    /// once, while the program that it has started saves its state: that has the rest of the grace.
    fn is_over(&self, at_work: &AtWork<'_, '_>, process: &Process) -> bool {
        let Some(ended) = at_work.ended else {
            return false;
        };
        match at_work.asked {
            Some(asked) => self.is_grace_over(asked) || !process.has_left_others(),
            None => {
                let is_clear = match process.exit_code() {
                    Some(TRY_AGAIN) => true,
                    // A command that is asked to end may save its state and exit with 0, which is no result.
                    Some(0) => ended.duration_since(at_work.started) < SHORT,
                    _ => false,
                };
                is_clear || ended.elapsed() >= MOMENT
            }
        }
    }

    /// Whether the rest of the results may still be read: until the grace is over after a signal.
    fn patience(&self) -> impl FnMut() -> bool {
        let mut asked = None;
        move || {
            if self.crew.stop.is_asked() {
                asked.get_or_insert_with(Instant::now);
            }
            asked.is_none_or(|asked| !self.is_grace_over(asked))
        }
    }

    fn is_grace_over(&self, asked: Instant) -> bool {
        asked.elapsed() >= self.crew.options.grace || self.crew.stop.is_urged()
    }

    /// What is done for a command while it is at work. Returns whether all of its results so far were read.
    fn look_after(&self, at_work: &mut AtWork<'_, '_>, process: &Process) -> io::Result<bool> {
        let options = &self.crew.options;
        let is_read = at_work.results.follow(TICK)?;
        self.warn(at_work.claim, &mut at_work.results);
        if at_work.written.elapsed() >= WRITE
            && at_work.cause.is_none()
            && let Some(values) = at_work.results.take(false)
        {
            at_work.written = Instant::now();
            at_work.write(&values);
        }
        // A command that ends soon is noted with its end.
        if !at_work.is_noted && at_work.started.elapsed() >= WRITE {
            at_work.is_noted = true;
            // If this fails, the end of the run says it.
            let _ = at_work.claim.note_process();
        }
        if at_work.cause.is_none() {
            let elapsed = at_work.started.elapsed();
            let limit = options.timeout.filter(|limit| elapsed >= *limit);
            let limit = limit.filter(|_| at_work.ended.is_none());
            at_work.cause = if at_work.claim.is_lost() {
                Some(Cause::Lost)
            } else if self.crew.stop.is_asked() {
                Some(Cause::Stop)
            } else {
                limit.map(Cause::Timeout)
            };
        }
        if at_work.cause.is_some() {
            match at_work.asked {
                None => {
                    process.terminate();
                    at_work.asked = Some(Instant::now());
                }
                Some(asked) if self.is_grace_over(asked) => process.kill(),
                Some(_) => {}
            }
        }
        Ok(is_read)
    }
}

impl AtWork<'_, '_> {
    /// Writes results. A value that the database refuses is a fault of the run, and the others are written without it.
    fn write(&mut self, values: &Values) {
        match self.claim.annotate_unread(values.written()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Validation => self.write_each(values),
            // The database fails, not the value: it is written again, with the next ones or at the end.
            Err(_) => self.results.restore(),
        }
    }

    /// Writes each value on its own.
    fn write_each(&mut self, values: &Values) {
        let mut is_written = true;
        for (name, fields) in self.results.taken() {
            let written = Written {
                fields: &fields,
                json: None,
            };
            is_written &= self.write_one(Some(&name), written);
        }
        let none = Fields::new();
        let json = values.written().json;
        if json.is_some() {
            is_written &= self.write_one(
                None,
                Written {
                    fields: &none,
                    json,
                },
            );
        }
        if !is_written {
            self.results.restore();
        }
    }

    /// Writes a value, or without a field the curve. Returns `false` if it has to be written again.
    fn write_one(&mut self, field: Option<&str>, written: Written<'_>) -> bool {
        match self.claim.annotate_unread(written) {
            Ok(()) => true,
            Err(error) if error.kind() == ErrorKind::Validation => {
                self.results.refuse_value(field, error.to_string());
                true
            }
            Err(_) => false,
        }
    }
}
