//! Which schema and which database is meant.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// Which of the files that are named in the tests `apply` makes.
fn made(project: &Project, line: &str) -> Vec<&'static str> {
    project.wallow("migrate generate initial").succeeds();
    project.wallow(line).succeeds();
    let names = [
        "runs.db",
        "schema.db",
        "flag.db",
        "ours.db",
        "theirs.db",
        "env_ours.db",
        "env_theirs.db",
    ];
    names
        .into_iter()
        .filter(|name| project.path(name).exists())
        .collect()
}

fn with_url() -> String {
    format!("{SCHEMA}\n[database]\nurl = \"schema.db\"\n")
}

#[test]
fn runs_db_beside_the_schema_is_meant_where_nothing_is_said() {
    let project = Project::with(SCHEMA);
    assert_eq!(made(&project, "migrate apply"), ["runs.db"]);
}

#[test]
fn the_schema_names_a_database() {
    let project = Project::with(&with_url());
    assert_eq!(made(&project, "migrate apply"), ["schema.db"]);
}

#[test]
fn an_env_file_is_asked_before_the_schema() {
    let project = Project::with(&with_url());
    project.has(".env", "DATABASE_URL=env_theirs.db\n");
    assert_eq!(made(&project, "migrate apply"), ["env_theirs.db"]);
    let project = Project::with(&with_url());
    project.has(
        ".env",
        "DATABASE_URL=env_theirs.db\nWALLOW_DATABASE_URL=env_ours.db\n",
    );
    assert_eq!(made(&project, "migrate apply"), ["env_ours.db"]);
}

#[test]
fn a_variable_is_asked_before_the_env_file() {
    let project = Project::with(&with_url()).sets("DATABASE_URL", "theirs.db");
    project.has(".env", "WALLOW_DATABASE_URL=env_ours.db\n");
    assert_eq!(made(&project, "migrate apply"), ["theirs.db"]);
}

#[test]
fn wallows_own_variable_is_asked_before_the_common_one() {
    let project = Project::with(&with_url())
        .sets("DATABASE_URL", "theirs.db")
        .sets("WALLOW_DATABASE_URL", "ours.db");
    assert_eq!(made(&project, "migrate apply"), ["ours.db"]);
}

#[test]
fn an_empty_variable_says_nothing() {
    let project = Project::with(&with_url())
        .sets("DATABASE_URL", "theirs.db")
        .sets("WALLOW_DATABASE_URL", "");
    assert_eq!(made(&project, "migrate apply"), ["theirs.db"]);
}

#[test]
fn the_option_is_asked_first() {
    let project = Project::with(&with_url()).sets("WALLOW_DATABASE_URL", "ours.db");
    project.has(".env", "DATABASE_URL=env_theirs.db\n");
    let made = made(&project, "migrate apply --db sqlite://flag.db");
    assert_eq!(made, ["flag.db"]);
}

#[test]
fn the_schema_is_found_from_a_folder_below() {
    let project = Project::with_runs(SCHEMA);
    project.has("src/deep/main.rs", "");
    let said = project.wallow_in("src/deep", "status").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
schema      [FOLDER]/wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    [FOLDER]/runs.db: managed, at [FIRST]_initial
in sync

"#]]
    );
    assert!(!project.path("src/deep/runs.db").exists());
}

#[test]
fn a_schema_elsewhere_brings_its_own_migrations_and_database() {
    let project = Project::empty();
    project.has("sweeps/other.toml", SCHEMA);
    let schema = "--schema sweeps/other.toml";
    project
        .wallow(&format!("migrate generate initial {schema}"))
        .succeeds();
    project
        .wallow(&format!("migrate apply {schema}"))
        .succeeds();
    assert!(project.path("sweeps/migrations/sqlite").is_dir());
    assert!(project.path("sweeps/runs.db").is_file());
}

#[test]
fn without_a_schema_there_is_nothing_to_do() {
    let project = Project::empty();
    assert_data_eq!(
        project.wallow("status").misuses(),
        str![[r#"
error: there is no wallow.toml in `[FOLDER]` or above it; go to your project, name the file with `--schema PATH`, or begin with `wallow init`

"#]]
    );
    let error = project.wallow("check --schema none.toml").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: cannot read the schema `none.toml`: No such file or directory (os error 2); name the file with `--schema PATH`, or begin with `wallow init`

"#]]
    );
}

#[test]
fn a_broken_schema_is_shown_with_its_place() {
    let project = Project::with(&SCHEMA.replace("\"int\"", "\"integer\""));
    let error = project.wallow("check").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: unknown type `integer`
 --> wallow.toml:8:8
  |
8 | type = "integer"
  |        ^^^^^^^^^
  |
  = help: did you mean `int`?

"#]]
    );
}
