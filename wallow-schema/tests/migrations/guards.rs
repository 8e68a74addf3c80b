//! What a script for SQLite checks before it changes anything, with its exact messages, and what it leaves alone.

use std::error::Error;

use expect_test::{Expect, expect};
use rusqlite::Connection;
use wallow_schema::Schema;
use wallow_schema::ddl::{Dialect, SQLITE_EXTRAS, create_table, rebuilds, script};
use wallow_schema::diff::diff;
use wallow_schema::operation;

use crate::changes;

/// A database before a change of the fixtures, and the scripts of the change.
struct Case {
    connection: Connection,
    up: String,
    down: String,
}

fn table(schema: &Schema) -> Result<Connection, Box<dyn Error>> {
    let connection = Connection::open_in_memory()?;
    for statement in create_table(schema, Dialect::Sqlite) {
        connection.execute_batch(&statement)?;
    }
    Ok(connection)
}

fn case(name: &str) -> Result<Case, Box<dyn Error>> {
    let change = changes::read(&changes::folder("migrations").join(name).join("change.diff"))?;
    let old = change.old.ok_or("there is nothing before it")?;
    let steps = diff(Some(&old), &change.new, &change.hints)?;
    let back = operation::reverse(&steps);
    Ok(Case {
        connection: table(&old)?,
        up: script(Some(&old), &steps, Some(&change.new), Dialect::Sqlite),
        down: script(Some(&change.new), &back, Some(&old), Dialect::Sqlite),
    })
}

impl Case {
    /// Writes a run with these values.
    fn run(&self, values: &[(&str, &str)]) -> rusqlite::Result<()> {
        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
        let values: Vec<_> = values.iter().map(|(_, value)| *value).collect();
        self.connection.execute_batch(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, {}) VALUES (hex(randomblob(6)), '', '', {})",
            names.join(", "),
            values.join(", "),
        ))
    }

    /// Runs a script as diesel does.
    fn apply(&self, script: &str) -> rusqlite::Result<()> {
        let script = format!("BEGIN; {script} COMMIT;");
        self.connection.execute_batch(&script).inspect_err(|_| {
            let _ = self.connection.execute_batch("ROLLBACK");
        })
    }

    /// Checks that a script stops and leaves everything as it was.
    fn stops(&self, script: &str, message: &Expect) -> Result<(), Box<dyn Error>> {
        let before = self.everything()?;
        let error = self.apply(script).err().ok_or("it did not stop")?;
        message.assert_eq(&error.to_string());
        assert_eq!(self.everything()?, before);
        Ok(())
    }

    fn everything(&self) -> rusqlite::Result<Vec<String>> {
        let mut all = self.texts(
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master ORDER BY 1",
        )?;
        all.extend(self.texts("SELECT 'temp ' || name FROM sqlite_temp_master")?);
        all.extend(self.texts("SELECT id || ' ' || uuid FROM runs ORDER BY 1")?);
        Ok(all)
    }

    fn texts(&self, sql: &str) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| row.get(0))?;
        rows.collect()
    }
}

#[test]
fn runs_that_would_become_one_stop_it() -> Result<(), Box<dyn Error>> {
    let case = case("drop_identifying")?;
    case.run(&[
        ("seed", "1"),
        ("warmup_steps", "0"),
        ("optimiser", "'adam'"),
    ])?;
    case.run(&[
        ("seed", "2"),
        ("warmup_steps", "0"),
        ("optimiser", "'adam'"),
    ])?;
    case.run(&[
        ("seed", "2"),
        ("warmup_steps", "5"),
        ("optimiser", "'adam'"),
    ])?;
    case.stops(&case.up, &expect!["runs that differ only in `optimiser` and `warmup_steps` would become one: see `wallow collisions optimiser warmup_steps`, and delete all but one of each with `wallow rm`"])?;
    case.connection
        .execute_batch("DELETE FROM runs WHERE warmup_steps = 5")?;
    case.apply(&case.up)?;
    Ok(())
}

#[test]
fn runs_without_a_value_for_a_new_field_stop_it() -> Result<(), Box<dyn Error>> {
    let case = case("add_required_without_runs")?;
    case.run(&[("seed", "1")])?;
    case.stops(&case.up, &expect!["there are runs by now, and they need a value for `warmup` and `host`: add a `default` to wallow.toml; a migration that is not applied is then taken back with `wallow migrate discard`, the newest first, and generated anew"])?;
    case.connection.execute_batch("DELETE FROM runs")?;
    case.apply(&case.up)?;
    // On the way back the fields are dropped, whatever the runs have.
    case.run(&[("seed", "1"), ("warmup", "7"), ("host", "'a'")])?;
    case.apply(&case.down)?;
    Ok(())
}

