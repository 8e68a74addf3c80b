//! What answers: PostgreSQL, or another server that speaks its protocol.
//!
//! Some of these lack what claims and migrations rely on, and would lose the promise that no run is executed twice.
//! They are refused. Of the others nothing is known to be missing, but no test runs on them.

use super::connection::Target;
use crate::backend::{DatabaseUrl, Remark};
use crate::error::{Error, ErrorKind};

/// What the server says of itself, and the catalog of Citus, if it is there. Both are functions, so another server
/// answers, too, and does not fail.
pub(super) const QUESTION: &str = "version(), to_regclass('pg_dist_node')::text";

/// The endpoints of Aurora DSQL are `ID.dsql.REGION.on.aws`.
const DSQL: (&str, &str) = (".dsql.", ".on.aws");

/// Servers that may work, by a word of their `version()`.
const UNTESTED: [(&str, &str); 2] = [("CockroachDB", "CockroachDB"), ("-YB-", "YugabyteDB")];

/// A server, by its answer to [`QUESTION`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Server {
    Postgres(String),
    Untested {
        name: &'static str,
        version: String,
    },
    /// It has the extension `citus`.
    Citus,
    Dsql,
}

impl Target {
    /// Warns if the server is of a kind that is not tested.
    pub(crate) fn warn_of_server(&self) {
        if let Some(server) = self.server.get() {
            server.warn();
        }
    }
}

impl Server {
    /// The server that a URL names, if its host alone tells.
    pub(super) fn of_host(url: &DatabaseUrl) -> Option<Self> {
        let hosts = url.parameter("host")?.to_ascii_lowercase();
        let mut hosts = hosts.split(',');
        let is_dsql = hosts.any(|host| host.contains(DSQL.0) && host.ends_with(DSQL.1));
        is_dsql.then_some(Server::Dsql)
    }

    /// The server that answered this.
    pub(super) fn of_answer(mut cells: impl Iterator<Item = Option<String>>) -> Self {
        let version = cells.next().flatten().unwrap_or_default();
        let has_citus = cells.next().flatten().is_some();
        let untested = UNTESTED.iter().find(|(word, _)| version.contains(word));
        if let Some((_, name)) = untested {
            return Server::Untested { name, version };
        }
        if has_citus || version.contains("Citus") {
            return Server::Citus;
        }
        // PostgreSQL also names the machine and the compiler. Aurora DSQL answers with the two words alone.
        let mut words = version.split_whitespace();
        let is_bare = words.next() == Some("PostgreSQL") && words.next().is_some();
        if version.contains("DSQL") || (is_bare && words.next().is_none()) {
            return Server::Dsql;
        }
        Server::Postgres(version)
    }

    /// An error if runs are not safe there.
    pub(super) fn refuse(&self, url: &DatabaseUrl) -> Result<(), Error> {
        let reason = match self {
            Server::Postgres(_) | Server::Untested { .. } => return Ok(()),
            Server::Citus => {
                "this database has the extension `citus`. A table that it distributes can neither keep uuids and keys \
                 unique together nor lock one row for a claim: use a database without the extension, which can be on \
                 the same server (`createdb NAME`), and name it in the URL"
            }
            Server::Dsql => {
                "Aurora DSQL speaks PostgreSQL's protocol, but has no row locks that skip (`SKIP LOCKED`), no advisory \
                 locks, and transactions that change a single table at a time, so neither claims nor migrations are \
                 safe there: use a PostgreSQL server, such as RDS or Aurora PostgreSQL"
            }
        };
        let message = format!("cannot open `{url}`: {reason}");
        Err(Error::new(ErrorKind::Database, message))
    }

    /// Warns if no test of wallow runs on such a server.
    pub(super) fn warn(&self) {
        if let Server::Untested { name, version } = self {
            tracing::warn!(
                version,
                "the server is {name}, on which wallow is not tested: claims and migrations rely on PostgreSQL's row locks, \
                 advisory locks and transactions; use a PostgreSQL server, or try `wallow doctor` and a few runs first",
            );
        }
    }

    /// For `wallow doctor`.
    pub(super) fn remark(&self) -> Remark {
        let state = match self {
            // Without the compiler.
            Server::Postgres(version) => version.split(',').next().unwrap_or_default().to_owned(),
            Server::Untested { name, version } => {
                format!("{name}, not tested with wallow: {version}")
            }
            Server::Citus => "Citus".to_owned(),
            Server::Dsql => "Aurora DSQL".to_owned(),
        };
        Remark {
            name: "server",
            state,
            advice: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: &str, citus: Option<&str>) -> Server {
        Server::of_answer(
            [version, citus.unwrap_or_default()]
                .into_iter()
                .map(|cell| (!cell.is_empty()).then(|| cell.to_owned())),
        )
    }

    #[test]
    fn servers_are_recognised_by_what_they_say() {
        let postgres =
            "PostgreSQL 15.14 (Debian 15.14-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc";
        assert_eq!(of(postgres, None), Server::Postgres(postgres.into()));
        assert_eq!(of(postgres, Some("pg_dist_node")), Server::Citus);
        assert_eq!(of("PostgreSQL 16", None), Server::Dsql);
        for (version, expected) in [
            (
                "CockroachDB CCL v23.1.14 (x86_64-pc-linux-gnu, built 2024/01/16 23:02:04, go1.19.10)",
                "CockroachDB",
            ),
            (
                "PostgreSQL 11.2-YB-2.18.0.0-b0 on x86_64-pc-linux-gnu, compiled by clang",
                "YugabyteDB",
            ),
        ] {
            let Server::Untested { name, .. } = of(version, None) else {
                panic!("{version}");
            };
            assert_eq!(name, expected);
        }
    }

    #[test]
    fn aurora_dsql_is_recognised_by_its_host() {
        let of = |url| Server::of_host(&DatabaseUrl::parse(url).unwrap());
        let dsql = "postgres://admin@abc123.dsql.eu-west-1.on.aws/postgres";
        assert_eq!(of(dsql), Some(Server::Dsql));
        let error = Server::Dsql
            .refuse(&DatabaseUrl::parse(dsql).unwrap())
            .unwrap_err();
        assert!(error.to_string().contains("SKIP LOCKED"), "{error}");
        assert_eq!(
            of("postgres://me@db.abc.eu-west-1.rds.amazonaws.com/runs"),
            None
        );
        assert_eq!(of("postgres:///runs"), None);
    }
}
