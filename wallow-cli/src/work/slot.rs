//! One slot: claims a run, has its command started, follows it, and writes its end.

use std::io;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use wallow_runtime::ErrorKind;
use wallow_runtime::dynamic::{Claim, Row, RunEnd};
use wallow_schema::redact;

use super::child::Process;
use super::crew::{Crew, Event};
use super::end::{Cause, EXCERPT, End, Ended, decide};
use super::folder::{self, Folder};
use super::guard;
use super::progress::Report;
use super::results::{Results, Values};
use super::template::Run;
use crate::commands::value_as_json;
use crate::output::Failure;

/// How often a command that is at work is looked after: signals, the claim, its limit, its results.
const TICK: Duration = Duration::from_millis(50);

/// The shortest time between two writes of results.
const WRITE: Duration = Duration::from_secs(1);

/// A slot, with its way to the main thread.
pub(super) struct Slot<'a> {
    pub(super) crew: &'a Crew<'a>,
    pub(super) number: usize,
    pub(super) events: mpsc::Sender<Event>,
}

/// Why a run has no folder.
pub(super) enum Unusable {
    /// The name that its values make, or what stands in its place.
    OfRun(String),
    /// The disk, the rights on it, or the folder of all artefacts: other runs would have none either.
    OfMachine(io::Error),
}

/// A run that is at work.
struct AtWork<'c, 's> {
    claim: &'c Claim,
    results: Results<'s>,
    started: Instant,
    written: Instant,
    cause: Option<Cause>,
    /// When the command was asked to end.
    asked: Option<Instant>,
    /// Whether the attempt says which process it is.
    is_noted: bool,
}

