//! PostgreSQL, through `psql`.

use postgres_server::{Fresh, Server};
use wallow_schema::ddl::Dialect;

use super::{Database, Look};

/// A database on the server of the tests.
pub(crate) struct Postgres(Fresh);

const SHAPE: &str = "
    SELECT format('%s %s notnull %s identity %s default %s', attname, format_type(atttypid, atttypmod), attnotnull,
            attidentity, pg_get_expr(adbin, adrelid))
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = 'runs'::regclass AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT replace(pg_get_indexdef(indexrelid), current_schema() || '.runs', 'runs')
        FROM pg_index WHERE indrelid = 'runs'::regclass
    UNION ALL SELECT format('_wallow_attempts %s', attname) FROM pg_attribute
        WHERE attrelid = to_regclass('_wallow_attempts') AND attnum > 0
    UNION ALL SELECT 'with ' || array_to_string(ARRAY(SELECT unnest(reloptions) ORDER BY 1), ' ')
        FROM pg_class WHERE oid = 'runs'::regclass AND reloptions IS NOT NULL
    UNION ALL SELECT conname FROM pg_constraint WHERE conrelid = 'runs'::regclass AND contype <> 'n'
    ORDER BY 1;
    SELECT 'rows follow';
    SELECT to_jsonb(runs) FROM runs ORDER BY id;";

impl Postgres {
    /// An empty database; `None`, with a report, if PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        Server::shared().map(|server| Postgres(server.fresh()))
    }

    fn psql(&self, script: &str) -> Result<String, String> {
        self.0.server().psql(self.0.name(), script)
    }

    fn look_in(&self, schema: &str) -> Result<Look, String> {
        let answer = self.psql(&format!("SET search_path = {schema};{SHAPE}"))?;
        let mut lines = answer.lines().map(str::to_owned);
        Ok(Look {
            shape: lines
                .by_ref()
                .take_while(|line| line != "rows follow")
                .collect(),
            rows: lines.collect(),
        })
    }

    fn make(&self, schema: &str, statements: &[String]) -> Result<(), String> {
        self.psql(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}; SET search_path = {schema}; {};",
            statements.join(";\n")
        ))?;
        Ok(())
    }
}

impl Database for Postgres {
    const DIALECT: Dialect = Dialect::Postgres;

    fn recreate(&mut self, statements: &[String]) -> Result<(), String> {
        self.make("public", statements)
    }

    fn run(&mut self, script: &str) -> Result<(), String> {
        self.psql(&format!("BEGIN; {script}; COMMIT;"))?;
        Ok(())
    }

    fn look(&mut self) -> Result<Look, String> {
        self.look_in("public")
    }

    fn look_after(&mut self, statements: &[String]) -> Result<Look, String> {
        self.make("fresh", statements)?;
        self.look_in("fresh")
    }
}
