//! Migrations on SQLite.

use wallow_schema::ddl::{self, Dialect, quote_identifier as quote};
use wallow_schema::{ATTEMPT, Schema};

use super::{Connection, Target, inspect, rebuild};
use crate::clock::Sources;
use crate::error::Error;
use crate::migrate::{Collision, LiveColumn, LiveIndex, LiveTable, Script, State};

/// diesel's own table of notes.
pub(crate) const NOTES: &str = "__diesel_schema_migrations";

/// As diesel makes it.
const MAKE_NOTES: &str = "CREATE TABLE IF NOT EXISTS __diesel_schema_migrations (\
    version VARCHAR(50) PRIMARY KEY NOT NULL, \
    run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)";

pub(crate) fn state(connection: &mut Connection) -> Result<State, Error> {
    if let Some(applied) = applied(connection)? {
        return Ok(State::Managed { applied });
    }
    if inspect::has_table(connection, "runs")? {
        let alembic = inspect::has_table(connection, "alembic_version")?;
        return Ok(State::Unmanaged { alembic });
    }
    Ok(State::Empty)
}

/// The versions that were applied, in order; `None` where there are no notes.
pub(crate) fn applied(connection: &mut Connection) -> Result<Option<Vec<String>>, Error> {
    if !inspect::has_table(connection, NOTES)? {
        return Ok(None);
    }
    let rows = connection.texts(&format!("SELECT version FROM {NOTES} ORDER BY version"))?;
    Ok(Some(
        rows.into_iter()
            .filter_map(|row| row.into_iter().next().flatten())
            .collect(),
    ))
}

pub(crate) fn apply(connection: &mut Connection, script: &Script) -> Result<bool, Error> {
    locked(connection, &script.up, |connection| {
        apply_now(connection, script)
    })
}

