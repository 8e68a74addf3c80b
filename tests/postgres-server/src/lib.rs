//! A throw-away PostgreSQL server for tests, in a folder of its own, reached through a socket there.
//!
//! `cargo xtask test` starts one server for all test programs and names its folder in [`VARIABLE`]. A test program that
//! runs without it starts its own, which is removed when the program ends, even after a crash.

mod clock;
mod database;
mod freeze;
mod options;
mod partition;
mod pgbouncer;
mod programs;
mod proxy;
mod skip;
mod standby;
mod versions;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

pub use clock::Clock;
pub use database::Fresh;
pub use options::Options;
pub use partition::Partition;
pub use pgbouncer::PgBouncer;
pub use programs::{PROGRAMS, are_installed, client, install};
pub use proxy::{Counts, Proxy};
pub use skip::{REPORTS, WITHOUT, left_out, missing, not_tested};
pub use standby::Standby;
pub use versions::{VERSIONS, fetch};

/// The settings of `psql`, which override those of the database.
const PLAIN: &str = "-c client_min_messages=warning -c standard_conforming_strings=on -c transform_null_equals=off \
    -c array_nulls=on -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1 -c bytea_output=hex \
    -c quote_all_identifiers=off -c TimeZone=UTC";

/// The folder of the server that several test programs share.
pub const VARIABLE: &str = "WALLOW_TEST_POSTGRES";

/// A server. The one who started it stops it by dropping this.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    folder: PathBuf,
    owned: bool,
    options: Options,
}

impl Server {
    /// The server that the tests of this program share. `None`, with a report, if PostgreSQL is not installed; `None`
    /// without a report if it is left out on purpose ([`WITHOUT`]).
    ///
    /// # Panics
    /// With `CI=true`, if it is not installed: a skipped test must not look like a passed one.
    pub fn shared() -> Option<&'static Server> {
        static SHARED: OnceLock<Result<Server, String>> = OnceLock::new();
        if left_out("postgres") {
            return None;
        }
        let server = SHARED.get_or_init(|| match std::env::var_os(VARIABLE) {
            Some(folder) => Ok(Server {
                programs: programs::find()?,
                folder: folder.into(),
                owned: false,
                options: Options::default(),
            }),
            None => {
                let mut server = Server::start()?;
                server.owned = false;
                server.end_with_this_program()?;
                Ok(server)
            }
        });
        match server {
            Ok(server) => Some(server),
            Err(reason) => {
                missing(&format!("PostgreSQL: {reason}"));
                None
            }
        }
    }

    /// Starts a fresh server.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start: the reason.
    pub fn start() -> Result<Self, String> {
        Options::default().start()
    }

    /// A server with other settings, to be started.
    pub fn options() -> Options {
        Options::default()
    }

    fn start_with(options: Options) -> Result<Self, String> {
        let server = Server::empty(options)?;
        let mut initdb = server.program("initdb");
        initdb.arg("-D").arg(server.data());
        succeed(initdb.args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]))?;
        server.begin()?;
        Ok(server)
    }

    /// A server with a folder and without data.
    fn empty(options: Options) -> Result<Self, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let name = format!("wallow-postgres-{}-{number}", std::process::id());
        let server = Server {
            programs: programs::find()?,
            folder: std::env::temp_dir().join(name),
            owned: true,
            options,
        };
        fs::create_dir_all(&server.folder).map_err(text)?;
        if programs::is_root() {
            succeed(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        Ok(server)
    }

    /// Starts a stopped server again.
    ///
    /// # Errors
    /// If it does not start.
    pub fn begin(&self) -> Result<(), String> {
        let options = self.options.arguments(&self.folder);
        let mut start = self.control();
        start
            .args(["-w", "-o", &options, "-l"])
            .arg(self.folder.join("log"));
        succeed(start.arg("start"))
    }

    /// Stops the server at once, like a crash. Committed data is there when it starts again.
    ///
    /// # Errors
    /// If it does not stop.
    pub fn stop(&self) -> Result<(), String> {
        succeed(self.control().args(["-w", "-m", "immediate", "stop"]))
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        let port = self.port();
        let port = port.map_or_else(String::new, |port| format!("&port={port}"));
        format!(
            "postgres:///{database}?host={}{port}&user=postgres",
            self.folder.display()
        )
    }

    /// The port on 127.0.0.1, if [`Options::tcp`] asked for one. The socket in the folder has the same number; without
    /// a port it has PostgreSQL's default, 5432.
    pub fn port(&self) -> Option<u16> {
        self.options.port()
    }

    /// The socket in the folder.
    pub fn socket(&self) -> PathBuf {
        let port = self.port().unwrap_or(options::PORT);
        self.folder.join(format!(".s.PGSQL.{port}"))
    }

    /// The folder, through which other programs find the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// An empty database of its own for one test.
    ///
    /// # Panics
    /// If it cannot be created.
    pub fn fresh(&'static self) -> Fresh {
        Fresh::new(self)
    }

    /// Runs SQL with `psql`; returns its output.
    ///
    /// # Errors
    /// The error of the server.
    pub fn psql(&self, database: &str, script: &str) -> Result<String, String> {
        let mut psql = Command::new(programs::beside(&self.programs, "psql"));
        psql.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
            "-U",
            "postgres",
        ]);
        psql.args(["-d", database, "-h"]).arg(&self.folder);
        let port = self.port().unwrap_or(options::PORT);
        psql.args(["-p", &port.to_string()]);
        psql.env("PGOPTIONS", PLAIN);
        psql.stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = psql.spawn().map_err(text)?;
        let mut input = child.stdin.take().ok_or("no way into psql")?;
        // A script that fails closes its end early.
        let _ = input.write_all(script.as_bytes());
        drop(input);
        let output = child.wait_with_output().map_err(text)?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn control(&self) -> Command {
        let mut command = self.program("pg_ctl");
        command.arg("-D").arg(self.data());
        if let Some(language) = self.options.language() {
            command.env("LANGUAGE", language);
        }
        command
    }

    fn program(&self, name: &str) -> Command {
        let mut command = programs::command(&programs::beside(&self.programs, name));
        command.current_dir(&self.folder);
        command
    }

    /// Starts a shell that waits for the end of this program, and then removes the server.
    fn end_with_this_program(&self) -> Result<(), String> {
        let stop = format!(
            "while kill -0 {} 2>/dev/null; do sleep 0.5; done; \
             kill -QUIT $(head -n 1 '{}/postmaster.pid'); sleep 1; rm -rf '{}'",
            std::process::id(),
            self.data().display(),
            self.folder.display(),
        );
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", &stop]);
        shell
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        shell.spawn().map(drop).map_err(text)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if self.owned {
            let _ = self.stop();
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

fn succeed(command: &mut Command) -> Result<(), String> {
    // The server inherits open files, and would keep the pipe of its parent open.
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = quiet.stderr(Stdio::null()).status();
    let status = status.map_err(|error| format!("{command:?}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}"))
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
