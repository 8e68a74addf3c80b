//! The possible content of a migrations folder, and the errors if it is inconsistent.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use expect_test::{Expect, expect};
use wallow_schema::migration::{self, History, Migration};

use super::files::next;

type Files = BTreeMap<String, String>;

/// Three migrations in a row.
fn three() -> Result<[Migration; 3], Box<dyn Error>> {
    let first = next("2026-01-01-000000_initial", None, "")?;
    let second = next(
        "2026-01-02-000000_add_a",
        Some(&first.snapshot),
        "[annotating.a]\ntype = 'int'",
    )?;
    let third = next(
        "2026-01-03-000000_add_b",
        Some(&second.snapshot),
        "[annotating.a]\ntype = 'int'\n[annotating.b]\ntype = 'int'",
    )?;
    Ok([first, second, third])
}

fn files<'a>(migrations: impl IntoIterator<Item = &'a Migration>) -> Files {
    let files = migrations.into_iter().flat_map(Migration::files);
    files.map(|file| (file.path, file.text)).collect()
}

/// The same files, some at other places.
fn moved(files: Files, from: &str, to: &str) -> Files {
    let files = files.into_iter();
    files
        .map(|(path, text)| (path.replace(from, to), text))
        .collect()
}

fn expect_report(files: &Files, expected: &Expect) -> Result<(), Box<dyn Error>> {
    let Err(error) = History::of(files) else {
        return Err("it should be refused".into());
    };
    for problem in &error {
        let text = problem.to_string();
        assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
    }
    expected.assert_eq(&error.to_string());
    Ok(())
}

#[test]
fn migrations_come_in_their_order() -> Result<(), Box<dyn Error>> {
    let [first, second, third] = three()?;
    let history = History::of(&files([&third, &first, &second]))?;
    assert_eq!(history.migrations(), [first, second, third]);
    assert!(
        history
            .migrations()
            .iter()
            .all(|migration| migration.edited().is_empty())
    );
    Ok(())
}

#[test]
fn folders_of_others_are_named_and_left_alone() -> Result<(), Box<dyn Error>> {
    let [first, ..] = three()?;
    let mut files = files([&first]);
    let path = "postgres/00000000000000_diesel_initial_setup/up.sql".to_owned();
    files.insert(path, "SELECT 1".to_owned());
    let history = History::of(&files)?;
    assert_eq!(
        history.others(),
        ["postgres/00000000000000_diesel_initial_setup"]
    );
    assert_eq!(history.migrations(), [first]);
    Ok(())
}

#[test]
fn an_edited_script_is_named() -> Result<(), Box<dyn Error>> {
    let [first, second, _] = three()?;
    let mut files = files([&first, &second]);
    let path = "sqlite/2026-01-02-000000_add_a/up.sql".to_owned();
    if let Some(text) = files.get_mut(&path) {
        text.push_str("SELECT 1;\n");
    }
    for text in files.values_mut() {
        // As git writes them on some machines.
        *text = text.replace('\n', "\r\n");
    }
    let history = History::of(&files)?;
    let edited: Vec<_> = history.migrations().iter().map(Migration::edited).collect();
    assert_eq!(edited, [vec![], vec![path]]);
    Ok(())
}

#[test]
fn a_missing_snapshot_is_reported() -> Result<(), Box<dyn Error>> {
    let migrations = three()?;
    let mut files = files(&migrations);
    files.remove("snapshots/2026-01-02-000000_add_a.toml");
    expect_report(
        &files,
        &expect![
            "the migration `2026-01-02-000000_add_a` has no snapshot `snapshots/2026-01-02-000000_add_a.toml`; restore it from version control"
        ],
    )
}

#[test]
fn an_edited_snapshot_is_reported() -> Result<(), Box<dyn Error>> {
    let migrations = three()?;
    let mut files = files(&migrations);
    if let Some(text) = files.get_mut("snapshots/2026-01-02-000000_add_a.toml") {
        *text = text.replace("type = \"int\"", "type = \"float\"");
    }
    expect_report(
        &files,
        &expect![
            "the snapshot `snapshots/2026-01-02-000000_add_a.toml` was edited after wallow wrote it, so it no longer says what the migration left; restore it from version control and edit `wallow.toml` instead"
        ],
    )
}

