//! `wallow doctor`.

use std::fs::{self, File};

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};
use crate::sweep::{empty, six};

#[test]
fn a_healthy_database_is_fine() {
    for (project, runs) in [(empty(), 0), (Project::with_runs(SCHEMA), 2)] {
        let files = project.files();
        let said = project.wallow("doctor").succeeds();
        assert!(
            said.contains(&format!("{runs} runs, all can be read\n")),
            "{said}"
        );
        assert!(project.files() == files);
    }
    assert_data_eq!(
        empty().wallow("doctor").succeeds(),
        str![[r#"
database    runs.db
size        [..]
log         0 B
disk        local, as far as can be seen
integrity   ok
schema      the table is as the schema says
runs        0 runs, all can be read
claims      0 runs at work

"#]]
    );
}

#[test]
fn silent_workers_are_found() {
    let project = six();
    let said = project.wallow("doctor").finds();
    assert!(
        said.contains("claims      2 runs at work, 1 of them silent\n"),
        "{said}"
    );
    assert!(
        said.contains("do this: where their workers are gone"),
        "{said}"
    );
    project
        .wallow("retry --where \"status == 'running'\" --stale 10m --yes")
        .succeeds();
    project.wallow("doctor").succeeds();
}

#[test]
fn values_that_cannot_be_read_are_named() {
    let project = six();
    project.executes("UPDATE runs SET updated_at = 'never' WHERE seed = 5");
    project.executes("UPDATE runs SET curve = '{' WHERE seed = 1");
    project.executes("UPDATE runs SET status = 'failed' WHERE seed = 4");
    let said = project.wallow("doctor").finds();
    assert!(
        said.contains("runs        6 runs, 2 cannot be read\n"),
        "{said}"
    );
    assert!(
        said.contains("run 1 (uuid 000000000001): field `curve`"),
        "{said}"
    );
    assert!(
        said.contains("run 5 (uuid 000000000005): field `updated_at`"),
        "{said}"
    );
}

#[test]
fn a_table_that_is_not_as_the_schema_says_is_found() {
    let project = six();
    project.executes("DROP INDEX ix_runs_uuid");
    let said = project.wallow("doctor").finds();
    assert!(
        said.contains("            index `ix_runs_uuid` is missing\n"),
        "{said}"
    );
    assert!(said.contains("do this: see `wallow status`"), "{said}");
}

#[test]
fn a_damaged_database_is_found() {
    let project = six();
    project.executes("PRAGMA wal_checkpoint(TRUNCATE)");
    let path = project.path("runs.db");
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0x55);
    fs::write(&path, bytes).unwrap();
    let said = project.wallow("doctor --json").finds();
    assert!(said.contains("\"healthy\": false"), "{said}");
    assert!(said.contains("\"state\": \"damaged\""), "{said}");
}

#[test]
fn a_log_that_is_not_written_back_is_found() {
    let project = six();
    let log = File::create(project.path("runs.db-wal")).unwrap();
    log.set_len(65 << 20).unwrap();
    let said = project.wallow("doctor").finds();
    assert!(
        said.contains("log         65.0 MiB, and it is not written back\n"),
        "{said}"
    );
}

#[test]
fn there_has_to_be_a_database() {
    let project = Project::with(SCHEMA);
    project.wallow("doctor").refuses();
    assert!(!project.path("runs.db").exists());
    project.wallow("doctor --stale soon").misuses();
}

/// A process that is killed while it copies the database before a loss leaves part of the copy.
#[test]
fn unfinished_copies_are_named_and_the_next_push_removes_them() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate push").succeeds();
    project.has(".runs.db.copy-0123.part", "part");
    project.has(".runs.db.copy-0123.part-journal", "log");
    project.has(".other.db.copy-0123.part", "of another");
    let said = project.wallow("doctor").finds();
    assert!(
        said.contains(".runs.db.copy-0123.part\n") && said.contains("delete these files"),
        "{said}"
    );
    assert!(!said.contains("other.db"), "{said}");
    project.edits(
        "[annotating.loss]",
        "[annotating.note]\ntype = \"string\"\n\n[annotating.loss]",
    );
    project.wallow("migrate push").succeeds();
    project.wallow("doctor").succeeds();
    assert!(project.path(".other.db.copy-0123.part").exists());
}
