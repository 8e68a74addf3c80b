//! A child process: waiting for its end with a limit, and signals to everything that it started.
//!
//! The end of a command is seen first and collected later. Until then its id belongs to it, so that a signal to its session
//! cannot reach another one.

use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};
use std::{io, thread};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, waitid};

use super::session::Session;

/// A command in a session of its own, so that a signal reaches its children, too.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pid: Option<Pid>,
    started: Instant,
}

/// How often a system without descriptors of processes is asked.
const LOOK: Duration = Duration::from_millis(20);

impl Process {
    /// Starts a command. The kernel ends it with the thread that starts it, so that must be one that lives as long as this
    /// process.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Process {
            child,
            pid,
            started: Instant::now(),
        })
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The number of the process, to wait for it.
    pub(crate) fn pid(&self) -> Option<Pid> {
        self.pid
    }

    /// Waits for the end of the command, at most for this long. What it has started may go on.
    pub(crate) fn has_ended_within(&self, limit: Duration) -> bool {
        self.ends_within(limit)
    }

    /// The exit status of a command that has ended, if a signal did not end it.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let ended = waitid(WaitId::Pid(self.pid?), options).ok()??;
        ended.exit_status()
    }

    /// Waits for the end, and kills what the command has left behind in its session.
    pub(crate) fn end(&mut self) -> io::Result<ExitStatus> {
        while !self.ends_within(Duration::MAX) {}
        // Before its id is free for another process.
        if let Some(session) = self.session() {
            session.kill();
        }
        self.child.wait()
    }

    #[cfg(target_os = "linux")]
    fn ends_within(&self, limit: Duration) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        use rustix::process::{PidfdFlags, pidfd_open};

        let Some(Ok(descriptor)) = self.pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
            return self.was_seen_ended(limit);
        };
        let limit = Timespec::try_from(limit).ok();
        let mut watched = [PollFd::new(&descriptor, PollFlags::IN)];
        matches!(poll(&mut watched, limit.as_ref()), Ok(1..))
    }

    #[cfg(not(target_os = "linux"))]
    fn ends_within(&self, limit: Duration) -> bool {
        self.was_seen_ended(limit)
    }

    /// Asks again and again.
    fn was_seen_ended(&self, limit: Duration) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let mut waited = Duration::ZERO;
        loop {
            let ended = self.pid.map(|pid| waitid(WaitId::Pid(pid), options));
            if !matches!(ended, Some(Ok(None))) {
                return true;
            }
            if waited >= limit {
                return false;
            }
            thread::sleep(LOOK.min(limit));
            waited += LOOK;
        }
    }

    /// Whether something that the command has started is still at work in its session.
    pub(crate) fn has_left_others(&self) -> bool {
        self.session().is_some_and(Session::is_at_work)
    }

    fn session(&self) -> Option<Session> {
        self.pid.map(|pid| Session::of(pid, Some(self.started)))
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it at once.
    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Sends a signal to everything in its session. There is none before it has made one, so it gets the signal itself,
    /// too.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            Session::of(pid, Some(self.started)).signal(signal);
            // An error means that it has ended.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}
