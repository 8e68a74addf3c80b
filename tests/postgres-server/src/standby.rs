//! A second server that follows the first, and takes its place.

use std::thread;
use std::time::Duration;

use super::{Options, Server, succeed};

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
        let mut copy = server.program("pg_basebackup");
        copy.arg("-D").arg(server.data());
        copy.arg("-d").arg(format!(
            "host={} port={} user=postgres application_name={NAME}",
            primary.folder().display(),
            primary.port().unwrap_or(super::options::PORT)
        ));
        succeed(copy.args(["-R", "-X", "stream", "-c", "fast", "--no-sync"]))?;
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
