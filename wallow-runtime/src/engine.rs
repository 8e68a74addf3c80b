//! The engine: every operation of a store, for typed rows and run-time rows alike.
//!
//! What enters: values in the order of the schema. What leaves: rows of the type asked for. Invariant: a write is one
//! statement, and the database decides what it does once it has the lock. No write relies on what was read before it.

mod attempts;
mod binds;
mod bulk_change;
mod claim;
mod copy;
mod import;
mod index_rows;
mod register;
mod row;
mod row_visitors;
mod select;
mod statements;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::{QueryResult, SqliteConnection};
use wallow_schema::Schema;
use wallow_schema::ddl::Dialect;

use crate::backend::sqlite::of_query;
use crate::backend::{Connection, DatabaseUrl, Operation, Pool, Session as _, StoreSettings};
use crate::clock::Environment;
use crate::codegen_support::{Decode, EmbeddedScripts, ProgramMigrations};
use crate::engine::row_visitors::{FirstRow, HasRow, RowOfKey, ScalarTime};
use crate::error::{Error, ErrorKind};
use crate::migrate::{
    Expected, Rules, State, apply, check_ahead, check_appliable, open_table, recognise_first,
    verify,
};
use crate::sql::{Bind, Sql};
use crate::value::Value;

pub use attempts::{Attempt, AttemptOutcome};
pub(crate) use attempts::{AttemptDetails, AttemptFilter, AttemptsPage, page_of_external_db};
pub use bulk_change::Applied;
pub(crate) use bulk_change::BulkAction;
pub use claim::Reclaim;
pub(crate) use claim::{
    ClaimRequest, ClaimResult, ClaimWrite, FencingToken, HeartbeatOutcome, Idle, LiveClaims, Look,
    NextRun, NotClaimed, QueueRequest, Suspect, look_for_silent, pending_without_status,
    send_heartbeats, watch_time,
};
pub(crate) use copy::CopyStatements;
pub use copy::{CopyOp, RawRun};
pub(crate) use import::{BuiltIns, ImportTransaction, Imported};
pub use import::{ImportOutcome, OnConflict, PageError};
pub(crate) use register::Refused;
pub use register::{OnDuplicate, RegisterCounts, RegisterOutcome};
pub use row::Row;
pub(crate) use select::{BestGroups, ReadRow, Selection, Stream};
pub(crate) use statements::TableStatements;

/// Declares operations: each a type, with whether its text is fixed and whether it only reads.
macro_rules! operations {
    ($($name:ident: $fixed:ident $access:ident),+ $(,)?) => {$(
        struct $name;

        impl Operation for $name {
            const FIXED: bool = operations!(@ $fixed);
            const READS: bool = operations!(@ $access);
        }
    )+};
    (@ fixed) => { true };
    (@ varying) => { false };
    (@ reads) => { true };
    (@ writes) => { false };
}

operations! {
    Find: fixed reads,
    Exists: fixed reads,
    FindFresh: fixed reads,
    FindByUuid: fixed reads,
    Get: fixed reads,
    Select: varying reads,
    Insert: fixed writes,
    InsertQuietly: fixed writes,
    InsertImported: fixed writes,
    UuidExists: fixed reads,
    CheckTable: fixed reads,
    Heartbeat: fixed writes,
    Delete: fixed writes,
    Write: varying writes,
    ClaimHeartbeat: varying writes,
    Begin: varying writes,
    Lookup: varying reads,
    // The commonest shapes of a claim. Without types of their own, building the text and finding the prepared statement
    // by it would take a tenth of the time of a claim.
    LookBeforeClaim: fixed reads,
    TakeSeen: fixed writes,
    TakeAtOnce: fixed writes,
    TakeNext: fixed writes,
    Release: fixed writes,
    NoteAttempt: fixed writes,
    CloseLost: fixed writes,
}

/// A write of the n-th shape of a table's updates. Its text is fixed, because shapes are never forgotten.
struct WriteNth<const N: usize>;

impl<const N: usize> Operation for WriteNth<N> {
    const FIXED: bool = true;
    const READS: bool = false;
}

/// A database, opened for one schema. Cheap to clone; clones share the connections.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    table: Arc<TableStatements>,
    pool: Arc<Pool>,
    environment: Environment,
    rules: Arc<Rules>,
}

