//! Files and folders that cannot be written: each error names the path, and what to do.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;

use crate::project::{Project, SCHEMA};

fn permit(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The errors of a command for a user who may not write here; root may write everywhere.
fn said(project: &Project, line: &str) -> String {
    let mut command = project.command(".", line);
    if rustix::process::geteuid().is_root() {
        command.uid(65534).gid(65534);
    }
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{line}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_migration_that_cannot_be_written_names_the_folder() {
    let project = Project::with(SCHEMA);
    permit(&project.path("."), 0o555);
    let words = said(&project, "migrate generate initial");
    permit(&project.path("."), 0o755);
    assert!(
        words.contains("error: no migration was written: `"),
        "{words}"
    );
    assert!(words.contains("migrations`: Permission denied"), "{words}");
    assert!(
        words.contains("look at its owner and rights (`ls -ld`)"),
        "{words}"
    );

    project.wallow("migrate generate initial").succeeds();
    project.edits(
        "type = \"float\"\n\n[identifying.seed]",
        "type = \"int\"\n\n[identifying.seed]",
    );
    permit(&project.path("migrations"), 0o555);
    let generated = said(&project, "migrate generate second");
    let discarded = said(&project, "migrate discard");
    permit(&project.path("migrations"), 0o755);
    assert!(
        generated.contains("migrations`: Permission denied"),
        "{generated}"
    );
    assert!(
        discarded.contains("initial was not removed: `"),
        "{discarded}"
    );
    assert!(
        discarded.contains("migrations`: Permission denied"),
        "{discarded}"
    );
}

#[test]
fn what_has_the_name_of_a_folder_is_named() {
    let project = Project::with(SCHEMA);
    symlink("nowhere", project.path("migrations")).unwrap();
    let words = project.wallow("migrate generate initial").refuses();
    assert!(words.contains("migrations`: File exists"), "{words}");
    assert!(
        words.contains("rename what has the name, or remove it"),
        "{words}"
    );
    project.has("file", "");
    let words = project.wallow("init --dir file/below").refuses();
    assert!(
        words.contains("`file/below/Cargo.toml` cannot be read: Not a directory"),
        "{words}"
    );
    assert!(
        words.contains("a file stands in the way of a folder: rename it"),
        "{words}"
    );
}

/// specs 3.24
#[test]
fn a_database_is_no_folder() {
    let project = Project::with(SCHEMA);
    project.has(
        "secret/wallow.toml",
        &format!("{SCHEMA}{}", "\n[annotating.status]\ntype = \"string\"\n"),
    );
    for name in [
        "postgres://me:s3cret@db",
        "postgresql+psycopg2://me:s3cret@db/runs",
        "mysql://me:s3cret@db",
        "host=db password=s3cret",
        "me:s3cret@db/runs",
        "sqlite:///runs.db",
        "file:runs.db?key=s3cret",
        ":memory:",
    ] {
        let lines = [
            format!("init --dir \"{name}\""),
            format!("init --python --dir \"{name}\""),
            format!("init --from-db runs.db --dir \"{name}\""),
            format!("work --artefacts \"{name}\" -- true"),
        ];
        for line in lines {
            let words = project.wallow(&line).misuses();
            assert!(
                words.contains("names a folder, and this looks like a database"),
                "{words}"
            );
            assert!(!words.contains("s3cret"), "{words}");
        }
    }
    let names = fs::read_dir(project.path(".")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names = names.collect::<Vec<_>>();
    names.sort();
    assert_eq!(names, ["secret", "wallow.toml"]);
    // As the message says.
    for name in ["./me:here", "a=b", "with blank"] {
        project.wallow(&format!("init --dir \"{name}\"")).succeeds();
        assert!(project.path(name).join("wallow.toml").exists());
    }
}

/// What this user can follow: nobody who types a command can change how its store is opened.
#[test]
fn the_advice_for_a_database_that_cannot_be_opened_is_for_the_command() {
    let project = Project::with_runs(SCHEMA);
    let opened = project.connection();
    for line in ["ls", "doctor", "gc --artefacts .", "status"] {
        for query in ["nolock=1", "vfs=unix-none"] {
            let answer = project.wallow(&format!("{line} --db file:runs.db?{query}"));
            let words = format!("{}{}", answer.stdout, answer.stderr);
            assert!(!words.contains("Store::"), "{line} {query}: {words}");
            if answer.status != Some(0) {
                assert!(
                    words.contains("`nolock` or another `vfs`") && words.contains("`ulimit -n`"),
                    "{line} {query}: {words}"
                );
            }
        }
    }
    drop(opened);
    for files in 4..12 {
        let wallow = env!("CARGO_BIN_EXE_wallow");
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("ulimit -n {files}; exec {wallow} ls")])
            .current_dir(project.path("."))
            .env_remove("WALLOW_DATABASE_URL")
            .env_remove("DATABASE_URL")
            .output()
            .unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(!words.contains("Store::"), "{words}");
        if words.contains("unable to open database file") {
            assert!(
                words.contains("may open more files (`ulimit -n`)"),
                "{words}"
            );
        }
    }
    project.wallow("ls").succeeds();
}

/// A disk that is full, or a limit that is reached: what was begun is not kept by the next try.
#[cfg(unix)]
#[test]
fn an_init_that_cannot_write_leaves_no_empty_files() {
    let project = Project::empty();
    let limited = |line: &str| {
        let mut command = std::process::Command::new("sh");
        // Without room for a single byte; the signal would end the command.
        let script = format!("trap '' XFSZ; ulimit -f 0; exec \"$0\" {line}");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_wallow")]);
        let output = command.current_dir(project.path(".")).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    for line in ["init", "init --python"] {
        let said = limited(line);
        assert!(said.starts_with("error: cannot write `"), "{said}");
        assert_eq!(project.files(), []);
    }
    project.wallow("init").succeeds();
    let before = project.text("wallow.toml");
    project.edits("name", "title");
    let edited = project.files();
    limited("init --force");
    assert_eq!(project.files(), edited);
    project.wallow("init --force").succeeds();
    assert_eq!(project.text("wallow.toml"), before);
}
