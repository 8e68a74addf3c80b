//! Two users of one database: neither locks the other out.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::project::{Project, SCHEMA};

/// A user that exists on every machine and owns nothing: `nobody`.
const OTHER: u32 = 65_534;

/// A project in a folder that everybody may write. `None` unless this user may act as another.
fn shared() -> Option<Project> {
    if !rustix::process::geteuid().is_root() {
        eprintln!("NOT TESTED: two users of one database, because only root can act as another");
        return None;
    }
    let project = Project::with_runs(SCHEMA);
    fs::set_permissions(project.path(""), Permissions::from_mode(0o777)).unwrap();
    Some(project)
}

/// The status and the output of the command, run by another user.
fn other(project: &Project, line: &str) -> (Option<i32>, String) {
    let mut command = project.command(".", line);
    let output = command.uid(OTHER).gid(OTHER).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(said).unwrap())
}

fn beside(project: &Project) -> Vec<String> {
    let names = fs::read_dir(project.path("")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names = names
        .filter(|name| name.starts_with("runs.db-"))
        .collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
fn whoever_only_reads_leaves_no_files_that_lock_the_owner_out() {
    let Some(project) = shared() else { return };
    for line in ["ls", "status", "count", "doctor"] {
        let (status, said) = other(&project, line);
        assert!(
            matches!(status, Some(0 | 1)) && !said.contains("error"),
            "{line:?}: {said}"
        );
        assert_eq!(beside(&project), Vec::<String>::new(), "{line:?}");
    }
    project.wallow("set 1 loss=0.5").succeeds();
    // While the owner has it open, the log is there, and the other reads what is in it.
    let file = project.path("runs.db");
    let mut owner = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    let sql = "UPDATE runs SET loss = 0.25 WHERE id = 1";
    owner.batch_execute(sql).unwrap();
    let (status, said) = other(&project, "ls --where \"loss == 0.25\" --columns id,loss");
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("0.25"), "{said}");
    drop(owner);
    let (status, said) = other(&project, "set 1 loss=1.0");
    assert_eq!(status, Some(1), "{said}");
    project.wallow("set 1 loss=2.0").succeeds();
}

#[test]
fn a_log_of_another_user_is_named() {
    let Some(project) = shared() else { return };
    for end in ["-wal", "-shm"] {
        fs::write(project.path(&format!("runs.db{end}")), "").unwrap();
    }
    fs::set_permissions(project.path("runs.db"), Permissions::from_mode(0o666)).unwrap();
    let (status, said) = other(&project, "set 1 loss=0.5");
    assert_eq!(status, Some(1), "{said}");
    assert!(
        said.contains("runs.db-wal` belongs to another user"),
        "{said}"
    );
}
