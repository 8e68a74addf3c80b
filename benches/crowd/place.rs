//! Where the workers meet.

use std::fmt;

use clap::ValueEnum;
use postgres_server::{PgBouncer, Server};
use tempfile::TempDir;
use wallow_bench::Result;

use crate::process::Crew;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
    Pgbouncer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Sqlite => "SQLite",
            Kind::Postgres => "PostgreSQL",
            Kind::Pgbouncer => "PostgreSQL through PgBouncer, 20 connections",
        })
    }
}

/// The name of the database on a server.
const RUNS: &str = "runs";

/// An empty database.
pub(crate) enum Place {
    File(TempDir),
    Server {
        server: Server,
        pooler: Option<PgBouncer>,
    },
}

impl Place {
    /// For this many workers: a server accepts a connection of each.
    pub(crate) fn new(kind: Kind, workers: usize) -> Result<Self> {
        if kind == Kind::Sqlite {
            return Ok(Place::File(tempfile::tempdir()?));
        }
        let server = Server::options()
            .set("max_connections", &(workers + 50).to_string())
            .set("shared_preload_libraries", "pg_stat_statements")
            .start()?;
        server.psql("postgres", &format!("CREATE DATABASE {RUNS}"))?;
        server.psql(RUNS, "CREATE EXTENSION pg_stat_statements")?;
        let settings = [("pool_mode", "transaction"), ("default_pool_size", "20")];
        let pooler = (kind == Kind::Pgbouncer)
            .then(|| PgBouncer::start(&server, &settings))
            .transpose()?;
        Ok(Place::Server { server, pooler })
    }

    /// The database for the program that gives them runs.
    pub(crate) fn holder(&self) -> String {
        match self {
            Place::File(folder) => folder.path().join("runs.db").to_string_lossy().into_owned(),
            Place::Server { server, .. } => server.url(RUNS),
        }
    }

    /// The database for workers.
    pub(crate) fn workers(&self) -> String {
        match self {
            Place::Server {
                pooler: Some(pooler),
                ..
            } => pooler.url(RUNS),
            _ => self.holder(),
        }
    }

    /// How many statements the server has executed in the database; `None` for a file, whose workers count themselves.
    pub(crate) fn statements(&self) -> Result<Option<u64>> {
        let Place::Server { server, .. } = self else {
            return Ok(None);
        };
        let sql = "SELECT sum(calls)::bigint FROM pg_stat_statements WHERE dbid = \
                   (SELECT oid FROM pg_database WHERE datname = 'runs')";
        Ok(Some(server.psql(RUNS, sql)?.trim().parse()?))
    }

    /// The connections of the server to the database, or how often the workers have the file open.
    pub(crate) fn connections(&self, crew: &Crew) -> Result<usize> {
        let Place::Server { server, .. } = self else {
            return Ok(crew.open(&self.holder()));
        };
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'runs'";
        Ok(server.psql("postgres", sql)?.trim().parse()?)
    }
}