#[test]
fn two_heads_after_a_merge_are_reported() -> Result<(), Box<dyn Error>> {
    let [first, second, third] = three()?;
    let other = next(
        "2026-01-02-120000_add_c",
        Some(&first.snapshot),
        "[annotating.c]\ntype = 'int'",
    )?;
    expect_report(
        &files([&first, &second, &third, &other]),
        &expect![
            "the migrations `2026-01-02-000000_add_a` and `2026-01-02-120000_add_c` both follow `2026-01-01-000000`, as after a merge of two branches; keep the one that databases have, remove `sqlite/NAME`, `postgres/NAME` and `snapshots/NAME.toml` of the other (and of those that follow it), and write its changes anew with `wallow migrate generate`"
        ],
    )?;
    let again = next("2026-01-01-000001_initial", None, "")?;
    expect_report(
        &files([&first, &again]),
        &expect![
            "the migrations `2026-01-01-000000_initial` and `2026-01-01-000001_initial` both are first, as after a merge of two branches; keep the one that databases have, remove `sqlite/NAME`, `postgres/NAME` and `snapshots/NAME.toml` of the other (and of those that follow it), and write its changes anew with `wallow migrate generate`"
        ],
    )
}

/// Two branches that write a migration in the same second share no file, so that a merge keeps both.
#[test]
fn two_heads_of_one_second_are_reported() -> Result<(), Box<dyn Error>> {
    let [first, second, _] = three()?;
    let other = next(
        "2026-01-02-000000_add_c",
        Some(&first.snapshot),
        "[annotating.c]\ntype = 'int'",
    )?;
    let paths = |migration: &Migration| -> Vec<String> {
        migration
            .files()
            .into_iter()
            .map(|file| file.path)
            .collect()
    };
    assert!(
        paths(&second)
            .iter()
            .all(|path| !paths(&other).contains(path))
    );
    expect_report(
        &files([&first, &second, &other]),
        &expect![
            "the migrations `2026-01-02-000000_add_a` and `2026-01-02-000000_add_c` both follow `2026-01-01-000000`, as after a merge of two branches; keep the one that databases have, remove `sqlite/NAME`, `postgres/NAME` and `snapshots/NAME.toml` of the other (and of those that follow it), and write its changes anew with `wallow migrate generate`"
        ],
    )?;
    let mut lost = files([&first, &second, &other]);
    lost.remove("snapshots/2026-01-02-000000_add_c.toml");
    expect_report(
        &lost,
        &expect![
            "the migration `2026-01-02-000000_add_c` has no snapshot `snapshots/2026-01-02-000000_add_c.toml`; restore it from version control"
        ],
    )
}

/// An earlier wallow called snapshots after the version alone.
#[test]
fn a_snapshot_may_be_called_after_its_version() -> Result<(), Box<dyn Error>> {
    let migrations = three()?;
    let mut renamed = moved(
        files(&migrations),
        "snapshots/2026-01-02-000000_add_a",
        "snapshots/2026-01-02-000000",
    );
    let history = History::of(&renamed)?;
    assert_eq!(history.migrations(), migrations);
    let paths = migrations
        .iter()
        .filter_map(|migration| history.snapshot_path(migration.name()));
    let expected = [
        "snapshots/2026-01-01-000000_initial.toml",
        "snapshots/2026-01-02-000000.toml",
        "snapshots/2026-01-03-000000_add_b.toml",
    ];
    assert!(paths.eq(expected));
    renamed.extend(files([&migrations[1]]));
    expect_report(
        &renamed,
        &expect![
            "`snapshots/2026-01-02-000000_add_a.toml` is a second snapshot of the migration `2026-01-02-000000_add_a`; remove the one that version control does not have"
        ],
    )
}

#[test]
fn a_missing_migration_is_reported() -> Result<(), Box<dyn Error>> {
    let [first, _, third] = three()?;
    expect_report(
        &files([&first, &third]),
        &expect![
            "the migration `2026-01-03-000000_add_b` follows `2026-01-02-000000`, which is missing; restore it from version control"
        ],
    )
}

#[test]
fn a_migration_before_its_parent_is_reported() -> Result<(), Box<dyn Error>> {
    let [first, second, _] = three()?;
    let early = next(
        "2026-01-01-120000_add_b",
        Some(&second.snapshot),
        "[annotating.a]\ntype = 'int'\n[annotating.b]\ntype = 'int'",
    )?;
    expect_report(
        &files([&first, &second, &early]),
        &expect![
            "the migration `2026-01-01-120000_add_b` follows `2026-01-02-000000`, which is later, so it would run first; remove it and generate it anew"
        ],
    )
}