impl Engine {
    pub(crate) fn open(
        schema: &Schema,
        scripts: EmbeddedScripts,
        url: &DatabaseUrl,
        settings: &StoreSettings,
    ) -> Result<Self, Error> {
        let options = settings.pool(url)?;
        let target = options.target.clone();
        let migrations = scripts.of(target.dialect());
        let rules = Rules {
            read_only: target.is_read_only(),
            check_schema: settings.check_schema,
            migrations,
        };
        let mut noted = None;
        let pool = Pool::open_with(options, |connection| {
            noted = open_table(connection, schema, rules)?;
            Ok(())
        });
        let pool = Arc::new(pool.map_err(|error| target.opening(error))?);
        let expected = Expected {
            schema: schema.clone(),
            migrations,
            read_only: rules.read_only,
            columns: settings.check_schema,
        };
        pool.watch(expected, noted);
        let table = Arc::new(TableStatements::new(schema.clone(), target.dialect()));
        Ok(Engine {
            table,
            pool,
            environment: settings.environment.clone(),
            rules: Arc::new(rules),
        })
    }

    /// The connections.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// The clock, and where uuids come from.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// How long a call waits for locks and connections.
    pub(crate) fn busy_timeout(&self) -> std::time::Duration {
        self.pool.busy_timeout()
    }

    pub(crate) fn table(&self) -> &Arc<TableStatements> {
        &self.table
    }

    /// Warns no more of the size of values of this json field.
    pub(crate) fn expect_large(&self, field: &str) {
        let _ = self.table.large.set(field.to_owned());
    }

    pub(crate) fn check_schema(&self) -> Result<(), Error> {
        self.pool
            .read(|connection| verify(connection, self.table.schema(), *self.rules))
    }

    /// Applies the migrations that the program has and the database lacks; returns their names.
    pub(crate) fn migrate(&self) -> Result<Vec<String>, Error> {
        let ProgramMigrations {
            scripts, others, ..
        } = self.rules.migrations;
        if scripts.is_empty() {
            let message = "the program has no migrations: there was no `migrations` folder beside \
                           wallow.toml when it was compiled; run `wallow migrate generate \"initial\"`";
            return Err(Error::new(ErrorKind::PendingMigration, message));
        }
        recognise_first(&self.pool, self.rules.migrations)?;
        match self
            .pool
            .read(|connection| apply::state(connection, others))?
        {
            State::Empty => {}
            State::Unmanaged { .. } => {
                let schema = self.table.schema();
                return Err(self.pool.read(|connection| {
                    apply::refuse_other(connection, Some(schema))?;
                    apply::refuse_disowned(connection, schema)
                })?);
            }
            State::Managed { applied } => {
                let is_ahead =
                    self.pool
                        .read(|connection| match check_appliable(&applied, scripts) {
                            Err(ahead) if ahead.kind() == ErrorKind::DatabaseAhead => {
                                let schema = self.table.schema();
                                check_ahead(
                                    connection,
                                    schema,
                                    self.rules.migrations,
                                    &applied,
                                    ahead,
                                )?;
                                Ok(true)
                            }
                            checked => checked.map(|()| false),
                        })?;
                if is_ahead {
                    return Ok(Vec::new());
                }
            }
        }
        let mut done = Vec::new();
        let mut after = None;
        for script in scripts {
            if self
                .pool
                .write(|connection| apply::apply(connection, script, after, others))?
            {
                done.push(script.name.to_string());
            }
            after = Some(script);
        }
        Ok(done)
    }

    /// Lends diesel's PostgreSQL connection to the user's own code.
    #[cfg(feature = "postgres")]
    pub(crate) fn lend_postgres<T>(
        &self,
        work: impl FnOnce(&mut diesel::PgConnection) -> QueryResult<T>,
    ) -> Result<T, Error> {
        self.pool.lend(|connection| match connection.postgres() {
            Some(connection) => work(connection).map_err(crate::backend::postgres::of_query),
            None => {
                let message = "this store is not on PostgreSQL; use `store.with_sqlite(…)`";
                Err(Error::new(ErrorKind::Database, message))
            }
        })
    }

    /// Lends diesel's SQLite connection to the user's own code.
    pub(crate) fn lend<T>(
        &self,
        work: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>,
    ) -> Result<T, Error> {
        self.pool.lend(|connection| match connection.sqlite() {
            Some(connection) => work(connection).map_err(of_query),
            None => {
                let message = "this store is not on SQLite; use `store.with_postgres(…)`";
                Err(Error::new(ErrorKind::Database, message))
            }
        })
    }

