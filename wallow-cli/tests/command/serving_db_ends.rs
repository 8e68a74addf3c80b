//! `wallow serve-db` and every way in which it, its server or its command may end; and who has the folder then.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::Signal;

use crate::project::Project;
use crate::serving_db::{
    OTHER, begins, command, ends, is_alive, project, send, serve, server, waits_for,
};

/// specs 11.24
#[test]
fn a_signal_reaches_the_command_and_the_data_is_left_in_order() {
    let Some(project) = project() else { return };
    for (signal, status) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let script = "trap 'echo asked > asked; exit 0' TERM INT HUP; sleep 60 > slept 2>&1 & wait";
        let child = begins(&project, script);
        let server = server(&project);
        assert!(is_alive(&server));
        send(&child.id().to_string(), signal);
        let (code, stderr) = ends(child);
        assert_eq!(code, Some(status), "{stderr}");
        assert_eq!(project.text("asked"), "asked\n");
        assert!(stderr.contains("the dump is `"), "{stderr}");
        assert!(!is_alive(&server));
        let log = project.text("pg/log");
        assert!(log.contains("database system is shut down"), "{log}");
        fs::remove_file(project.path("asked")).unwrap();
    }
    // A second signal does not wait for a command that ignores the first.
    let child = begins(&project, "trap '' TERM; while :; do sleep 0.1; done");
    let (server, job) = (server(&project), project.text("began"));
    send(&child.id().to_string(), Signal::TERM);
    std::thread::sleep(Duration::from_millis(300));
    send(&child.id().to_string(), Signal::TERM);
    let (code, stderr) = ends(child);
    assert_eq!(code, Some(143), "{stderr}");
    assert!(!is_alive(&server) && !is_alive(&job));
}

#[test]
fn the_end_of_the_server_is_an_error_and_loses_nothing() {
    let Some(project) = project() else { return };
    let script = "$WALLOW migrate push > out 2>&1; echo > pushed; sleep 60 > slept 2>&1 & wait";
    let child = begins(&project, script);
    waits_for(|| project.path("pushed").exists());
    send(&server(&project), Signal::KILL);
    let (code, stderr) = ends(child);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("the same command continues with it; the end of `"),
        "{stderr}"
    );
    let (status, stdout, stderr) = serve(&project, "--data pg -- sh -c \"$WALLOW count\"");
    assert_eq!((status, &*stdout), (Some(0), "0\n"), "{stderr}");
}

/// A start that is interrupted while it makes the data leaves nothing that the next one could take for complete.
#[test]
fn an_interrupted_first_start_is_begun_again() {
    let Some(project) = project() else { return };
    let mut child = command(&project, "--data pg --no-dump -- true")
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let is_begun = || {
        let names = fs::read_dir(project.path("pg"))
            .into_iter()
            .flatten()
            .flatten();
        let mut names = names.map(|entry| entry.file_name().into_string().unwrap());
        names.any(|name| name.starts_with("data.new-"))
    };
    waits_for(is_begun);
    send(&child.id().to_string(), Signal::TERM);
    child.wait().unwrap();
    assert!(!project.path("pg/data").exists());
    let (status, stdout, stderr) = serve(&project, "--data pg --no-dump -- echo done");
    assert_eq!((status, &*stdout), (Some(0), "done\n"), "{stderr}");
}

