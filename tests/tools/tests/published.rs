//! Every published crate is complete: its manifest, and its archive. `cargo xtask package` also compiles each archive
//! on its own.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use std::process::Command;

use serde_json::Value;
use tool_checks::{answer, root};

/// The keys of every manifest. `repository` is set in one place, `[workspace.package]` of the root, which may still be
/// empty.
const KEYS: [&str; 9] = [
    "description",
    "license",
    "repository",
    "documentation",
    "readme",
    "rust_version",
    "authors",
    "keywords",
    "categories",
];

/// The files of every archive beside `src`.
const FILES: [&str; 3] = ["README.md", "LICENSE-MIT", "LICENSE-APACHE"];

/// The packages that are published.
fn published() -> Vec<Value> {
    let metadata = cargo("metadata --no-deps --format-version 1");
    let metadata = metadata.parse::<Value>().unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let published = packages.filter(|package| package["publish"].is_null());
    let published = published.cloned().collect::<Vec<_>>();
    assert!(published.len() >= 5, "{published:?}");
    published
}

/// What cargo prints.
fn cargo(arguments: &str) -> String {
    let mut cargo = Command::new(env!("CARGO"));
    answer(cargo.args(arguments.split(' ')).current_dir(root())).unwrap()
}

#[test]
fn manifests_say_what_a_registry_shows() {
    for package in published() {
        for key in KEYS {
            let value = &package[key];
            assert!(
                !value.is_null() && *value != Value::Array(Vec::new()),
                "{}: no `{key}`",
                package["name"]
            );
        }
        let name = package["name"].as_str().unwrap();
        assert_eq!(package["documentation"], format!("https://docs.rs/{name}"));
        assert_eq!(
            package["metadata"]["docs"]["rs"]["all-features"], true,
            "{name}"
        );
    }
}

#[test]
fn archives_have_licences_and_no_fixtures() {
    for package in published() {
        let name = package["name"].as_str().unwrap();
        let archive = cargo(&format!("package --list --allow-dirty --package {name}"));
        for file in FILES {
            assert!(
                archive.lines().any(|line| line == file),
                "{name} is without {file}"
            );
        }
        let mut parts = archive.lines().flat_map(|line| line.split('/'));
        assert!(
            parts.all(|part| part != "tests" && part != "fixtures"),
            "{name}: {archive}"
        );
    }
}

/// The macro's output calls private functions of the runtime, and both read the same schema language.
#[test]
fn the_crates_pin_each_other_exactly() {
    let packages = published();
    let names = packages
        .iter()
        .map(|package| package["name"].as_str().unwrap());
    let names = names.collect::<Vec<_>>();
    let mut pins = Vec::new();
    for package in &packages {
        let version = format!("={}", package["version"].as_str().unwrap());
        for dependency in package["dependencies"].as_array().unwrap() {
            let name = dependency["name"].as_str().unwrap();
            if names.contains(&name) && dependency["kind"].is_null() {
                assert_eq!(dependency["req"], version, "{} on {name}", package["name"]);
                pins.push((package["name"].as_str().unwrap(), name));
            }
        }
    }
    assert!(
        pins.contains(&("wallow-runtime", "wallow-macros")),
        "{pins:?}"
    );
}
