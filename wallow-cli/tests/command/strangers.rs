//! A table `runs` that another program made: it is recognised, and nothing in its database changes.

use snapbox::{assert_data_eq, str};

#[cfg(feature = "postgres")]
use postgres_server::{Fresh, Server};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "sweep"
artefacts_root = "artefacts"

[identifying.lr]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"
"#;

/// As MLflow's migrations leave it, without irrelevant parts.
const MLFLOW: &str = "
    CREATE TABLE experiments (experiment_id INTEGER PRIMARY KEY, name VARCHAR(256), lifecycle_stage VARCHAR(32));
    CREATE TABLE runs (
        run_uuid VARCHAR(32) NOT NULL, name VARCHAR(250), source_type VARCHAR(20), source_name VARCHAR(500),
        entry_point_name VARCHAR(50), user_id VARCHAR(256), status VARCHAR(9), start_time BIGINT, end_time BIGINT,
        source_version VARCHAR(50), lifecycle_stage VARCHAR(20), artifact_uri VARCHAR(200), experiment_id INTEGER,
        deleted_time BIGINT, PRIMARY KEY (run_uuid));
    INSERT INTO runs (run_uuid, status, lifecycle_stage) VALUES ('abc', 'FINISHED', 'active');";

/// Tables of programs that are not known by name, and of some that are recognised by one table.
const OTHERS: [(&str, &str); 6] = [
    (
        "another program (it has no `uuid`, `created_at`, `updated_at`)",
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO runs VALUES (1, 'a');",
    ),
    (
        "another program (it has no `uuid`)",
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, created_at TIMESTAMP, updated_at TIMESTAMP, lr FLOAT, seed INTEGER);
         INSERT INTO runs VALUES (1, '2026-01-01 00:00:00', '2026-01-01 00:00:00', 0.5, 1);",
    ),
    (
        "a Django project (there is `django_migrations`)",
        "CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app VARCHAR(255), name VARCHAR(255), applied TIMESTAMP);
         CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid CHAR(32), created_at TIMESTAMP, updated_at TIMESTAMP, lr FLOAT,
                            seed INTEGER, loss FLOAT);
         INSERT INTO runs (id) VALUES (1);",
    ),
    (
        "Weights & Biases (there is `run_id`, `sweep_id`, `display_name`)",
        "CREATE TABLE runs (run_id VARCHAR(8) PRIMARY KEY, sweep_id VARCHAR(8), display_name TEXT, state TEXT);
         INSERT INTO runs (run_id) VALUES ('x');",
    ),
    (
        "Optuna (there is `trial_params`)",
        "CREATE TABLE trial_params (param_id INTEGER PRIMARY KEY);
         CREATE TABLE runs (id INTEGER PRIMARY KEY, number INTEGER, state TEXT); INSERT INTO runs (id) VALUES (1);",
    ),
    (
        "Dagster (there is `run_id`, `run_body`)",
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, run_id VARCHAR(255), run_body TEXT, status VARCHAR(63));
         INSERT INTO runs (id) VALUES (1);",
    ),
];

/// Every command that uses a database, with some of its options that change one.
pub(crate) const LINES: [&str; 18] = [
    "migrate stamp head",
    "migrate stamp base",
    "migrate apply",
    "migrate downgrade base",
    "migrate downgrade base --yes",
    "ls",
    "count",
    "show 1",
    "top loss",
    "near seed=0",
    "collisions seed",
    "export",
    "rm --where \"seed >= 0\" --yes",
    "retry --where \"seed >= 0\" --yes",
    "gc --delete --yes",
    "doctor",
    "import --from new.csv",
    "copy --from new.db --to DATABASE",
];

pub(crate) fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.has("new.csv", "lr,seed,loss\n0.5,1,2.5\n");
    project.has("artefacts/0000000000aa/file", "x");
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply --db new.db").succeeds();
    project
        .wallow("import --from new.csv --db new.db")
        .succeeds();
    project
}

/// Every command refuses, and names the owner of the table.
fn refused(project: &Project, database: &str, owner: &str) {
    for line in LINES {
        if line.starts_with("retry") {
            // Without a lifecycle there is nothing to retry in any database.
            continue;
        }
        let answer = project.wallow(&line.replace("DATABASE", database));
        assert_eq!(answer.stdout, "", "{line}");
        let error = answer.refuses();
        let expected = format!(
            "error: the table `runs` is one of {owner}, not of wallow, and nothing was changed; "
        );
        assert!(error.starts_with(&expected), "{line}\n{error}");
    }
    let said = project.wallow("status").finds();
    let expected = format!(
        ": another program's\n            differs: the table `runs` is one of {owner}, not of wallow\n"
    );
    assert!(said.contains(&expected), "{said}");
    assert!(!said.contains("stamp"), "{said}");
}