/// Not even `kill -9` leaves a server, and the next start is not disturbed by what it leaves.
#[cfg(target_os = "linux")]
#[test]
fn no_server_outlives_a_process_that_is_killed() {
    let Some(project) = project() else { return };
    let mut child = begins(&project, "exec sleep 60");
    let (server, job) = (server(&project), project.text("began"));
    child.kill().unwrap();
    child.wait().unwrap();
    waits_for(|| !is_alive(&server));
    // The URL that it leaves is recognised, and does not outlive the next start.
    let stale = project.text("pg/url");
    let said = project.wallow(&format!("status --db {}", stale.trim()));
    let said = said.refuses();
    assert!(
        said.contains("if this is the URL of a `wallow serve-db` that was killed"),
        "{said}"
    );
    let line = "--data pg --no-dump -- sh -c \"cat pg/url && echo again\"";
    let (status, stdout, stderr) = serve(&project, line);
    assert_eq!(status, Some(0), "{stderr}");
    assert!(
        stdout.ends_with("\nagain\n") && !stdout.contains(stale.trim()),
        "{stdout}"
    );
    assert!(!project.path("pg/url").exists());
    assert!(!is_alive(&server) && !is_alive(&job));
    // The number in a file that was left belongs to another process by now.
    let child = begins(&project, "sleep 60 > slept 2>&1 & wait");
    let file = project.text("pg/data/postmaster.pid");
    send(&child.id().to_string(), Signal::TERM);
    ends(child);
    let mut lines = file.lines().collect::<Vec<_>>();
    let mut stranger = sleeper(&project);
    let number = stranger.id().to_string();
    lines[0] = &number;
    project.has("pg/data/postmaster.pid", &(lines.join("\n") + "\n"));
    let (status, stdout, stderr) = serve(&project, "--data pg --no-dump -- echo again");
    assert_eq!((status, &*stdout), (Some(0), "again\n"), "{stderr}");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

/// A process of the same user that is no server.
#[cfg(target_os = "linux")]
fn sleeper(project: &Project) -> Child {
    let mut sleeper = Command::new("sleep");
    sleeper.arg("60").current_dir(project.path(""));
    if rustix::process::geteuid().is_root() {
        sleeper.uid(OTHER).gid(OTHER);
    }
    sleeper.spawn().unwrap()
}

/// specs 11.25
#[test]
fn a_folder_has_one_server_at_a_time() {
    let Some(project) = project() else { return };
    let child = begins(&project, "sleep 60 > slept 2>&1 & wait");
    let (status, _, stderr) = serve(&project, "--data pg -- true");
    assert_eq!(status, Some(1), "{stderr}");
    let by = format!("is in use by process {} on `", child.id());
    assert!(stderr.contains(&by), "{stderr}");
    // What the message says leads out.
    let folder = project.path("pg").canonicalize().unwrap();
    let advice = format!(
        "`WALLOW_DATABASE_URL=\"$(cat {}/url)\" wallow ls`",
        folder.display()
    );
    assert!(stderr.contains(&advice), "{stderr}");
    let url = project.text("pg/url");
    let url = url.trim();
    project
        .wallow(&format!("migrate push --db {url}"))
        .succeeds();
    assert_eq!(
        project.wallow(&format!("count --db {url}")).succeeds(),
        "0\n"
    );
    send(&child.id().to_string(), Signal::TERM);
    ends(child);
    // Another machine has it, whose lock this one does not see, and is alive.
    let file = project.path("pg/serve-db.lock");
    let path = file.clone();
    let other = std::thread::spawn(move || {
        let mut number = 0;
        while path.exists() {
            let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            writeln!(file, "other-boot node7 4711 {number:020}").unwrap();
            number += 1;
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    waits_for(|| fs::read(&file).is_ok_and(|text| !text.is_empty()));
    let (status, _, stderr) = serve(&project, "--data pg -- true");
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr.contains("is in use by process 4711 on `node7`"),
        "{stderr}"
    );
    fs::remove_file(&file).unwrap();
    other.join().unwrap();
    // It has ended without leaving.
    project.has(
        "pg/serve-db.lock",
        &format!("other-boot node7 4711 {:020}\n", 7),
    );
    fs::set_permissions(&file, Permissions::from_mode(0o666)).unwrap();
    let (status, _, stderr) = serve(&project, "--data pg --no-dump -- true");
    assert_eq!(status, Some(0), "{stderr}");
    assert!(stderr.contains("was used on `node7`"), "{stderr}");
}

/// A process that lost its folder to another machine stops its server.
#[test]
fn a_folder_that_was_taken_over_is_left() {
    let Some(project) = project() else { return };
    let child = begins(&project, "sleep 60 > slept 2>&1 & wait");
    let server = server(&project);
    project.has(
        "pg/serve-db.lock",
        &format!("other-boot node7 4711 {:020}\n", 7),
    );
    let (code, stderr) = ends(child);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("another process took `"), "{stderr}");
    assert!(!is_alive(&server));
    assert!(project.text("pg/serve-db.lock").starts_with("other-boot"));
}
