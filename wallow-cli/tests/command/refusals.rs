//! Each refusal of `wallow migrate`.

use std::fs;

use snapbox::{assert_data_eq, str};
use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::{Migration, Name, Version, load, write};

use crate::project::{Project, SCHEMA};

/// Changes the schema of a project with two runs, and generates.
fn generating(before: &str, after: &str, options: &str) -> (Project, String) {
    let project = Project::with_runs(SCHEMA);
    project.edits(before, after);
    let files = project.files();
    let error = project
        .wallow(&format!("migrate generate change {options}"))
        .refuses();
    assert!(project.files() == files, "a refusal changed something");
    (project, error)
}

const SEED: &str = "[identifying.seed]\ntype = \"int\"\ndefault = 0\n\n";

#[test]
fn an_identifying_field_is_not_dropped_without_the_flag() {
    let (project, error) = generating(SEED, "", "");
    assert_data_eq!(
        error,
        str![[r#"
error: identifying field `seed` is gone, and runs that differ in it alone would become one; see `wallow collisions seed`; if there are none, say `--allow-drop-identifying`, or move the field under `[annotating]` to keep its values
these would become one run each:
  rate=0.1: 00000000000a 00000000000b

"#]]
    );
    assert_data_eq!(
        project.wallow("collisions seed").finds(),
        str![[r#"
rate=0.1: 00000000000a 00000000000b
without `seed`, the runs of 1 group would be one run each

"#]]
    );
}

#[test]
fn an_identifying_field_is_not_dropped_while_runs_would_be_one() {
    let (project, error) = generating(SEED, "", "--allow-drop-identifying");
    assert_data_eq!(
        error,
        str![[r#"
error: without `seed` these would become one run each; delete all but one of each group, such as with `wallow rm --where 'uuid == "00000000000b"'`; nothing was written:
  rate=0.1: 00000000000a 00000000000b

"#]]
    );
    project.executes("DELETE FROM runs WHERE seed = 1");
    project
        .wallow("migrate generate \"no seed\" --allow-drop-identifying")
        .succeeds();
    // Runs that were added since then stop the migration itself.
    project.has_run("00000000000c", "rate, seed", "0.1, 2");
    assert_data_eq!(
        project.wallow("migrate apply --yes").refuses(),
        str![[r#"
error: migration [SECOND]_no_seed (up.sql) stopped and nothing was changed: runs that differ only in `seed` would become one: see `wallow collisions seed`, and delete all but one of each with `wallow rm`

"#]]
    );
    project.executes("DELETE FROM runs WHERE seed = 2");
    project.wallow("migrate apply --yes").succeeds();
    project.wallow("status").succeeds();
}

#[test]
fn a_new_identifying_field_needs_a_default() {
    let new = "[identifying.warmup]\ntype = \"int\"\n\n[annotating.loss]";
    let (_, error) = generating("[annotating.loss]", new, "");
    assert_data_eq!(
        error,
        str![[r#"
error: new identifying field `warmup` has no default, and the runs there are need a value for it; add a line `default = …` under `[identifying.warmup]`: the value all runs so far were made with

"#]]
    );
}

#[test]
fn a_number_does_not_become_a_bool() {
    let loss = "[annotating.loss]\ntype = \"float\"";
    let (_, error) = generating(loss, &loss.replace("float", "bool"), "");
    assert_data_eq!(
        error,
        str![[r#"
error: field `loss` cannot become bool instead of float: the values there are say something else; keep float, or add a field of another name as bool, fill it from `loss`, and drop `loss` later

"#]]
    );
}

#[test]
fn a_float_becomes_an_int_if_every_value_is_whole() {
    let project = Project::with_runs(SCHEMA);
    let loss = "[annotating.loss]\ntype = \"float\"";
    project.edits(loss, &loss.replace("float", "int"));
    project.wallow("migrate generate int").succeeds();
    let refused = project.wallow("migrate apply").refuses();
    assert!(
        refused.contains("`loss` has values that are no whole numbers of 64 bits: round those"),
        "{refused}"
    );
    project.executes("UPDATE runs SET loss = id");
    project.wallow("migrate apply").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(typeof(loss) || loss) FROM runs"),
        "integer1,integer2"
    );
}

#[test]
fn a_new_field_that_is_never_null_needs_a_default() {
    let new = "[annotating.host]\ntype = \"string\"\nnullable = false\n\n[annotating.loss]";
    let (_, error) = generating("[annotating.loss]", new, "");
    assert_data_eq!(
        error,
        str![[r#"
error: new annotating field `host` is not nullable and has no default, and the runs there are need a value for it; add a line `default = …` under `[annotating.host]`, or remove `nullable = false`

"#]]
    );
}

#[test]
fn a_rename_is_not_guessed() {
    let (project, error) = generating("[annotating.loss]", "[annotating.val_loss]", "");
    assert_data_eq!(
        error,
        str![[r#"
error: `loss` is gone and `val_loss` is new, of the same type; say `--rename loss=val_loss` if it is the same field under a new name, or `--drop loss` to lose its values

"#]]
    );
    let renamed = project.wallow("migrate generate rename --rename loss=val_loss --dry-run");
    let said = renamed.succeeds();
    assert!(
        said.contains("RENAME COLUMN \"loss\" TO \"val_loss\""),
        "{said}"
    );
    let dropped = project.wallow("migrate generate drop --drop loss");
    dropped.succeeds();
    let refused = project.wallow("migrate apply").refuses();
    assert!(
        refused.contains("[SECOND]_drop: the values of `loss`\nnothing was changed; say `--yes`"),
        "{refused}"
    );
    project.wallow("migrate apply --yes").succeeds();
    assert_eq!(
        project.reads("SELECT group_concat(coalesce(val_loss, '-')) FROM runs"),
        "-,-"
    );
}

#[test]
fn null_in_a_field_that_is_never_to_be_null_stops_the_migration() {
    let project = Project::with_runs(SCHEMA);
    project.has_run("00000000000c", "rate", "7.0");
    let loss = "[annotating.loss]\ntype = \"float\"\n";
    project.edits(loss, &format!("{loss}nullable = false\n"));
    project.wallow("migrate generate strict").succeeds();
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: migration [SECOND]_strict (up.sql) stopped and nothing was changed: some runs have no `loss`: fill it in, or give it a `default` in wallow.toml; a migration that is not applied is then taken back with `wallow migrate discard`, the newest first, and generated anew

"#]]
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "3");
}

#[test]
fn an_edited_snapshot_is_no_history() {
    let project = Project::with_runs(SCHEMA);
    let name = project.migrations()[0].clone();
    let snapshot = format!("migrations/snapshots/{name}.toml");
    project.edits_file(&snapshot, "\"float\"", "\"int\"");
    let error = project.wallow("status").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: the snapshot `snapshots/[FIRST]_initial.toml` was edited after wallow wrote it, so it no longer says what the migration left; restore it from version control and edit `wallow.toml` instead

"#]]
    );
    project.wallow("migrate apply").refuses();
    project.wallow("migrate generate change").refuses();

    fs::remove_file(project.path(&snapshot)).unwrap();
    let error = project.wallow("migrate generate change").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: the migration `[FIRST]_initial` has no snapshot `snapshots/[FIRST]_initial.toml`; restore it from version control

"#]]
    );
}

#[test]
fn a_missing_script_is_no_history() {
    let project = Project::with_runs(SCHEMA);
    let name = project.migrations()[0].clone();
    fs::remove_file(project.path(&format!("migrations/sqlite/{name}/up.sql"))).unwrap();
    let error = project.wallow("status").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: the file `sqlite/[FIRST]_initial/up.sql` is missing; restore it from version control

"#]]
    );
}

#[test]
fn two_heads_after_a_merge_are_no_history() {
    let field = |name: &str| format!("[annotating.{name}]\ntype = \"bool\"\n\n[annotating.loss]");
    let project = Project::with_runs(SCHEMA);
    // Both begin with the first migration, in two branches.
    let theirs = migration(
        "theirs",
        &SCHEMA.replace("[annotating.loss]", &field("good")),
        &project,
    );
    project.edits("[annotating.loss]", &field("done"));
    project.wallow("migrate generate mine").succeeds();
    write(&project.path("migrations"), &theirs.files()).unwrap();
    let error = project.wallow("migrate apply").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: the migrations `[SECOND]_mine` and `[THIRD]_theirs` both follow `[FIRST]`, as after a merge of two branches; keep the one that databases have, remove `sqlite/NAME`, `postgres/NAME` and `snapshots/NAME.toml` of the other (and of those that follow it), and write its changes anew with `wallow migrate generate`
`runs.db` has none of them

"#]]
    );
    project.wallow("status").refuses();
    project.wallow("migrate generate more").refuses();
}

/// Two branches generate in the same second: they share no file, and the advice resolves the conflict.
#[test]
fn two_heads_of_one_second_are_reported_and_can_be_joined() {
    let field = |name: &str| format!("[annotating.{name}]\ntype = \"bool\"\n\n[annotating.loss]");
    let project = Project::with_runs(SCHEMA);
    let start = load(&project.path("migrations")).unwrap();
    project.edits("[annotating.loss]", &field("done"));
    project.wallow("migrate generate mine").succeeds();
    project.wallow("migrate apply").succeeds();
    let mine = project.migrations()[1].clone();
    let theirs = SCHEMA.replace("[annotating.loss]", &field("good"));
    let theirs = wallow_schema::parse(&theirs, "wallow.toml").unwrap();
    let steps = diff(
        start.head().map(|head| &head.schema),
        &theirs,
        &Hints::default(),
    )
    .unwrap();
    let name = mine.replace("_mine", "_theirs").parse().unwrap();
    let theirs = Migration::new(name, start.head(), &theirs, &steps);
    write(&project.path("migrations"), &theirs.files()).unwrap();
    project.edits("[annotating.loss]", &field("good"));

    let version = mine.trim_end_matches("_mine");
    for line in [
        "status",
        "migrate generate more",
        "migrate apply",
        "migrate history",
        "doctor",
    ] {
        let error = project.wallow(line).refuses();
        assert!(error.contains("_mine` and `"), "{line}: {error}");
        assert!(error.contains("_theirs` both follow"), "{line}: {error}");
        let ambiguous =
            "`runs.db` has one of them, and does not say which, because both have the version";
        assert!(error.contains(ambiguous), "{line}: {error}");
    }
    // Following the message.
    for place in ["sqlite", "postgres"] {
        fs::remove_dir_all(project.path(&format!("migrations/{place}/{version}_theirs"))).unwrap();
    }
    fs::remove_file(project.path(&format!("migrations/snapshots/{version}_theirs.toml"))).unwrap();
    project.wallow("migrate generate theirs").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(
        project.reads("SELECT count(done) + count(good) FROM runs"),
        "0"
    );
}

/// Generates a migration from the current project to a schema, at another time.
fn migration(name: &str, schema: &str, project: &Project) -> Migration {
    let history = load(&project.path("migrations")).unwrap();
    let schema = wallow_schema::parse(schema, "wallow.toml").unwrap();
    let steps = diff(
        history.head().map(|head| &head.schema),
        &schema,
        &Hints::default(),
    )
    .unwrap();
    let now = "2099-01-01T00:00:00Z".parse().unwrap();
    let version = Version::next(now, None);
    let name = Name::new(version, name).unwrap();
    Migration::new(name, history.head(), &schema, &steps)
}

#[test]
fn a_migration_that_was_edited_after_it_was_applied_is_named() {
    let project = Project::with_runs(SCHEMA);
    let name = project.migrations()[0].clone();
    let up = format!("migrations/sqlite/{name}/up.sql");
    project.edits_file(&up, "CREATE TABLE", "create table");
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: managed, at [FIRST]_initial
            edited after it was applied: [FIRST]_initial (sqlite/[FIRST]_initial/up.sql)
do this: restore the edited files from version control; what was applied stays as it is

"#]]
    );
}

#[test]
fn an_unknown_revision_is_wrong_usage() {
    let project = Project::with_runs(SCHEMA);
    let error = project
        .wallow("migrate downgrade 2020-01-01-000000")
        .misuses();
    assert_data_eq!(
        error,
        str![[r#"
error: there is no migration `2020-01-01-000000`; give `base`, `head`, or one of: [FIRST]_initial

"#]]
    );
    project.wallow("migrate apply --target nowhere").misuses();
    project.wallow("migrate stamp nowhere").misuses();
}

#[test]
fn a_migration_before_one_that_is_applied_is_not_applied() {
    let project = Project::with_runs(SCHEMA);
    project.edits(
        "[annotating.loss]",
        "[annotating.done]\ntype = \"bool\"\n\n[annotating.loss]",
    );
    project.wallow("migrate generate second").succeeds();
    project.wallow("migrate apply").succeeds();
    let first = project.migrations()[0].replace('-', "");
    let first = first.split('_').next().unwrap().to_owned();
    project.executes(&format!(
        "DELETE FROM __diesel_schema_migrations WHERE version = '{first}'"
    ));
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: the database has [SECOND]_second, but not [FIRST]_initial before it, which was written for another table; take [SECOND]_second back with `wallow migrate downgrade`, and apply them in order

"#]]
    );
}
