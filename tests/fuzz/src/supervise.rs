//! A worker process for the inputs, and its supervisor: an input that ends the process (an abort, a stack overflow, no
//! memory) or hangs is found and made smaller, too.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::attempt::attempt;
use crate::minimise::minimise;
use crate::run::{Limit, run};
use crate::{Failure, Target, corpus};

/// An input that takes more seconds of processor time counts as endless. On a busy machine, an input may take longer by
/// the clock.
const LONGEST: u64 = 20;
/// An input that takes this long by the clock counts as endless, too.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// No reader needs more memory than this.
const MEMORY: u64 = 4 << 30;
/// How many smaller inputs are tried; each needs a process.
const TRIES: usize = 400;

/// The argument that makes a process a worker, with the file for its current input.
pub const WORKER: &str = "--worker";
/// The argument that makes a process try the input in a file.
pub const ONE: &str = "--one";

/// Runs a target in a process of its own; returns whether nothing failed. `arguments` are those of the run.
///
/// # Errors
/// If the process cannot be started, or the corpus cannot be written.
pub fn supervise(target: &Target, arguments: &[String], save: bool) -> io::Result<bool> {
    let folder = tempfile::tempdir()?;
    let at = folder.path().join("input");
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg(WORKER)
        .arg(&at)
        .arg(target.name)
        .args(arguments);
    let end = wait(&mut command.spawn()?, &at)?;
    let how = match end {
        End::Status(status) => match status.signal() {
            None => return Ok(status.success()),
            Some(signal) => format!("ended the process by signal {signal}"),
        },
        End::Never => format!("takes longer than {LONGEST} s"),
    };
    let input = fs::read(&at)?.split_off(COUNTER);
    let one = folder.path().join("one");
    // An endless input takes its full time in each try, so it gets fewer tries.
    let tries = if matches!(end, End::Never) { 30 } else { TRIES };
    let input = minimise(&input, tries, |input| {
        ends_badly(target, &one, input).unwrap_or(false)
    });
    let failure = Failure {
        input,
        message: how,
    };
    report_failure(target, &failure, save)?;
    Ok(false)
}

fn ends_badly(target: &Target, file: &Path, input: &[u8]) -> io::Result<bool> {
    fs::write(file, input)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(ONE).arg(file).arg(target.name);
    Ok(match wait(&mut command.spawn()?, file)? {
        End::Status(status) => status.signal().is_some(),
        End::Never => true,
    })
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
enum End {
    Status(ExitStatus),
    /// It did not end by itself: it was killed.
    Never,
}

/// Waits for a process while it goes on to other inputs.
fn wait(child: &mut Child, at: &Path) -> io::Result<End> {
    let counter = || {
        let mut counter = [0; COUNTER];
        let read = File::open(at).and_then(|file| file.read_exact_at(&mut counter, 0));
        read.map(|()| counter).ok()
    };
    let (mut last, mut since, mut used) = (counter(), Instant::now(), 0);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(End::Status(status));
        }
        let now = counter();
        if now != last {
            (last, since, used) = (now, Instant::now(), seconds_used(child.id()));
        }
        let hangs = seconds_used(child.id()) > used + LONGEST;
        if hangs || since.elapsed() > LONGEST_WAIT {
            child.kill()?;
            child.wait()?;
            return Ok(End::Never);
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// How many seconds of processor time a process has used; 0 if the system does not report it.
fn seconds_used(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // `number (name) state …`: the 14th and 15th word, in hundredths, for the program and the kernel.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let words = rest.split_whitespace().skip(11).take(2);
    words.flat_map(str::parse::<u64>).sum::<u64>() / 100
}

/// The length of the number before the input in the worker's file.
const COUNTER: usize = 8;

/// The worker: tries inputs, prints their number, and saves those that fail. Returns whether none failed.
///
/// # Errors
/// If the corpus cannot be read or written.
pub fn work(
    target: &'static Target,
    at: PathBuf,
    seed: u64,
    limit: Limit,
    save: bool,
) -> io::Result<bool> {
    limit_memory();
    let inputs = corpus::load(target.name)?;
    let inputs = inputs.into_iter().map(|(_, input)| input);
    let inputs = inputs.chain((target.seeds)()).collect::<Vec<_>>();
    let began = Instant::now();
    // A thread has as small a stack as in most programs.
    let worker = thread::spawn(move || -> io::Result<_> {
        let file = File::create(at)?;
        let before = |number: u64, input: &[u8]| {
            let bytes = [&number.to_le_bytes(), input].concat();
            // An input that cannot be noted is tried anyway.
            let _ = file.set_len(0).and_then(|()| file.write_all_at(&bytes, 0));
        };
        Ok(run(target, seed, limit, inputs, before))
    });
    let report = worker
        .join()
        .map_err(|_| io::Error::other("the worker panicked"))??;
    println!(
        "{}: {} inputs in {:.1?} (seed {seed}), {} different answers, {} failures",
        target.name,
        report.inputs,
        began.elapsed(),
        report.answers,
        report.failures.len()
    );
    for failure in &report.failures {
        report_failure(target, failure, save)?;
    }
    Ok(report.failures.is_empty())
}

/// Tries the input in a file, for the supervisor.
///
/// # Errors
/// If the file cannot be read.
pub fn one(target: &'static Target, file: &Path) -> io::Result<()> {
    limit_memory();
    let input = fs::read(file)?;
    let _ = thread::spawn(move || attempt(target, &input)).join();
    Ok(())
}

fn limit_memory() {
    let limit = Rlimit {
        current: Some(MEMORY),
        maximum: Some(MEMORY),
    };
    // Without a limit, a run is only less strict.
    let _ = setrlimit(Resource::As, limit);
}

fn report_failure(target: &Target, failure: &Failure, save: bool) -> io::Result<()> {
    println!("{}: FAILED: {}", target.name, failure.message);
    println!("  input: \"{}\"", failure.input.escape_ascii());
    if save {
        let path = corpus::save(target.name, &failure.input)?;
        println!("  saved: {}", path.display());
    }
    Ok(())
}
