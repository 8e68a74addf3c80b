//! The options of a server.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;

use super::Server;

/// The number in the name of the socket of a server without a port.
pub(crate) const PORT: u16 = 5432;

/// A server to be started. By default it listens only on the socket in its folder.
///
/// ```no_run
/// let server = postgres_server::Server::options()
///     .tcp()
///     .set("max_connections", "50")
///     .start()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Options {
    port: Option<u16>,
    settings: Vec<(String, String)>,
    language: Option<String>,
}

impl Options {
    /// Lets it listen on 127.0.0.1 as well, on a port that is free now.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn tcp(mut self) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        assert!(free.is_ok(), "no port is free: {free:?}");
        self.port = free.ok().map(|address| address.port());
        self
    }

    /// Gives a setting of `postgresql.conf` another value.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Makes its messages appear in a language (`de`), if its translations are installed. This needs no locale of the
    /// system, because gettext uses the variable `LANGUAGE` in every locale except the plain `C`.
    #[must_use]
    pub fn speaking(mut self, language: &str) -> Self {
        self.language = Some(language.to_owned());
        self.set("lc_messages", "C.UTF-8")
    }

    /// Starts it.
    ///
    /// # Errors
    /// If PostgreSQL is not installed, or does not start: the reason.
    pub fn start(self) -> Result<Server, String> {
        Server::start_with(self)
    }

    pub(crate) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    pub(crate) fn port(&self) -> Option<u16> {
        self.port
    }

    /// The arguments of the server's own program.
    pub(crate) fn arguments(&self, folder: &Path) -> String {
        let address = if self.port.is_some() { "127.0.0.1" } else { "" };
        let mut arguments = format!(
            "-c listen_addresses='{address}' -p {} -k {} -c fsync=off -c max_connections=300",
            self.port.unwrap_or(PORT),
            folder.display()
        );
        for (name, value) in &self.settings {
            let _ = write!(arguments, " -c {name}='{value}'");
        }
        arguments
    }
}
