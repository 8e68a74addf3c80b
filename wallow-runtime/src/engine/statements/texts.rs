//! The statements that every store needs, for one schema.

use wallow_schema::ddl::{Dialect, IndexTerm, quote_identifier as quote};
use wallow_schema::{ATTEMPT, ATTEMPTS, KeyField, Schema};

use crate::sql::Sql;
use crate::value::{BUILT_INS, Column};

/// The fixed statements of a schema, and the functions that build those that depend on a patch.
#[derive(Debug, Clone)]
pub(crate) struct Statements {
    dialect: Dialect,
    select_list: String,
    /// `SELECT … FROM "runs"`, for queries.
    select: String,
    /// ` RETURNING …` with the attempt, for claims.
    returning_attempt: String,
    /// `SELECT …` with the attempt, for claims. More columns can follow.
    select_attempt: String,
    /// The condition of a key. Binds: key.
    pub(in crate::engine) key: Sql,
    /// Binds: key. Every column.
    pub(crate) find: Sql,
    /// Binds: key. Every column but those of the key.
    pub(crate) find_of_key: Sql,
    /// Binds: key. One row if the run exists.
    pub(crate) exists: Sql,
    /// Binds: key, staleness in microseconds. The run if it exists and is not stale.
    pub(crate) find_fresh: Sql,
    /// Binds: uuid.
    pub(crate) find_by_uuid: Sql,
    /// Binds: id.
    pub(crate) get: Sql,
    /// Binds: uuid, key, annotating. The run if the key was free, else no row.
    pub(crate) insert: Sql,
    /// Inserts as `insert` does, but does not return the run.
    pub(crate) insert_quietly: Sql,
    /// Binds: key. The new `updated_at`.
    pub(crate) heartbeat: Sql,
    /// Binds: key. The run as it was.
    pub(crate) delete: Sql,
    /// Fails if the table is not the one that the program was compiled for.
    pub(crate) check_table: Sql,
}

impl Statements {
    pub(crate) fn new(schema: &Schema, columns: &[Column], dialect: Dialect) -> Self {
        let select_list = columns.iter().map(selected).collect::<Vec<_>>().join(", ");
        let select = format!("SELECT {select_list} FROM \"runs\"");
        let select_where = format!("{select} WHERE ");
        let by_key = |head: &str| {
            let mut sql = Sql::new();
            where_key(sql.push(head), schema, dialect);
            sql
        };
        let by_column = |column: &str| {
            let mut sql = Sql::new();
            sql.push(&select_where)
                .push(&qualified(column))
                .push(" = ")
                .bind();
            sql
        };
        let is_key =
            |index: &usize| (BUILT_INS..BUILT_INS + schema.identifying.len()).contains(index);
        let others = columns
            .iter()
            .enumerate()
            .filter(|(index, _)| !is_key(index));
        let others = others
            .map(|(_, column)| selected(column))
            .collect::<Vec<_>>();
        let find_of_key = by_key(&format!(
            "SELECT {} FROM \"runs\" WHERE ",
            others.join(", ")
        ));
        let mut exists = by_key("SELECT 1 FROM \"runs\" WHERE ");
        names_columns(&mut exists, columns, dialect);
        let mut find_fresh = by_key(&select_where);
        find_fresh.push(" AND NOT (");
        stale(&mut find_fresh, schema, dialect);
        find_fresh.push(")");
        let touch = format!(
            "{}\"updated_at\" = {} WHERE ",
            update(dialect),
            next_updated_at(dialect)
        );
        let mut heartbeat = by_key(&touch);
        names_columns(&mut heartbeat, columns, dialect);
        heartbeat.push(" RETURNING ").push(&qualified("updated_at"));
        let mut delete = by_key("DELETE FROM \"runs\" WHERE ");
        delete.push(" RETURNING ").push(&select_list);
        if schema.project.attempts && dialect == Dialect::Postgres {
            delete = with_attempts(&delete);
            delete.push("SELECT * FROM \"gone\"");
        }
        let mut check_table = Sql::new();
        check_table.push("SELECT 1 WHERE 1 = ");
        check_table.begin_check().push("1").end_check();
        Statements {
            dialect,
            select,
            select_attempt: format!("SELECT {select_list}, {}, ", qualified(ATTEMPT)),
            returning_attempt: format!(" RETURNING {select_list}, {}", qualified(ATTEMPT)),
            key: by_key(""),
            find: by_key(&select_where),
            find_of_key,
            exists,
            find_fresh,
            find_by_uuid: by_column("uuid"),
            get: by_column("id"),
            insert: insert(schema, Some(&select_list), dialect),
            insert_quietly: insert(schema, None, dialect),
            heartbeat,
            delete,
            check_table,
            select_list,
        }
    }

    /// These texts, but queries read only these columns. Other statements still read all of them.
    pub(in crate::engine) fn projected(&self, columns: &[Column]) -> Self {
        let names = columns.iter().map(selected);
        let select_list = names.collect::<Vec<_>>().join(", ");
        Statements {
            select: format!("SELECT {select_list} FROM \"runs\""),
            select_list,
            ..self.clone()
        }
    }