    pub(crate) fn find<T: Decode>(&self, key: &[Value<'_>]) -> Result<Option<T>, Error> {
        let key = binds::key(&self.table, key)?;
        let mut row = FirstRow::new(&self.table);
        self.find_one(&key, &mut row)?;
        Ok(row.found)
    }

    /// Reads the run of a key; returns whether there is one.
    fn find_one<T: Decode>(
        &self,
        key: &[Bind<'_>],
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        let statements = self.table.statements();
        // Only a store that has refused every other table knows that the run has exactly this key.
        if self.rules.read_only || !self.rules.check_schema {
            return self.read_one::<Find, T>(&statements.find, key, row);
        }
        self.pool.read(|session| {
            row.found = None;
            session.run::<Find>(&statements.find_of_key, key, &mut RowOfKey { row, key })?;
            Ok(row.found.is_some())
        })
    }

    pub(crate) fn find_by_uuid<T: Decode>(&self, uuid: &str) -> Result<Option<T>, Error> {
        // No uuid contains this character, and PostgreSQL refuses it.
        if uuid.contains('\0') {
            return Ok(None);
        }
        let binds = [Bind::Text(Some(uuid.into()))];
        self.read::<FindByUuid, T>(&self.table.statements().find_by_uuid, &binds)
    }

    pub(crate) fn get<T: Decode>(&self, id: i64) -> Result<Option<T>, Error> {
        let binds = [Bind::Int(Some(id))];
        self.read::<Get, T>(&self.table.statements().get, &binds)
    }

    pub(crate) fn heartbeat(&self, key: &[Value<'_>]) -> Result<DateTime<Utc>, Error> {
        let key = binds::key(&self.table, key)?;
        let touched = self.pool.write_again(|session| {
            let mut rows = ScalarTime(None);
            session.run::<Heartbeat>(&self.table.statements().heartbeat, &key, &mut rows)?;
            Ok(rows.0)
        })?;
        touched.ok_or_else(|| {
            let message = "no run is registered under this key; call `register` before `heartbeat`";
            Error::new(ErrorKind::NotFound, message)
        })
    }

    pub(crate) fn delete<T: Decode>(&self, key: &[Value<'_>]) -> Result<Option<T>, Error> {
        let key = binds::key(&self.table, key)?;
        let statements = self.table.statements();
        let Some(attempts) = self.table.attempts_of(&statements.key) else {
            return self.change::<Delete, T>(&statements.delete, &key);
        };
        let mut row = FirstRow::new(&self.table);
        self.pool.write(|connection| {
            connection.transaction(|session| {
                session.execute::<Write>(&attempts, &key)?;
                Ok(row.fill::<Delete>(session, &statements.delete, &key)?)
            })
        })?;
        Ok(row.found)
    }

    /// Checks the table, and keeps it unchanged for the rest of a transaction: for statements without a key.
    fn hold_table(&self, connection: &mut Connection) -> Result<(), Error> {
        // On SQLite a writer is alone. On PostgreSQL this lock keeps migrations waiting.
        if self.table.dialect() == Dialect::Postgres {
            connection.batch("LOCK TABLE \"runs\" IN ROW EXCLUSIVE MODE")?;
        }
        Ok(connection.run::<CheckTable>(
            &self.table.statements().check_table,
            &[],
            &mut HasRow(false),
        )?)
    }

    fn change<O: Operation, T: Decode>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<T>, Error> {
        let mut row = FirstRow::new(&self.table);
        self.change_one::<O, T>(sql, binds, &mut row)?;
        Ok(row.found)
    }

    fn read<O: Operation, T: Decode>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
    ) -> Result<Option<T>, Error> {
        let mut row = FirstRow::new(&self.table);
        self.read_one::<O, T>(sql, binds, &mut row)?;
        Ok(row.found)
    }

    /// Runs a statement that reads one row; returns whether there is one.
    fn read_one<O: Operation, T: Decode>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        self.pool
            .read(|session| Ok(row.fill::<O>(session, sql, binds)?))
    }

    /// Changes a row; returns whether there is one. If the row cannot be read, it stays as it was: after an error,
    /// nothing has changed.
    fn change_one<O: Operation, T: Decode>(
        &self,
        sql: &Sql,
        binds: &[Bind<'_>],
        row: &mut FirstRow<'_, T>,
    ) -> Result<bool, Error> {
        self.pool.write(|connection| {
            connection.change(|session| Ok(row.fill::<O>(session, sql, binds)?))
        })
    }
}
