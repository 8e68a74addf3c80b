//! What is kept when migrations are applied, even if SQLite has to rebuild the table.

use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// A database with a table, a view, an index and a trigger of the user, and a migration that rebuilds the table.
fn with_extras() -> Project {
    let project = Project::with_runs(&SCHEMA.replace("[annotating.loss]\ntype = \"float\"", COUNT));
    project.executes(
        "UPDATE runs SET loss = id;
         CREATE TABLE plots (run INTEGER REFERENCES runs (id) ON DELETE CASCADE, path TEXT);
         INSERT INTO plots VALUES (1, 'a.png'), (2, 'b.png');
         CREATE INDEX by_both ON runs (loss, seed);
         CREATE VIEW best AS SELECT min(loss) AS loss FROM runs;
         CREATE TRIGGER log AFTER DELETE ON runs BEGIN DELETE FROM plots WHERE run = old.id; END;",
    );
    project.declares(SCHEMA);
    project
        .wallow("migrate generate \"loss is a float\"")
        .succeeds();
    project
}

const COUNT: &str = "[annotating.loss]\ntype = \"int\"";

const EXTRAS: &str = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master WHERE name IN ('plots', 'by_both', 'best', 'log') ORDER BY name)";

#[test]
fn a_rebuild_keeps_what_others_added() {
    let project = with_extras();
    let before = project.reads(EXTRAS);
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(typeof(loss)) FROM runs"),
        "real,real"
    );
    for direction in ["", "migrate downgrade "] {
        if !direction.is_empty() {
            let first = project.migrations()[0].clone();
            project
                .wallow(&format!("{direction}{first} --yes"))
                .succeeds();
        }
        assert_eq!(project.reads(EXTRAS), before);
        assert_eq!(
            project.reads("SELECT group_concat(path) FROM plots"),
            "a.png,b.png"
        );
        assert_eq!(project.reads("SELECT CAST(loss AS INTEGER) FROM best"), "1");
    }
}

#[test]
fn what_does_not_fit_the_new_table_stops_the_migration() {
    let project = Project::with_runs(SCHEMA);
    project.executes("CREATE TRIGGER log AFTER INSERT ON runs BEGIN SELECT new.loss; END");
    project.edits("[annotating.loss]\ntype = \"float\"\n", COUNT_AND_HOST);
    project
        .wallow("migrate generate \"host for loss\" --drop loss")
        .succeeds();
    let before = project.reads("SELECT group_concat(sql) FROM sqlite_master");
    assert_data_eq!(
        project.wallow("migrate apply --yes").refuses(),
        str![[r#"
error: migration [SECOND]_host_for_loss (up.sql) stopped and nothing was changed: error in trigger log after drop column: no such column: new.loss; drop it first, and make it again for the new table afterwards

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(sql) FROM sqlite_master"),
        before
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
}

const COUNT_AND_HOST: &str = "[annotating.host]\ntype = \"string\"\n";

#[test]
fn a_column_of_somebodys_own_stops_a_rebuild() {
    let project = with_extras();
    project.executes("ALTER TABLE runs ADD COLUMN mine TEXT");
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: migration [SECOND]_loss_is_a_float (up.sql) stopped and nothing was changed: the table has a column that no snapshot knows, and a rebuild would lose it: see `wallow status`

"#]]
    );
    assert_eq!(project.reads("SELECT count(*) FROM plots"), "2");
}

#[test]
fn commands_that_apply_at_once_apply_each_migration_once() {
    let project = with_extras();
    let children = (0..4).map(|_| {
        let mut command = project.command(".", "migrate apply");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    let children = children.collect::<Vec<_>>();
    let mut said = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        })
        .collect::<Vec<_>>();
    said.sort();
    let name = project.migrations()[1].clone();
    assert_eq!(
        said[0],
        format!("applied {name} to runs.db, beside wallow.toml\n")
    );
    assert_eq!(
        said[1..],
        vec!["nothing to apply to runs.db, beside wallow.toml\n"; 3]
    );
    project.wallow("status").succeeds();
}
