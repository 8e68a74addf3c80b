//! The database that the environment names: `Store::open_default`.
//!
//! Environment variables belong to a process, so each case is a process: this test program starts itself with the
//! variables of the case.

use std::path::{Path, PathBuf};
use std::process::Command;

use wallow::{Record, Store};

/// A schema that names a database in a folder that does not exist.
mod named {
    wallow::wallow_schema!("tests/schemas/named_database.toml");
}

/// One whose database has a password.
mod secret {
    wallow::wallow_schema!("tests/schemas/secret_database.toml");
}

/// What the child opens.
const CASE: &str = "WALLOW_TEST_CASE";

/// The output of a process that opens the default database of a schema, with these variables.
fn opening(case: &str, variables: &[(&str, &Path)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "surroundings::child", "--nocapture"])
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .env(CASE, case);
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The other side of [`opening`].
#[test]
fn child() {
    fn said<R: Record>(store: wallow::Result<Store<R>>) -> String {
        match store {
            Ok(store) => format!("{store:?}"),
            Err(error) => format!("{error:?}"),
        }
    }
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    println!(
        "{}",
        match case.as_str() {
            "named" => said(named::Store::open_default()),
            "secret" => said(secret::Store::open_default()),
            _ => said(
                crate::types::Store::options()
                    .read_only(true)
                    .open_default()
            ),
        }
    );
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemas")
}

/// Cites specs 3.38.
#[test]
fn a_variable_names_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let [ours, theirs] = ["ours.db", "theirs.db"].map(|name| folder.path().join(name));
    let both = [("WALLOW_DATABASE_URL", &*ours), ("DATABASE_URL", &*theirs)];
    opening("named", &both);
    assert!(ours.exists() && !theirs.exists());
    let blank = [
        ("WALLOW_DATABASE_URL", Path::new(" ")),
        ("DATABASE_URL", &*theirs),
    ];
    opening("named", &blank);
    assert!(theirs.exists());
    let wrong = [("DATABASE_URL", Path::new("mysql://me:s3cret@db/runs"))];
    let said = opening("named", &wrong);
    assert!(said.contains("the variable `DATABASE_URL`: "), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn else_the_schema_names_it_relative_to_its_own_folder() {
    let said = opening("named", &[]);
    let expected = schemas().join("no-such-folder/runs.db");
    assert!(said.contains(expected.to_str().unwrap()), "{said}");
    // As with the command, a relative path in a variable is also relative to the folder of the schema.
    let said = opening("named", &[("DATABASE_URL", Path::new("nowhere/runs.db"))]);
    let expected = schemas().join("nowhere/runs.db");
    assert!(said.contains(expected.to_str().unwrap()), "{said}");
}

#[test]
fn else_it_is_beside_the_schema() {
    let said = opening("types", &[]);
    let expected = schemas().join("runs.db");
    assert!(said.contains(expected.to_str().unwrap()), "{said}");
}

#[test]
fn a_password_in_the_schema_is_not_in_the_program() {
    let said = opening("secret", &[]);
    assert!(said.contains("WALLOW_DATABASE_URL"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
}
