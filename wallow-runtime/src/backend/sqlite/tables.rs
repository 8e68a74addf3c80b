//! What a SQLite database has: tables, and the columns, indexes and uniqueness of `runs`.

use wallow_schema::ddl::{
    Dialect, IndexTerm, KEY_INDEX, key_index, quote_identifier as quote, quote_text as text,
};
use wallow_schema::{ATTEMPT, ATTEMPTS, Schema};

use super::{Connection, clauses, rebuild};
use crate::backend::{
    COLLATE, LiveColumn, LiveIndex, LiveTable, Namesake, RunsTable, Session as _, TableCheck,
    UniqueIndex, compares_texts,
};
use crate::error::Error;

/// Whether there is such a table. SQLite's names are case-insensitive.
pub(crate) fn has_table(connection: &mut Connection, name: &str) -> Result<bool, Error> {
    let sql = format!(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{name}' COLLATE NOCASE"
    );
    Ok(connection.text(&sql)?.is_some())
}

/// What is named `runs` and is not a table. Tables, views and indexes share one namespace.
pub(crate) fn namesake(connection: &mut Connection) -> Result<Option<Namesake>, Error> {
    let kind = connection.text(
        "SELECT type FROM sqlite_master WHERE type IN ('view', 'index') AND name = 'runs' COLLATE NOCASE",
    )?;
    Ok(kind.map(|kind| match &*kind {
        "view" => Namesake {
            kind: "a view",
            way_out: "DROP VIEW runs",
        },
        _ => Namesake {
            kind: "an index",
            way_out: "DROP INDEX runs",
        },
    }))
}

/// The full unique indexes, each with its entry in `sqlite_master` and its text. For a constraint these are those of
/// the table.
const UNIQUE: &str = "\
    SELECT list.name, CASE WHEN own.sql IS NULL THEN whole.rowid ELSE own.rowid END, coalesce(own.sql, whole.sql) \
    FROM pragma_index_list('runs') AS list \
    JOIN sqlite_master AS own ON own.type = 'index' AND own.name = list.name \
    JOIN sqlite_master AS whole ON whole.type = 'table' AND whole.name = 'runs' COLLATE NOCASE \
    WHERE list.\"unique\" = 1 AND list.partial = 0 ORDER BY list.name";

/// Reads the table, or `None` if there is none.
///
/// Entries are read before columns: if the table changes in between, the check is for the old table, and fails.
pub(crate) fn runs_table(connection: &mut Connection) -> Result<Option<RunsTable>, Error> {
    if !has_table(connection, "runs")? {
        return Ok(None);
    }
    let mut unique = Vec::new();
    for index in connection.texts(UNIQUE)? {
        let mut cells = index.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        let (name, entry, sql) = (cell(), cell(), cell());
        unique.push(UniqueIndex {
            terms: index_terms(connection, &name, &sql, true)?
                .into_iter()
                .collect(),
            check: TableCheck::sqlite(&entry, &sql),
        });
    }
    let statement = statement(connection)?;
    let columns = columns(connection, &statement)?.into_iter();
    Ok(Some(RunsTable {
        dialect: Dialect::Sqlite,
        columns: columns.map(|column| (column.name, column.ty)).collect(),
        unique,
        attempts: attempts(connection)?,
    }))
}

/// The columns of the table with this statement, in order.
fn columns(connection: &mut Connection, statement: &str) -> Result<Vec<LiveColumn>, Error> {
    let rows = connection.texts(
        "SELECT name, type, \"notnull\" = 0 AND pk = 0, dflt_value FROM pragma_table_info('runs') ORDER BY cid",
    )?;
    let columns = rows.into_iter().map(|row| {
        let mut cells = row.into_iter();
        LiveColumn {
            name: cells.next().flatten().unwrap_or_default(),
            ty: cells.next().flatten().unwrap_or_default(),
            nullable: cells.next().flatten().as_deref() == Some("1"),
            default: cells.next().flatten(),
        }
    });
    let mut columns = columns.collect::<Vec<_>>();
    if clauses::of_table(statement)
        .iter()
        .any(|clause| clause == clauses::COLLATE)
    {
        name_collations(connection, &mut columns);
    }
    Ok(columns)
}

