//! `wallow init`.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

#[test]
fn a_fresh_folder_gets_a_schema_that_is_valid_and_generates() {
    let project = Project::empty();
    let said = project.wallow("init --dir sweep").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wrote sweep/wallow.toml
wrote sweep/diesel.toml

next:
  edit wallow.toml
  wallow migrate generate "initial"

"#]]
    );
    let said = project.wallow_in("sweep", "check").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wallow.toml: `sweep`, 2 identifying fields (learning_rate, seed), 6 annotating

"#]]
    );
    project
        .wallow_in("sweep", "migrate generate initial")
        .succeeds();
    project.wallow_in("sweep", "migrate apply").succeeds();
    project.wallow_in("sweep", "status").succeeds();
    assert!(project.path("sweep/runs.db").exists());
    assert!(
        project
            .text("sweep/diesel.toml")
            .contains("dir = \"migrations/sqlite\"")
    );
    project
        .wallow("init --dir server --db postgres://host/runs")
        .succeeds();
    let settings = project.text("server/diesel.toml");
    assert!(
        settings.contains("dir = \"migrations/postgres\""),
        "{settings}"
    );
}

#[test]
fn what_is_there_is_overwritten_only_by_force() {
    let project = Project::empty();
    project.has("wallow.toml", "mine");
    let error = project.wallow("init").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: `wallow.toml` is there already; overwrite it with `--force`, or use another `--dir`

"#]]
    );
    assert_eq!(project.text("wallow.toml"), "mine");
    assert!(!project.path("diesel.toml").exists());
    project.wallow("init --force --db results.db").succeeds();
    let schema = project.text("wallow.toml");
    assert!(schema.contains("url = \"results.db\""), "{schema}");
}

#[test]
fn the_project_is_called_like_its_folder() {
    let project = Project::empty();
    project.has("grid search/keep", "");
    project.wallow_in("grid search", "init").succeeds();
    let schema = project.text("grid search/wallow.toml");
    assert!(schema.contains("name = \"grid search\""), "{schema}");
}

#[test]
fn a_cargo_package_is_told_its_lines() {
    let project = Project::empty();
    project.has("Cargo.toml", "[package]\nname = \"sweep\"\n");
    let said = project.wallow("init").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wrote wallow.toml
wrote diesel.toml

next:
  edit wallow.toml
  wallow migrate generate "initial"
  cargo add wallow && cargo add --build wallow-schema
  in src/main.rs:  wallow::wallow_schema!("wallow.toml");
  in build.rs:     fn main() { wallow_schema::build::check("wallow.toml"); }

"#]]
    );
    assert!(!project.path("build.rs").exists());
}

#[test]
fn code_is_written_where_there_is_none() {
    let project = Project::empty();
    project.has("Cargo.toml", "[package]\nname = \"sweep\"\n");
    project.has("src/main.rs", "fn main() {}");
    project.wallow("init --code").succeeds();
    assert_eq!(project.text("src/main.rs"), "fn main() {}");
    assert!(
        project
            .text("build.rs")
            .contains("wallow_schema::build::check")
    );

    let project = Project::empty();
    project.wallow("init --code").succeeds();
    assert!(project.text("src/main.rs").contains("wallow_schema!"));
}