#[test]
fn a_downgrade_stops_where_the_new_field_tells_runs_apart() -> Result<(), Box<dyn Error>> {
    let case = case("add_identifying")?;
    case.run(&[("seed", "1")])?;
    case.apply(&case.up)?;
    case.run(&[("seed", "1"), ("warmup_steps", "100")])?;
    case.stops(&case.down, &expect!["runs that differ only in `dropout` and `warmup_steps` would become one: see `wallow collisions dropout warmup_steps`, and delete all but one of each with `wallow rm`"])
}

#[test]
fn a_demotion_stops_where_runs_would_become_one() -> Result<(), Box<dyn Error>> {
    for name in ["demote", "demote_to_nullable"] {
        let case = case(name)?;
        case.run(&[("seed", "1"), ("host", "'a'")])?;
        case.run(&[("seed", "1"), ("host", "'b'")])?;
        case.stops(&case.up, &expect!["runs that differ only in `host` would become one: see `wallow collisions host`, and delete all but one of each with `wallow rm`"])?;
    }
    Ok(())
}

#[test]
fn null_stops_a_field_that_is_never_null_and_has_no_default() -> Result<(), Box<dyn Error>> {
    let case = case("make_never_null")?;
    case.run(&[("seed", "1"), ("loss", "0.5")])?;
    case.run(&[("seed", "2")])?;
    case.stops(&case.up, &expect!["some runs have no `loss`: fill it in, or give it a `default` in wallow.toml; a migration that is not applied is then taken back with `wallow migrate discard`, the newest first, and generated anew"])?;
    case.connection
        .execute_batch("UPDATE runs SET loss = 1 WHERE seed = 2")?;
    case.apply(&case.up)?;
    assert_eq!(
        case.texts("SELECT status FROM runs")?,
        ["pending", "pending"]
    );
    Ok(())
}