/// Adds its collation to the type of each column of texts that has another one than `BINARY`. No pragma has it, but a
/// comparison with a column tells: the column of a compound query has the collation of the first of its queries.
fn name_collations(connection: &mut Connection, columns: &mut [LiveColumn]) {
    let texts = columns.iter_mut();
    for column in texts.filter(|column| compares_texts(&column.ty)) {
        let name = quote(&column.name);
        let is_equal = |other: &str| {
            format!(
                "EXISTS (SELECT 1 FROM (SELECT {name} AS \"x\" FROM \"runs\" WHERE 0 UNION ALL SELECT 'a') \
                 WHERE \"x\" = {other})"
            )
        };
        let (upper, blank) = (is_equal("'A'"), is_equal("'a '"));
        let collation = connection.text(&format!(
            "SELECT CASE WHEN {upper} THEN 'NOCASE' WHEN {blank} THEN 'RTRIM' END"
        ));
        // A collation of another program cannot be tried; neither can a statement that compares with the column.
        if let Ok(Some(collation)) = collation {
            column.ty.push_str(COLLATE);
            column.ty.push_str(&collation);
        }
    }
}

/// The columns of the history of attempts, in order.
fn attempts(connection: &mut Connection) -> Result<Vec<String>, Error> {
    connection.column(&format!(
        "SELECT name FROM pragma_table_info('{ATTEMPTS}') ORDER BY cid"
    ))
}

/// The terms of an index with this text. In a unique one, a column of another collation than `BINARY` is a term of another
/// kind: such an index takes two different keys for the same.
fn index_terms(
    connection: &mut Connection,
    index: &str,
    sql: &str,
    unique: bool,
) -> Result<Vec<IndexTerm>, Error> {
    let index = text(index, Dialect::Sqlite);
    let rows = connection.texts(&format!(
        "SELECT name, coll FROM pragma_index_xinfo({index}) WHERE key = 1 ORDER BY seqno"
    ))?;
    let (mut columns, mut collations) = (Vec::new(), Vec::new());
    for row in rows {
        let mut cells = row.into_iter();
        columns.push(cells.next().flatten());
        collations.push(cells.next().flatten().unwrap_or_default());
    }
    let terms = terms(columns, sql).into_iter().zip(collations);
    let terms = terms.map(|(term, collation)| {
        if unique && collation != "BINARY" {
            IndexTerm::Other(format!("{term}{COLLATE}{collation}"))
        } else {
            term
        }
    });
    Ok(terms.collect())
}

/// The terms of an index: columns by name, and expressions out of its text, because no pragma has them.
fn terms(columns: Vec<Option<String>>, sql: &str) -> Vec<IndexTerm> {
    let written = if columns.contains(&None) {
        IndexTerm::parse_index(sql)
    } else {
        Vec::new()
    };
    let terms = columns
        .into_iter()
        .enumerate()
        .map(|(place, column)| match column {
            Some(column) => IndexTerm::Column(column),
            None => written
                .get(place)
                .cloned()
                .unwrap_or_else(|| IndexTerm::Other(sql.to_owned())),
        });
    terms.collect()
}

/// Reads the table with all that can differ from a schema, or `None` if there is none.
pub(crate) fn live_table(connection: &mut Connection) -> Result<Option<LiveTable>, Error> {
    if !has_table(connection, "runs")? {
        return Ok(None);
    }
    let statement = statement(connection)?;
    let columns = columns(connection, &statement)?;
    let listed = connection.texts(
        "SELECT list.name, \"unique\" AND NOT partial, origin <> 'c', sql FROM pragma_index_list('runs') AS list \
         LEFT JOIN sqlite_master AS own ON own.type = 'index' AND own.name = list.name ORDER BY list.name",
    )?;
    let named = named_constraint(&statement);
    let mut indexes = Vec::new();
    for row in listed {
        let mut cells = row.into_iter();
        let name = cells.next().flatten().unwrap_or_default();
        let unique = cells.next().flatten().as_deref() == Some("1");
        let constraint = cells.next().flatten().as_deref() == Some("1");
        let sql = cells.next().flatten().unwrap_or_default();
        let terms = index_terms(connection, &name, &sql, unique)?;
        let is_named = constraint && named.as_ref().is_some_and(|named| is_over(&terms, named));
        indexes.push(LiveIndex {
            name: if is_named { KEY_INDEX.to_owned() } else { name },
            unique,
            terms,
            constraint,
            deferrable: false,
        });
    }
    Ok(Some(LiveTable {
        columns,
        indexes,
        attempts: attempts(connection)?,
        clauses: clauses::of_table(&statement),
    }))
}