#[test]
fn a_file_of_another_program_stays_as_it_is() {
    for (owner, sql) in OTHERS
        .into_iter()
        .chain([("MLflow (there is `run_uuid`, `experiment_id`)", MLFLOW)])
    {
        let project = project();
        project.executes(sql);
        let before = std::fs::read(project.path("runs.db")).unwrap();
        refused(&project, "runs.db", owner);
        // The same if somebody recorded migrations as applied, with an earlier wallow or with diesel's own command.
        let version = project.migrations()[0]
            .split('_')
            .next()
            .unwrap()
            .replace('-', "");
        assert_eq!(
            std::fs::read(project.path("runs.db")).unwrap(),
            before,
            "{owner}"
        );
        project.executes(&format!(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP);
             INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');"
        ));
        let before = std::fs::read(project.path("runs.db")).unwrap();
        refused(&project, "runs.db", owner);
        assert_eq!(
            std::fs::read(project.path("runs.db")).unwrap(),
            before,
            "{owner}"
        );
        assert!(project.path("artefacts/0000000000aa/file").exists());
    }
}

#[test]
fn the_message_says_where_its_runs_can_go() {
    let project = project();
    project.executes(MLFLOW);
    assert_data_eq!(
        project.wallow("migrate stamp head").refuses(),
        str![[r#"
error: the table `runs` is one of MLflow (there is `run_uuid`, `experiment_id`), not of wallow, and nothing was changed; use a database of its own for wallow, and bring MLflow's runs into it with `wallow import --from-mlflow FILE --db new.db`

"#]]
    );
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: another program's
            differs: the table `runs` is one of MLflow (there is `run_uuid`, `experiment_id`), not of wallow
do this: name another database with `--db URL`, or in wallow.toml; this one stays as it is

"#]]
    );
}

/// A field may be named after a column of MLflow: its runs may have come from there.
#[test]
fn what_is_ours_may_have_their_columns() {
    let project = Project::with(&format!(
        "{SCHEMA}\n[annotating.run_uuid]\ntype = \"string\"\n\n[annotating.experiment_id]\ntype = \"int\"\n"
    ));
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    project.executes("DROP TABLE __diesel_schema_migrations");
    project.wallow("migrate stamp head").succeeds();
    project.wallow("status").succeeds();
}

/// A table of another project of wallow: it is wallow's, but not the table that the migration leaves.
#[test]
fn a_table_without_the_key_is_not_stamped() {
    let project = project();
    project.executes(
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT, created_at TEXT, updated_at TEXT, speed REAL,
                            _wallow_attempt INTEGER NOT NULL DEFAULT 0)",
    );
    let before = std::fs::read(project.path("runs.db")).unwrap();
    assert_data_eq!(
        project.wallow("migrate stamp head").refuses(),
        str![[r#"
error: the table `runs` has no `lr`, `seed`, of which the schema makes the key, and nothing was changed; make wallow.toml describe the table as it is, or name another database

"#]]
    );
    project.wallow("migrate apply").refuses();
    assert_eq!(std::fs::read(project.path("runs.db")).unwrap(), before);
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_of_another_program_stays_as_it_is() {
    let Some(server) = Server::shared() else {
        return;
    };
    let rest = OTHERS
        .into_iter()
        .chain([("MLflow (there is `run_uuid`, `experiment_id`)", MLFLOW)]);
    for (owner, sql) in rest {
        let database: Fresh = server.fresh();
        let url = database.url();
        let project = project().sets("WALLOW_DATABASE_URL", &url);
        let psql = |sql: &str| server.psql(database.name(), sql).unwrap();
        psql(sql);
        let looks = || {
            let columns = "SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, ordinal_position) \
                           FROM information_schema.columns WHERE table_schema = 'public'";
            let indexes = "SELECT string_agg(indexname, ' ' ORDER BY indexname) FROM pg_indexes WHERE schemaname = 'public'";
            format!(
                "{}{}{}",
                psql(columns),
                psql(indexes),
                psql("SELECT count(*) FROM runs")
            )
        };
        let before = looks();
        refused(&project, &url, owner);
        assert_eq!(looks(), before, "{owner}");
        let version = project.migrations()[0]
            .split('_')
            .next()
            .unwrap()
            .replace('-', "");
        psql(&format!(
            "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY NOT NULL, run_on TIMESTAMP); \
             INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}');"
        ));
        let before = looks();
        refused(&project, &url, owner);
        assert_eq!(looks(), before, "{owner}");
    }
}

#[test]
fn a_table_whose_name_differs_in_case_is_a_stranger_too() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.executes(
        "CREATE TABLE Runs (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO Runs VALUES (1, 'a')",
    );
    for line in [
        "migrate apply",
        "migrate stamp head",
        "migrate stamp base",
        "migrate downgrade base --yes",
    ] {
        project.wallow(line).refuses();
    }
    assert_eq!(project.reads("SELECT name FROM Runs"), "a");
}

#[test]
fn a_table_without_any_column_of_the_key_is_not_noted_as_ours() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.executes(
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT, created_at DATETIME, updated_at DATETIME, title TEXT)",
    );
    let before = project.reads("SELECT sql FROM sqlite_master");
    for revision in ["base", "head"] {
        project
            .wallow(&format!("migrate stamp {revision}"))
            .refuses();
    }
    assert_eq!(project.reads("SELECT sql FROM sqlite_master"), before);
}