/// A transaction for a script, with the write lock from its first moment.
fn locked<T>(
    connection: &mut Connection,
    sql: &str,
    work: impl FnOnce(&mut Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    if ddl::rebuilds(sql) {
        rebuild::without_references(connection, work)
    } else {
        connection.immediately(work)
    }
}

/// Under the write lock.
pub(crate) fn apply_now(connection: &mut Connection, script: &Script) -> Result<bool, Error> {
    connection.batch(MAKE_NOTES)?;
    if is_applied(connection, script)? {
        return Ok(false);
    }
    rebuild::run(connection, &script.up).map_err(|error| named(error, script, "up"))?;
    let version = text(&script.version);
    connection.batch(&format!("INSERT INTO {NOTES} (version) VALUES ({version})"))?;
    Ok(true)
}

pub(crate) fn revert(connection: &mut Connection, script: &Script) -> Result<bool, Error> {
    locked(connection, &script.down, |connection| {
        connection.batch(MAKE_NOTES)?;
        if !is_applied(connection, script)? {
            return Ok(false);
        }
        rebuild::run(connection, &script.down).map_err(|error| named(error, script, "down"))?;
        let version = text(&script.version);
        connection.batch(&format!("DELETE FROM {NOTES} WHERE version = {version}"))?;
        Ok(true)
    })
}

pub(crate) fn stamp(connection: &mut Connection, versions: &[String]) -> Result<(), Error> {
    connection.immediately(|connection| note(connection, versions))
}

pub(crate) fn adopt(
    connection: &mut Connection,
    versions: &[String],
    key: &[String],
) -> Result<(), Error> {
    rebuild::without_references(connection, |connection| {
        if let Some(found) = table(connection)? {
            complete(connection, &found)?;
        }
        if let Some(found) = table(connection)?.filter(|table| is_constrained(table, key)) {
            rebuild::free_of_constraints(connection, &found, key)?;
        }
        note(connection, versions)
    })
}

/// Whether it is a constraint, not an index, that keeps these columns unique.
fn is_constrained(table: &LiveTable, key: &[String]) -> bool {
    let by_constraint = |index: &LiveIndex| {
        let same = index.columns.len() == key.len();
        index.constraint && index.unique && same && key.iter().all(|k| index.columns.contains(k))
    };
    table.indexes.iter().any(by_constraint)
}

/// Adds what wallow needs for itself.
fn complete(connection: &mut Connection, table: &LiveTable) -> Result<(), Error> {
    if table.column(ATTEMPT).is_none() {
        connection.batch(&format!(
            "ALTER TABLE \"runs\" ADD COLUMN \"{ATTEMPT}\" INTEGER NOT NULL DEFAULT 0"
        ))?;
    }
    if table.column("uuid").is_none() {
        connection.batch(
            "ALTER TABLE \"runs\" ADD COLUMN \"uuid\" TEXT NOT NULL DEFAULT ''; \
             UPDATE \"runs\" SET \"uuid\" = lower(hex(randomblob(6))); \
             CREATE UNIQUE INDEX \"ix_runs_uuid\" ON \"runs\" (\"uuid\");",
        )?;
    }
    Ok(())
}

fn note(connection: &mut Connection, versions: &[String]) -> Result<(), Error> {
    connection.batch(MAKE_NOTES)?;
    connection.batch(&format!("DELETE FROM {NOTES}"))?;
    for version in versions {
        let version = text(version);
        connection.batch(&format!("INSERT INTO {NOTES} (version) VALUES ({version})"))?;
    }
    Ok(())
}

fn is_applied(connection: &mut Connection, script: &Script) -> Result<bool, Error> {
    let version = text(&script.version);
    let found = connection.text(&format!("SELECT 1 FROM {NOTES} WHERE version = {version}"))?;
    Ok(found.is_some())
}

fn named(error: Error, script: &Script, direction: &str) -> Error {
    error.noting(&format!(
        "migration {} ({direction}.sql) stopped and nothing was changed",
        script.name
    ))
}

/// A text as SQL. Versions are digits; this holds for whatever else may stand there.
fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

pub(crate) fn table(connection: &mut Connection) -> Result<Option<LiveTable>, Error> {
    if !inspect::has_table(connection, "runs")? {
        return Ok(None);
    }
    let columns = connection.texts(
        "SELECT name, type, \"notnull\" = 0 AND pk = 0, dflt_value FROM pragma_table_info('runs') ORDER BY cid",
    )?;
    let columns = columns.into_iter().map(|row| {
        let mut cells = row.into_iter();
        LiveColumn {
            name: cells.next().flatten().unwrap_or_default(),
            ty: cells.next().flatten().unwrap_or_default(),
            nullable: cells.next().flatten().as_deref() == Some("1"),
            default: cells.next().flatten(),
        }
    });
    let columns = columns.collect();
    let listed = connection.texts(
        "SELECT name, \"unique\", origin <> 'c' FROM pragma_index_list('runs') ORDER BY name",
    )?;
    let mut indexes = Vec::new();
    for row in listed {
        let mut cells = row.into_iter();
        let name = cells.next().flatten().unwrap_or_default();
        let unique = cells.next().flatten().as_deref() == Some("1");
        let constraint = cells.next().flatten().as_deref() == Some("1");
        let of = text(&name);
        let columns = connection
            .texts(&format!(
                "SELECT name FROM pragma_index_info({of}) ORDER BY seqno"
            ))?
            .into_iter()
            .map(|row| row.into_iter().next().flatten().unwrap_or_default())
            .collect();
        indexes.push(LiveIndex {
            name,
            unique,
            columns,
            constraint,
        });
    }
    Ok(Some(LiveTable { columns, indexes }))
}

/// The table of a schema, made in memory.
pub(crate) fn fresh(schema: &Schema) -> Result<LiveTable, Error> {
    let target = Target {
        name: ":memory:".into(),
        file: None,
        read_only: false,
    };
    let mut connection = Connection::open(&target, std::time::Duration::ZERO, &Sources::default())?;
    for statement in ddl::create_table(schema, Dialect::Sqlite) {
        connection.batch(&statement)?;
    }
    Ok(table(&mut connection)?.unwrap_or_default())
}

pub(crate) fn collisions(
    connection: &mut Connection,
    columns: &[String],
) -> Result<Vec<Collision>, Error> {
    let names = columns
        .iter()
        .map(|column| format!("\"runs\".{}", quote(column)));
    let names = names.collect::<Vec<_>>();
    let list = names.join(", ");
    let group = if names.is_empty() {
        String::new()
    } else {
        format!("GROUP BY {list} ")
    };
    let head = if names.is_empty() {
        String::new()
    } else {
        format!("{list}, ")
    };
    let rows = connection.texts(&format!(
        "SELECT {head}group_concat(uuid, ' ') FROM \"runs\" {group}HAVING count(*) > 1 ORDER BY min(id)"
    ))?;
    Ok(rows
        .into_iter()
        .map(|mut row| {
            let uuids = row.pop().flatten().unwrap_or_default();
            Collision {
                values: row
                    .into_iter()
                    .map(|cell| cell.unwrap_or_else(|| "NULL".into()))
                    .collect(),
                uuids: uuids.split(' ').map(ToOwned::to_owned).collect(),
            }
        })
        .collect())
}
