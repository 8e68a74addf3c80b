//! Databases that the Python package made.

use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::on::{On, insert};
use crate::project::{self, Project};

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
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml
migrations  0
database    runs.db, beside wallow.toml: made by the Python package
            differs: column `_wallow_attempt` is missing (`wallow migrate adopt` adds it)
in sync (no migrations; `wallow migrate adopt` begins them)

"#]]
    );
    project.wallow("migrate stamp head").refuses();
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: no migration manages the table `runs`, and nothing was changed; it is as wallow.toml says already, and `wallow migrate adopt` lets migrations manage it; without migrations, `wallow migrate push` brings a table to wallow.toml

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate adopt").succeeds(),
        str![[r#"
wrote [FIRST]_adopted below migrations: the table as it is
noted as applied up to [FIRST]_adopted in runs.db, beside wallow.toml

"#]]
    );
    assert_data_eq!(
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_adopted
migrations  1, newest [FIRST]_adopted
database    runs.db, beside wallow.toml: managed, at [FIRST]_adopted
in sync

"#]]
    );
    assert_eq!(project.reads(RUNS), before);
    assert!(project.wallow("inspect 2").succeeds().contains("default"));
}

/// A table that differs from wallow.toml: the first migration has the table as it is, the second one what changes.
#[test]
fn a_table_that_differs_is_adopted_and_applied() {
    let project = project(PYTHON);
    let before = project.reads(RUNS);
    project.edits("[annotating.note]", "[annotating.remark]");
    project.edits(
        "[annotating.count]",
        "[annotating.host]\ntype = \"string\"\nindexed = true\n\n[annotating.count]",
    );
    let refused = project.wallow("migrate adopt").refuses();
    assert!(refused.contains("--rename note=remark"), "{refused}");
    assert_eq!(project.migrations().len(), 0, "nothing was written");
    assert_data_eq!(
        project
            .wallow("migrate adopt \"new names\" --rename note=remark")
            .succeeds(),
        str![[r#"
wrote [FIRST]_new_names below migrations: the table as it is
noted as applied up to [FIRST]_new_names in runs.db, beside wallow.toml
- rename `note` to `remark`
- add the annotating field `host` (string)
- index `host`
wrote [SECOND]_new_names: what wallow.toml changes
next: run `wallow migrate apply`

"#]]
    );
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(
        project.reads(&RUNS.replace("note", "remark")),
        before,
        "the runs stay"
    );
    let first = project.migrations()[0].clone();
    project
        .wallow(&format!("migrate downgrade {first} --yes"))
        .succeeds();
    assert_eq!(project.reads(RUNS), before);
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
database    runs.db, beside wallow.toml: made by the Python package
            differs: column `_wallow_attempt` is missing (`wallow migrate adopt` adds it)
            differs: the default of column `count` is none, not -5 (`wallow migrate adopt` adds it)
            differs: the default of column `note` is none, not 'it''s' (`wallow migrate adopt` adds it)
do this: wallow migrate adopt

"#]]
    );
    project.wallow("migrate adopt").succeeds();
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
        refused.contains("`wallow migrate adopt`") && refused.contains("`wallow migrate push`"),
        "{refused}"
    );
    project.wallow("migrate generate baseline").succeeds();
    project.executes("CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP)");
    let refused = project.wallow("migrate apply").refuses();
    assert!(refused.contains("`wallow migrate adopt`"), "{refused}");
    project.wallow("migrate adopt").succeeds();
    project.wallow("status").succeeds();
}

#[test]
fn an_adopted_database_migrates_like_any_other() {
    let project = project(PYTHON);
    project.executes("CREATE TRIGGER mine AFTER INSERT ON runs BEGIN SELECT 1; END");
    project.wallow("migrate adopt").succeeds();
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

/// The database as the package made it before 0.2: without uuids.
pub(crate) fn before_0_2() -> String {
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
    without_uuid.collect()
}

#[test]
fn a_database_from_before_0_2_gets_uuids() {
    let project = project(&before_0_2());
    let before = project.reads(RUNS);
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml
migrations  0
database    runs.db, beside wallow.toml: made by the Python package
            differs: column `uuid` is missing (`wallow migrate adopt` adds it)
            differs: column `_wallow_attempt` is missing (`wallow migrate adopt` adds it)
            differs: index `ix_runs_uuid` is missing (`wallow migrate adopt` adds it)
do this: wallow migrate push
or this: `wallow migrate adopt`, to let migrations manage the table from now on

"#]]
    );
    // Uuids that are made of the ids do not become real ones.
    let refused = project.wallow("copy --to new.db").refuses();
    assert!(
        refused.contains("have no uuids yet") && refused.contains("run `wallow migrate push`"),
        "{refused}"
    );
    project.wallow("migrate adopt").succeeds();
    assert_data_eq!(
        project.wallow("status").succeeds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_adopted
migrations  1, newest [FIRST]_adopted
database    runs.db, beside wallow.toml: managed, at [FIRST]_adopted
in sync

"#]]
    );
    assert_eq!(project.reads(RUNS), before);
    let uuids = "SELECT count(DISTINCT uuid) || ' ' || min(length(uuid)) || ' ' || \
                 max(uuid GLOB '*[^0-9a-f]*') FROM runs";
    assert_eq!(project.reads(uuids), "8 12 0");
}

/// Several checkouts of one project adopt their common database at the same time: one of them does, and the others are
/// left without files, because theirs would begin a history that the database does not know.
#[test]
fn of_checkouts_that_adopt_at_once_one_does() {
    for on in On::each(project::SCHEMA) {
        on.project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        let database = match on.project.database() {
            url if url.starts_with("postgres") => url,
            file => on.project.path(&file).display().to_string(),
        };
        let checkouts =
            (0..6).map(|_| Project::with(project::SCHEMA).sets("WALLOW_DATABASE_URL", &database));
        let checkouts = checkouts.collect::<Vec<_>>();
        let children = checkouts.iter().enumerate().map(|(index, checkout)| {
            let mut command = checkout.command(".", &format!("migrate adopt number{index}"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        });
        let children = children.collect::<Vec<_>>();
        let mut winners = Vec::new();
        for (checkout, child) in checkouts.iter().zip(children) {
            let output = child.wait_with_output().unwrap();
            if output.status.success() {
                winners.push(checkout);
                continue;
            }
            let said = String::from_utf8(output.stderr).unwrap();
            let is_late = said.contains("another process adopted this table meanwhile")
                && said.contains("`wallow status`");
            assert!(is_late || said.contains("migrations manage"), "{said}");
            assert!(checkout.migrations().is_empty(), "{said}");
        }
        assert_eq!(winners.len(), 1);
        assert_eq!(winners[0].migrations().len(), 1);
        assert!(winners[0].wallow("status").succeeds().contains("in sync"));
        let notes = "SELECT count(*) FROM __diesel_schema_migrations";
        assert_eq!(on.reads(notes), "1");
    }
}
