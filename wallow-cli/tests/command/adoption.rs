//! Databases that the Python package made.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = include_str!("../../../tests/schemas/contract.toml");
const PYTHON: &str = include_str!("../../../tests/fixtures/python-0.2.1.sql");
/// The table in which that package's own migrations record their state.
const ALEMBIC: &str = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);
    INSERT INTO alembic_version VALUES ('1f2e3d4c5b6a');";

/// The schema as that package understood it: declared fields are indexed and have their defaults.
fn project(database: &str) -> Project {
    let project = Project::with(SCHEMA);
    project.executes(database);
    project.executes(ALEMBIC);
    project
}

const RUNS: &str = "SELECT group_concat(label || step || rate || warm || coalesce(note, '')) FROM (SELECT * FROM runs ORDER BY id)";

#[test]
fn a_database_of_the_python_package_is_adopted() {
    let project = project(PYTHON);
    let before = project.reads(RUNS);
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: 1 change since nothing
            create the table `runs`
migrations  0
database    runs.db: made by the Python package
            differs: column `_wallow_attempt` is missing (`wallow migrate stamp` adds it)
do this: wallow migrate generate "baseline"
do this: wallow migrate stamp head

"#]]
    );
    project.wallow("migrate stamp head").refuses();
    project.wallow("migrate generate baseline").succeeds();
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: the table `runs` is there, but no notes on migrations, and nothing was changed; to adopt it: make wallow.toml describe the table as it is, write that down with `wallow migrate generate "baseline"` unless a migration does, and note it as applied with `wallow migrate stamp [FIRST]_baseline`

"#]]
    );
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_baseline
migrations  1, newest [FIRST]_baseline
database    runs.db: made by the Python package
            differs: column `_wallow_attempt` is missing (`wallow migrate stamp` adds it)
do this: wallow migrate stamp head

"#]]
    );
    project.wallow("migrate stamp head").succeeds();
    assert_data_eq!(
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_baseline
migrations  1, newest [FIRST]_baseline
database    runs.db: managed, at [FIRST]_baseline
in sync

"#]]
    );
    assert_eq!(project.reads(RUNS), before);
    assert!(project.wallow("inspect 2").succeeds().contains("default"));
}

/// The package applies defaults of annotating fields itself; its table has none.
#[test]
fn defaults_come_with_adoption() {
    let project = project(PYTHON);
    project.edits("[annotating.count]\n", "[annotating.count]\ndefault = -5\n");
    project.edits(
        "[annotating.note]\n",
        "[annotating.note]\ndefault = \"it's\"\n",
    );
    let before = project.reads(RUNS);
    project.wallow("migrate generate baseline").succeeds();
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_baseline
migrations  1, newest [FIRST]_baseline
database    runs.db: made by the Python package
            differs: column `_wallow_attempt` is missing (`wallow migrate stamp` adds it)
            differs: the default of column `count` is none, not -5 (`wallow migrate stamp` adds it)
            differs: the default of column `note` is none, not 'it''s' (`wallow migrate stamp` adds it)
do this: wallow migrate stamp head

"#]]
    );
    project.wallow("migrate stamp head").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(project.reads(RUNS), before);
    project.has_run("00000000000a", "label", "'new'");
    assert_eq!(
        project.reads("SELECT count || note FROM runs WHERE label = 'new'"),
        "-5it's"
    );
}

/// Its unique key is a constraint of the table, which SQLite cannot change in place.
#[test]
fn a_table_that_nobody_noted_is_not_migrated() {
    let project = project(PYTHON);
    // Before there is any migration, and with an empty table of notes.
    let refused = project.wallow("migrate apply").refuses();
    assert!(
        refused.contains("migrate generate \"baseline\""),
        "{refused}"
    );
    project.wallow("migrate generate baseline").succeeds();
    project.executes("CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP)");
    let refused = project.wallow("migrate apply").refuses();
    assert!(
        refused.contains("migrate stamp [FIRST]_baseline"),
        "{refused}"
    );
}

#[test]
fn an_adopted_database_migrates_like_any_other() {
    let project = project(PYTHON);
    project.executes("CREATE TRIGGER mine AFTER INSERT ON runs BEGIN SELECT 1; END");
    project.wallow("migrate generate baseline").succeeds();
    project.wallow("migrate stamp head").succeeds();
    project.edits(
        "[annotating.count]",
        "[identifying.extra_key]\ntype = \"int\"\ndefault = 0\n\n[annotating.count]",
    );
    project.wallow("migrate generate key").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(
        project.reads("SELECT count(*) FROM runs WHERE extra_key = 0"),
        "8"
    );
    let first = project.migrations()[0].clone();
    project
        .wallow(&format!("migrate downgrade {first} --yes"))
        .succeeds();
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "8");
    assert_eq!(
        project.reads("SELECT name FROM sqlite_master WHERE type = 'trigger'"),
        "mine"
    );
}

#[test]
fn a_database_from_before_0_2_gets_uuids() {
    let without_uuid = PYTHON
        .replace("uuid VARCHAR(12) NOT NULL, \n\t", "")
        .replace("CREATE UNIQUE INDEX ix_runs_uuid ON runs (uuid);\n", "");
    let without_uuid = without_uuid.lines().map(|line| match line.find(",'20") {
        // The fourth value is the uuid.
        Some(_) if line.starts_with("INSERT") => {
            let mut values = line.splitn(5, ',').collect::<Vec<_>>();
            values.remove(3);
            values.join(",") + "\n"
        }
        _ => line.to_owned() + "\n",
    });
    let project = project(&without_uuid.collect::<String>());
    let before = project.reads(RUNS);
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: 1 change since nothing
            create the table `runs`
migrations  0
database    runs.db: made by the Python package
            differs: column `uuid` is missing (`wallow migrate stamp` adds it)
            differs: column `_wallow_attempt` is missing (`wallow migrate stamp` adds it)
            differs: index `ix_runs_uuid` is missing (`wallow migrate stamp` adds it)
do this: wallow migrate generate "baseline"
do this: wallow migrate stamp head

"#]]
    );
    project.wallow("migrate generate baseline").succeeds();
    project.wallow("migrate stamp head").succeeds();
    assert_data_eq!(
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_baseline
migrations  1, newest [FIRST]_baseline
database    runs.db: managed, at [FIRST]_baseline
in sync

"#]]
    );
    assert_eq!(project.reads(RUNS), before);
    let uuids = "SELECT count(DISTINCT uuid) || ' ' || min(length(uuid)) || ' ' || \
                 max(uuid GLOB '*[^0-9a-f]*') FROM runs";
    assert_eq!(project.reads(uuids), "8 12 0");
}
