//! A process that outlives its parent (`wallow work`, `wallow serve-db`) for a moment, to end what the parent's commands
//! have started.
//!
//! The kernel ends a command with its parent, but not the processes that the command has started itself. The watchdog
//! reads from a pipe which commands are at work. When the parent ends, even by `kill -9`, the pipe ends, and the watchdog
//! kills the sessions that are left.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Mutex, PoisonError};

use rustix::process::Pid;

use super::guard::own_program;
use super::session::Session;

/// The hidden argument that starts this process; no person types it.
const WORD: &str = "__watch-commands";

/// The watchdog, from the side of its parent.
#[derive(Debug)]
pub(crate) struct Watchdog {
    child: Child,
    pipe: Mutex<Option<ChildStdin>>,
}

impl Watchdog {
    /// Starts it.
    pub(crate) fn start() -> io::Result<Self> {
        let mut child = Command::new(own_program()?)
            .arg(WORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let pipe = Mutex::new(child.stdin.take());
        Ok(Watchdog { child, pipe })
    }

    /// The pipe, as the input of a process that is about to become a command: it [reports](report) itself, so that no
    /// command begins before the watchdog knows of it.
    pub(super) fn input(&self) -> io::Result<Stdio> {
        let pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        match pipe.as_ref() {
            Some(pipe) => Ok(pipe.as_fd().try_clone_to_owned()?.into()),
            None => Ok(Stdio::null()),
        }
    }

    /// A command was started that has another input than the pipe, so it cannot report itself.
    pub(crate) fn note(&self, pid: u32) {
        self.write(&format!("+{pid}\n"));
    }

    /// A command has ended, and its session was killed.
    pub(crate) fn forget(&self, pid: u32) {
        self.write(&format!("-{pid}\n"));
    }

    fn write(&self, line: &str) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        // If somebody has killed it, commands still end with the parent.
        if let Some(to) = pipe.as_mut()
            && to.write_all(line.as_bytes()).is_err()
        {
            *pipe = None;
        }
    }
}

impl Drop for Watchdog {
    /// Ends it with its parent, so that it is no process of its own for even a moment.
    fn drop(&mut self) {
        let mut pipe = self.pipe.lock().unwrap_or_else(PoisonError::into_inner);
        drop(pipe.take());
        let _ = self.child.wait();
    }
}

/// Tells the watchdog of this process, which leads a session and is about to become a command, and gives it an empty
/// input instead of the pipe.
pub(super) fn report() -> io::Result<()> {
    let line = format!("+{}\n", std::process::id());
    // If somebody has killed the watchdog, the command still ends with the worker.
    let _ = rustix::io::write(rustix::stdio::stdin(), line.as_bytes());
    let nothing = File::open("/dev/null")?;
    Ok(rustix::stdio::dup2_stdin(nothing)?)
}

/// Watches, if this process was started for that.
pub(crate) fn serve(mut args: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    if args.nth(1)? != WORD {
        return None;
    }
    // A signal from the terminal is for the parent.
    let _ = rustix::process::setsid();
    let mut at_work = BTreeSet::new();
    for line in io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Some(pid) = line.get(1..).and_then(|pid| pid.parse::<i32>().ok()) else {
            continue;
        };
        if line.starts_with('+') {
            at_work.insert(pid);
        } else {
            at_work.remove(&pid);
        }
    }
    for pid in at_work.into_iter().filter_map(Pid::from_raw) {
        Session::of(pid, None).kill();
    }
    Some(ExitCode::SUCCESS)
}