#[test]
fn numbers_that_would_change_stop_it() -> Result<(), Box<dyn Error>> {
    let case = case("int_to_float")?;
    case.run(&[
        ("temperature", "1000000000000"),
        ("epochs", "9007199254740992"),
    ])?;
    case.run(&[("temperature", "1000000000001")])?;
    case.stops(&case.up, &expect!["`temperature` has whole numbers beyond 1000000000000: as floats they would be others; change them first"])?;
    case.connection
        .execute_batch("UPDATE runs SET temperature = 1, epochs = 9007199254740993 WHERE id = 2")?;
    case.stops(&case.up, &expect!["`epochs` has whole numbers beyond 9007199254740992: as floats they would be others; change them first"])?;
    case.connection
        .execute_batch("UPDATE runs SET epochs = -3 WHERE id = 2")?;
    case.apply(&case.up)?;
    let types = "SELECT DISTINCT typeof(temperature) || typeof(epochs) FROM runs";
    assert_eq!(case.texts(types)?, ["realreal"]);

    case.run(&[("temperature", "0.5")])?;
    case.stops(
        &case.down,
        &expect![[r#"`temperature` has values that are no whole numbers of 64 bits: round those with a fraction (`UPDATE runs SET "temperature" = round("temperature")`), delete their runs with `wallow rm`, or keep `temperature` a float in wallow.toml; a migration that is not applied is then taken back with `wallow migrate discard`, the newest first, and generated anew"#]],
    )?;
    case.connection
        .execute_batch("UPDATE runs SET temperature = 9e18 WHERE id = 3")?;
    case.apply(&case.down)?;
    assert_eq!(
        case.texts("SELECT CAST(temperature AS TEXT) FROM runs WHERE id = 3")?,
        ["9000000000000000000"]
    );
    Ok(())
}

#[test]
fn floats_that_no_key_has_stop_a_promotion() -> Result<(), Box<dyn Error>> {
    let case = case("promote_float")?;
    case.run(&[("seed", "1"), ("dropout", "0.123456")])?;
    case.run(&[("seed", "2"), ("dropout", "9e999")])?;
    case.run(&[("seed", "3"), ("dropout", "0.1234567")])?;
    case.stops(&case.up, &expect!["`dropout` has values of more than 6 significant digits: no key has so many; round them first"])?;
    case.connection
        .execute_batch("UPDATE runs SET dropout = round(dropout, 6) WHERE id = 3")?;
    case.apply(&case.up)?;
    Ok(())
}

#[test]
fn a_column_of_nobody_stops_a_rebuild() -> Result<(), Box<dyn Error>> {
    let case = case("change_default")?;
    case.connection
        .execute_batch("ALTER TABLE runs ADD COLUMN note TEXT")?;
    case.stops(&case.up, &expect!["the table has a column that no snapshot knows, and a rebuild would lose it: see `wallow status`"])
}

#[test]
fn a_trigger_or_an_index_of_its_own_stops_a_rebuild() -> Result<(), Box<dyn Error>> {
    for extra in [
        "CREATE TRIGGER t AFTER UPDATE ON Runs BEGIN SELECT 1; END",
        "CREATE INDEX i ON runs (created_at)",
    ] {
        let case = case("change_default")?;
        case.connection.execute_batch(extra)?;
        case.stops(&case.up, &expect!["the table has a trigger or an index of its own, and a rebuild would lose it: apply with `wallow migrate apply`, which keeps it, or drop it first"])?;
    }
    Ok(())
}

/// A child of `runs` whose rows are deleted with their run.
const CHILD: &str = "CREATE TABLE child (run INTEGER REFERENCES RUNS (id) ON DELETE CASCADE)";

#[test]
fn a_table_that_refers_to_runs_stops_a_rebuild_while_foreign_keys_are_on()
-> Result<(), Box<dyn Error>> {
    let case = case("change_default")?;
    case.run(&[("seed", "1")])?;
    case.connection
        .execute_batch(&format!("{CHILD}; INSERT INTO child VALUES (1)"))?;
    case.connection.execute_batch("PRAGMA foreign_keys = ON")?;
    case.stops(&case.up, &expect!["another table refers to runs, and with foreign keys on a rebuild would take its rows along: apply with `wallow migrate apply`, which turns them off"])?;
    assert_eq!(
        case.texts("SELECT 'child ' || run FROM child")?,
        ["child 1"]
    );
    Ok(())
}

#[test]
fn a_runner_can_keep_everything() -> Result<(), Box<dyn Error>> {
    let case = case("change_default")?;
    case.run(&[("seed", "1")])?;
    case.connection.execute_batch(&format!(
        "{CHILD}; INSERT INTO child VALUES (1);
         CREATE VIEW latest AS SELECT id, seed FROM runs;
         CREATE INDEX i ON runs (created_at);
         CREATE TRIGGER t AFTER UPDATE ON runs BEGIN DELETE FROM child; END;
         CREATE TRIGGER other AFTER INSERT ON child BEGIN UPDATE runs SET status = 'x'; END;"
    ))?;
    assert!(rebuilds(&case.up));
    case.connection
        .execute_batch("PRAGMA foreign_keys = OFF; BEGIN")?;
    let mut statement = case.connection.prepare(SQLITE_EXTRAS)?;
    let extras = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let extras: Vec<(String, String, String)> = extras.collect::<Result<_, _>>()?;
    for (kind, name, _) in &extras {
        case.connection
            .execute_batch(&format!("DROP {kind} \"{name}\""))?;
    }
    case.connection.execute_batch(&case.up)?;
    for (_, _, sql) in &extras {
        case.connection.execute_batch(sql)?;
    }
    case.connection
        .execute_batch("COMMIT; PRAGMA foreign_keys = ON")?;
    assert_eq!(
        case.texts("SELECT \"table\" FROM pragma_foreign_key_check")?
            .len(),
        0
    );
    assert_eq!(
        extras
            .iter()
            .map(|(_, name, _)| name.as_str())
            .collect::<Vec<_>>(),
        ["i", "t"]
    );
    let names =
        "SELECT name FROM sqlite_master WHERE name IN ('i', 't', 'other', 'latest') ORDER BY 1";
    assert_eq!(case.texts(names)?, ["i", "latest", "other", "t"]);
    assert_eq!(
        case.texts("SELECT seed || ' ' || run FROM latest JOIN child ON run = id")?,
        ["1 1"]
    );
    // The reference is to the new table.
    case.connection.execute_batch("DELETE FROM runs")?;
    assert_eq!(case.texts("SELECT 'left' FROM child")?.len(), 0);
    Ok(())
}

#[test]
fn views_triggers_and_references_do_not_mind_a_step_in_place() -> Result<(), Box<dyn Error>> {
    let case = case("rename_annotating")?;
    case.run(&[("seed", "1"), ("loss", "0.5")])?;
    case.connection.execute_batch(&format!(
        "PRAGMA foreign_keys = ON; {CHILD}; INSERT INTO child VALUES (1);
         CREATE VIEW latest AS SELECT loss FROM runs;
         CREATE TRIGGER t AFTER UPDATE OF loss ON runs BEGIN SELECT 1; END;"
    ))?;
    assert!(!rebuilds(&case.up));
    case.apply(&case.up)?;
    assert_eq!(
        case.texts("SELECT 'child ' || run FROM child")?,
        ["child 1"]
    );
    assert_eq!(
        case.texts("SELECT CAST(val_loss AS TEXT) FROM latest")?,
        ["0.5"]
    );
    Ok(())
}

#[test]
fn a_new_identifying_field_needs_no_rebuild_and_stays_unique() -> Result<(), Box<dyn Error>> {
    let case = case("add_identifying")?;
    case.run(&[("seed", "1")])?;
    assert!(!rebuilds(&case.up));
    case.apply(&case.up)?;
    let twin = case.run(&[("seed", "1"), ("dropout", "0.123456789012")]);
    assert!(twin.is_err_and(|error| error.to_string().starts_with("UNIQUE constraint failed")));
    case.run(&[("seed", "1"), ("dropout", "0.5")])?;
    Ok(())
}