#[test]
fn missing_files_are_reported() -> Result<(), Box<dyn Error>> {
    let [first, second, _] = three()?;
    let mut files = files([&first, &second]);
    files.remove("postgres/2026-01-01-000000_initial/down.sql");
    files.retain(|path, _| !path.starts_with("sqlite/2026-01-02"));
    expect_report(
        &files,
        &expect![[r"
        the file `postgres/2026-01-01-000000_initial/down.sql` is missing; restore it from version control
        the file `sqlite/2026-01-02-000000_add_a/up.sql` is missing; restore it from version control
        the file `sqlite/2026-01-02-000000_add_a/down.sql` is missing; restore it from version control
        the file `sqlite/2026-01-02-000000_add_a/metadata.toml` is missing; restore it from version control"]],
    )
}

#[test]
fn a_renamed_folder_is_reported() -> Result<(), Box<dyn Error>> {
    let [first, ..] = three()?;
    let renamed = moved(
        files([&first]),
        "sqlite/2026-01-01-000000_initial",
        "sqlite/2026-01-01-000000_first",
    );
    expect_report(
        &renamed,
        &expect![
            "the folder `sqlite/2026-01-01-000000_first` belongs to the migration `2026-01-01-000000_initial`; give it that name again"
        ],
    )
}

#[test]
fn a_snapshot_at_another_place_is_reported() -> Result<(), Box<dyn Error>> {
    let [first, ..] = three()?;
    let moved = moved(
        files([&first]),
        "snapshots/2026-01-01-000000",
        "snapshots/2026-01-01-000001",
    );
    expect_report(
        &moved,
        &expect![
            "`snapshots/2026-01-01-000001_initial.toml` is the snapshot of the migration `2026-01-01-000000_initial`; call it `snapshots/2026-01-01-000000_initial.toml`"
        ],
    )
}

#[test]
fn a_folder_is_read_as_it_is() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let [first, ..] = three()?;
    migration::write(folder.path(), &first.files())?;
    // Files that systems and people leave in folders.
    fs::write(folder.path().join("snapshots/.hidden.toml"), "x")?;
    fs::write(folder.path().join("snapshots/README.md"), "x")?;
    fs::write(folder.path().join("sqlite/.DS_Store"), "x")?;
    fs::write(
        folder
            .path()
            .join("sqlite/2026-01-01-000000_initial/notes.txt"),
        "x",
    )?;
    fs::create_dir(folder.path().join("sqlite/2026-01-05-000000_empty"))?;
    let history = migration::load(folder.path())?;
    assert_eq!(history.migrations(), [first]);

    fs::write(
        folder
            .path()
            .join("snapshots/2026-01-01-000000_initial.toml"),
        b"\xff",
    )?;
    let error = migration::load(folder.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("cannot read the migrations in"),
        "{error}"
    );
    assert!(error.source().is_some());
    Ok(())
}

/// Two branches write migrations with the same name in the same second: git leaves both versions in one file.
#[test]
fn marks_of_a_merge_are_reported() -> Result<(), Box<dyn Error>> {
    let [first, second, third] = three()?;
    let mut files = files([&first, &second, &third]);
    for path in [
        "sqlite/2026-01-03-000000_add_b/up.sql",
        "snapshots/2026-01-03-000000_add_b.toml",
    ] {
        let text = files.get_mut(path).ok_or(path)?;
        *text = format!("<<<<<<< HEAD\n{text}=======\n{text}-- theirs\n>>>>>>> sizes\n");
    }
    expect_report(
        &files,
        &expect![
            "the files of the migration `2026-01-03-000000_add_b` have the marks of a merge in them (`<<<<<<<`): two branches wrote a migration of this name in the same second; take `sqlite/2026-01-03-000000_add_b`, `postgres/2026-01-03-000000_add_b` and `snapshots/2026-01-03-000000_add_b.toml` whole from the branch whose migration databases have (with git: `git checkout --ours` or `--theirs`), and write the changes of the other one anew with `wallow migrate generate`"
        ],
    )
}
