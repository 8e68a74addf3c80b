//! What cargo rebuilds when a schema changes, in separate crates that depend only on wallow (specification, 2.9): with
//! real cargo, offline.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

mod migrations;
mod project;
mod readme;
mod secrets;

use project::{Built, Project};

const SCHEMA: &str = r#"
[project]
name = "rebuild"

[identifying.learning_rate]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.status]
type = "string"
"#;

/// Prints a key, and with it the default of the seed.
const PROGRAM: &str = r#"
wallow::wallow_schema!("wallow.toml");

fn main() {
    println!("{}", Identifying::builder().learning_rate(0.5).build());
}
"#;

/// The schema with another default.
fn with_seed(seed: i64) -> String {
    SCHEMA.replace("default = 0", &format!("default = {seed}"))
}

/// These packages were compiled, and nothing else was.
#[track_caller]
fn assert_compiled(built: &Built, packages: &[&str]) {
    assert!(built.succeeded, "{:#?}", built.messages);
    assert!(built.compiled.iter().eq(packages), "{:?}", built.compiled);
}

#[test]
fn an_edit_of_the_schema_alone_builds_the_crate_anew() {
    let project = Project::of_one_crate("edited", SCHEMA, PROGRAM);
    let first = project.build();
    assert!(first.compiled.contains("edited"));
    assert_eq!(first.run(), "learning_rate=0.5, seed=0\n");
    assert_compiled(&project.build(), &[]);

    project.write("wallow.toml", &with_seed(7));
    let second = project.build();
    assert_compiled(&second, &["edited"]);
    assert_eq!(second.run(), "learning_rate=0.5, seed=7\n");
    assert_compiled(&project.build(), &[]);
}

#[test]
fn a_mistake_fails_the_build_with_its_place_and_its_mend_builds_again() {
    let project = Project::of_one_crate("mended", SCHEMA, PROGRAM);
    assert!(project.build().succeeded);

    project.write("wallow.toml", &SCHEMA.replace(r#""float""#, r#""flaot""#));
    for _ in 0..2 {
        let broken = project.build();
        assert!(!broken.succeeded);
        let errors = broken.messages.join("\n");
        assert!(errors.contains("wallow.toml:6:8"), "{errors}");
        assert!(errors.contains("flaot"), "{errors}");
        assert!(errors.contains("did you mean"), "{errors}");
    }

    project.write("wallow.toml", SCHEMA);
    let mended = project.build();
    assert_compiled(&mended, &["mended"]);
    assert_eq!(mended.run(), "learning_rate=0.5, seed=0\n");
}

#[test]
fn a_schema_that_is_gone_fails_the_build_until_it_is_back() {
    let project = Project::of_one_crate("removed", SCHEMA, PROGRAM);
    assert!(project.build().succeeded);

    project.remove("wallow.toml");
    let gone = project.build();
    assert!(!gone.succeeded);
    let errors = gone.messages.join("\n");
    assert!(errors.contains("wallow.toml"), "{errors}");
    assert!(errors.contains("wallow init"), "{errors}");

    project.write("wallow.toml", &with_seed(3));
    let back = project.build();
    assert_compiled(&back, &["removed"]);
    assert_eq!(back.run(), "learning_rate=0.5, seed=3\n");
}

#[test]
fn an_edit_of_anything_else_beside_the_schema_builds_nothing() {
    let project = Project::of_one_crate("untouched", SCHEMA, PROGRAM);
    project.write("README.md", "A sweep.");
    assert!(project.build().succeeded);

    project.write("README.md", "A longer sweep.");
    project.write("other/wallow.toml", SCHEMA);
    project.write("runs.db", "");
    assert_compiled(&project.build(), &[]);
}

#[test]
fn in_a_workspace_only_the_crate_with_the_edit_is_built_anew() {
    let other = r#"fn main() { println!("other"); }"#;
    let project = Project::of_crates(&[
        ("beside_schema", other, None),
        ("with_schema", PROGRAM, Some(SCHEMA)),
    ]);
    assert!(project.build().succeeded);

    project.write(
        "beside_schema/src/main.rs",
        &other.replace("other", "another"),
    );
    assert_compiled(&project.build(), &["beside_schema"]);

    project.write("with_schema/wallow.toml", &with_seed(1));
    assert_compiled(&project.build(), &["with_schema"]);
}

#[test]
fn a_crate_needs_wallow_and_no_other_dependency() {
    let program = include_str!("alone.rs");
    let schema = include_str!("../schemas/query.toml");
    let built = Project::of_one_crate("alone", schema, program).build();
    assert!(built.succeeded, "{:#?}", built.messages);
    assert!(built.messages.is_empty(), "{:#?}", built.messages);
    assert_eq!(built.run(), "");
}