    /// `SELECT` and every column, `FROM "runs"`: a filter and an order can follow.
    pub(crate) fn select(&self) -> &str {
        &self.select
    }

    pub(in crate::engine) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(in crate::engine) fn select_attempt(&self) -> &str {
        &self.select_attempt
    }

    pub(in crate::engine) fn returning_attempt(&self) -> &str {
        &self.returning_attempt
    }

    pub(crate) fn select_list(&self) -> &str {
        &self.select_list
    }

    /// Binds: a value for each name, key, and, if only a stale run is updated, the staleness in microseconds. With
    /// `returning`, the run as it is afterwards, or no row.
    pub(crate) fn patch<'a>(
        &self,
        schema: &Schema,
        names: impl Iterator<Item = &'a str>,
        only_stale: bool,
        returning: bool,
    ) -> Sql {
        let mut sql = Sql::new();
        sql.push(update(self.dialect))
            .push("\"updated_at\" = ")
            .push(&next_updated_at(self.dialect));
        if only_stale {
            // Counted up, so that the former holder of the run cannot write any more.
            sql.push(&format!(", \"{ATTEMPT}\" = {} + 1", qualified(ATTEMPT)));
        }
        for name in names {
            sql.push(", ").push(&quote(name)).push(" = ").bind();
        }
        sql.push(" WHERE ");
        where_key(&mut sql, schema, self.dialect);
        if only_stale {
            sql.push(" AND ");
            stale(&mut sql, schema, self.dialect);
        }
        if returning {
            sql.push(" RETURNING ").push(&self.select_list);
        }
        sql
    }
}

/// How an insert begins; its columns follow.
///
/// A constraint of the table may say what SQLite does on a conflict. With `ON CONFLICT REPLACE` it would delete other
/// runs. `OR ABORT` has precedence over that: the conflict is an error.
pub(in crate::engine) fn insert_into(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "INSERT OR ABORT INTO \"runs\" ",
        Dialect::Postgres => "INSERT INTO \"runs\" ",
    }
}

/// How an update begins; its assignments follow. For `OR ABORT` see [`insert_into`].
pub(in crate::engine) fn update(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "UPDATE OR ABORT \"runs\" SET ",
        Dialect::Postgres => "UPDATE \"runs\" SET ",
    }
}

/// A `DELETE` of runs with `RETURNING`, together with their attempts; what reads `"gone"` follows.
pub(in crate::engine) fn with_attempts(delete: &Sql) -> Sql {
    let mut sql = Sql::new();
    sql.push(Sql::GONE).append(delete).push(&format!(
        "), \"forgotten\" AS (DELETE FROM \"{ATTEMPTS}\" USING \"gone\" WHERE \"run_id\" = \"gone\".\"id\") "
    ));
    sql
}

/// Binds: uuid, key, annotating.
fn insert(schema: &Schema, returning: Option<&str>, dialect: Dialect) -> Sql {
    let fields = schema.fields().map(|field| field.name.as_str());
    let columns = joined(
        ["uuid", "created_at", "updated_at"]
            .into_iter()
            .chain(fields),
    );
    let mut sql = Sql::new();
    sql.push(insert_into(dialect))
        .push("(")
        .push(&columns)
        .push(") VALUES (")
        .bind()
        .push(", ")
        .push(insert_time(dialect))
        .push(", ")
        .push(insert_time(dialect));
    for _ in schema.fields() {
        sql.push(", ").bind();
    }
    sql.push(") ON CONFLICT (")
        .push(&conflict_target(schema, dialect))
        .push(") DO NOTHING");
    if let Some(columns) = returning {
        sql.push(" RETURNING ").push(columns);
    }
    sql
}

/// A column in an expression, with its table. Without the table, SQLite treats a quoted name that is no column as a
/// string, so reading a missing column would return its name.
pub(in crate::engine) fn qualified(column: &str) -> String {
    format!("\"runs\".{}", quote(column))
}

/// A column in a list of those that are read.
fn selected(column: &Column) -> String {
    let sql = column.sql.as_deref().map(str::to_owned);
    sql.unwrap_or_else(|| qualified(&column.name))
}

pub(in crate::engine) fn joined<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quote).collect::<Vec<_>>().join(", ")
}

/// What `ON CONFLICT` names: the terms of the unique index over the key.
pub(in crate::engine) fn conflict_target(schema: &Schema, dialect: Dialect) -> String {
    let terms = IndexTerm::of_key(&schema.key(), dialect);
    let terms = terms.iter().map(ToString::to_string);
    terms.collect::<Vec<_>>().join(", ")
}

/// The condition of a key, in the table that has this key.
pub(in crate::engine) fn where_key(sql: &mut Sql, schema: &Schema, dialect: Dialect) {
    let fields = schema.identifying.iter().enumerate();
    sql.list(fields, " AND ", |sql, (index, field)| {
        where_field(sql, &KeyField::of(field), dialect, index == 0);
    });
}

