//! A second server that follows the first, and takes its place.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::{Options, Server, programs, succeed, text};

/// Its name for the first server.
const NAME: &str = "standby";

/// A streaming standby of a server: it has all data of the first one, and is read-only until it is promoted.
#[derive(Debug)]
pub struct Standby {
    server: Server,
}

impl Standby {
    /// Copies a running server and follows it. From then on the first one answers a commit only when the standby has
    /// it, too, so that a promotion loses no commit that was answered.
    ///
    /// # Errors
    /// If the copy fails or the standby does not start.
    pub fn of(primary: &Server) -> Result<Self, String> {
        let mut options = Options::default();
        if primary.port().is_some() {
            options = options.tcp();
        }
        let server = Server::empty(options)?;
        copy(primary, &server)?;
        server.begin()?;
        for setting in [
            format!("ALTER SYSTEM SET synchronous_standby_names = '{NAME}'"),
            "SELECT pg_reload_conf()".to_owned(),
        ] {
            primary.psql("postgres", &setting)?;
        }
        let standby = Standby { server };
        standby.wait_until_synchronous(primary)?;
        Ok(standby)
    }

    /// Makes it writable, and waits until it is. The first server should be stopped or cut off before.
    ///
    /// # Errors
    /// If it cannot be promoted.
    pub fn promote(&self) -> Result<(), String> {
        succeed(self.server.control().args(["-w", "promote"]))
    }

    /// The server that it is.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// A URL of one database on both servers: it connects to the one that can be written now.
    pub fn url_with(&self, primary: &Server, database: &str) -> String {
        let hosts = [primary, &self.server];
        let folders = hosts.map(|server| server.folder().display().to_string());
        let ports = hosts.map(|server| server.port().unwrap_or(super::options::PORT));
        format!(
            "postgres:///{database}?host={},{}&port={},{}&user=postgres&target_session_attrs=read-write",
            folders[0], folders[1], ports[0], ports[1]
        )
    }

    fn wait_until_synchronous(&self, primary: &Server) -> Result<(), String> {
        let state =
            format!("SELECT sync_state FROM pg_stat_replication WHERE application_name = '{NAME}'");
        for _ in 0..1_000 {
            if primary.psql("postgres", &state)?.trim() == "sync" {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!(
            "the standby in {} does not follow",
            self.server.folder().display()
        ))
    }
}

/// Copies the data of a running server by hand. `pg_basebackup` would have to be of the version of the server, and a server
/// to be embedded comes without it.
fn copy(primary: &Server, standby: &Server) -> Result<(), String> {
    let version = primary.psql("postgres", "SHOW server_version_num")?;
    let (start, stop) = if version.trim() < "150000" {
        (
            "pg_start_backup('standby', true, false)",
            "pg_stop_backup(false, false)",
        )
    } else {
        ("pg_backup_start('standby', true)", "pg_backup_stop(false)")
    };
    let data = standby.data();
    // A backup lasts as long as its session, so everything is one script. Files that end meanwhile do not matter: the
    // standby gets what was changed from the log.
    let label = primary.psql(
        "postgres",
        &format!(
            "SELECT {start} \\g /dev/null\n\\! cp -a '{}' '{}' 2>/dev/null\nSELECT labelfile FROM {stop};\n",
            primary.data().display(),
            data.display()
        ),
    )?;
    fs::write(data.join("backup_label"), label).map_err(text)?;
    fs::write(data.join("standby.signal"), "").map_err(text)?;
    for file in ["postmaster.pid", "postmaster.opts"] {
        fs::remove_file(data.join(file)).map_err(text)?;
    }
    let settings = fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.auto.conf"));
    writeln!(
        settings.map_err(text)?,
        "primary_conninfo = 'host={} port={} user=postgres application_name={NAME}'",
        primary.folder().display(),
        primary.port().unwrap_or(super::options::PORT)
    )
    .map_err(text)?;
    if programs::is_root() {
        succeed(Command::new("chown").args(["-R", "postgres"]).arg(&data))?;
    }
    Ok(())
}
