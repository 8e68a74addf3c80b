//! A folder of migrations: which files there are, and their content.

use std::collections::BTreeMap;

use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::{History, Migration};
use wallow_schema::parse;
use wallow_schema::snapshot::Snapshot;

use super::{EMPTY, kind_of};
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "history",
    about: "folders of migrations: paths and texts",
    words: &[
        "\x1e",
        "\x1f",
        "snapshots/",
        "sqlite/",
        "postgres/",
        "/up.sql",
        "/metadata.toml",
        ".toml",
        "parent = ",
    ],
    generate,
    check,
    in_tests: 300,
    ..EMPTY
};

/// The separator between files, and between the path and the text of a file.
const FILE: char = '\x1e';
const TEXT: char = '\x1f';

/// Up to four migrations. A file may be missing, changed, or belong to another migration.
fn generate(random: &mut Random) -> Vec<u8> {
    let mut files = Vec::new();
    let mut head: Option<Snapshot> = None;
    for place in 0..=random.below(4) {
        let fields = (0..=place).map(|field| format!("[annotating.f{field}]\ntype = 'int'\n"));
        let fields = fields.collect::<String>();
        let text = format!("[project]\nname = 'x'\n[identifying.seed]\ntype = 'int'\n{fields}");
        let Ok(schema) = parse(&text, "wallow.toml") else {
            continue;
        };
        let Ok(steps) = diff(
            head.as_ref().map(|head| &head.schema),
            &schema,
            &Hints::default(),
        ) else {
            continue;
        };
        // Two may have the same version, or be in the wrong order.
        let day = if random.one_in(6) {
            random.below(32)
        } else {
            place + 1
        };
        let Ok(name) = format!("2026-01-{day:02}-120000_step_{place}").parse() else {
            continue;
        };
        let migration = Migration::new(name, head.as_ref(), &schema, &steps);
        files.extend(
            migration
                .files()
                .into_iter()
                .map(|file| (file.path, file.text)),
        );
        if !random.one_in(6) {
            head = Some(migration.snapshot);
        }
    }
    for _ in 0..random.below(3) {
        let place = random.below(files.len());
        match random.below(3) {
            0 if !files.is_empty() => drop(files.remove(place)),
            1 if !files.is_empty() => files[place]
                .0
                .push_str(random.pick(&["x", "/", "~", ".orig"])),
            _ => files.push((random.text(), random.text())),
        }
    }
    let files = files
        .iter()
        .map(|(path, text)| format!("{path}{TEXT}{text}"));
    files
        .collect::<Vec<_>>()
        .join(&FILE.to_string())
        .into_bytes()
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let files = text.split(FILE).filter_map(|file| {
        let (path, text) = file.split_once(TEXT)?;
        // With the right checksum, so that the reader reads the rest.
        let text = match path.strip_prefix("snapshots/") {
            Some(_) => super::snapshot::headed(super::snapshot::body(text)),
            None => text.to_owned(),
        };
        Some((path.to_owned(), text))
    });
    let files = files.collect::<BTreeMap<_, _>>();
    match History::of(&files) {
        Ok(history) => {
            let migrations = history.migrations();
            for pair in migrations.windows(2) {
                assert!(pair[0].name() < pair[1].name());
                assert!(pair[1].snapshot.parent.is_some(), "two beginnings");
            }
            for migration in migrations {
                let _ = migration.edited();
                assert!(history.find(migration.name().version()).is_some());
            }
            format!(
                "{} migrations, {} others",
                migrations.len(),
                history.others().len()
            )
        }
        Err(error) => {
            assert!(error.iter().next().is_some());
            let problems = error.iter().map(|problem| kind_of(&problem.to_string()));
            let _ = error.to_string();
            problems
                .collect::<std::collections::BTreeSet<_>>()
                .into_iter()
                .collect()
        }
    }
}