/// The condition of a field of the key. It compares the terms of the unique index, so that the index finds the run.
fn where_field(sql: &mut Sql, field: &KeyField, dialect: Dialect, checks_table: bool) {
    let column = qualified(&field.name);
    let compare = |sql: &mut Sql, term: &str, value: &dyn Fn(&mut Sql)| {
        sql.push(term).push(" = ");
        if checks_table {
            sql.begin_check();
        }
        value(sql);
        if checks_table {
            sql.end_check();
        }
    };
    match &IndexTerm::of_key(std::slice::from_ref(field), dialect)[..] {
        [absence, value @ IndexTerm::Coalesce(_, stand_in)] => {
            compare(sql, &value.over(&column), &|sql| {
                sql.push("coalesce(").bind();
                sql.push(", ").push(stand_in).push(")");
            });
            sql.push(" AND ").push(&absence.over(&column)).push(" = ");
            is_absent(sql, dialect);
        }
        _ => compare(sql, &column, &|sql| {
            sql.bind();
        }),
    }
}

/// Whether the last bind is `NULL`.
fn is_absent(sql: &mut Sql, dialect: Dialect) {
    match dialect {
        Dialect::Sqlite => sql.push("(").same_bind().push(" IS NULL)"),
        // If the server plans with the value, it would turn `(f IS NULL) = FALSE` into `f IS NOT NULL`, which is no
        // term of the index. It does not look into a subquery for that.
        Dialect::Postgres => sql.push("(SELECT ").same_bind().push(" IS NULL)"),
    };
}

/// A condition that is always true, but is not valid SQL in a table that lacks a column. So a program whose fields were
/// renamed or dropped notices it even in a statement that writes none of them. Databases optimise it away when they
/// prepare the statement.
pub(in crate::engine) fn names_columns(sql: &mut Sql, columns: &[Column], dialect: Dialect) {
    let always = match dialect {
        Dialect::Sqlite => "1",
        Dialect::Postgres => "TRUE",
    };
    sql.push(&format!(
        " AND ({always} OR (\"runs\".\"uuid\" IS NULL) IN ("
    ));
    sql.list(columns, ", ", |sql, column| {
        sql.push(&qualified(&column.name)).push(" IS NULL");
    });
    sql.push("))");
}

/// The condition under which a run may be taken over: not written for longer than the bound time and, if the schema has
/// the lifecycle, not completed.
pub(in crate::engine) fn stale(sql: &mut Sql, schema: &Schema, dialect: Dialect) {
    untouched(sql, dialect);
    if schema.has_lifecycle() {
        sql.push(" AND (\"runs\".\"status\" IS NULL OR \"runs\".\"status\" <> 'completed')");
    }
}

/// Not written for longer than the bound time.
fn untouched(sql: &mut Sql, dialect: Dialect) {
    longer_ago(sql, dialect, "\"runs\".\"updated_at\"");
}

/// No heartbeat for longer than the bound time. While a server was down, no worker could send one, so silence counts
/// from the start of the server at the earliest.
pub(in crate::engine) fn stale_since_server_start(sql: &mut Sql, dialect: Dialect) {
    match dialect {
        Dialect::Sqlite => untouched(sql, dialect),
        Dialect::Postgres => longer_ago(
            sql,
            dialect,
            "GREATEST(\"runs\".\"updated_at\", pg_postmaster_start_time() AT TIME ZONE 'UTC')",
        ),
    }
}

/// The condition that `moment` is longer ago than the bound time. The clock is that of the program on SQLite, and that
/// of the server on PostgreSQL.
fn longer_ago(sql: &mut Sql, dialect: Dialect, moment: &str) {
    sql.push(moment);
    match dialect {
        Dialect::Sqlite => sql.push(" < wallow_before(").bind().push(")"),
        Dialect::Postgres => sql
            .push(" < clock_timestamp() AT TIME ZONE 'UTC' - ")
            .bind()
            .push(" * INTERVAL '1 microsecond'"),
    };
}

/// The time of the statement, taken after it got its lock.
pub(in crate::engine) fn now(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "wallow_now()",
        Dialect::Postgres => "clock_timestamp() AT TIME ZONE 'UTC'",
    }
}

/// The time of an insert: one for all its columns.
pub(in crate::engine) fn insert_time(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => now(dialect),
        Dialect::Postgres => "statement_timestamp() AT TIME ZONE 'UTC'",
    }
}

/// The next `updated_at`: now, and later than the last one in any case.
pub(in crate::engine) fn next_updated_at(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => "wallow_tick(\"runs\".\"updated_at\")".into(),
        Dialect::Postgres => format!(
            "GREATEST({}, \"runs\".\"updated_at\" + INTERVAL '1 microsecond')",
            now(dialect)
        ),
    }
}
