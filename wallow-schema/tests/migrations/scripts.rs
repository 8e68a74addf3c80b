//! The SQL of every kind of change, up and down, in both dialects: what people review.
//!
//! To add a case, write `fixtures/migrations/<case>/change.diff` and run `UPDATE_EXPECT=1 cargo test --package
//! wallow-schema --test migrations`; every change of an existing file changes what people's next migrations do.

use std::error::Error;
use std::fs;

use expect_test::expect_file;
use wallow_schema::ddl::{Dialect, losses, script};
use wallow_schema::diff::diff;
use wallow_schema::operation;

use crate::changes;
use crate::database::{Database, Postgres, Sqlite, table};

#[test]
fn every_script_is_as_agreed() -> Result<(), Box<dyn Error>> {
    for folder in changes::all("migrations", "")? {
        let change = changes::read(&folder.join("change.diff"))?;
        let (old, new) = (change.old.as_ref(), Some(&change.new));
        let steps = diff(old, &change.new, &change.hints)?;
        let back = operation::reverse(&steps);
        for dialect in Dialect::ALL {
            let up = script(old, &steps, new, dialect);
            expect_file![folder.join(format!("{}.up.sql", dialect.as_str()))].assert_eq(&up);
            let down = script(new, &back, old, dialect);
            expect_file![folder.join(format!("{}.down.sql", dialect.as_str()))].assert_eq(&down);
            for (script, steps) in [(&up, &steps), (&down, &back)] {
                let lost = steps.iter().filter_map(operation::Operation::lossy);
                assert_eq!(losses(script), lost.collect::<Vec<_>>(), "{script}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_comment_has_no_line_that_is_a_statement() -> Result<(), Box<dyn Error>> {
    let change = changes::read(&changes::folder("migrations/add_annotating/change.diff"))?;
    let steps = diff(change.old.as_ref(), &change.new, &change.hints)?;
    let script = script(
        change.old.as_ref(),
        &steps,
        Some(&change.new),
        Dialect::Sqlite,
    );
    // The default has a line end in it; the literal keeps it, the comment must not.
    let lines = script.lines().filter(|line| line.contains("DROP TABLE"));
    let starts = lines.map(|line| line.trim_start_matches("-- ").split(' ').next());
    assert_eq!(starts.collect::<Vec<_>>(), [Some("Add"), Some("'';")]);
    Ok(())
}

/// Runs up and down on an empty table.
fn is_understood<D: Database>(database: &mut D) -> Result<(), Box<dyn Error>> {
    for folder in changes::all("migrations", "")? {
        let change = changes::read(&folder.join("change.diff"))?;
        let read = |way: &str| {
            let file = format!("{}.{way}.sql", D::DIALECT.as_str());
            fs::read_to_string(folder.join(file))
        };
        let report = |error: String| format!("{}: {error}", folder.display());
        let new = table(&change.new, &[], D::DIALECT);
        let old = change.old.map(|old| table(&old, &[], D::DIALECT));
        database.recreate(old.as_deref().unwrap_or_default())?;
        database.run(&read("up")?).map_err(report)?;
        assert_eq!(
            database.look()?,
            database.look_after(&new)?,
            "{}",
            folder.display()
        );
        database.run(&read("down")?).map_err(report)?;
        if let Some(old) = old {
            assert_eq!(
                database.look()?,
                database.look_after(&old)?,
                "{}",
                folder.display()
            );
        }
    }
    Ok(())
}

#[test]
fn sqlite_understands_every_script() -> Result<(), Box<dyn Error>> {
    is_understood(&mut Sqlite::new()?)
}

#[test]
fn postgres_understands_every_script() -> Result<(), Box<dyn Error>> {
    match Postgres::start() {
        Some(mut server) => is_understood(&mut server),
        None => Ok(()),
    }
}
