//! A database whose program has diesel migrations of its own (specification, 7.19).

use diesel::{Connection as _, SqliteConnection};
use snapbox::{assert_data_eq, str};
use wallow_runtime::diesel_migrations::{FileBasedMigrations, MigrationHarness as _};

use crate::project::{Project, SCHEMA};

const NOTED: &str = "SELECT group_concat(version, ' ') FROM (SELECT version FROM __diesel_schema_migrations ORDER BY version)";
const OWN: [(&str, &str); 2] = [
    ("2001-01-01-000000_notes", "notes"),
    ("2099-01-01-000000_tags", "tags"),
];

/// With one migration of its own before all migrations of wallow, and one after them.
fn project() -> Project {
    let project = Project::with(SCHEMA);
    for (name, table) in OWN {
        let folder = format!("db/{name}");
        project.has(
            &format!("{folder}/up.sql"),
            &format!("CREATE TABLE {table} (id INTEGER PRIMARY KEY NOT NULL);"),
        );
        project.has(
            &format!("{folder}/down.sql"),
            &format!("DROP TABLE {table};"),
        );
    }
    project.wallow("migrate generate initial").succeeds();
    project
}

fn declares_others(project: &Project) {
    let schema = project.text("wallow.toml");
    project.declares(&format!(
        "{schema}\n[database]\nother_migrations = \"db\"\n"
    ));
}

fn runs_own(project: &Project) {
    let path = project.path("runs.db");
    let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
    let own = FileBasedMigrations::from_path(project.path("db")).unwrap();
    connection.run_pending_migrations(own).unwrap();
}

#[test]
fn migrations_of_the_program_are_in_sync_in_either_order() {
    for own_first in [true, false] {
        let project = project();
        declares_others(&project);
        if own_first {
            runs_own(&project);
        }
        project.wallow("migrate apply").succeeds();
        if !own_first {
            runs_own(&project);
        }
        assert_data_eq!(
            project.wallow("status").succeeds(),
            str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: managed, at [FIRST]_initial
in sync

"#]]
        );
        project.wallow("migrate check").succeeds();
        project.wallow("doctor").succeeds();
    }
}

#[test]
fn wallow_goes_on_beside_the_migrations_of_the_program_and_leaves_their_notes() {
    let project = project();
    declares_others(&project);
    project.wallow("migrate apply").succeeds();
    runs_own(&project);
    let before = project.reads(NOTED);
    project.edits(
        "[annotating.loss]",
        "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n[annotating.loss]",
    );
    project.wallow("migrate generate warmup").succeeds();
    project.wallow("migrate apply").succeeds();
    assert_eq!(project.reads(NOTED).split(' ').count(), 4);
    project.wallow("status").succeeds();
    let first = project.migrations().remove(0);
    project
        .wallow(&format!("migrate downgrade {first} --yes"))
        .succeeds();
    assert_eq!(project.reads(NOTED), before);
    project.wallow("migrate stamp base").succeeds();
    assert_eq!(project.reads(NOTED), "20010101000000 20990101000000");
    project.wallow(&format!("migrate stamp {first}")).succeeds();
    assert_eq!(project.reads(NOTED), before);
}

#[test]
fn migrations_of_the_program_that_are_not_declared_are_unknown() {
    let project = project();
    project.wallow("migrate apply").succeeds();
    runs_own(&project);
    let said = project.wallow("status").finds();
    assert!(said.contains("unknown here: 20990101000000"), "{said}");
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    declares_others(&project);
    assert_data_eq!(
        project.wallow("status").refuses(),
        str![[r#"
error: cannot read the migrations in `db`: No such file or directory (os error 2); `other_migrations` in wallow.toml names the folder of the program's own migrations

"#]]
    );
}
