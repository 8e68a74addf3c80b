//! The state of the table of the runs on a server, for a person: dead rows, room that is not used, transactions that keep
//! dead rows, and what a queue needs.

use std::fmt::Write as _;

use wallow_schema::ddl::{QUEUE_INDEX, QUEUE_SETTINGS};

use super::Connection;
use crate::backend::{Remark, Session as _};
use crate::error::Error;

/// Live and dead rows, the size of the table and of its indexes, the bytes that live rows of their usual width need,
/// whether there are statistics of the columns, how many changes the statistics of the table have seen, and whether the
/// server is a standby, which has no statistics of the table.
const TABLE: &str = "\
    SELECT n_live_tup, n_dead_tup, pg_catalog.pg_relation_size(relid), pg_catalog.pg_indexes_size(relid), \
        n_live_tup * (28 + coalesce((SELECT sum(avg_width) FROM pg_catalog.pg_stats AS stats \
            WHERE stats.schemaname = tables.schemaname AND stats.tablename = 'runs'), 0)), \
        (SELECT count(*) FROM pg_catalog.pg_stats AS stats \
            WHERE stats.schemaname = tables.schemaname AND stats.tablename = 'runs'), \
        n_live_tup + n_dead_tup + n_tup_ins + n_tup_upd + n_tup_del, pg_catalog.pg_is_in_recovery()::int \
    FROM pg_catalog.pg_stat_all_tables AS tables WHERE relid = pg_catalog.to_regclass('runs')";

/// The process with the oldest snapshot in this database, and for how many seconds its transaction has been open. A role
/// that may not see it gets no row.
const SNAPSHOT: &str = "\
    SELECT pid, extract(epoch FROM now() - xact_start)::bigint FROM pg_catalog.pg_stat_activity \
    WHERE backend_xmin IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() AND datname = current_database() \
    ORDER BY pg_catalog.age(backend_xmin) DESC LIMIT 1";

/// Whether the table has the fields of the lifecycle, whether an index finds the runs that wait, and its settings.
const QUEUE: &str = "\
    SELECT ((SELECT count(*) FROM pg_catalog.pg_attribute WHERE attrelid = class.oid AND NOT attisdropped AND attname IN \
            ('status', 'started_at', 'completed_at', 'wallclock_seconds', 'error_excerpt')) = 5)::text, \
        EXISTS (SELECT 1 FROM pg_catalog.pg_index WHERE indrelid = class.oid AND indisvalid \
            AND (pg_catalog.pg_get_expr(indpred, indrelid) LIKE '%status%pending%' \
                OR pg_catalog.pg_get_indexdef(indexrelid) LIKE '%(status, id%'))::text, \
        coalesce(pg_catalog.array_to_string(reloptions, ' '), '') \
    FROM pg_catalog.pg_class AS class WHERE class.oid = pg_catalog.to_regclass('runs')";

const DEAD: &str = "many rows are dead: `VACUUM runs` removes them, unless an old transaction (see `snapshot`) keeps them; \
    for the future, have autovacuum switched on";

const BLOAT: &str = "much of the table is empty: wallow's runs will fill it again; `VACUUM FULL runs`, while nobody works, \
    gives the room back to the disk";

const OLD: &str = "end the transaction of that process: as long as it is open, no dead row is removed, and claims become slower";

const WITHOUT_INDEX: &str = "have the owner of the table run `CREATE INDEX CONCURRENTLY runs_queue ON runs (id) WHERE status = \
    'pending'`: without it a claim reads the finished runs before the first one that waits";

const WITHOUT_SETTINGS: &str = "have the owner of the table run `ALTER TABLE runs SET (fillfactor = 85, \
    autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`; a table of this \
    version has that from its migrations";

/// Fewer dead rows, or less empty room, are no reason to do anything.
const FEW_ROWS: i64 = 10_000;
const LITTLE_ROOM: i64 = 64 << 20;

/// A transaction may be open for this long, in seconds.
const LONG: i64 = 3_600;

