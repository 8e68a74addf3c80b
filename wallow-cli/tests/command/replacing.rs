//! Files that the command replaces and folders that it deletes, while others put links in their place.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::project::{Project, SCHEMA};
use crate::sweep::six;

const CSV: &str = "rate,seed,loss\n0.1,0,0.5\n0.1,1,0.25\n";
const EXPORT: &str = "export --columns rate,seed,loss --output";

fn project() -> Project {
    Project::with_runs(SCHEMA)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

/// The names in a folder.
fn names(path: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn a_file_that_is_replaced_keeps_its_mode_and_owner() {
    let project = project();
    project.has("data/out.csv", "old");
    let path = project.path("data/out.csv");
    for wanted in [0o600, 0o640, 0o664, 0o777] {
        fs::set_permissions(&path, fs::Permissions::from_mode(wanted)).unwrap();
        // Only an administrator may change the owner of a file.
        let is_given = chown(&path, Some(1234), Some(4321)).is_ok();
        project.wallow(&format!("{EXPORT} data/out.csv")).succeeds();
        assert_eq!(project.text("data/out.csv"), CSV);
        assert_eq!(mode(&path), wanted);
        if is_given {
            let found = path.metadata().unwrap();
            assert_eq!((found.uid(), found.gid()), (1234, 4321));
        }
    }
    // A new file has the permissions of any new file.
    project.has("data/usual", "");
    project.wallow(&format!("{EXPORT} data/new.csv")).succeeds();
    assert_eq!(
        mode(&project.path("data/new.csv")),
        mode(&project.path("data/usual"))
    );
    assert_eq!(
        names(&project.path("data")),
        ["new.csv", "out.csv", "usual"].map(str::to_owned).into()
    );
}

#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    let project = project();
    project.has("data/real.csv", "old");
    fs::create_dir(project.path("elsewhere")).unwrap();
    fs::set_permissions(
        project.path("data/real.csv"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    symlink("../data/real.csv", project.path("elsewhere/second")).unwrap();
    symlink("elsewhere/second", project.path("out.csv")).unwrap();
    project.wallow(&format!("{EXPORT} out.csv")).succeeds();
    assert_eq!(project.text("data/real.csv"), CSV);
    assert_eq!(mode(&project.path("data/real.csv")), 0o640);
    for link in ["out.csv", "elsewhere/second"] {
        assert!(project.path(link).is_symlink(), "{link}");
    }
    assert_eq!(names(&project.path("data")), ["real.csv".to_owned()].into());

    symlink("nowhere/x.csv", project.path("lost.csv")).unwrap();
    let error = project.wallow(&format!("{EXPORT} lost.csv")).refuses();
    assert_eq!(
        error,
        "error: `lost.csv` cannot be written: it is a link to `nowhere/x.csv`, which is not there; name another file \
         with `--output FILE`\n"
    );
    assert!(!project.path("nowhere").exists());
}

/// If the name of the temporary file could be predicted, somebody could put a link there.
#[test]
fn nothing_is_written_under_a_name_that_can_be_known() {
    let project = project();
    project.has("victim", "mine");
    fs::create_dir(project.path("data")).unwrap();
    // The process has one of these numbers, unless others start very many processes at the same time.
    let first = std::process::id();
    for number in first..first + 3000 {
        let name = format!("data/out.csv.{number}.part");
        symlink("../victim", project.path(&name)).unwrap();
    }
    project.wallow(&format!("{EXPORT} data/out.csv")).succeeds();
    assert_eq!(project.text("victim"), "mine");
    assert_eq!(project.text("data/out.csv"), CSV);
    assert!(!project.path("data/out.csv").is_symlink());
    assert_eq!(names(&project.path("data")).len(), 3001);
}

#[test]
fn an_export_that_is_killed_leaves_nothing() {
    let project = project();
    let rows = (2..40_000).map(|seed| format!("0.5,{seed}\n"));
    project.has(
        "long.csv",
        &format!("rate,seed\n{}", rows.collect::<String>()),
    );
    project.wallow("import --from long.csv").succeeds();
    project.has("data/out.csv", "old");
    for tries in 0..5 {
        let mut command = project.command(".", &format!("{EXPORT} data/out.csv"));
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        // At any moment of the export.
        for _ in 0..tries * 2000 {
            std::thread::yield_now();
        }
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!(names(&project.path("data")), ["out.csv".to_owned()].into());
        let text = project.text("data/out.csv");
        assert!(
            text == "old" || text.lines().count() == 40_001,
            "{}",
            text.len()
        );
    }
}

#[test]
fn a_pipe_is_written_as_it_is() {
    let project = project();
    assert!(
        Command::new("mkfifo")
            .arg(project.path("pipe"))
            .status()
            .unwrap()
            .success()
    );
    let reader = Command::new("cat")
        .arg(project.path("pipe"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    project
        .wallow(&format!("{EXPORT} pipe --format csv"))
        .succeeds();
    let read = reader.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(read.stdout).unwrap(), CSV);
}

#[cfg(feature = "columnar")]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let project = project();
    let rows = (2..20_000).map(|seed| format!("0.5,{seed}\n"));
    project.has(
        "long.csv",
        &format!("rate,seed\n{}", rows.collect::<String>()),
    );
    project.wallow("import --from long.csv").succeeds();
    let disk = project.path("disk");
    fs::create_dir(&disk).unwrap();
    let mut mount = Command::new("mount");
    mount
        .args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"])
        .arg(&disk);
    if !mount.output().unwrap().status.success() {
        println!("skipped: no file system can be mounted here");
        return;
    }
    project.has("disk/out.csv", "old");
    for format in ["csv", "json", "jsonl", "parquet", "arrow"] {
        // Columns that differ from run to run, so that they cannot be compressed away.
        let line = format!("export --output disk/out.csv --format {format}");
        let error = project.wallow(&line).refuses();
        assert!(
            error.contains("`disk/out.csv` cannot be written: No space left on device"),
            "{format}: {error}"
        );
        assert_eq!(project.text("disk/out.csv"), "old");
        assert_eq!(names(&disk), ["out.csv".to_owned()].into());
    }
    assert!(
        Command::new("umount")
            .arg("--lazy")
            .arg(&disk)
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn init_writes_through_no_link_that_leads_nowhere() {
    let project = Project::empty();
    symlink("victim", project.path("wallow.toml")).unwrap();
    let error = project.wallow("init").refuses();
    let nowhere = "it is a link to `victim`, which is not there";
    assert!(error.contains(nowhere), "{error}");
    let error = project.wallow("init --force").refuses();
    assert!(error.contains(nowhere), "{error}");
    assert!(!project.path("victim").exists());
    // With a link whose target is intended.
    project.has("victim", "old");
    fs::set_permissions(project.path("victim"), fs::Permissions::from_mode(0o600)).unwrap();
    project.wallow("init --force").succeeds();
    assert!(project.path("wallow.toml").is_symlink());
    assert!(project.text("victim").contains("[project]"));
    assert_eq!(mode(&project.path("victim")), 0o600);
}

/// A project with the artefacts of one run, and of a deleted one.
fn with_stray() -> Project {
    let project = six();
    for path in [
        "artefacts/mlp/000000000001/best.bin",
        "artefacts/gone/0000000000bb/deep/er/log.txt",
        "victim/0000000000bb/precious.txt",
        "victim/gone/0000000000bb/precious.txt",
    ] {
        project.has(path, "x");
    }
    project
}

/// Asks whether to delete, does something in the meantime, and says yes.
fn delete_while(project: &Project, happens: impl FnOnce()) -> (Option<i32>, String) {
    let mut terminal = project.wallow_on_terminal("gc --delete");
    terminal.asks("Write `yes`:");
    happens();
    terminal.answer("yes");
    terminal.ends()
}

#[test]
fn a_parent_that_becomes_a_link_is_not_followed() {
    let project = with_stray();
    let (status, said) = delete_while(&project, || {
        fs::rename(project.path("artefacts/gone"), project.path("aside")).unwrap();
        symlink("../victim", project.path("artefacts/gone")).unwrap();
    });
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("deleted 0 folders"), "{said}");
    for path in [
        "victim/0000000000bb/precious.txt",
        "aside/0000000000bb/deep/er/log.txt",
    ] {
        assert!(project.path(path).exists(), "{path}");
    }
}

#[test]
fn a_root_that_becomes_a_link_is_not_followed() {
    let project = with_stray();
    let (_, said) = delete_while(&project, || {
        fs::rename(project.path("artefacts"), project.path("aside")).unwrap();
        symlink("victim", project.path("artefacts")).unwrap();
    });
    assert!(
        project
            .path("victim/gone/0000000000bb/precious.txt")
            .exists(),
        "{said}"
    );
}

/// The state at deletion decides, not the one that was listed: a link deep within is removed, not followed.
#[test]
fn links_within_a_folder_go_and_what_they_lead_to_stays() {
    let project = with_stray();
    symlink(
        "../../../../victim",
        project.path("artefacts/gone/0000000000bb/deep/link"),
    )
    .unwrap();
    symlink("/", project.path("artefacts/gone/0000000000bb/root")).unwrap();
    let (status, said) = delete_while(&project, || {});
    assert_eq!(status, Some(0), "{said}");
    assert!(!project.path("artefacts/gone").exists());
    assert!(project.path("victim/0000000000bb/precious.txt").exists());
}

/// A run that is added while a person thinks about the answer keeps its artefacts.
#[test]
fn a_folder_that_has_a_run_by_now_stays() {
    let project = with_stray();
    let (status, said) = delete_while(&project, || {
        project.has_run("0000000000bb", "name, seed", "'gone', 99");
    });
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("meanwhile it has a run"), "{said}");
    assert!(
        project
            .path("artefacts/gone/0000000000bb/deep/er/log.txt")
            .exists()
    );
}

#[test]
fn what_is_no_file_is_reported_and_not_waited_for() {
    for (file, make, line) in [
        ("wallow.toml", "mkfifo", "check"),
        ("wallow.toml", "mkdir", "status"),
        ("wallow.toml", "mkdir", "check --schema wallow.toml"),
        (
            "wallow.toml",
            "ln -s /dev/zero",
            "check --schema wallow.toml",
        ),
        ("migrations/sqlite/NAME/up.sql", "mkfifo", "migrate apply"),
        ("migrations/sqlite/NAME/up.sql", "mkfifo", "status"),
        (
            "migrations/snapshots/NAME.toml",
            "mkfifo",
            "migrate generate x",
        ),
    ] {
        let project = project();
        let path = project.path(&file.replace("NAME", &project.migrations()[0]));
        fs::remove_file(&path).unwrap();
        let mut words = make.split(' ');
        let mut command = Command::new(words.next().unwrap());
        assert!(command.args(words).arg(&path).status().unwrap().success());
        let answer = project.wallow(line);
        let error = answer.stderr;
        let reasons = [
            "a named pipe, not a file",
            "a folder, not a file",
            "a device, not a file",
        ];
        assert!(
            reasons.iter().any(|reason| error.contains(reason)),
            "{file} {make}: {error}"
        );
        assert_eq!(answer.stdout, "", "{file}");
    }
    // A `.env` that cannot be read is a warning.
    let project = project();
    assert!(
        Command::new("mkfifo")
            .arg(project.path(".env"))
            .status()
            .unwrap()
            .success()
    );
    let answer = project.wallow("count");
    assert!(
        answer.stderr.contains("it is a pipe or a device"),
        "{}",
        answer.stderr
    );
    drop(File::open(project.path("runs.db")).unwrap());
}

#[test]
fn an_export_does_not_replace_what_wallow_needs() {
    let project = project();
    let before = project.text("wallow.toml");
    project.has("other/wallow.toml", &before);
    symlink("runs.db", project.path("link.csv")).unwrap();
    project.wallow("export --output log.csv").succeeds();
    for (output, held) in [
        ("runs.db", "a SQLite database"),
        ("link.csv", "a SQLite database"),
        ("runs.db-wal", "the log of a SQLite database"),
        ("wallow.toml", "the schema"),
        ("other/wallow.toml", "the schema of a project"),
    ] {
        for command in ["export", "ls"] {
            let line = format!("{command} --format csv --output {output}");
            let said = project.wallow(&line).misuses();
            assert!(
                said.contains(held) && said.contains("--output FILE"),
                "{said}"
            );
        }
    }
    assert_eq!(project.text("wallow.toml"), before);
    project.wallow("doctor").succeeds();
}
