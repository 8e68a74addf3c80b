//! What a PostgreSQL database has: tables, and the columns, indexes and uniqueness of `runs`.

use std::collections::{BTreeMap, BTreeSet};

use wallow_schema::ddl::{
    Dialect, IndexTerm, key_index, quote_identifier as quote, quote_text as text,
};
use wallow_schema::{ATTEMPT, ATTEMPTS, Schema};

use super::Connection;
use crate::backend::{
    LiveColumn, LiveIndex, LiveTable, Namesake, RunsTable, Session as _, TableCheck, UniqueIndex,
    widened,
};
use crate::error::Error;

/// The columns of the table that the name `runs` means with the current search path. A collation is named if texts that
/// differ may be equal in it.
const COLUMNS: &str = "\
    SELECT attname::text, format_type(atttypid, atttypmod) || coalesce(' COLLATE ' || quote_ident(collname), ''), \
        NOT attnotnull, pg_get_expr(adbin, adrelid) \
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum \
    LEFT JOIN pg_collation ON pg_collation.oid = attcollation AND NOT collisdeterministic \
    WHERE attrelid = to_regclass('runs') AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

/// The columns with the types that decide which values they keep: of a domain, that which it is made of.
const KEPT_AS: &str = "\
    WITH RECURSIVE made_of (place, type, modifier) AS ( \
        SELECT attnum, atttypid, atttypmod FROM pg_attribute \
        WHERE attrelid = to_regclass('runs') AND attnum > 0 AND NOT attisdropped \
        UNION ALL \
        SELECT place, typbasetype, typtypmod FROM made_of JOIN pg_type ON oid = type WHERE typtype = 'd') \
    SELECT attname::text, format_type(type, modifier) || coalesce(' COLLATE ' || quote_ident(collname), '') \
    FROM made_of JOIN pg_type ON pg_type.oid = type AND typtype <> 'd' \
    JOIN pg_attribute ON attrelid = to_regclass('runs') AND attnum = place \
    LEFT JOIN pg_collation ON pg_collation.oid = attcollation AND NOT collisdeterministic";

/// The terms of its indexes, one row each: a column, or else an expression.
const INDEXES: &str = "\
    SELECT class.relname::text, indisunique AND indisvalid AND indpred IS NULL, \
        EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid), NOT indimmediate, \
        attname::text, pg_get_indexdef(indexrelid, place::int, FALSE) \
    FROM pg_index JOIN pg_class AS class ON class.oid = indexrelid \
    CROSS JOIN LATERAL unnest((indkey::int2[])[0:indnkeyatts - 1]) WITH ORDINALITY AS part (number, place) \
    LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number AND part.number <> 0 \
    WHERE indrelid = to_regclass('runs') ORDER BY class.relname, place";

/// The terms of its full unique indexes, one row each: a column, or else an expression. A deferrable constraint does not
/// count, because `ON CONFLICT` does not accept it.
const UNIQUE: &str = "\
    SELECT indexrelid, indrelid, attname, pg_catalog.pg_get_indexdef(indexrelid, place::int, FALSE) \
    FROM pg_catalog.pg_index \
    CROSS JOIN LATERAL pg_catalog.unnest((indkey::int2[])[0:indnkeyatts - 1]) WITH ORDINALITY AS part (number, place) \
    LEFT JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = part.number AND part.number <> 0 \
    WHERE indrelid = pg_catalog.to_regclass('runs') AND indisunique AND indisvalid AND indimmediate \
        AND indpred IS NULL";

/// The kind of what is named `runs` and is not a table, as one letter: a relation, or a type that would collide with
/// the row type of a new table.
const NAMESAKE: &str = "\
    SELECT relkind::text FROM pg_catalog.pg_class \
    WHERE oid = pg_catalog.to_regclass('runs') AND relkind NOT IN ('r', 'p') \
    UNION ALL \
    SELECT CASE typtype WHEN 'd' THEN 'D' ELSE 'T' END FROM pg_catalog.pg_type \
    WHERE typname = 'runs' AND typrelid = 0 AND typcategory <> 'A' AND typnamespace = \
        (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = pg_catalog.current_schema())";

/// What is named `runs` and is not a table.
pub(crate) fn namesake(connection: &mut Connection) -> Result<Option<Namesake>, Error> {
    let kind = connection.text(NAMESAKE)?;
    Ok(kind.map(|kind| {
        let (kind, way_out) = match &*kind {
            "v" => ("a view", "ALTER VIEW runs RENAME TO …"),
            "m" => (
                "a materialized view",
                "ALTER MATERIALIZED VIEW runs RENAME TO …",
            ),
            "S" => ("a sequence", "ALTER SEQUENCE runs RENAME TO …"),
            "f" => ("a foreign table", "ALTER FOREIGN TABLE runs RENAME TO …"),
            "i" | "I" => ("an index", "ALTER INDEX runs RENAME TO …"),
            "c" => ("a composite type", "ALTER TYPE runs RENAME TO …"),
            "D" => ("a domain", "ALTER DOMAIN runs RENAME TO …"),
            _ => ("a type", "ALTER TYPE runs RENAME TO …"),
        };
        Namesake { kind, way_out }
    }))
}

