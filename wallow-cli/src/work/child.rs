//! A child process: waiting for its end with a limit, and signals to everything that it started.

use std::process::{Child, Command, ExitStatus};
use std::time::Duration;
use std::{io, thread};

use rustix::process::{Pid, Signal, kill_process_group};

/// The command of a run, in a session of its own, so that a signal reaches its children, too.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pid: Option<Pid>,
}

/// How often a system without descriptors of processes is asked.
const LOOK: Duration = Duration::from_millis(20);

impl Process {
    /// Starts a command. The kernel ends it with the thread that starts it, so that must be one that lives as long as this
    /// process.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        Ok(Process { child, pid })
    }

    /// The number of the process.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end, at most for this long. When it has ended, what it left behind in its session is killed.
    pub(super) fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        if !self.ends_within(limit) {
            return Ok(None);
        }
        // Before its id is free for another process.
        self.signal(Signal::KILL);
        self.child.wait().map(Some)
    }

    #[cfg(target_os = "linux")]
    fn ends_within(&mut self, limit: Duration) -> bool {
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
    fn ends_within(&mut self, limit: Duration) -> bool {
        self.was_seen_ended(limit)
    }

    /// Asks again and again.
    fn was_seen_ended(&mut self, limit: Duration) -> bool {
        let mut waited = Duration::ZERO;
        loop {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            if waited >= limit {
                return false;
            }
            thread::sleep(LOOK.min(limit));
            waited += LOOK;
        }
    }

    /// Asks it to end.
    pub(super) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends it at once.
    pub(super) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    /// Sends a signal to everything in its session. There is none before it has made one, so it gets the signal itself,
    /// too.
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid {
            // An error means that there is nobody left.
            let _ = kill_process_group(pid, signal);
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}