/// The text of the statement that makes the table as it is.
fn statement(connection: &mut Connection) -> Result<String, Error> {
    let sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'runs' COLLATE NOCASE";
    Ok(connection.text(sql)?.unwrap_or_default())
}

/// Whether an index is over these columns, and over nothing else.
fn is_over(terms: &[IndexTerm], named: &[String]) -> bool {
    let columns = terms.iter().map(IndexTerm::column);
    columns.eq(named.iter().map(|name| Some(name.as_str())))
}

/// The columns of the table's own constraint with the name of the key's index, as the Python package writes it. SQLite
/// gives the index of a constraint another name.
fn named_constraint(statement: &str) -> Option<Vec<String>> {
    let (_, rest) = statement.split_once(KEY_INDEX)?;
    let rest = rest.trim_start_matches(|c: char| c == '"' || c.is_whitespace());
    let rest = rest.strip_prefix("UNIQUE")?.trim_start();
    let (columns, _) = rest.strip_prefix('(')?.split_once(')')?;
    let columns = columns.split(',');
    let columns = columns.map(|column| column.trim().trim_matches('"'));
    Some(columns.map(str::to_owned).collect())
}

/// Adds what wallow needs for itself, replaces a constraint over the key by an index, and lets the key and wallow's own
/// columns never be `NULL`. If the table is rebuilt for that, it gets the defaults of the expected one.
pub(crate) fn adopt(
    connection: &mut Connection,
    schema: &Schema,
    expected: &LiveTable,
) -> Result<(), Error> {
    if let Some(found) = live_table(connection)? {
        complete(connection, &found)?;
    }
    let Some(mut found) = live_table(connection)? else {
        return Ok(());
    };
    if found.is_made_anew(schema) {
        found.take_defaults(expected);
        let loose = found.loose_columns(schema).into_iter();
        let loose = loose.map(str::to_owned).collect::<Vec<_>>();
        // A table that does not keep the key unique is not made one that does.
        let has_key = found.keeps_unique(schema) || found.plain_key(schema).is_some();
        for column in &mut found.columns {
            column.nullable &= !loose.contains(&column.name);
        }
        rebuild::refuse_losses(&found, Some(schema))?;
        let key = has_key.then(|| schema.key());
        rebuild::made_anew(connection, &found, key.as_deref())?;
        // A `UNIQUE` of uuids went with the old table.
        return match live_table(connection)? {
            Some(made) => complete(connection, &made),
            None => Ok(()),
        };
    }
    let plain = found.plain_key(schema);
    if let Some(plain) = plain {
        connection.batch(&format!("DROP INDEX {}", quote(&plain.name)))?;
    }
    // Migrations know the index by its name.
    if plain.is_some() || (!found.has_key_index() && found.keeps_unique(schema)) {
        connection.batch(&key_index(schema, Dialect::Sqlite))?;
    }
    Ok(())
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
             UPDATE \"runs\" SET \"uuid\" = lower(hex(randomblob(6)));",
        )?;
    }
    if !table.keeps_uuids_unique() {
        connection.batch("CREATE UNIQUE INDEX \"ix_runs_uuid\" ON \"runs\" (\"uuid\")")?;
    }
    Ok(())
}

/// What is damaged, a line each: pages and indexes, and references to rows that are not there.
pub(in crate::backend) fn damages(connection: &mut Connection) -> Result<Vec<String>, Error> {
    let mut damages = connection.column("PRAGMA integrity_check")?;
    damages.retain(|line| line != "ok");
    let orphans = connection.texts("PRAGMA foreign_key_check")?;
    for orphan in orphans {
        let word = |index: usize| {
            let cell = orphan.get(index).and_then(Option::as_deref);
            cell.unwrap_or("?").to_owned()
        };
        damages.push(format!(
            "row {} of `{}` refers to a row of `{}` that is not there",
            word(1),
            word(0),
            word(2)
        ));
    }
    Ok(damages)
}
