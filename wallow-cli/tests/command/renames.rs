//! The question of `wallow migrate generate`: was a field renamed, or dropped? (Without a terminal it is refused:
//! `refusals`.)

use std::fs;

use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::{Migration, write};

use crate::project::{Project, SCHEMA};

const QUESTION: &str = "`loss` is gone. Has it a new name (val_loss)? Write the name, `no` if it is \
                        really gone, or nothing to stop:";

/// `loss` was removed, and `val_loss` is new; a run has a loss.
fn renamed() -> Project {
    let project = Project::with_runs(SCHEMA);
    project.edits("[annotating.loss]", "[annotating.val_loss]");
    project
}

fn answered(project: &Project, answers: &[(&str, &str)]) -> (Option<i32>, String) {
    let mut terminal = project.wallow_on_terminal("migrate generate \"better names\"");
    for (question, answer) in answers {
        terminal.asks(question);
        terminal.answer(answer);
    }
    terminal.ends()
}

#[test]
fn a_new_name_keeps_the_values() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "val_loss")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("- rename `loss` to `val_loss`\n"), "{text}");
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(val_loss) FROM runs"),
        "0.5,0.25"
    );
}

#[test]
fn yes_is_an_answer_where_there_is_one_name() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "y")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(text.contains("- rename `loss` to `val_loss`\n"), "{text}");
}

#[test]
fn a_field_that_is_gone_takes_its_values_along() {
    let project = renamed();
    let (status, text) = answered(&project, &[(QUESTION, "no")]);
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.contains("- drop ") && text.contains("- add "),
        "{text}"
    );
    project.wallow("migrate apply --yes").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(val_loss) FROM runs"),
        "NULL"
    );
}

#[test]
fn no_answer_stops_it() {
    for answer in ["", "perhaps", "val_los", "VAL_LOSS"] {
        let project = renamed();
        let (status, text) = answered(&project, &[(QUESTION, answer)]);
        assert_eq!(status, Some(1), "{text}");
        let (_, error) = text.split_once("error: ").unwrap();
        assert!(error.contains("--rename loss=val_loss"), "{error}");
        assert!(error.contains("--drop loss"), "{error}");
        assert_eq!(project.migrations().len(), 1);
    }
}

#[test]
fn each_field_is_asked_about() {
    let project = Project::with_runs(SCHEMA);
    project.edits("[identifying.seed]", "[identifying.start]");
    project.edits("[annotating.loss]", "[annotating.val_loss]");
    let questions = [
        ("`seed` is gone.", "start"),
        ("`loss` is gone.", "val_loss"),
    ];
    let (status, text) = answered(&project, &questions);
    assert_eq!(status, Some(0), "{text}");
    project.wallow("migrate apply").succeeds();
    let rows = "SELECT group_concat(start || ' ' || val_loss) FROM runs";
    assert_eq!(project.reads(rows), "0 0.5,1 0.25");
}

/// A project from before `rowid` was a reserved name: following the error solves it, and the values are kept.
#[test]
fn a_field_whose_name_is_reserved_by_now_gets_another() {
    let text = |name: &str| SCHEMA.replace("[annotating.loss]", &format!("[annotating.{name}]"));
    let project = Project::with(&text("rowid"));
    let mut schema = wallow_schema::parse(&text("loss"), "wallow.toml").unwrap();
    "rowid".clone_into(&mut schema.annotating[0].name);
    let steps = diff(None, &schema, &Hints::default()).unwrap();
    let name = "2026-01-31-120000_initial".parse().unwrap();
    let initial = Migration::new(name, None, &schema, &steps);
    write(&project.path("migrations"), &initial.files()).unwrap();
    project.executes(&initial.sqlite.up);
    project.executes(
        "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP);
         INSERT INTO __diesel_schema_migrations (version) VALUES ('20260131120000');",
    );
    project.has_run("00000000000a", "rate, seed, rowid", "0.1, 0, 0.5");

    let error = project.wallow("migrate apply").refuses();
    let advice = "`wallow migrate generate \"rename rowid\" --rename rowid=rowid_value`";
    assert!(
        error.contains("field name `rowid` is reserved") && error.contains(advice),
        "{error}"
    );
    project.declares(&text("rowid_value"));
    project
        .wallow("migrate generate \"rename rowid\" --rename rowid=rowid_value")
        .succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(project.reads("SELECT rowid_value FROM runs"), "0.5");
    // Reverting works, too: the old name concerns only the database.
    project
        .wallow("migrate downgrade 2026-01-31-120000 --yes")
        .succeeds();
    assert_eq!(project.reads("SELECT \"rowid\" FROM runs"), "0.5");
    assert!(
        fs::read_dir(project.path("migrations/sqlite"))
            .unwrap()
            .count()
            == 2
    );
}

/// A column that nobody declared: `status` names it, and says how to rename it.
#[test]
fn a_column_of_such_a_name_is_reported() {
    let project = Project::with_runs(SCHEMA);
    project.executes("ALTER TABLE runs ADD COLUMN \"XMIN\" INTEGER");
    let said = project.wallow("status").finds();
    let difference = "differs: column `XMIN` is not in the schema, and no field can have that name: databases keep it for \
                themselves (`ALTER TABLE \"runs\" RENAME COLUMN \"XMIN\" TO …` renames it)";
    assert!(said.contains(difference), "{said}");
}
