//! `wallow init`.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

/// What `cargo new` writes.
const HELLO: &str = "fn main() {\n    println!(\"Hello, world!\");\n}\n";

/// A package as `cargo new` leaves it.
fn package(name: &str) -> Project {
    let project = Project::empty();
    let manifest = format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n"
    );
    project.has("Cargo.toml", &manifest);
    project.has("src/main.rs", HELLO);
    project.has(".gitignore", "/target\n");
    project
}

#[test]
fn a_fresh_folder_gets_a_schema_that_is_valid_and_generates() {
    let project = Project::empty();
    let said = project.wallow("init --dir sweep").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wrote sweep/wallow.toml

next:
  edit wallow.toml
  wallow migrate generate "initial"
  wallow migrate apply

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
    assert!(!project.path("sweep/diesel.toml").exists());
    assert!(!project.path("sweep/.gitignore").exists());
}

#[test]
fn settings_for_diesel_are_written_on_request_for_the_database_of_the_schema() {
    let project = Project::empty();
    project.wallow("init --dir file --diesel").succeeds();
    let settings = project.text("file/diesel.toml");
    assert!(
        settings.contains("dir = \"migrations/sqlite\""),
        "{settings}"
    );
    project
        .wallow("init --dir server --db postgres://host/runs")
        .succeeds();
    let said = project.wallow("init --dir server --diesel").succeeds();
    assert!(
        said.starts_with("kept server/wallow.toml\nwrote server/diesel.toml\n"),
        "{said}"
    );
    let settings = project.text("server/diesel.toml");
    assert!(
        settings.contains("dir = \"migrations/postgres\""),
        "{settings}"
    );
}

#[test]
fn what_is_there_is_kept_and_force_replaces_the_schema_alone() {
    let project = package("sweep");
    project.has("wallow.toml", "mine");
    project.has("diesel.toml", "mine");
    project.has("build.rs", "mine");
    project.has("src/bin/wallow.rs", "mine");
    project.has("src/main.rs", "mine");
    let answer = project.wallow("init --code --diesel --db results.db");
    assert!(
        answer
            .stderr
            .starts_with("warning: the database that `--db` names was not written"),
        "{}",
        answer.stderr
    );
    assert_data_eq!(
        answer.stdout,
        str![[r#"
kept wallow.toml
kept diesel.toml
kept build.rs
kept src/bin/wallow.rs
kept src/main.rs
added wallow, wallow-cli, wallow-schema to Cargo.toml
added /runs.db, /runs.db-wal, /runs.db-shm to .gitignore

next:
  cargo run
  edit wallow.toml
  cargo run --bin wallow -- migrate generate "initial"
  cargo run --bin wallow -- migrate apply
  in build.rs:  wallow_schema::build::check("wallow.toml");
  in src/main.rs:  wallow::wallow_schema!("wallow.toml");

"#]]
    );
    for file in [
        "wallow.toml",
        "diesel.toml",
        "build.rs",
        "src/bin/wallow.rs",
        "src/main.rs",
    ] {
        assert_eq!(project.text(file), "mine", "{file}");
    }
    project
        .wallow("init --force --code --diesel --db results.db")
        .succeeds();
    let schema = project.text("wallow.toml");
    assert!(schema.contains("url = \"results.db\""), "{schema}");
    assert_eq!(formers(&project), ["mine"]);
    // The same text again loses nothing.
    project
        .wallow("init --force --code --diesel --db results.db")
        .succeeds();
    assert_eq!(formers(&project).len(), 1);
    for file in [
        "diesel.toml",
        "build.rs",
        "src/bin/wallow.rs",
        "src/main.rs",
    ] {
        assert_eq!(project.text(file), "mine", "{file}");
    }
}

/// The texts of the copies of wallow.toml.
fn formers(project: &Project) -> Vec<String> {
    let files = project.files().into_iter();
    let copies = files.filter(|(path, _)| path.to_string_lossy().contains("wallow.toml.before-"));
    copies
        .map(|(_, text)| String::from_utf8(text).unwrap())
        .collect()
}

/// specs 8.3
#[test]
fn with_python_force_is_about_the_client() {
    let project = Project::empty();
    project.has("wallow.toml", "mine");
    project.has("wallow_run.py", "mine");
    for options in ["--python", "--python --force"] {
        let answer = project.wallow(&format!("init {options}"));
        assert!(
            answer.stdout.starts_with("kept wallow.toml\n"),
            "{}",
            answer.stdout
        );
        assert_eq!(project.text("wallow.toml"), "mine");
    }
    assert_eq!(formers(&project).len(), 0);
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
fn a_cargo_package_gets_dependencies_and_learns_its_lines() {
    let project = package("sweep");
    let said = project.wallow("init").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wrote wallow.toml
added wallow, wallow-schema to Cargo.toml
added /runs.db, /runs.db-wal, /runs.db-shm to .gitignore

next:
  edit wallow.toml
  wallow migrate generate "initial"
  wallow migrate apply
  in src/main.rs:  wallow::wallow_schema!("wallow.toml");
  in build.rs:  fn main() { wallow_schema::build::check("wallow.toml"); }
  (`wallow init --code` writes what is missing of these)

"#]]
    );
    assert!(project.text("wallow.toml").contains("name = \"sweep\""));
    assert!(!project.path("build.rs").exists());
    assert_eq!(project.text("src/main.rs"), HELLO);
}

#[test]
fn with_code_a_package_has_everything_and_a_second_time_nothing_changes() {
    let project = package("lr-sweep");
    let said = project.wallow("init --code").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
wrote wallow.toml
wrote build.rs
wrote src/bin/wallow.rs
wrote src/main.rs
added wallow, wallow-cli, wallow-schema to Cargo.toml
added /runs.db, /runs.db-wal, /runs.db-shm to .gitignore

next:
  cargo run
  edit wallow.toml
  cargo run --bin wallow -- migrate generate "initial"
  cargo run --bin wallow -- migrate apply

"#]]
    );
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        project.text("Cargo.toml"),
        format!(
            "[package]\nname = \"lr-sweep\"\nversion = \"0.1.0\"\nedition = \"2024\"\ndefault-run = \"lr-sweep\"\n\n\
             [dependencies]\nwallow = \"{version}\"\nwallow-cli = \"{version}\"\n\n[build-dependencies]\n\
             wallow-schema = \"{version}\"\n"
        )
    );
    assert_eq!(
        project.text(".gitignore"),
        "/target\n/runs.db\n/runs.db-wal\n/runs.db-shm\n"
    );
    let before = project.files();
    let said = project.wallow("init --code").succeeds();
    assert!(!said.contains("wrote") && !said.contains("added"), "{said}");
    assert!(said.contains("kept Cargo.toml\n"), "{said}");
    assert!(project.files() == before);
}

