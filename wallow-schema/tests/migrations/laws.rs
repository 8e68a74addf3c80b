//! The laws of migrations, on databases with runs in the table: up gives the same as a new table, down restores the old
//! one, and a script that stops changes nothing.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use wallow_schema::Schema;
use wallow_schema::ddl::{rebuilds, script};
use wallow_schema::diff::diff;
use wallow_schema::operation::{self, Operation};

use crate::database::{self, Database, Postgres, Sqlite};
use crate::model;
use crate::pairs::{self, Pair, Row};

/// One direction of a migration.
#[derive(Clone, Copy)]
struct Way<'a> {
    before: &'a Schema,
    steps: &'a [Operation],
    after: &'a Schema,
}

/// How often each interesting case occurred.
#[derive(Default)]
struct Counts {
    ups: Cell<u32>,
    downs: Cell<u32>,
    stops: Cell<u32>,
    rebuilds: Cell<u32>,
}

fn count(counter: &Cell<u32>) {
    counter.set(counter.get() + 1);
}

/// Runs a script and checks what it did. Returns the runs after it, or `None` if it stopped.
fn go<D: Database>(
    database: &mut D,
    way: Way<'_>,
    rows: &[Row],
) -> Result<Option<Vec<Row>>, TestCaseError> {
    let script = script(Some(way.before), way.steps, Some(way.after), D::DIALECT);
    let before = database.look().map_err(TestCaseError::fail)?;
    let outcome = database.run(&script);
    let after = database.look().map_err(TestCaseError::fail)?;
    let Some(rows) = model::apply(rows, way.steps, way.after.project.float_precision) else {
        let error = outcome
            .err()
            .unwrap_or_else(|| "it did not stop".to_owned());
        // The databases' own errors have no backquotes.
        prop_assert!(error.contains('`'), "{error}\n{script}");
        prop_assert_eq!(after, before, "{}", script);
        return Ok(None);
    };
    if let Err(error) = outcome {
        return Err(TestCaseError::fail(format!("{error}\n{script}")));
    }
    let fresh = database::table(way.after, &rows, D::DIALECT);
    let expected = database.look_after(&fresh).map_err(TestCaseError::fail)?;
    prop_assert_eq!(after, expected, "{}", script);
    Ok(Some(rows))
}

/// Whether the steps lose values of this field.
fn is_lost(field: &str, steps: &[Operation]) -> bool {
    let mut name = field;
    for step in steps {
        match step {
            Operation::RenameField { from, to, .. } if from == name => name = to,
            Operation::DropField(column) if column.name == name => return true,
            Operation::AlterField { to, .. } if to.name == name && step.lossy().is_some() => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// Up, some more runs, and down again.
fn there_and_back<D: Database>(
    database: &mut D,
    pair: &Pair,
    counts: &Counts,
) -> Result<(), TestCaseError> {
    let Pair { old, new, rows, .. } = pair;
    let steps = diff(Some(old), new, &pair.hints);
    let steps = steps.map_err(|refusals| TestCaseError::reject(refusals.to_string()))?;
    let (up, down) = (
        Way {
            before: old,
            steps: &steps,
            after: new,
        },
        Way {
            before: new,
            steps: &operation::reverse(&steps),
            after: old,
        },
    );
    let table = database::table(old, rows, D::DIALECT);
    database.recreate(&table).map_err(TestCaseError::fail)?;
    let Some(after) = go(database, up, rows)? else {
        count(&counts.stops);
        return Ok(());
    };
    count(&counts.ups);
    if rebuilds(&script(Some(old), &steps, Some(new), D::DIALECT)) {
        count(&counts.rebuilds);
    }
    let all = pairs::unique(after.clone(), pair.late.clone(), &new.key_columns());
    let late = database::inserts(&all, after.len(), D::DIALECT);
    database
        .run(&late.join(";\n"))
        .map_err(TestCaseError::fail)?;
    let Some(again) = go(database, down, &all)? else {
        count(&counts.stops);
        return Ok(());
    };
    count(&counts.downs);
    // Every run is as it was, except for what up reports as lost.
    prop_assert_eq!(again.len(), all.len());
    for (again, row) in again.iter().zip(rows) {
        for (name, value) in row.iter().filter(|(name, _)| !is_lost(name, &steps)) {
            prop_assert_eq!(&again[name], value, "{}", name);
        }
    }
    Ok(())
}

fn check(database: impl Database, cases: u32) -> Counts {
    let config = ProptestConfig {
        failure_persistence: None,
        cases,
        max_shrink_iters: 10 * cases,
        ..ProptestConfig::default()
    };
    let database = std::cell::RefCell::new(database);
    let counts = Counts::default();
    let outcome = TestRunner::new(config).run(&pairs::pairs(), |pair| {
        there_and_back(&mut *database.borrow_mut(), &pair, &counts)
    });
    assert_eq!(outcome, Ok(()));
    // Without such cases, the laws would hold trivially.
    let least = cases / 20;
    for counter in [&counts.ups, &counts.downs, &counts.stops] {
        assert!(counter.get() >= least, "{} of {cases}", counter.get());
    }
    counts
}

#[test]
fn up_is_as_new_and_down_gives_back_on_sqlite() -> Result<(), String> {
    let counts = check(Sqlite::new()?, 400);
    assert!(counts.rebuilds.get() >= 20);
    Ok(())
}

#[test]
fn up_is_as_new_and_down_gives_back_on_postgres() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let counts = check(server, 40);
    assert_eq!(counts.rebuilds.get(), 0);
}
