//! Which parts of a schema are in the program that is built from it.

use std::fs;

use crate::SCHEMA;
use crate::project::Project;

const DATABASE: &str = r#"
# url = "postgres://me:commented@db/runs"
[database]
url = "postgres://me:hunter2s3cret@db/runs"   # was commented
"#;

/// Prints everything that a program can print of a schema and of a store.
const PROGRAM: &str = r#"
wallow::wallow_schema!("wallow.toml");

fn main() {
    let store = Store::open(":memory:").unwrap();
    let embedded = <Run as wallow::__private::Record>::schema();
    println!("{store:?}\n{embedded:?}\n{:?}", embedded.get());
}
"#;

#[test]
fn the_password_of_a_database_is_not_in_the_program() {
    let schema = format!("{SCHEMA}{DATABASE}");
    let project = Project::of_one_crate("secretive", &schema, PROGRAM);
    let built = project.build();
    assert!(built.succeeded, "{:#?}", built.messages);
    let bytes = fs::read(built.program()).unwrap();
    let has = |text: &str| {
        bytes
            .windows(text.len())
            .any(|window| window == text.as_bytes())
    };
    // The schema is in the program, its secrets are not.
    assert!(has("[annotating.status]") && has("postgres://me:"));
    assert!(!has("hunter2s3cret") && !has("commented"));
    let said = built.run();
    assert!(said.contains("learning_rate"), "{said}");
    assert!(!said.contains("hunter2s3cret"), "{said}");

    // It is still rebuilt when the URL changes.
    project.write("wallow.toml", &schema.replace("@db/runs", "@db/other"));
    let compiled = project.build().compiled;
    assert!(compiled.contains("secretive"), "{compiled:?}");
}
