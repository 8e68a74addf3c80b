//! A throw-away PgBouncer in front of a server.

use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::options::PORT;
use super::{Server, left_out, missing, programs, succeed, text};

/// The number in the name of its socket.
const SOCKET: u16 = 6432;

/// A pooler, reached through a socket in a folder of its own. It ends when this is dropped, or when the program ends.
///
/// ```no_run
/// use postgres_server::{PgBouncer, Server};
///
/// let server = Server::start()?;
/// let pooler = PgBouncer::start(&server, &[("pool_mode", "transaction")])?;
/// println!("{}", pooler.url("postgres"));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct PgBouncer {
    folder: PathBuf,
}

impl PgBouncer {
    /// Whether PgBouncer is installed.
    pub fn is_installed() -> bool {
        find().is_ok()
    }

    /// The pooler that the tests of this program share, in front of the server that they share: it pools transactions
    /// over four connections for each database. `None`, with a report, if PostgreSQL or PgBouncer is not installed.
    ///
    /// # Panics
    /// If it does not start; under `CI=true` also if it is not installed.
    pub fn shared() -> Option<(&'static Self, &'static Server)> {
        static SHARED: OnceLock<Option<PgBouncer>> = OnceLock::new();
        let server = Server::shared()?;
        let pooler = SHARED.get_or_init(|| {
            let settings = [("pool_mode", "transaction"), ("default_pool_size", "4")];
            PgBouncer::before(server, &settings)
        });
        pooler.as_ref().map(|pooler| (pooler, server))
    }

    /// Starts one in front of a server. `None`, with a report, if PgBouncer is not installed; without a report if it is
    /// left out on purpose.
    ///
    /// # Panics
    /// If it does not start; under `CI=true` also if it is not installed.
    pub fn before(server: &Server, settings: &[(&str, &str)]) -> Option<Self> {
        if left_out("pgbouncer") {
            return None;
        }
        if let Err(reason) = find() {
            missing(&format!("PgBouncer: {reason}"));
            return None;
        }
        let started = PgBouncer::start(server, settings);
        assert!(started.is_ok(), "{started:?}");
        started.ok()
    }

    /// Starts one in front of a server, with these settings in its configuration in addition to the necessary ones.
    ///
    /// # Errors
    /// If PgBouncer is not installed, or does not start: the reason.
    pub fn start(server: &Server, settings: &[(&str, &str)]) -> Result<Self, String> {
        static STARTED: AtomicU32 = AtomicU32::new(0);
        let number = STARTED.fetch_add(1, Ordering::Relaxed);
        let program = find()?;
        let folder =
            std::env::temp_dir().join(format!("wallow-pgbouncer-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).map_err(text)?;
        let pooler = PgBouncer { folder };
        fs::write(pooler.file("users"), "\"postgres\" \"\"\n").map_err(text)?;
        fs::write(pooler.file("ini"), pooler.configuration(server, settings)).map_err(text)?;
        if programs::is_root() {
            succeed(
                Command::new("chown")
                    .args(["-R", "postgres"])
                    .arg(&pooler.folder),
            )?;
        }
        // It needs an open file for each client, and with a thousand clients more than the usual 1,024: beyond the limit
        // it accepts nobody, and says so in its log alone.
        let mut start = programs::command(Path::new("sh"));
        start.args(["-c", "ulimit -n \"$(ulimit -Hn)\"; exec \"$0\" \"$@\""]);
        start.arg(&program).current_dir(&pooler.folder);
        succeed(start.arg("-d").arg(pooler.file("ini")))?;
        pooler.wait()?;
        pooler.end_with_this_program()?;
        Ok(pooler)
    }

    /// The URL of a database of the server, through the pooler.
    pub fn url(&self, database: &str) -> String {
        format!(
            "postgres:///{database}?host={}&port={SOCKET}&user=postgres",
            self.folder.display()
        )
    }

    fn configuration(&self, server: &Server, settings: &[(&str, &str)]) -> String {
        let mut text = format!(
            "[databases]\n\
             * = host={} port={} user=postgres\n\
             [pgbouncer]\n\
             listen_addr =\n\
             listen_port = {SOCKET}\n\
             unix_socket_dir = {}\n\
             auth_type = trust\n\
             auth_file = {}\n\
             pidfile = {}\n\
             logfile = {}\n\
             max_client_conn = 2000\n",
            server.folder().display(),
            server.port().unwrap_or(PORT),
            self.folder.display(),
            self.file("users").display(),
            self.file("pid").display(),
            self.file("log").display(),
        );
        for (name, value) in settings {
            text.extend([name, " = ", value, "\n"]);
        }
        text
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join("pgbouncer").with_extension(extension)
    }

    /// Waits until it listens and has written its process id.
    fn wait(&self) -> Result<(), String> {
        let socket = self.folder.join(format!(".s.PGSQL.{SOCKET}"));
        for _ in 0..1000 {
            if self.file("pid").exists() && UnixStream::connect(&socket).is_ok() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        let log = fs::read_to_string(self.file("log")).unwrap_or_default();
        Err(format!("PgBouncer does not listen: {log}"))
    }

    /// Starts a shell that waits for the end of this program or of the pooler, and then removes the folder.
    fn end_with_this_program(&self) -> Result<(), String> {
        let stop = format!(
            "while kill -0 {program} 2>/dev/null && [ -e '{pid}' ]; do sleep 0.5; done; \
             [ -e '{pid}' ] && kill -TERM $(cat '{pid}'); sleep 1; rm -rf '{folder}'",
            program = std::process::id(),
            pid = self.file("pid").display(),
            folder = self.folder.display(),
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

impl Drop for PgBouncer {
    fn drop(&mut self) {
        // The shell removes the folder afterwards.
        if let Ok(process) = fs::read_to_string(self.file("pid")) {
            let _ = succeed(Command::new("kill").args(["-TERM", process.trim()]));
        }
    }
}

/// The program.
fn find() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend([
        Path::new("/usr/sbin").into(),
        Path::new("/usr/local/sbin").into(),
    ]);
    folders
        .into_iter()
        .map(|folder| folder.join("pgbouncer"))
        .find(|program| program.is_file())
        .ok_or_else(|| {
            "there is no `pgbouncer` in the PATH or in /usr/sbin (on Debian: `apt-get install pgbouncer`)".into()
        })
}
