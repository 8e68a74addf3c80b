//! `wallow gc`.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};
use crate::sweep::{empty, six};

/// Artefacts of one run, of two deleted runs, and things that do not belong to wallow.
fn with_artefacts() -> Project {
    let project = six();
    for path in [
        "artefacts/mlp/000000000001/best.bin",
        "artefacts/mlp/0000000000aa/best.bin",
        "artefacts/gone/0000000000bb/deep/er/log.txt",
        "artefacts/mlp/plots/loss.svg",
        "artefacts/mlp/0000000000cc",
        "artefacts/notes.txt",
        "elsewhere/0000000000dd/keep.txt",
    ] {
        project.has(path, "x");
    }
    let (inside, outside) = (
        project.path("artefacts/mlp/0000000000dd"),
        project.path("elsewhere"),
    );
    std::os::unix::fs::symlink(outside, inside).unwrap();
    project
}

#[test]
fn strays_are_listed_and_stay() {
    let project = with_artefacts();
    let files = project.files();
    assert_data_eq!(
        project.wallow("gc").finds(),
        str![[r#"
artefacts: artefacts/{name}/{uuid}
2 folders without a run
  artefacts/gone/0000000000bb  (1 file, 1 B)
  artefacts/mlp/0000000000aa  (1 file, 1 B)
4 runs without a folder
  000000000002
  000000000003
  000000000004
  000000000005
nothing was deleted; `wallow gc --delete` deletes the folders without a run

"#]]
    );
    assert_data_eq!(
        project.wallow("gc --json").finds(),
        str![[r#"
{
  "attempts_without_run": 0,
  "folders_without_run": [
    "artefacts/gone/0000000000bb",
    "artefacts/mlp/0000000000aa"
  ],
  "layout": "{name}/{uuid}",
  "root": "artefacts",
  "runs_without_folder": [
    "000000000002",
    "000000000003",
    "000000000004",
    "000000000005"
  ]
}

"#]]
    );
    let error = project.wallow("gc --delete").refuses();
    assert_eq!(
        error,
        "error: nothing was deleted; say `--yes` if that is meant\n"
    );
    assert!(project.files() == files);
}

#[test]
fn only_folders_without_a_run_are_deleted() {
    let project = with_artefacts();
    let mut terminal = project.wallow_on_terminal("gc --delete");
    terminal.asks("without a run in runs.db, beside wallow.toml? Write `yes`:");
    terminal.answer("yes");
    let (status, text) = terminal.ends();
    assert_eq!(status, Some(0), "{text}");
    assert!(
        text.ends_with("deleted 2 folders without a run in runs.db, beside wallow.toml\n"),
        "{text}"
    );
    for (path, there) in [
        ("artefacts/mlp/000000000001/best.bin", true),
        ("artefacts/mlp/0000000000aa", false),
        ("artefacts/gone", false),
        ("artefacts/mlp/plots/loss.svg", true),
        ("artefacts/mlp/0000000000cc", true),
        ("artefacts/mlp/0000000000dd", true),
        ("artefacts/notes.txt", true),
        ("elsewhere/0000000000dd/keep.txt", true),
    ] {
        assert_eq!(project.path(path).exists(), there, "{path}");
    }
    let said = project.wallow("gc").succeeds();
    assert!(said.contains("\n0 folders without a run\n"), "{said}");
}

/// A real folder, not a link: it has the name that was listed, but is another folder.
#[test]
fn a_folder_that_is_swapped_in_while_somebody_thinks_stays() {
    let project = with_artefacts();
    let mut terminal = project.wallow_on_terminal("gc --delete");
    terminal.asks("without a run in runs.db, beside wallow.toml? Write `yes`:");
    let folder = project.path("artefacts/mlp/0000000000aa");
    std::fs::rename(&folder, project.path("aside")).unwrap();
    project.has("artefacts/mlp/0000000000aa/precious.bin", "x");
    terminal.answer("yes");
    let (status, text) = terminal.ends();
    assert_eq!(status, Some(1), "{text}");
    assert!(
        text.contains("deleted 1 folder")
            && text.contains("another folder has its name now than the one that was looked at"),
        "{text}"
    );
    assert!(folder.join("precious.bin").exists());
    assert!(project.path("aside").exists());
    assert!(!project.path("artefacts/gone").exists());
}

#[test]
fn artefacts_may_be_anywhere() {
    let project = empty();
    project.has("data/mlp/0000000000aa/best.bin", "x");
    let error = project.wallow("gc").refuses();
    assert!(
        error.starts_with("error: there is no folder `artefacts`"),
        "{error}"
    );
    assert_data_eq!(
        project
            .wallow("gc --artefacts data --delete --yes")
            .succeeds(),
        str![[r#"
artefacts: data/{name}/{uuid}
1 folder without a run
  data/mlp/0000000000aa  (1 file, 1 B)
0 runs without a folder
deleted 1 folder without a run in runs.db, beside wallow.toml

"#]]
    );
    assert!(project.path("data").exists());
    assert!(!project.path("data/mlp").exists());
}

/// Such folders may belong to anybody.
#[test]
fn folders_that_name_no_run_are_not_deleted() {
    let project = empty();
    project.edits("{name}/{uuid}", "{name}");
    project.has("artefacts/mlp/best.bin", "x");
    let error = project.wallow("gc --delete --yes").refuses();
    assert!(error.contains("has no `{uuid}`"), "{error}");
    assert!(project.path("artefacts/mlp/best.bin").exists());
    fs::remove_dir_all(project.path("artefacts")).unwrap();
    project.wallow("gc").refuses();
    project.wallow("gc --yes").misuses();
    let error = Project::with_runs(SCHEMA).wallow("gc").misuses();
    assert!(error.contains("--artefacts DIR"), "{error}");
}
