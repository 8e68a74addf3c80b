//! Opening a connection: to the server, or to a pooler in front of it.

use diesel::connection::Connection as _;
use diesel::pg::PgConnection;
use uuid::Uuid;

use super::environment::Environment;
use super::server::{self, Server};
use super::session::{MARK, Pooler, Settings, declared};
use super::{Connection, Target, failure, network};
use crate::backend::connection::Limits;
use crate::error::Error;

impl Connection {
    pub(crate) fn open(target: &Target, limits: Limits) -> Result<Self, Error> {
        if let Some(server) = Server::of_host(&target.url) {
            server.refuse(&target.url)?;
        }
        let opening = Opening::new(target, limits);
        let mut connection = opening.open()?;
        if target.server.get().is_none() {
            let answer = connection.row_alone(&format!("SELECT {}", server::QUESTION))?;
            opening.recognise(Server::of_answer(answer.into_iter()))?;
        }
        Ok(connection)
    }
}

struct Opening<'t> {
    target: &'t Target,
    limits: Limits,
    settings: Settings,
    network: Vec<(&'static str, String)>,
    /// Whether the user's options may be in a place that only libpq reads. Ours would replace them, so we send none.
    is_unknown: bool,
}

impl<'t> Opening<'t> {
    fn open(&self) -> Result<Connection, Error> {
        match declared(&self.target.url)? {
            Some(Pooler::None) => self.own(""),
            Some(Pooler::Session) => self.kept(),
            Some(Pooler::Transaction) => self.shared(),
            None if self.target.found.is_there() || self.is_unknown => self.shared(),
            None => self.own_or_shared(),
        }
    }

    /// Notes what kind of server it is; an error if it is of one that wallow refuses.
    fn recognise(&self, server: Server) -> Result<(), Error> {
        server.refuse(&self.target.url)?;
        // Another thread may have noted the same a moment ago.
        let _ = self.target.server.set(server);
        Ok(())
    }

    fn new(target: &'t Target, limits: Limits) -> Self {
        let url = &target.url;
        let environment = Environment::of_this_process(url.parameter("service"));
        Opening {
            target,
            limits,
            settings: Settings::new(&environment, target),
            network: network::parameters(url, &environment, limits.network),
            is_unknown: environment.is_unknown(),
        }
    }

    /// A session of our own.
    fn own(&self, mark: &str) -> Result<Connection, Error> {
        let options = self.settings.as_options(self.limits.lock_timeout, mark);
        self.establish(Some(options))
    }

    /// A session of a pooler that is ours for as long as the connection lives.
    fn kept(&self) -> Result<Connection, Error> {
        let mut connection = self.establish(Some(String::new()))?;
        connection.set_all(self.settings.for_session(self.limits.lock_timeout)?)?;
        Ok(connection)
    }

    /// A pooler that gives each transaction any of its sessions.
    fn shared(&self) -> Result<Connection, Error> {
        let options = (!self.is_unknown).then(String::new);
        self.share(self.establish(options)?)
    }

    /// Checks, once for each store, that the pooler accepts transactions.
    fn share(&self, connection: Connection) -> Result<Connection, Error> {
        let found = &self.target.found;
        let mut connection = connection.share(self.settings.for_transaction()?);
        if !found.takes_transactions() {
            connection.try_transaction()?;
            found.set_takes_transactions();
        }
        Ok(connection)
    }

    /// Tries to get a session of our own. It is one if the session has our mark, which a pooler would have dropped.
    fn own_or_shared(&self) -> Result<Connection, Error> {
        let mark = Uuid::new_v4().simple().to_string();
        match self.own(&mark) {
            Ok(mut connection) => {
                // Both questions at once, to save a round trip.
                let sql = format!(
                    "SELECT current_setting('{MARK}', true), {}",
                    server::QUESTION
                );
                let mut answer = connection.row_alone(&sql)?.into_iter();
                let found = answer.next().flatten();
                self.recognise(Server::of_answer(answer))?;
                if found == Some(mark) {
                    return Ok(connection);
                }
                self.target.found.set_there();
                self.share(connection)
            }
            Err(error) if failure::is_refusal_of_options(&error) => {
                self.target.found.set_there();
                self.shared()
            }
            Err(error) => Err(error),
        }
    }

    fn establish(&self, options: Option<String>) -> Result<Connection, Error> {
        let url = &self.target.url;
        let mut more = self.network.clone();
        if url.parameter("fallback_application_name").is_none() {
            more.push(("fallback_application_name", "wallow".into()));
        }
        more.extend(options.map(|options| ("options", options)));
        let raw = PgConnection::establish(&url.complete(&more))
            .map_err(|error| failure::of_open(url, &error))?;
        Ok(Connection::new(raw, self.limits.lock_timeout))
    }
}
