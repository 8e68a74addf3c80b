//! The workers: processes that wait for runs until their input ends.

use std::fs;
use std::io::{PipeWriter, Read as _, Write as _, pipe};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use wallow::WorkOptions;
use wallow::diesel::connection::{
    Instrumentation, InstrumentationEvent, set_default_instrumentation,
};
use wallow_bench::registry::{Annotating, Run, Store};
use wallow_bench::{Result, memory};

use crate::{STALE, now};

/// What a worker reports at its end.
pub(crate) struct Report {
    /// The runs that it executed, in order.
    pub(crate) executed: Vec<i64>,
    /// When it sent each statement, in milliseconds since 1970.
    statements: Vec<u64>,
    /// The peak of its memory, in KiB.
    pub(crate) memory: u64,
}

impl Report {
    fn read(path: &Path) -> Result<Self> {
        let report: Value = serde_json::from_str(&fs::read_to_string(path)?)?;
        Ok(Report {
            executed: serde_json::from_value(report["executed"].clone())?,
            statements: serde_json::from_value(report["statements"].clone())?,
            memory: serde_json::from_value(report["memory"].clone())?,
        })
    }

    /// How many statements it sent between these times.
    pub(crate) fn asked(&self, from: u64, to: u64) -> u64 {
        let within = self.statements.iter().filter(|at| (from..to).contains(at));
        within.map(|_| 1).sum()
    }
}

/// All workers. They end when this is dropped.
pub(crate) struct Crew {
    children: Vec<Child>,
    folder: TempDir,
    /// The other end of their inputs, which they share.
    input: PipeWriter,
}

impl Crew {
    /// Starts them, and waits until all have opened the database.
    pub(crate) fn start(workers: usize, database: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let (stdin, input) = pipe()?;
        let (mut ready, stdout) = pipe()?;
        let mut children = Vec::new();
        for _ in 0..workers {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["--serve", database, "--folder"]);
            command.arg(folder.path());
            let command = command
                .stdin(stdin.try_clone()?)
                .stdout(stdout.try_clone()?);
            children.push(command.spawn()?);
        }
        drop(stdout);
        ready.read_exact(&mut vec![0; workers])?;
        Ok(Crew {
            children,
            folder,
            input,
        })
    }

    /// Lets them end; returns their reports, and how many failed.
    pub(crate) fn end(self) -> Result<(Vec<Report>, usize)> {
        drop(self.input);
        let mut failed = 0;
        for mut child in self.children {
            failed += usize::from(!child.wait()?.success());
        }
        let reports = fs::read_dir(self.folder.path())?;
        let reports = reports.map(|entry| Report::read(&entry?.path()));
        Ok((reports.collect::<Result<_>>()?, failed))
    }

    /// The processor time that they have used, where the system reports it.
    pub(crate) fn processor_time(&self) -> Duration {
        let ticks = self.children.iter().map(|child| {
            let path = format!("/proc/{}/stat", child.id());
            let stat = fs::read_to_string(path).unwrap_or_default();
            // The name before it may have blanks and parentheses.
            let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
            let numbers = rest.split_whitespace().skip(11).take(2);
            numbers
                .filter_map(|number| number.parse::<u64>().ok())
                .sum::<u64>()
        });
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// How often they have this file open, where the system reports it.
    pub(crate) fn open(&self, file: &str) -> usize {
        let of_process = |child: &Child| {
            let files = fs::read_dir(format!("/proc/{}/fd", child.id()));
            let files = files.into_iter().flatten().flatten();
            let files = files.filter_map(|entry| fs::read_link(entry.path()).ok());
            files.filter(|path| path.as_os_str() == file).count()
        };
        self.children.iter().map(of_process).sum()
    }
}

/// When this process sent each statement.
static STATEMENTS: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// Works in this process until its input ends.
pub(crate) fn serve(database: &str, folder: &Path) -> Result<()> {
    set_default_instrumentation(|| Some(Box::new(Counting)))?;
    let opened: wallow::Result<wallow::Store<Run>> = Store::options()
        .busy_timeout(Duration::from_secs(120))
        .open(database);
    let mut stdout = std::io::stdout();
    stdout.write_all(b".")?;
    stdout.flush()?;
    let (store, stop) = (opened?, Arc::new(AtomicBool::new(false)));
    let stopping = Arc::clone(&stop);
    thread::spawn(move || {
        // The input has nothing in it, and ends.
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        stopping.store(true, Ordering::Relaxed);
    });
    let options = WorkOptions::new(STALE)
        .wait_for_others(true)
        .stop_when(stop);
    let executed = Mutex::new(Vec::new());
    let lock = || executed.lock().unwrap_or_else(PoisonError::into_inner);
    store.work(options, |claim| {
        lock().push(claim.run().id);
        Ok::<_, wallow::Error>(Annotating::new().val_loss(0.5))
    })?;
    let statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
    let report = json!({
        "executed": *lock(),
        "statements": *statements,
        "memory": memory().unwrap_or_default(),
    });
    let file = folder.join(format!("{}.json", std::process::id()));
    fs::write(file, report.to_string())?;
    Ok(())
}

/// Notes when statements are sent.
struct Counting;

impl Instrumentation for Counting {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let (InstrumentationEvent::StartQuery { .. }, Ok(at)) = (event, now()) {
            let mut statements = STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner);
            statements.push(at);
        }
    }
}