#[test]
fn a_program_for_another_schema_only_counts() {
    let project = package("sweep");
    project.has(
        "wallow.toml",
        "[project]\nname = 'x'\n[identifying.seed]\ntype = 'int'\n",
    );
    project.wallow("init --code").succeeds();
    let program = project.text("src/main.rs");
    assert!(program.contains("store.count()"), "{program}");
    // A library gets no program beside it.
    let project = package("sweep");
    std::fs::remove_file(project.path("src/main.rs")).unwrap();
    project.has("src/lib.rs", "");
    let said = project.wallow("init --code").succeeds();
    assert!(
        said.contains("  in src/lib.rs:  wallow::wallow_schema!"),
        "{said}"
    );
    assert!(!project.path("src/main.rs").exists());
    assert!(!project.text("Cargo.toml").contains("default-run"));
}

#[test]
fn a_server_needs_the_feature_and_no_lines_for_git() {
    let project = package("sweep");
    let said = project
        .wallow("init --code --db postgres://host/runs")
        .succeeds();
    assert!(!said.contains(".gitignore"), "{said}");
    let manifest = project.text("Cargo.toml");
    let version = env!("CARGO_PKG_VERSION");
    for package in ["wallow", "wallow-cli"] {
        let entry =
            format!("\n{package} = {{ version = \"{version}\", features = [\"postgres\"] }}\n");
        assert!(manifest.contains(&entry), "{manifest}");
    }
}

#[test]
fn only_what_git_does_not_ignore_yet_is_added() {
    let project = package("sweep");
    project.has(".gitignore", "*.db");
    let schema = "[project]\nname = 'x'\nartefacts_root = 'out/artefacts'\n[identifying.seed]\ntype = 'int'\n";
    project.has("wallow.toml", schema);
    project.wallow("init").succeeds();
    assert_eq!(
        project.text(".gitignore"),
        "*.db\n/runs.db-wal\n/runs.db-shm\n/out/artefacts/\n"
    );
}

#[test]
fn without_a_package_code_is_refused() {
    let project = Project::empty();
    let error = project.wallow("init --code").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: there is no Cargo.toml of a package in `.`, and nothing was written; make a package with `cargo init`, then say `wallow init --code` again

"#]]
    );
    project.has("Cargo.toml", "[workspace]\nmembers = []\n");
    project.wallow("init --code").refuses();
    project.has("Cargo.toml", "[package\n");
    let error = project.wallow("init").refuses();
    assert!(
        error.contains("`Cargo.toml` cannot be read: TOML parse error at line 1"),
        "{error}"
    );
    assert!(!project.path("wallow.toml").exists());
}

#[test]
fn what_init_cannot_write_is_refused() {
    let project = Project::empty();
    let refused = project.wallow("init --schema other.toml").misuses();
    assert!(refused.contains("leave it out"), "{refused}");
    assert!(project.files().is_empty());
    std::fs::create_dir(project.path("wallow.toml")).unwrap();
    let refused = project.wallow("init").refuses();
    assert!(
        refused.contains("`wallow.toml` is a folder") && refused.contains("give it another name"),
        "{refused}"
    );
}
