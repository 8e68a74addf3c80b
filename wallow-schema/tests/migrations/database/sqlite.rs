//! SQLite, in memory.

use rusqlite::Connection;
use rusqlite::types::Value;
use wallow_schema::ddl::Dialect;

use super::{Database, Look};

pub(crate) struct Sqlite(Connection);

const SHAPE: &str = "
    SELECT printf('%s %s notnull %d pk %d default %s', name, type, \"notnull\", pk, dflt_value)
        FROM pragma_table_xinfo('runs')
    UNION ALL SELECT printf('%s unique %d (%s)', list.name, \"unique\",
            (SELECT group_concat(coalesce(name, 'an expression'), ', ') FROM pragma_index_info(list.name)))
        FROM pragma_index_list('runs') AS list
    UNION ALL SELECT sql FROM sqlite_master WHERE name = 'uq_runs_identifying'
    UNION ALL SELECT type || ' ' || name FROM sqlite_master WHERE tbl_name <> 'runs'
    UNION ALL SELECT 'temp ' || type || ' ' || name FROM sqlite_temp_master
    ORDER BY 1";

impl Sqlite {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self(Connection::open_in_memory().map_err(text)?))
    }
}

impl Database for Sqlite {
    const DIALECT: Dialect = Dialect::Sqlite;

    fn recreate(&mut self, statements: &[String]) -> Result<(), String> {
        *self = Self::new()?;
        self.0.execute_batch(&statements.join(";\n")).map_err(text)
    }

    fn run(&mut self, script: &str) -> Result<(), String> {
        let script = format!("BEGIN; {script}; COMMIT;");
        self.0.execute_batch(&script).map_err(|error| {
            let _ = self.0.execute_batch("ROLLBACK");
            text(error)
        })
    }

    fn look(&mut self) -> Result<Look, String> {
        look(&self.0).map_err(text)
    }

    fn look_after(&mut self, statements: &[String]) -> Result<Look, String> {
        let mut other = Self::new()?;
        other.recreate(statements)?;
        other.look()
    }
}

fn look(connection: &Connection) -> rusqlite::Result<Look> {
    let mut shape = connection.prepare(SHAPE)?;
    let shape = shape.query_map([], |row| row.get(0))?;
    let mut runs = connection.prepare("SELECT * FROM runs ORDER BY id")?;
    let names = runs.column_names();
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.sort();
    let rows = runs.query_map([], |row| {
        let values = names.iter();
        let values = values.map(|name| Ok((name, row.get::<_, Value>(name.as_str())?)));
        let values: Vec<_> = values.collect::<rusqlite::Result<_>>()?;
        Ok(format!("{values:?}"))
    })?;
    Ok(Look {
        shape: shape.collect::<rusqlite::Result<_>>()?,
        rows: rows.collect::<rusqlite::Result<_>>()?,
    })
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
