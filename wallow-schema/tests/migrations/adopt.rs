//! Old and new tables of the Python package become the same as a new table of the schema; their runs are kept.

use std::error::Error;

use wallow_schema::ddl::{Dialect, adopt, create_table};
use wallow_schema::diff::{Hints, diff};
use wallow_schema::{Schema, ddl};

use crate::database::{Database, Postgres, Sqlite};

/// The schema of the tables below.
const SCHEMA: &str = "
[project]
name = 'sweep'
[identifying.architecture]
type = 'string'
[identifying.lr]
type = 'float'
default = 0.5
[identifying.nesterov]
type = 'bool'
default = true
[annotating.status]
type = 'string'
indexed = true
[annotating.curve]
type = 'json'
[annotating.started_at]
type = 'datetime'
[annotating.completed_at]
type = 'datetime'
[annotating.wallclock_seconds]
type = 'float'
[annotating.error_excerpt]
type = 'string'
[annotating.steps]
type = 'int'
nullable = false
default = 3
";

/// As the package creates it; `{uuid}` was added in 0.2.
const PYTHON: &str = "
CREATE TABLE runs (
    id {id} NOT NULL,
    created_at {time} NOT NULL,
    updated_at {time} NOT NULL,
    {uuid}
    architecture VARCHAR NOT NULL,
    lr FLOAT DEFAULT '0.5' NOT NULL,
    nesterov BOOLEAN DEFAULT '1' NOT NULL,
    status VARCHAR,
    curve JSON,
    started_at {time},
    steps INTEGER NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT uq_runs_identifying UNIQUE (architecture, lr, nesterov)
);
CREATE INDEX ix_runs_architecture ON runs (architecture);
CREATE INDEX ix_runs_lr ON runs (lr);
CREATE INDEX ix_runs_nesterov ON runs (nesterov);
CREATE INDEX ix_runs_status ON runs (status);
";

const COLUMNS: [&str; 10] = [
    "id",
    "created_at",
    "updated_at",
    "architecture",
    "lr",
    "nesterov",
    "status",
    "curve",
    "started_at",
    "steps",
];

/// The table with a run in it.
fn python(dialect: Dialect, uuid: bool) -> Vec<String> {
    let (id, time, yes) = match dialect {
        Dialect::Sqlite => ("INTEGER", "DATETIME", "1"),
        Dialect::Postgres => ("SERIAL", "TIMESTAMP WITHOUT TIME ZONE", "true"),
    };
    let column = if uuid {
        "uuid VARCHAR(12) NOT NULL,"
    } else {
        ""
    };
    let table = PYTHON
        .replace("{id}", id)
        .replace("{time}", time)
        .replace("{uuid}", column);
    let (name, value) = if uuid {
        (", uuid", ", 'aaaaaaaaaaaa'")
    } else {
        ("", "")
    };
    let mut statements = vec![table];
    if uuid {
        statements.push("CREATE UNIQUE INDEX ix_runs_uuid ON runs (uuid)".to_owned());
    }
    statements.push(format!(
        "INSERT INTO runs (created_at, updated_at, architecture, lr, nesterov, status, curve, steps{name})
         VALUES ('2026-01-01 00:00:00', '2026-01-01 00:00:00', 'resnet', 0.25, {yes}, 'completed', '[1, 2]', 7{value})"
    ));
    statements
}

fn next(schema: &Schema, dialect: Dialect) -> Result<String, Box<dyn Error>> {
    let text = format!("{SCHEMA}[identifying.warmup_steps]\ntype = 'int'\ndefault = 0\n");
    let new = wallow_schema::parse(&text, "wallow.toml")?;
    let steps = diff(Some(schema), &new, &Hints::default())?;
    Ok(ddl::script(Some(schema), &steps, Some(&new), dialect))
}

fn becomes_ours<D: Database>(database: &mut D) -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml")?;
    let mut fresh = database.look_after(&create_table(&schema, D::DIALECT))?;
    // The package numbers runs with a sequence of its own, which makes no difference.
    let is_id = |line: &String| line.starts_with("id ") || line.contains("runs_pkey");
    fresh.shape.retain(|line| !is_id(line));
    for uuid in [true, false] {
        database.recreate(&python(D::DIALECT, uuid))?;
        let mut columns = COLUMNS.to_vec();
        columns.extend(uuid.then_some("uuid"));
        database.run(&adopt(&schema, &columns, D::DIALECT)?)?;
        let mut look = database.look()?;
        look.shape.retain(|line| !is_id(line));
        assert_eq!(look.shape, fresh.shape);
        assert_eq!(look.rows.len(), 1);
        for value in ["resnet", "completed", "[1, 2]", "0.25", "7"] {
            assert!(look.rows[0].contains(value), "{value}: {}", look.rows[0]);
        }
        assert_eq!(look.rows[0].contains("aaaaaaaaaaaa"), uuid);
        // Now it is a table like any other, and adopting it again changes nothing.
        columns.extend(["uuid", "_wallow_attempt"]);
        columns.extend(["completed_at", "wallclock_seconds", "error_excerpt"]);
        let again = database.look()?;
        database.run(&adopt(&schema, &columns, D::DIALECT)?)?;
        assert_eq!(database.look()?, again);
        database.run(&next(&schema, D::DIALECT)?)?;
    }
    Ok(())
}

#[test]
fn a_table_of_the_python_package_becomes_ours_on_sqlite() -> Result<(), Box<dyn Error>> {
    becomes_ours(&mut Sqlite::new()?)
}

#[test]
fn a_table_of_the_python_package_becomes_ours_on_postgres() -> Result<(), Box<dyn Error>> {
    match Postgres::start() {
        Some(mut server) => becomes_ours(&mut server),
        None => Ok(()),
    }
}

#[test]
fn a_migration_stops_at_a_table_that_is_not_adopted() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml")?;
    let mut database = Sqlite::new()?;
    database.recreate(&python(Dialect::Sqlite, true))?;
    let before = database.look()?;
    let error = database.run(&next(&schema, Dialect::Sqlite)?).unwrap_err();
    assert!(
        error.contains("no such index: uq_runs_identifying"),
        "{error}"
    );
    assert_eq!(database.look()?, before);
    Ok(())
}

#[test]
fn a_column_without_a_value_is_reported() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml")?;
    let error = adopt(&schema, &["id", "lr"], Dialect::Sqlite).unwrap_err();
    assert_eq!(error.fields(), ["architecture"]);
    let text = "the table has no column `architecture`, and the schema no default for its runs; \
                declare what the table has, adopt it, and add the rest with a migration";
    assert_eq!(error.to_string(), text);
    Ok(())
}

#[test]
fn what_nobody_declared_stops_an_adoption() -> Result<(), Box<dyn Error>> {
    let schema = wallow_schema::parse(SCHEMA, "wallow.toml")?;
    let mut database = Sqlite::new()?;
    database.recreate(&python(Dialect::Sqlite, true))?;
    database.run("ALTER TABLE runs ADD COLUMN note TEXT")?;
    let error = database
        .run(&adopt(&schema, &COLUMNS, Dialect::Sqlite)?)
        .unwrap_err();
    assert!(error.contains("a column that no snapshot knows"), "{error}");
    Ok(())
}
