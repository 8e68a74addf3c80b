//! The migrations of a schema are compiled into the program, so it is rebuilt when they change.

use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::Migration;
use wallow_schema::snapshot::Snapshot;

use super::project::Project;
use super::{SCHEMA, assert_compiled};

/// Opens a database, which the migrations create.
const PROGRAM: &str = r#"
wallow::wallow_schema!("wallow.toml");

fn main() -> Result<(), wallow::Error> {
    println!("{}", Store::open(":memory:")?.count()?);
    Ok(())
}
"#;

const BUILD_SCRIPT: &str = r#"
fn main() {
    wallow_schema::build::check("wallow.toml");
}
"#;

/// Writes the migration from a schema to the next.
fn write_migration(project: &Project, name: &str, head: Option<&Snapshot>, text: &str) -> Snapshot {
    let schema = wallow::schema::parse(text, "wallow.toml").unwrap();
    let before = head.map(|head| &head.schema);
    let steps = diff(before, &schema, &Hints::default()).unwrap();
    let migration = Migration::new(name.parse().unwrap(), head, &schema, &steps);
    for file in migration.files() {
        project.write(&format!("migrations/{}", file.path), &file.text);
    }
    migration.snapshot
}

#[test]
fn an_edit_of_a_migration_builds_the_crate_anew() {
    let project = Project::of_one_crate("migrated", SCHEMA, PROGRAM);
    write_migration(&project, "2026-01-31-120000_first", None, SCHEMA);
    let first = project.build();
    assert!(first.succeeded, "{:#?}", first.messages);
    assert_eq!(first.run(), "0\n");

    project.append(
        "migrations/sqlite/2026-01-31-120000_first/up.sql",
        "\n-- Read.\n",
    );
    assert_compiled(&project.build(), &["migrated"]);
    assert_compiled(&project.build(), &[]);
}

#[test]
fn with_the_build_script_a_new_migration_builds_the_crate_anew() {
    let project = Project::of_one_crate("checked", SCHEMA, PROGRAM);
    project.append("Cargo.toml", &Project::build_dependency());
    project.write("build.rs", BUILD_SCRIPT);
    let first = write_migration(&project, "2026-01-31-120000_first", None, SCHEMA);
    assert!(project.build().succeeded);

    let grown = format!("{SCHEMA}\n[annotating.loss]\ntype = \"float\"\n");
    project.write("wallow.toml", &grown);
    assert_compiled(&project.build(), &["checked"]);

    write_migration(&project, "2026-02-28-120000_second", Some(&first), &grown);
    let second = project.build();
    assert_compiled(&second, &["checked"]);
    assert_eq!(second.run(), "0\n");
    assert_compiled(&project.build(), &[]);
}
