//! What happens while the server is there: signals, ends of processes, a lost folder.
//!
//! Threads wait for each of them and send it to the main thread, which decides. Only the main thread starts processes,
//! because the kernel ties their end to the thread that did.

use std::io;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use signal_hook::consts::SIGTSTP;
use signal_hook::iterator::Signals;

use crate::work::signals::not_ignored;

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Event {
    /// This process was asked to end.
    Signal(i32),
    ServerEnded,
    CommandEnded,
    DumpEnded,
    /// Another process has taken the folder over.
    Taken,
}

/// What has happened so far.
#[derive(Debug)]
pub(super) struct Course {
    sender: Sender<Event>,
    events: Receiver<Event>,
    /// The first signal.
    signal: Option<i32>,
    /// When it came.
    asked: Option<Instant>,
    is_urged: bool,
    seen: Vec<Event>,
}

impl Course {
    pub(super) fn new() -> Self {
        let (sender, events) = channel();
        Course {
            sender,
            events,
            signal: None,
            asked: None,
            is_urged: false,
            seen: Vec::new(),
        }
    }

    pub(super) fn sender(&self) -> Sender<Event> {
        self.sender.clone()
    }

    /// Takes signals from now on, instead of being ended by them. One that is ignored at the start stays ignored. A stop
    /// from the keyboard (`^Z`) is ignored: the server would go on, and another machine could take this process for dead.
    pub(super) fn listen(&self) -> io::Result<()> {
        let mut signals = Signals::new(not_ignored().into_iter().chain([SIGTSTP]))?;
        let sender = self.sender.clone();
        // It ends with the process.
        thread("wallow-signals", move || {
            for signal in signals.forever().filter(|signal| *signal != SIGTSTP) {
                if sender.send(Event::Signal(signal)).is_err() {
                    return;
                }
            }
        })
    }

    /// Sends this event when the process has ended. Its number stays its own until it is waited for.
    pub(super) fn watch(&self, pid: Option<Pid>, event: Event) {
        let sender = self.sender.clone();
        let Some(pid) = pid else { return };
        let waiting = move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
            // Nobody listens any more when this process ends.
            let _ = sender.send(event);
        };
        if thread("wallow-watch", waiting).is_err() {
            // Without a thread nothing could be awaited, so it counts as ended.
            let _ = self.sender.send(event);
        }
    }

    /// The next event; `None` if there is none within this time.
    pub(super) fn next(&mut self, limit: Option<Duration>) -> Option<Event> {
        let event = match limit {
            None => self.events.recv().ok()?,
            Some(limit) => match self.events.recv_timeout(limit) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
            },
        };
        if let Event::Signal(signal) = event {
            self.is_urged = self.signal.is_some();
            self.signal.get_or_insert(signal);
            self.asked.get_or_insert_with(Instant::now);
        }
        self.seen.push(event);
        Some(event)
    }

    /// Forgets the end of a server that is replaced by another one.
    pub(super) fn forget_server(&mut self) {
        self.seen.retain(|event| *event != Event::ServerEnded);
    }

    pub(super) fn has_seen(&self, event: Event) -> bool {
        self.seen.contains(&event)
    }

    pub(super) fn server_has_ended(&self) -> bool {
        self.has_seen(Event::ServerEnded)
    }

    pub(super) fn command_has_ended(&self) -> bool {
        self.has_seen(Event::CommandEnded)
    }

    pub(super) fn is_taken(&self) -> bool {
        self.has_seen(Event::Taken)
    }

    /// The first signal that asked this process to end.
    pub(super) fn signal(&self) -> Option<i32> {
        self.signal
    }

    /// What is left of the time that everything may take after the first signal; all of it if none came.
    pub(super) fn rest_of(&self, grace: Duration) -> Duration {
        let since = self.asked.map_or(Duration::ZERO, |asked| asked.elapsed());
        grace.saturating_sub(since)
    }

    /// Whether a second signal came.
    pub(super) fn is_urged(&self) -> bool {
        self.is_urged
    }

    /// Whether there is a server to dump, and time for it.
    pub(super) fn may_dump(&self) -> bool {
        !self.server_has_ended() && !self.is_taken() && !self.is_urged
    }
}

fn thread(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = std::thread::Builder::new().name(name.into());
    builder.spawn(body).map(drop)
}

/// The number of a process, for signals.
pub(super) fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}