/// Remarks on the table; none if there is no table.
pub(super) fn remarks(connection: &mut Connection) -> Result<Vec<Remark>, Error> {
    let mut remarks = Vec::new();
    remarks.extend(table(connection)?);
    remarks.extend(snapshot(connection)?);
    remarks.extend(queue(connection)?);
    Ok(remarks)
}

fn numbers(row: Vec<Option<String>>) -> impl Iterator<Item = i64> {
    let read = |cell: Option<String>| cell.and_then(|cell| cell.parse().ok());
    row.into_iter().map(move |cell| read(cell).unwrap_or(0))
}

fn table(connection: &mut Connection) -> Result<Option<Remark>, Error> {
    let Some(row) = connection.texts(TABLE)?.into_iter().next() else {
        return Ok(None);
    };
    let mut numbers = numbers(row);
    let mut next = || numbers.next().unwrap_or(0);
    let (live, dead, table, indexes, needed) = (next(), next(), next(), next(), next());
    let is_analysed = next() > 0;
    let (changes, is_standby) = (next(), next() > 0);
    // A server may have statistics only some seconds after the first rows.
    let is_counted = !is_standby && (changes > 0 || table == 0);
    let rows = if is_counted {
        format!("{live} rows, {dead} dead")
    } else if is_standby {
        "on a standby, where dead rows are not counted (ask the primary server)".to_owned()
    } else {
        "no statistics of its rows yet".to_owned()
    };
    let mebibytes = |bytes: i64| bytes >> 20;
    let mut state = format!(
        "{rows}; {} MiB, and {} MiB of indexes",
        mebibytes(table),
        mebibytes(indexes)
    );
    let empty = if is_analysed && is_counted {
        table - needed
    } else {
        0
    };
    if empty > LITTLE_ROOM {
        // Writing into a text cannot fail.
        let _ = write!(
            state,
            "; some {} MiB of the table are empty or dead",
            mebibytes(empty)
        );
    }
    let advice = if dead > FEW_ROWS && dead > live / 5 {
        Some(DEAD)
    } else if empty > LITTLE_ROOM && empty > table / 2 {
        Some(BLOAT)
    } else {
        None
    };
    Ok(Some(Remark {
        name: "table",
        state,
        advice,
    }))
}

fn snapshot(connection: &mut Connection) -> Result<Option<Remark>, Error> {
    let row = connection.texts(SNAPSHOT)?.into_iter().next();
    Ok(row.map(|row| {
        let mut numbers = numbers(row);
        let (process, seconds) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        Remark {
            name: "snapshot",
            state: format!("the oldest is of process {process}, open for {seconds} s"),
            advice: (seconds > LONG).then_some(OLD),
        }
    }))
}

fn queue(connection: &mut Connection) -> Result<Option<Remark>, Error> {
    let Some(row) = connection.texts(QUEUE)?.into_iter().next() else {
        return Ok(None);
    };
    let mut cells = row.into_iter().map(Option::unwrap_or_default);
    let (has_lifecycle, has_index) = (cells.next(), cells.next());
    let settings = cells.next().unwrap_or_default();
    let is = |cell: Option<String>| cell.as_deref() == Some("true");
    if !is(has_lifecycle) {
        return Ok(None);
    }
    let mut names = QUEUE_SETTINGS.iter().map(|(name, _)| name);
    let is_set = names.all(|name| settings.contains(&format!("{name}=")));
    let (state, advice) = match (is(has_index), is_set) {
        (true, true) => (
            format!("index `{QUEUE_INDEX}` and settings are there"),
            None,
        ),
        (false, _) => (
            "no index finds the runs that wait".to_owned(),
            Some(WITHOUT_INDEX),
        ),
        (true, false) => (
            "the table has the settings of one that seldom changes".to_owned(),
            Some(WITHOUT_SETTINGS),
        ),
    };
    Ok(Some(Remark {
        name: "queue",
        state,
        advice,
    }))
}
