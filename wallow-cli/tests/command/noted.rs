//! Databases of programs that ran before the project had migrations.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

#[test]
fn the_table_of_a_program_without_migrations_is_noted_as_what_the_first_makes() {
    let project = Project::with_runs(SCHEMA);
    project.executes("DROP TABLE __diesel_schema_migrations");
    assert_data_eq!(
        project.wallow("migrate apply").succeeds(),
        str![[r#"
noted as applied: [FIRST]_initial, because the table `runs` is exactly what it makes
nothing to apply to runs.db, beside wallow.toml

"#]]
    );
    project.wallow("status").succeeds();
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    project.wallow("migrate downgrade base --yes").succeeds();

    // The following migrations are applied after it.
    let project = Project::with_runs(SCHEMA);
    project.executes("DROP TABLE __diesel_schema_migrations");
    project.edits(
        "[annotating.loss]",
        "[annotating.note]\ntype = \"string\"\n\n[annotating.loss]",
    );
    project.wallow("migrate generate note").succeeds();
    let said = project.wallow("migrate apply").succeeds();
    assert!(
        said.contains("\napplied [SECOND]_note to runs.db"),
        "{said}"
    );
    project.wallow("status").succeeds();
}

#[test]
fn a_table_that_differs_in_anything_is_not_noted() {
    for difference in [
        "ALTER TABLE runs ADD COLUMN mine TEXT",
        "DROP INDEX ix_runs_seed",
        "DROP INDEX uq_runs_identifying",
        "ALTER TABLE runs DROP COLUMN loss",
        "ALTER TABLE runs DROP COLUMN loss; ALTER TABLE runs ADD COLUMN loss TEXT",
        "ALTER TABLE runs DROP COLUMN loss; ALTER TABLE runs ADD COLUMN loss REAL DEFAULT 1",
        "ALTER TABLE runs DROP COLUMN _wallow_attempt",
        "CREATE INDEX ix_runs_loss ON runs (loss)",
    ] {
        let project = Project::with_runs(SCHEMA);
        project.executes("DROP TABLE __diesel_schema_migrations");
        project.executes(difference);
        let before = project.files();
        project.wallow("migrate apply").refuses();
        assert!(project.files() == before, "{difference}");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_table_without_notes_is_noted_if_it_is_what_the_first_migration_makes() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let psql = |sql: &str| server.psql(database.name(), sql).unwrap();
    psql("DROP TABLE __diesel_schema_migrations; ALTER TABLE runs ALTER COLUMN loss SET DEFAULT 7");
    project.wallow("migrate apply").refuses();
    psql("ALTER TABLE runs ALTER COLUMN loss DROP DEFAULT");
    let said = project.wallow("migrate apply").succeeds();
    assert!(
        said.starts_with("noted as applied: [FIRST]_initial, because"),
        "{said}"
    );
    project.wallow("status").succeeds();
}
