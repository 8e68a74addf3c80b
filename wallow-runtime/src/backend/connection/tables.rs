//! What a connection reads of its database: tables, damages and settings.
#![cfg_attr(
    not(feature = "postgres"),
    expect(
        clippy::unnecessary_wraps,
        reason = "one of several kinds of databases"
    )
)]

use super::Connection;
use crate::backend::{
    Dependent, LiveTable, Namesake, Remark, RoleWithoutNotes, RunsTable, Securables, sqlite,
};
#[cfg(feature = "postgres")]
use crate::backend::{Session as _, postgres};
use crate::error::Error;

impl Connection {
    /// What is damaged, one line each. A server checks its files itself, so it reports nothing here.
    pub(crate) fn damages(&mut self) -> Result<Vec<String>, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::tables::damages(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Whether there is such a table.
    pub(crate) fn has_table(&mut self, name: &str) -> Result<bool, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::tables::has_table(connection, name),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::has_table(connection, name),
        }
    }

    /// Refuses a table of applied migrations that is in another schema of the server than the table of the runs.
    pub(crate) fn check_place_of_notes(&mut self) -> Result<(), Error> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => {
                postgres::settings::check_place_of_notes(connection)
            }
        }
    }

    /// Settings of the server that a person should know of: a name, the state, and what to do if it is a mistake.
    pub(crate) fn remarks(&mut self) -> Result<Vec<Remark>, Error> {
        match self {
            Connection::Sqlite(_) => Ok(Vec::new()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::settings::remarks(connection),
        }
    }

    /// Whether the database may hide runs from whoever is connected.
    pub(crate) fn hides_rows(&mut self) -> Result<bool, Error> {
        match self {
            Connection::Sqlite(_) => Ok(false),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::hides_rows(connection),
        }
    }

    /// An error if another role of a server owns the table of the runs: no migration could change it.
    pub(crate) fn check_owner(&mut self) -> Result<(), Error> {
        match self {
            Connection::Sqlite(_) => Ok(()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::rights::check_owner(connection),
        }
    }

    /// What identifies the table of the runs on a running server.
    pub(crate) fn identity(&mut self) -> Result<Option<String>, Error> {
        match self {
            Connection::Sqlite(_) => Ok(None),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => connection.text(postgres::tables::IDENTITY),
        }
    }

    /// The table of the runs, as far as a store has to know it.
    pub(crate) fn runs_table(&mut self) -> Result<Option<RunsTable>, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::tables::runs_table(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::runs_table(connection),
        }
    }

    /// The table of the runs, with all that can differ from a schema.
    pub(crate) fn live_table(&mut self) -> Result<Option<LiveTable>, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::tables::live_table(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::live_table(connection),
        }
    }

    /// Whether a table that is made now has a schema of the server to stand in.
    pub(crate) fn has_place_for_tables(&mut self) -> Result<bool, Error> {
        match self {
            Connection::Sqlite(_) => Ok(true),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::has_place(connection),
        }
    }

    /// What depends on the table of the runs.
    pub(crate) fn dependents(&mut self) -> Result<Vec<Dependent>, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::dependents::of_runs(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::dependents::of_runs(connection),
        }
    }

    /// The objects on which a role needs rights; `None` if the database has no roles, or no table of runs.
    pub(crate) fn securables(&mut self) -> Result<Option<Securables>, Error> {
        match self {
            Connection::Sqlite(_) => Ok(None),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::rights::securables(connection),
        }
    }

    /// The roles that have rights on runs, but cannot read the notes on migrations.
    pub(crate) fn roles_without_notes(&mut self) -> Result<Vec<RoleWithoutNotes>, Error> {
        match self {
            Connection::Sqlite(_) => Ok(Vec::new()),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::rights::without_notes(connection),
        }
    }

    /// What is named `runs` and is not a table.
    pub(crate) fn namesake(&mut self) -> Result<Option<Namesake>, Error> {
        match self {
            Connection::Sqlite(connection) => sqlite::tables::namesake(connection),
            #[cfg(feature = "postgres")]
            Connection::Postgres(connection) => postgres::tables::namesake(connection),
        }
    }
}
