//! At most one process uses the folder, also if several machines share it.
//!
//! The kernel's lock on a file ends with its process, but some network file systems know it only on one machine. So the
//! file also says who has it, and the holder increases a number in it. A process that finds another machine's name there
//! watches: if the number stays the same, the other one has ended.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::course::Event;
use super::folder::Folder;
use super::system;
use crate::advice::shell_path;
use crate::output::{self, Failure, display_path, visible};

/// The file, which also shows that a folder is of `wallow serve-db`.
pub(super) const NAME: &str = "serve-db.lock";

/// The time between two numbers.
const BEAT: Duration = Duration::from_secs(3);

/// How long another machine's number is watched: several times as long, because a network file system may be slow.
const WATCH: Duration = Duration::from_secs(20);

/// The folder is this process's until this is released.
#[derive(Debug)]
pub(super) struct Lock {
    file: Arc<File>,
    stop: Sender<()>,
    beating: Option<JoinHandle<()>>,
}

/// Who has the folder.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    /// The kernel that runs, which is the same for every container of a machine.
    machine: String,
    host: String,
    process: String,
    number: String,
}

impl Lock {
    /// Takes the folder, or says who has it. `events` is informed if it is lost.
    pub(super) fn take(folder: &Folder, events: Sender<Event>) -> Result<Self, Failure> {
        let path = folder.path().join(NAME);
        let failed = |error: io::Error| system(&format!("`{}`", display_path(&path)), &error);
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let file = options.mode(0o600).open(&path).map_err(failed)?;
        let is_locked = match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => true,
            Err(Errno::WOULDBLOCK) => {
                return Err(in_use(folder, Holder::read(&path).as_ref()));
            }
            // This file system has no such locks.
            Err(_) => false,
        };
        let own = Holder::own();
        let other = Holder::read(&path);
        if let Some(other) = other.filter(|other| !is_locked || other.machine != own.machine) {
            watch(folder, &path, &other)?;
        }
        let text = own.text(0);
        file.set_len(0).map_err(failed)?;
        file.write_all_at(text.as_bytes(), 0).map_err(failed)?;
        let file = Arc::new(file);
        let (stop, stopped) = channel::<()>();
        let held = Arc::clone(&file);
        let beating = std::thread::Builder::new().name("wallow-lock".into());
        let beating = beating.spawn(move || {
            let mut number = 0_u64;
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                if Holder::read(&path).is_none_or(|holder| !holder.is_same(&own)) {
                    // Nobody listens any more when this process ends.
                    let _ = events.send(Event::Taken);
                    return;
                }
                number += 1;
                // A full disk does not matter, because no byte is added. Any other error may pass.
                let _ = held.write_all_at(own.text(number).as_bytes(), 0);
            }
        });
        let beating = beating.map_err(|error| system("a thread", &error))?;
        Ok(Lock {
            file,
            stop,
            beating: Some(beating),
        })
    }

    /// Leaves the folder to others, unless one of them has it already.
    pub(super) fn release(mut self, is_taken: bool) {
        let _ = self.stop.send(());
        if let Some(beating) = self.beating.take() {
            let _ = beating.join();
        }
        if !is_taken {
            // If that fails, the next process finds out that this one has ended.
            let _ = self.file.set_len(0);
        }
    }
}

impl Holder {
    fn own() -> Self {
        let name = rustix::system::uname();
        let host = name.nodename().to_string_lossy();
        let host = host.split_whitespace().collect::<String>();
        let machine = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
        Holder {
            machine: machine.map_or_else(|_| host.clone(), |id| id.trim().to_owned()),
            host,
            process: std::process::id().to_string(),
            number: String::new(),
        }
    }

    /// What the file says now. It is opened again each time, because a network file system then asks its server.
    fn read(path: &Path) -> Option<Self> {
        let mut text = String::new();
        File::open(path).ok()?.read_to_string(&mut text).ok()?;
        let mut words = text.split_whitespace().map(str::to_owned);
        Some(Holder {
            machine: words.next()?,
            host: words.next()?,
            process: words.next()?,
            number: words.next()?,
        })
    }

    /// The text for a number, which has the same length for each.
    fn text(&self, number: u64) -> String {
        let Holder {
            machine,
            host,
            process,
            ..
        } = self;
        format!("{machine} {host} {process} {number:020}\n")
    }

    fn is_same(&self, other: &Holder) -> bool {
        (&self.machine, &self.process) == (&other.machine, &other.process)
    }
}

/// Waits until it is clear whether another machine uses the folder; an error if it does.
fn watch(folder: &Folder, path: &Path, other: &Holder) -> Result<(), Failure> {
    output::note(&format!(
        "`{}` was used on `{}`, and not left in order; watching for {} seconds whether that is still so",
        display_path(folder.path()),
        visible(&other.host),
        WATCH.as_secs()
    ));
    let begun = Instant::now();
    while begun.elapsed() < WATCH {
        sleep(Duration::from_millis(200));
        match Holder::read(path) {
            Some(now) if now == *other => {}
            // It has left.
            None => return Ok(()),
            now => return Err(in_use(folder, now.as_ref())),
        }
    }
    Ok(())
}

fn in_use(folder: &Folder, holder: Option<&Holder>) -> Failure {
    let by = holder.map_or_else(String::new, |holder| {
        let (host, process) = (visible(&holder.host), visible(&holder.process));
        format!(" by process {process} on `{host}`")
    });
    Failure::finding(format!(
        "`{}` is in use{by}; its server is there for other commands, too: `WALLOW_DATABASE_URL=\"$(cat {})\" wallow ls`; \
         or name another folder with `--data`",
        display_path(folder.path()),
        shell_path(&folder.url())
    ))
}
