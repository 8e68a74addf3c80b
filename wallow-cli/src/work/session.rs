//! The processes of a session: a command and what it has started.
//!
//! A signal to a process group is not enough: `timeout`, shells with `set -m` and every program that calls `setpgid` put
//! what they start into a group of its own, and it stays in the session. Only Linux lists the processes of a session;
//! elsewhere the group has to do.

use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process_group};

/// A session. As long as it has a process, or the one that leads it has not been waited for, no other one can have its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session {
    leader: Pid,
    /// When its leader was started, if that is known.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "for Linux"))]
    started: Option<Instant>,
}

impl Session {
    /// The session that this process leads.
    pub(super) fn of(leader: Pid, started: Option<Instant>) -> Self {
        Session { leader, started }
    }

    /// Sends a signal to everything in the session.
    pub(super) fn signal(self, signal: Signal) {
        // At once to most of them. An error means that there is nobody left.
        let _ = kill_process_group(self.leader, signal);
        self.signal_other_groups(signal);
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::fs;
    use std::thread;
    use std::time::{Duration, Instant};

    use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

    use super::{Pid, Session, Signal, kill_process_group};

    /// The longest wait for processes that are killed, which is only long if one of them waits for a device.
    const DEATH: Duration = Duration::from_secs(1);

    /// Within this time no machine starts as many processes as it has ids.
    const YOUTH: Duration = Duration::from_secs(1);

    /// What the kernel says of a process that has not ended.
    struct Process {
        pid: Pid,
        group: i32,
    }

    impl Session {
        /// Whether a process in it has not ended. A signal would not show that: processes that have ended get one, too, until
        /// somebody collects them, as the command itself does, and in a container perhaps nobody does.
        pub(in crate::work) fn is_at_work(self) -> bool {
            self.processes().next().is_some()
        }

        /// Kills everything in the session, and waits until it has ended.
        pub(in crate::work) fn kill(self) {
            let _ = kill_process_group(self.leader, Signal::KILL);
            let began = Instant::now();
            while self.is_at_work() && began.elapsed() < DEATH {
                self.signal(Signal::KILL);
                thread::sleep(Duration::from_millis(1));
            }
        }

        /// Sends a signal once to each process outside of the leader's group, also to those that appear meanwhile.
        pub(super) fn signal_other_groups(self, signal: Signal) {
            let mut reached = BTreeSet::new();
            loop {
                let others = self
                    .processes()
                    .filter(|process| process.group != self.id());
                let pids = others.map(|process| process.pid.as_raw_nonzero().get());
                let new = pids
                    .filter(|pid| !reached.contains(pid))
                    .collect::<Vec<_>>();
                if new.is_empty() {
                    return;
                }
                for pid in new {
                    reached.insert(pid);
                    self.send(pid, signal);
                }
            }
        }

        /// Sends a signal to a process, if it is still one of the session.
        fn send(self, pid: i32, signal: Signal) {
            // With a descriptor it cannot be another process by the time of the signal.
            let descriptor = Pid::from_raw(pid).map(|pid| pidfd_open(pid, PidfdFlags::empty()));
            if let Some(Ok(descriptor)) = descriptor
                && self.process(pid).is_some()
            {
                let _ = pidfd_send_signal(&descriptor, signal);
            }
        }

        fn processes(self) -> impl Iterator<Item = Process> {
            let least = self.least_id();
            let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
            let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
            let pids = pids.filter(move |pid| *pid >= least);
            pids.filter_map(move |pid| self.process(pid))
        }

        /// The least id that a process of the session can have. Ids are given in order, so those after the leader's are few
        /// for a command that has just been started, and looking at all processes would take longer than many a command.
        /// After the largest one they begin anew, and it may come to that once while a command runs for long.
        fn least_id(self) -> i32 {
            let is_young = self
                .started
                .is_some_and(|started| started.elapsed() < YOUTH);
            if is_young && newest_id().is_some_and(|newest| newest >= self.id()) {
                self.id()
            } else {
                1
            }
        }

        /// The process with this id, if it is in the session and has not ended.
        fn process(self, pid: i32) -> Option<Process> {
            let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
            let text = String::from_utf8_lossy(&text);
            // The name of a program is in brackets, and may have any characters.
            let (_, behind) = text.rsplit_once(')')?;
            let mut words = behind.split_ascii_whitespace();
            let (state, group, session) = (words.next()?, words.nth(1)?, words.next()?);
            let has_ended = matches!(state, "Z" | "X");
            let is_own = session.parse() == Ok(self.id());
            (is_own && !has_ended).then_some(Process {
                pid: Pid::from_raw(pid)?,
                group: group.parse().ok()?,
            })
        }

        fn id(self) -> i32 {
            self.leader.as_raw_nonzero().get()
        }
    }

    /// The id that was given to a process last.
    fn newest_id() -> Option<i32> {
        let text = fs::read_to_string("/proc/loadavg").ok()?;
        text.split_ascii_whitespace().last()?.parse().ok()
    }
}

#[cfg(not(target_os = "linux"))]
impl Session {
    /// Whether a process in the group has not been collected.
    pub(super) fn is_at_work(self) -> bool {
        rustix::process::test_kill_process_group(self.leader).is_ok()
    }

    /// Kills everything in the group.
    pub(super) fn kill(self) {
        self.signal(Signal::KILL);
    }

    fn signal_other_groups(self, _: Signal) {}
}
