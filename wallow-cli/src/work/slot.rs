//! One slot: claims a run, has its command started, follows it, and writes its end.

use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Instant, SystemTime};

use wallow_runtime::ErrorKind;
use wallow_runtime::dynamic::{Claim, Row, RunEnd};
use wallow_schema::redact;

use super::child::Process;
use super::crew::{Crew, Event};
use super::end::{End, Ended};
use super::folder::{self, Folder};
use super::guard;
use super::progress::Report;
use super::results::{Results, Values};
use super::template::Run;
use super::warnings;
use crate::commands::value_as_json;
use crate::output::Failure;

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
        let folder = self.folder(&run, attempt);
        let results = folder.as_ref().ok().map(|folder| folder.results.clone());
        let executed = match folder {
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
        let (how, mut reason) = write_end(claim, end, values)?;
        if let (Ended::Lost, Some(results)) = (how, results) {
            reason = Some(why_lost(&results));
        }
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

    pub(super) fn warn(&self, claim: &Claim, results: &mut Results<'_>) {
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

/// Why nothing was written of a run, and where its results are.
fn why_lost(results: &Path) -> String {
    format!(
        "deleted, or given to another worker after a silence (`--stale`); its results are in `{}`",
        results.display()
    )
}

/// Writes the end of a run; returns how it ended, and why it failed.
fn write_end(
    claim: Claim,
    end: End,
    values: Option<Values>,
) -> Result<(Ended, Option<String>), Failure> {
    let values = values.unwrap_or_default();
    let uuid = claim.run().uuid().to_owned();
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
        Err(error) => Err(warnings::failure(error, Some(&uuid))),
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