/// Whether the search path names a schema that is there.
pub(crate) fn has_place(connection: &mut Connection) -> Result<bool, Error> {
    let schema = connection.text("SELECT pg_catalog.current_schema()::text")?;
    Ok(schema.is_some())
}

/// Whether there is such a table.
pub(crate) fn has_table(connection: &mut Connection, name: &str) -> Result<bool, Error> {
    let name = text(&quote(name), Dialect::Postgres);
    let sql = format!(
        "SELECT '1' FROM pg_class WHERE oid = to_regclass({name}) AND relkind IN ('r', 'p')"
    );
    Ok(connection.text(&sql)?.is_some())
}

/// The server, by the microsecond in which it started, and the table in it. Every role may ask for this; the identifier of
/// the cluster would also be that of a standby, or of a copy of its files.
pub(crate) const IDENTITY: &str = "\
    SELECT pg_catalog.concat_ws(' ', pg_catalog.pg_postmaster_start_time()::text, pg_database.oid::text, \
        pg_class.oid::text) \
    FROM pg_catalog.pg_database, pg_catalog.pg_class \
    WHERE datname = pg_catalog.current_database() AND pg_class.oid = pg_catalog.to_regclass('runs')";

/// Whether policies decide which runs, or attempts at them, this role sees.
const HIDES: &str = "\
    SELECT '1' FROM pg_catalog.pg_class WHERE oid IN (pg_catalog.to_regclass('runs'), \
        pg_catalog.to_regclass('_wallow_attempts')) AND pg_catalog.row_security_active(oid) LIMIT 1";

/// Whether row-level security is in force for this role, so that it may hide runs.
pub(crate) fn hides_rows(connection: &mut Connection) -> Result<bool, Error> {
    Ok(connection.text(HIDES)?.is_some())
}

/// Whether a trigger or a rule can replace what is written to `runs`, or drop it without an error, or whether a policy
/// can hide the run that is in the way.
pub(crate) fn can_swallow(connection: &mut Connection) -> Result<bool, Error> {
    let found = connection.text(
        "SELECT '1' FROM pg_catalog.pg_class \
         WHERE oid = pg_catalog.to_regclass('runs') AND (relhastriggers OR relhasrules \
             OR pg_catalog.row_security_active(oid))",
    )?;
    Ok(found.is_some())
}

/// Reads the table, or `None` if there is none.
pub(crate) fn runs_table(connection: &mut Connection) -> Result<Option<RunsTable>, Error> {
    let Some(attempts) = attempts(connection)? else {
        return Ok(None);
    };
    let mut indexes = BTreeMap::new();
    for row in connection.texts(UNIQUE)? {
        let mut cells = row.into_iter();
        let mut cell = || cells.next().flatten().unwrap_or_default();
        let (index, table) = (cell(), cell());
        let index = indexes
            .entry(index)
            .or_insert_with_key(|index| UniqueIndex {
                terms: BTreeSet::new(),
                check: TableCheck::postgres(&table, index),
            });
        index.terms.insert(term(&mut cells));
    }
    let columns = connection.texts(KEPT_AS)?.into_iter().map(|row| {
        let mut cells = row.into_iter().map(Option::unwrap_or_default);
        let mut cell = || cells.next().unwrap_or_default();
        (cell(), cell())
    });
    Ok(Some(RunsTable {
        dialect: Dialect::Postgres,
        columns: columns.collect(),
        unique: indexes.into_values().collect(),
        attempts,
    }))
}

/// The columns of the history of attempts, in order; `None` if there is no table `runs`. One query, because each is a
/// round trip.
fn attempts(connection: &mut Connection) -> Result<Option<Vec<String>>, Error> {
    let sql = format!(
        "SELECT (SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute \
         WHERE attrelid = to_regclass('\"{ATTEMPTS}\"') AND attnum > 0 AND NOT attisdropped), '1' \
         FROM pg_class WHERE oid = to_regclass('\"runs\"') AND relkind IN ('r', 'p')"
    );
    let row = connection.texts(&sql)?.into_iter().next();
    Ok(row.map(|row| {
        let columns = row.into_iter().next().flatten().unwrap_or_default();
        columns.split_whitespace().map(str::to_owned).collect()
    }))
}

fn columns(connection: &mut Connection) -> Result<Vec<LiveColumn>, Error> {
    let columns = connection.texts(COLUMNS)?.into_iter().map(|row| {
        let mut cells = row.into_iter();
        LiveColumn {
            name: cells.next().flatten().unwrap_or_default(),
            ty: cells.next().flatten().unwrap_or_default(),
            nullable: is_true(cells.next().flatten()),
            default: cells.next().flatten(),
        }
    });
    Ok(columns.collect())
}

