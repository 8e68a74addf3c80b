//! The server's process: its start, until it accepts connections, and its end.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};

use super::address::Address;
use super::course::{self, Course, Event};
use super::folder::{self, Folder};
use super::programs::Programs;
use super::{of_signal, system};
use crate::output::{self, Failure, display_path};

/// The user who owns everything.
pub(super) const USER: &str = "wallow";

/// The database of every PostgreSQL server.
pub(super) const DATABASE: &str = "postgres";

/// A server that accepts connections.
#[derive(Debug)]
pub(super) struct Server {
    child: Child,
    address: Address,
}

/// How a start went.
#[derive(Debug)]
pub(super) enum Started {
    Ready(Server),
    /// A signal came meanwhile; this is the exit status.
    Stopped(u8),
}

/// How often the file is read that says whether the server is ready.
const LOOK: Duration = Duration::from_millis(20);

/// How long an earlier server may take to end.
const END: Duration = Duration::from_secs(15);

/// After this time a person should know what is waited for.
const LONG: Duration = Duration::from_secs(10);

impl Server {
    /// Starts it, and waits until it is ready.
    pub(super) fn start(
        programs: &Programs,
        folder: &Folder,
        mut address: Address,
        course: &mut Course,
    ) -> Result<Started, Failure> {
        wait_for_earlier(folder)?;
        loop {
            let clients = format!("host all all {} scram-sha-256", address.clients());
            folder::write(&folder.clients(), &clients)?;
            let mut server = Server::spawn(programs, folder, address)?;
            course.watch(course::pid(&server.child), Event::ServerEnded);
            if let Some(status) = server.becomes_ready(folder, course) {
                server.stop(course, END);
                return Ok(Started::Stopped(status));
            }
            if !course.server_has_ended() {
                return Ok(Started::Ready(server));
            }
            let _ = server.child.wait();
            address = server.address.clone();
            // Somebody may have taken the port since it was found to be free.
            if address.is_fixed() || address.is_free() {
                return Err(Failure::finding(format!(
                    "the server does not start{}",
                    folder.end_of_log()
                )));
            }
            address = address.elsewhere()?;
            course.forget_server();
        }
    }

    fn spawn(programs: &Programs, folder: &Folder, address: Address) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| system("the server", &error);
        let log = folder.new_log().map_err(failed)?;
        let mut arguments = vec![OsString::from("-D"), folder.data().into_os_string()];
        let mut setting = |name: &str, value: OsString| {
            let mut text = OsString::from(format!("{name}="));
            text.push(value);
            arguments.extend(["-c".into(), text]);
        };
        setting("listen_addresses", address.listen().into());
        setting("port", address.port().to_string().into());
        // The path of a socket may have 107 bytes, and the folder's may be longer; so there is none.
        setting("unix_socket_directories", OsString::new());
        setting("hba_file", folder.clients().into_os_string());
        setting("log_destination", "stderr".into());
        setting("logging_collector", "off".into());
        let mut command = folder.command(programs, "postgres", &arguments)?;
        let command = command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(log).spawn().map_err(failed)?;
        Ok(Server { child, address })
    }

    /// Waits until the server accepts connections, or ends; the exit status if a signal came.
    fn becomes_ready(&self, folder: &Folder, course: &mut Course) -> Option<u8> {
        let begun = Instant::now();
        let mut is_quiet = true;
        while !is_ready(&folder.data(), self.child.id()) {
            course.next(Some(LOOK));
            if let Some(signal) = course.signal() {
                return Some(of_signal(signal));
            }
            if course.server_has_ended() || course.is_taken() {
                return None;
            }
            if is_quiet && begun.elapsed() > LONG {
                is_quiet = false;
                output::note(&format!(
                    "waiting for the server, which may be recovering from a crash; see `{}`",
                    display_path(&folder.log())
                ));
            }
        }
        None
    }

    /// Where it listens.
    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// The URL for commands, which is also written into a file.
    pub(super) fn url(&self, folder: &Folder, password: &str) -> Result<String, Failure> {
        let url = format!("postgres://{USER}:{password}@{}/{DATABASE}", self.address);
        folder::write(&folder.url(), &url)?;
        Ok(url)
    }

    /// Stops it, so that the next start need not recover; at once if there is a hurry.
    pub(super) fn stop(mut self, course: &mut Course, grace: Duration) {
        let pid = course::pid(&self.child);
        let send = |signal: Signal| {
            if let Some(pid) = pid {
                // An error means that it has ended.
                let _ = kill_process(pid, signal);
            }
        };
        let is_hurry = |course: &Course| course.is_urged() || course.is_taken();
        let mut begun = Instant::now();
        let mut last = Signal::INT;
        if !course.server_has_ended() && !is_hurry(course) {
            send(last);
        }
        while !course.server_has_ended() {
            if last == Signal::INT && (is_hurry(course) || begun.elapsed() >= grace) {
                (last, begun) = (Signal::QUIT, Instant::now());
                send(last);
            } else if last == Signal::QUIT && begun.elapsed() >= END {
                last = Signal::KILL;
                send(last);
            }
            course.next(Some(Duration::from_millis(100)));
        }
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    /// If the session ends early, because of an error.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Some(pid) = course::pid(&self.child)
        {
            let _ = kill_process(pid, Signal::QUIT);
            let _ = self.child.wait();
        }
    }
}

/// Whether the server with this number accepts connections: it writes that into the eighth line of its file.
fn is_ready(data: &Path, pid: u32) -> bool {
    let text = fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let mut lines = text.lines();
    lines.next().and_then(|line| line.trim().parse().ok()) == Some(pid)
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// Waits for the processes of a server on this data that a killed process has left, and removes the file of one that is
/// long gone if its number is another process's now: the server would take that one for it.
fn wait_for_earlier(folder: &Folder) -> Result<(), Failure> {
    let file = folder.data().join("postmaster.pid");
    let begun = Instant::now();
    loop {
        // Only Linux says what a process is; elsewhere the server's own checks have to do.
        let Ok(processes) = fs::read_dir("/proc") else {
            return Ok(());
        };
        let numbers = processes.flatten().filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse::<u32>().ok()?;
            let is_server = fs::read_link(entry.path().join("cwd")).ok()? == folder.data()
                && fs::read_to_string(entry.path().join("comm")).ok()? == "postgres\n";
            is_server.then_some(number)
        });
        let Some(number) = numbers.min() else { break };
        if begun.elapsed() > END {
            return Err(Failure::finding(format!(
                "a server is running on `{}` already, process {number}; stop it with `kill -INT {number}`, and start again",
                display_path(&folder.data()),
            )));
        }
        sleep(LOOK);
    }
    let text = fs::read_to_string(&file).unwrap_or_default();
    let number = text.lines().next().unwrap_or_default().trim();
    if !number.is_empty() && Path::new("/proc").join(number).exists() {
        fs::remove_file(&file)
            .map_err(|error| system(&format!("`{}`", display_path(&file)), &error))?;
    }
    Ok(())
}