impl Slot<'_> {
    /// Works until nothing is left. `on_run` is called for each run that this slot has.
    pub(super) fn serve(
        &self,
        mut on_run: impl FnMut() -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        while let Some(claim) = self.crew.next()? {
            let outcome = on_run();
            self.execute(claim)?;
            outcome?;
        }
        Ok(())
    }

    fn execute(&self, mut claim: Claim) -> Result<(), Failure> {
        let crew = self.crew;
        let (run, attempt) = (claim.run().clone(), claim.attempt());
        let label = label(crew, &run);
        self.send(Event::Began {
            slot: self.number,
            uuid: run.uuid().to_owned(),
            label: label.clone(),
        });
        let started = Instant::now();
        let executed = match self.folder(&run, attempt) {
            Ok(folder) => self
                .start(&mut claim, &folder)
                .and_then(|process| self.follow(&mut claim, &folder, process)),
            // Back in the queue, this run would be in the way of all others.
            Err(Unusable::OfRun(reason)) => Ok((End::Failed(reason), None)),
            Err(Unusable::OfMachine(error)) => Err(error),
        };
        let (end, values) = match executed {
            Ok(ended) => ended,
            Err(error) => {
                // The machine is at fault, not the run, so another worker may have it.
                write_end(claim, End::Released, None)?;
                return Err(Failure::finding(format!(
                    "run {} could not be started, and is pending again: {error}{}",
                    run.uuid(),
                    folder::advice(&error)
                )));
            }
        };
        let (how, reason) = write_end(claim, end, values)?;
        crew.note(how, &run);
        self.send(Event::Ended(Report {
            slot: self.number,
            uuid: run.uuid().to_owned(),
            how,
            took: started.elapsed(),
            label,
            reason,
        }));
        Ok(())
    }

    /// Starts the command, by way of the main thread: the kernel ends a child with the thread that started it.
    fn start(&self, claim: &mut Claim, folder: &Folder) -> io::Result<Process> {
        let crew = self.crew;
        let (run, attempt) = (claim.run(), claim.attempt());
        let arguments = crew.template.arguments(&Run {
            row: run,
            attempt,
            slot: self.number,
            dir: &folder.dir,
            params: &folder.params,
        });
        let mut command = guard::command(crew.template.program(), &arguments, guard::Tie::Run)?;
        let (out, err) = folder.outputs()?;
        command
            .stdin(crew.watchdog.input()?)
            .stdout(out)
            .stderr(err);
        self.describe(&mut command, run, attempt, folder);
        let (answer, started) = mpsc::sync_channel(1);
        self.send(Event::Start(Box::new(command), answer));
        let process = started
            .recv()
            .map_err(|_| io::Error::other("the main thread has ended"))??;
        claim.set_process(process.id(), &crew.template.command_line(&arguments));
        Ok(process)
    }

    /// The folder of a run, with its files.
    fn folder(&self, run: &Row, attempt: i64) -> Result<Folder, Unusable> {
        let crew = self.crew;
        let dir = crew.store.artefacts_dir(&crew.options.root, run);
        let dir = dir.map_err(|error| Unusable::OfRun(error.to_string()))?;
        Folder::create(crew.store.schema(), &crew.options.root, &dir, run, attempt)
    }

    /// The environment of the command.
    fn describe(&self, command: &mut Command, run: &Row, attempt: i64, folder: &Folder) {
        let id = run.get("id").map(value_as_json).unwrap_or_default();
        command
            .env("WALLOW_PARAMS", &folder.params)
            .env("WALLOW_RESULT", &folder.results)
            .env("WALLOW_DIR", &folder.dir)
            .env("WALLOW_UUID", run.uuid())
            .env("WALLOW_ID", id.to_string())
            .env("WALLOW_ATTEMPT", attempt.to_string())
            .env("WALLOW_SLOT", self.number.to_string());
        match self.deadline() {
            Some(seconds) => command.env("WALLOW_DEADLINE", seconds.to_string()),
            None => command.env_remove("WALLOW_DEADLINE"),
        };
        if std::env::var_os("PYTHONUNBUFFERED").is_none() {
            command.env("PYTHONUNBUFFERED", "1");
        }
        let devices = self.crew.options.devices.as_ref();
        if let Some(device) = devices.and_then(|devices| devices.get(self.number)) {
            command
                .env("CUDA_VISIBLE_DEVICES", device)
                .env("CUDA_DEVICE_ORDER", "PCI_BUS_ID");
        }
    }

    /// When the command will be asked to end, in seconds since 1970.
    fn deadline(&self) -> Option<u64> {
        let timeout = self.crew.options.timeout;
        let job = self
            .crew
            .job_end
            .map(|end| end.saturating_duration_since(Instant::now()));
        let left = timeout.into_iter().chain(job).min()?;
        let end = SystemTime::now().checked_add(left)?;
        let since = end.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(since.as_secs())
    }

    /// Follows a command to its end.
    fn follow(
        &self,
        claim: &mut Claim,
        folder: &Folder,
        mut process: Process,
    ) -> io::Result<(End, Option<Values>)> {
        let crew = self.crew;
        let file = match folder.result_file() {
            Ok(file) => file,
            Err(error) => {
                process.kill();
                process.wait(Duration::MAX)?;
                return Err(error);
            }
        };
        let results = Results::open(
            crew.store.schema(),
            crew.store.dialect(),
            crew.options.curve.as_deref(),
            &folder.results,
            file,
        );
        let now = Instant::now();
        let mut at_work = AtWork {
            claim,
            results,
            started: now,
            written: now,
            cause: None,
            asked: None,
            is_noted: false,
        };
        let status = loop {
            if let Some(status) = process.wait(TICK)? {
                break status;
            }
            self.look_after(&mut at_work, &process)?;
        };
        crew.watchdog.forget(process.id());
        let AtWork {
            mut results, cause, ..
        } = at_work;
        if let Some(reason) = guard::unable(status, &folder.end_of_stderr(EXCERPT)) {
            return Err(io::Error::other(reason.to_owned()));
        }
        results.finish()?;
        self.warn(claim, &mut results);
        let missing = results.missing(&crew.options.required);
        let end = decide(status, cause, results.faults(), &missing, |most| {
            folder.end_of_stderr(most)
        });
        claim.set_exit(status.code(), matches!(cause, Some(Cause::Timeout(_))));
        let values = results.take(true);
        Ok((end, values))
    }

    /// What is done for a command while it is at work.
    fn look_after(&self, at_work: &mut AtWork<'_, '_>, process: &Process) -> io::Result<()> {
        let options = &self.crew.options;
        at_work.results.follow()?;
        self.warn(at_work.claim, &mut at_work.results);
        if at_work.written.elapsed() >= WRITE
            && at_work.cause.is_none()
            && let Some(values) = at_work.results.take(false)
        {
            at_work.written = Instant::now();
            match at_work.claim.annotate_unread(values.written()) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Validation => {
                    at_work.results.refuse(error.to_string());
                }
                // The database fails, not the value: it is written again, with the next ones or at the end.
                Err(_) => at_work.results.restore(),
            }
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
                Some(asked) if asked.elapsed() >= options.grace || self.crew.stop.is_urged() => {
                    process.kill();
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn warn(&self, claim: &Claim, results: &mut Results<'_>) {
        for warning in results.warnings() {
            self.send(Event::Warning(format!(
                "run {}: {warning}",
                claim.run().uuid()
            )));
        }
    }

    fn send(&self, event: Event) {
        // The main thread ends after the slots.
        let _ = self.events.send(event);
    }
}

/// Writes the end of a run; returns how it ended, and why it failed.
fn write_end(
    claim: Claim,
    end: End,
    values: Option<Values>,
) -> Result<(Ended, Option<String>), Failure> {
    let values = values.unwrap_or_default();
    let (how, reason) = match end {
        End::Lost => return Ok((Ended::Lost, None)),
        End::Completed => (Ended::Completed, None),
        End::Released => (Ended::PutBack, None),
        // What is printed is what is stored.
        End::Failed(reason) => (Ended::Failed, Some(redact::text(&reason))),
    };
    let end = match (how, &reason) {
        (_, Some(reason)) => RunEnd::Failed(reason),
        (Ended::PutBack, None) => RunEnd::Released,
        _ => RunEnd::Completed,
    };
    match claim.end_unread(end, values.written()) {
        Ok(()) => Ok((how, reason)),
        Err(error) if error.kind() == ErrorKind::ClaimLost => Ok((Ended::Lost, None)),
        // The run is failed, and says why.
        Err(error) if error.kind() == ErrorKind::Validation => {
            Ok((Ended::Failed, Some(error.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The identifying fields of a run, for people.
fn label(crew: &Crew<'_>, run: &Row) -> String {
    let fields = crew.store.schema().identifying.iter();
    let fields = fields.filter_map(|field| {
        let value = value_as_json(run.get(&field.name)?);
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        Some(format!("{}={value}", field.name))
    });
    fields.collect::<Vec<_>>().join(" ")
}