/// Reads the table with all that can differ from a schema, or `None` if there is none.
pub(crate) fn live_table(connection: &mut Connection) -> Result<Option<LiveTable>, Error> {
    let Some(attempts) = attempts(connection)? else {
        return Ok(None);
    };
    let columns = columns(connection)?;
    let mut indexes = BTreeMap::new();
    for row in connection.texts(INDEXES)? {
        let mut cells = row.into_iter();
        let name = cells.next().flatten().unwrap_or_default();
        let mut is = || is_true(cells.next().flatten());
        let (unique, constraint, deferrable) = (is(), is(), is());
        let index = indexes.entry(name.clone()).or_insert_with(|| LiveIndex {
            name,
            unique,
            terms: Vec::new(),
            constraint,
            deferrable,
        });
        index.terms.push(term(&mut cells));
    }
    Ok(Some(LiveTable {
        columns,
        indexes: indexes.into_values().collect(),
        attempts,
        clauses: Vec::new(),
    }))
}

/// The term of an index: the name of a column, or the text of an expression after it.
fn term(cells: &mut impl Iterator<Item = Option<String>>) -> IndexTerm {
    let (column, text) = (cells.next().flatten(), cells.next().flatten());
    column.map_or_else(
        || IndexTerm::parse(&text.unwrap_or_default()),
        IndexTerm::Column,
    )
}

#[expect(clippy::needless_pass_by_value, reason = "a cell is looked at once")]
fn is_true(cell: Option<String>) -> bool {
    cell.as_deref() == Some("true")
}

/// Adds what wallow needs for itself and the defaults of the table that the schema describes, and puts an index in the
/// place of a constraint over the key.
pub(crate) fn adopt(
    connection: &mut Connection,
    schema: &Schema,
    expected: &LiveTable,
) -> Result<(), Error> {
    let Some(mut table) = live_table(connection)? else {
        return Ok(());
    };
    for (column, default) in table.take_defaults(expected) {
        connection.batch(&format!(
            "ALTER TABLE \"runs\" ALTER COLUMN {} SET DEFAULT {default}",
            quote(&column)
        ))?;
    }
    if table.column(ATTEMPT).is_none() {
        connection.batch(&format!(
            "ALTER TABLE \"runs\" ADD COLUMN \"{ATTEMPT}\" INTEGER NOT NULL DEFAULT 0"
        ))?;
    }
    if table.column("uuid").is_none() {
        connection.batch(
            "ALTER TABLE \"runs\" ADD COLUMN \"uuid\" TEXT; \
             UPDATE \"runs\" SET \"uuid\" = substr(replace(gen_random_uuid()::text, '-', ''), 1, 12); \
             ALTER TABLE \"runs\" ALTER COLUMN \"uuid\" SET NOT NULL;",
        )?;
    }
    if !table.keeps_uuids_unique() {
        connection.batch("CREATE UNIQUE INDEX \"ix_runs_uuid\" ON \"runs\" (\"uuid\")")?;
    }
    tighten(connection, &table, schema, expected)?;
    let key = schema.key();
    let mut keys = table.indexes.iter();
    let constraint = keys.find(|index| index.constraint && index.is_unique_over(&key));
    let plain = table.plain_key(schema);
    if let Some(index) = constraint.or(plain) {
        let name = quote(&index.name);
        connection.batch(&if index.constraint {
            format!("ALTER TABLE \"runs\" DROP CONSTRAINT {name}")
        } else {
            format!("DROP INDEX {name}")
        })?;
    }
    // Migrations know the index by its name.
    if plain.is_none() && (table.has_key_index() || !table.keeps_unique(schema)) {
        return Ok(());
    }
    connection.batch(&key_index(schema, Dialect::Postgres))
}

/// Gives the columns of fields the types that hold every value, and lets the key and wallow's own columns never be
/// `NULL`.
fn tighten(
    connection: &mut Connection,
    table: &LiveTable,
    schema: &Schema,
    expected: &LiveTable,
) -> Result<(), Error> {
    let mut actions = Vec::new();
    for field in schema.fields() {
        let types = table.column(&field.name).zip(expected.column(&field.name));
        let Some((is, ought)) = types else { continue };
        let name = quote(&field.name);
        actions.extend(
            widened(&is.ty, &ought.ty, &name)
                .map(|value| format!("ALTER COLUMN {name} TYPE {} USING {value}", ought.ty)),
        );
    }
    let loose = table.loose_columns(schema).into_iter();
    actions.extend(loose.map(|name| format!("ALTER COLUMN {} SET NOT NULL", quote(name))));
    if actions.is_empty() {
        return Ok(());
    }
    connection.batch(&format!("ALTER TABLE \"runs\" {}", actions.join(", ")))
}
