//! The whole story, as a user experiences it.

use std::fs::File;
use std::time::SystemTime;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

const WARMUP: &str = "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n[annotating.loss]";

#[test]
#[expect(clippy::too_many_lines, reason = "a story is one test")]
fn a_schema_grows_and_every_step_says_where_it_stands() {
    let project = Project::empty();
    project.wallow("init").succeeds();
    project.declares(SCHEMA);
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml
migrations  0
database    runs.db, beside wallow.toml: not there
do this: wallow migrate generate "initial"
do this: wallow migrate apply
or this: `wallow migrate push`, as long as no migration is to manage the database

"#]]
    );
    let said = project.wallow("migrate generate \"first runs\"").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
- create the table `runs`
wrote [FIRST]_first_runs below migrations
next: read the SQL, then `wallow migrate apply`

"#]]
    );
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_first_runs
migrations  1, newest [FIRST]_first_runs
database    runs.db, beside wallow.toml: not there
do this: wallow migrate apply

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate apply").succeeds(),
        str![[r#"
applied [FIRST]_first_runs to runs.db, beside wallow.toml

"#]]
    );
    assert_data_eq!(
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_first_runs
migrations  1, newest [FIRST]_first_runs
database    runs.db, beside wallow.toml: managed, at [FIRST]_first_runs
in sync

"#]]
    );
    project.wallow("migrate check").succeeds();

    project.has_run("00000000000a", "rate, seed, loss", "0.1, 0, 0.5");
    project.edits("[annotating.loss]", WARMUP);
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: 3 changes since [FIRST]_first_runs
            add the identifying field `warmup` (int, default 0)
            tell runs apart by `rate`, `seed`, `warmup`
            index `warmup`
migrations  1, newest [FIRST]_first_runs
database    runs.db, beside wallow.toml: managed, at [FIRST]_first_runs
do this: wallow migrate generate "what changes"
do this: wallow migrate apply

"#]]
    );
    project.wallow("migrate check").finds();
    let said = project
        .wallow("migrate generate \"add warm-up\"")
        .succeeds();
    assert_data_eq!(
        said,
        str![[r#"
- add the identifying field `warmup` (int, default 0)
- tell runs apart by `rate`, `seed`, `warmup`
- index `warmup`
wrote [SECOND]_add_warm_up below migrations
next: read the SQL, then `wallow migrate apply`

"#]]
    );
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [SECOND]_add_warm_up
migrations  2, newest [SECOND]_add_warm_up
database    runs.db, beside wallow.toml: managed, at [FIRST]_first_runs
            pending: [SECOND]_add_warm_up
do this: wallow migrate apply

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate history").succeeds(),
        str![[r#"
applied  [FIRST]_first_runs
pending  [SECOND]_add_warm_up

"#]]
    );
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_data_eq!(
        project.wallow("migrate apply").succeeds(),
        str![[r#"
nothing to apply to runs.db, beside wallow.toml

"#]]
    );
    assert_eq!(project.reads("SELECT warmup FROM runs"), "0");

    project.has_run("00000000000b", "rate, seed, warmup", "0.2, 0, 5");
    let first = project.migrations()[0].clone();
    let refused = project.wallow(&format!("migrate downgrade {first}"));
    assert_data_eq!(
        refused.refuses(),
        str![[r#"
error: going back in runs.db, beside wallow.toml, loses data:
  [SECOND]_add_warm_up: the values of `warmup`
nothing was changed; say `--yes` if that is meant

"#]]
    );
    assert_eq!(project.reads("SELECT sum(warmup) FROM runs"), "5");
    let said = project.wallow(&format!("migrate downgrade {first} --yes"));
    assert_data_eq!(
        said.succeeds(),
        str![[r#"
going back in runs.db, beside wallow.toml, loses data:
  [SECOND]_add_warm_up: the values of `warmup`
reverted [SECOND]_add_warm_up in runs.db, beside wallow.toml

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate history").succeeds(),
        str![[r#"
applied  [FIRST]_first_runs
pending  [SECOND]_add_warm_up

"#]]
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    project.wallow("status").finds();

    project.wallow("migrate apply").succeeds();
    project.wallow("migrate downgrade base").refuses();
    project.wallow("migrate downgrade base --yes").succeeds();
    assert_eq!(
        project.reads("SELECT count(*) FROM sqlite_master WHERE name = 'runs'"),
        "0"
    );
    let said = project.wallow(&format!("migrate apply --target {first}"));
    assert_data_eq!(
        said.succeeds(),
        str![[r#"
applied [FIRST]_first_runs to runs.db, beside wallow.toml

"#]]
    );
}

#[test]
fn a_program_reads_the_status_as_json() {
    let project = Project::with_runs(SCHEMA);
    project.edits("[annotating.loss]", WARMUP);
    assert_data_eq!(
        project.wallow("status --json").finds(),
        str![[r#"
{
  "advice": [
    "wallow migrate generate /"what changes/"",
    "wallow migrate apply"
  ],
  "alternative": null,
  "database": {
    "current": "[FIRST]_initial",
    "differences": [],
    "edited": [],
    "pending": [],
    "state": "managed",
    "unfit_values": [],
    "unknown": [],
    "unlisted_values": [],
    "url": "runs.db"
  },
  "in_sync": false,
  "migrations": {
    "count": 1,
    "head": "[FIRST]_initial"
  },
  "notes": [],
  "schema": {
    "changes": [
      "add the identifying field `warmup` (int, default 0)",
      "tell runs apart by `rate`, `seed`, `warmup`",
      "index `warmup`"
    ]
  }
}

"#]]
    );
}

#[test]
fn what_a_person_did_to_the_table_is_named() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "DROP INDEX uq_runs_identifying; DROP INDEX ix_runs_seed; \
         ALTER TABLE runs ADD COLUMN mine; ALTER TABLE runs DROP COLUMN loss;",
    );
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: managed, at [FIRST]_initial
            differs: column `loss` is missing
            differs: nothing keeps (rate, seed) unique
            differs: index `ix_runs_seed` is missing
            column `mine` can be no field, and is left to others
do this: have the owner of the table run `CREATE UNIQUE INDEX uq_runs_identifying ON runs ("rate", "seed")`
do this: bring the table back to what the migrations made of it; or let wallow.toml say what it is: `wallow migrate stamp base`, then follow `wallow status`

"#]]
    );
}

#[test]
fn a_dry_run_writes_nothing() {
    let project = Project::with(SCHEMA);
    let said = project
        .wallow("migrate generate initial --dry-run")
        .succeeds();
    assert!(said.contains("CREATE TABLE \"runs\""), "{said}");
    assert!(said.contains("-- postgres/"), "{said}");
    assert_eq!(project.migrations(), Vec::<String>::new());
}

#[test]
fn a_doc_alone_is_no_migration() {
    let project = Project::with_runs(SCHEMA);
    project.edits(
        "default = 0",
        "default = 0\ndoc = \"Of the random numbers.\"",
    );
    assert_data_eq!(
        project.wallow("migrate generate docs").succeeds(),
        str![[r#"
nothing has changed that a database would notice

"#]]
    );
    assert_eq!(project.migrations().len(), 1);
}

#[test]
fn a_database_of_newer_sources_is_left_alone() {
    let project = Project::with_runs(SCHEMA);
    project.executes("INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')");
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: managed, at [FIRST]_initial
            unknown here: 20990101000000
do this: get the sources that have the unknown migrations

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: the database has migration 20990101000000, which is not among the files, and nothing was changed; get the sources that have it, and go on, or take it back, from there

"#]]
    );
    project.wallow("migrate downgrade base --yes").refuses();
    assert_data_eq!(
        project.wallow("migrate history").succeeds(),
        str![[r#"
applied  [FIRST]_initial
unknown  20990101000000, which is not among the files

"#]]
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
}

#[test]
fn a_new_migration_makes_the_schema_look_changed_so_that_programs_are_built_anew() {
    let project = Project::with(SCHEMA);
    let schema = File::options()
        .append(true)
        .open(project.path("wallow.toml"))
        .unwrap();
    let modified = || schema.metadata().unwrap().modified().unwrap();
    schema.set_modified(SystemTime::UNIX_EPOCH).unwrap();

    project
        .wallow("migrate generate initial --dry-run")
        .succeeds();
    assert_eq!(modified(), SystemTime::UNIX_EPOCH);

    project.wallow("migrate generate initial").succeeds();
    assert_ne!(modified(), SystemTime::UNIX_EPOCH);
    assert_eq!(project.text("wallow.toml"), SCHEMA);
}
