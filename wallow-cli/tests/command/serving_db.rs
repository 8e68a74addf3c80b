//! `wallow serve-db`: a server of PostgreSQL's own programs for the time of a command.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::project::{Project, SCHEMA};

/// A user that exists on every machine: `nobody`. PostgreSQL does not run as root.
pub(crate) const OTHER: u32 = 65_534;

/// A project that any user may write; `None` without PostgreSQL.
pub(crate) fn project() -> Option<Project> {
    if postgres_server::left_out("postgres") {
        return None;
    }
    if !postgres_server::are_installed() {
        postgres_server::missing("PostgreSQL: there is no `initdb`");
        return None;
    }
    let project = Project::with(SCHEMA).sets("WALLOW", env!("CARGO_BIN_EXE_wallow"));
    fs::set_permissions(project.path(""), Permissions::from_mode(0o777)).unwrap();
    Some(project)
}

/// The command, as a user who is not root.
pub(crate) fn command(project: &Project, line: &str) -> Command {
    let mut command = project.command(".", &format!("serve-db {line}"));
    if rustix::process::geteuid().is_root() {
        command.uid(OTHER).gid(OTHER);
    }
    command
}

/// Exit status, stdout and stderr.
pub(crate) fn serve(project: &Project, line: &str) -> (Option<i32>, String, String) {
    let output = command(project, line).output().unwrap();
    let [stdout, stderr] =
        [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), stdout, stderr)
}

/// A server whose command has begun: `job.sh` is this script, after `echo $$ > began`.
pub(crate) fn begins(project: &Project, script: &str) -> Child {
    let _ = fs::remove_file(project.path("began"));
    project.has("job.sh", &format!("echo $$ > began\n{script}"));
    let mut command = command(project, "--data pg --grace 20s -- sh job.sh");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = child.spawn().unwrap();
    waits_for(|| fs::read(project.path("began")).is_ok_and(|text| !text.is_empty()));
    child
}

pub(crate) fn waits_for(condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "nothing happens"
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn send(pid: &str, signal: Signal) {
    let pid = pid.trim().parse().ok().and_then(Pid::from_raw);
    kill_process(pid.unwrap(), signal).unwrap();
}

pub(crate) fn is_alive(pid: &str) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.trim()));
    status.is_ok_and(|status| !status.contains("State:\tZ"))
}

/// The number of the server's process.
pub(crate) fn server(project: &Project) -> String {
    let text = project.text("pg/data/postmaster.pid");
    text.lines().next().unwrap().to_owned()
}

pub(crate) fn ends(child: Child) -> (Option<i32>, String) {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), stderr)
}

fn mode(project: &Project, path: &str) -> u32 {
    let data = fs::metadata(project.path(path)).unwrap();
    data.permissions().mode() & 0o777
}

/// specs 11.23
#[test]
fn a_second_job_continues_with_the_data_of_the_first() {
    let Some(project) = project() else { return };
    project.has(
        "first.sh",
        "set -e; $WALLOW migrate push\n$WALLOW import --from new.csv\n$WALLOW count; psql --version > psql",
    );
    project.has("new.csv", "rate,seed,loss\n0.1,0,0.5\n0.1,1,0.25\n");
    let (status, stdout, stderr) = serve(&project, "--data pg -- sh first.sh");
    assert_eq!(status, Some(0), "{stdout}{stderr}");
    assert!(stdout.ends_with("\n2\n"), "{stdout}");
    assert!(
        stdout.contains("postgres://wallow:…@127.0.0.1:"),
        "{stdout}"
    );
    assert!(stderr.contains("the dump is `"), "{stderr}");
    // Only its user reads it, and the URL is there only with the server.
    assert_eq!(
        (mode(&project, "pg"), mode(&project, "pg/data")),
        (0o700, 0o700)
    );
    for file in [
        "password",
        "runs.sql",
        "serve-db.lock",
        "pg_hba.conf",
        "log",
        "log.old",
    ] {
        assert_eq!(mode(&project, &format!("pg/{file}")), 0o600, "{file}");
    }
    assert!(!project.path("pg/url").exists());
    assert!(!project.path("pg/data/postmaster.pid").exists());
    let dump = project.text("pg/runs.sql");
    assert!(dump.contains("COPY public.runs "), "{dump}");
    project.has("second.sh", "$WALLOW count; stat -c %a pg/url; exit 7");
    let (status, stdout, stderr) = serve(&project, "--data pg --no-dump -- sh second.sh");
    assert_eq!((status, &*stdout), (Some(7), "2\n600\n"), "{stderr}");
    assert!(!stderr.contains("dump"), "{stderr}");
    assert_eq!(project.text("pg/runs.sql"), dump);
    // The dump is read by a server of another folder.
    let line =
        "--data other -- sh -c \"psql -qf pg/runs.sql $WALLOW_DATABASE_URL >&2 && $WALLOW count\"";
    let (status, stdout, stderr) = serve(&project, line);
    assert_eq!((status, &*stdout), (Some(0), "2\n"), "{stderr}");
}

#[test]
fn nobody_connects_without_the_password() {
    let Some(project) = project() else { return };
    project.has(
        "job.sh",
        "$WALLOW migrate push > out 2>&1 || exit 3\n\
         $WALLOW count --db \"$(echo $WALLOW_DATABASE_URL | sed 's/wallow:[^@]*@/wallow:wrong@/')\"",
    );
    let (status, stdout, stderr) = serve(&project, "--data pg -- sh job.sh");
    assert_eq!((status, &*stdout), (Some(1), ""), "{stderr}");
    assert!(
        stderr.contains("password authentication failed"),
        "{stderr}"
    );
}

#[test]
fn a_dump_that_fails_leaves_the_last_one() {
    let Some(project) = project() else { return };
    let bin = project.path("bin");
    fs::create_dir(&bin).unwrap();
    let found = postgres_server::client("initdb").unwrap();
    let found = fs::canonicalize(found.get_program()).unwrap();
    // The server finds its files by its own place, so the link is followed; `pg_dump` is then the one beside it.
    symlink(
        found.parent().unwrap().join("postgres"),
        bin.join("postgres"),
    )
    .unwrap();
    symlink(&found, bin.join("initdb")).unwrap();
    let (status, _, stderr) = serve(&project, "--data pg --pg-bin bin -- true");
    assert_eq!(status, Some(0), "{stderr}");
    let dump = project.text("pg/runs.sql");
    // The user may not read everything any more.
    project.has(
        "job.sh",
        "psql -q $WALLOW_DATABASE_URL -c 'CREATE ROLE other' -c 'CREATE TABLE secret (id int)' \
         -c 'ALTER TABLE secret OWNER TO other' -c 'CREATE ROLE root SUPERUSER' -c 'ALTER ROLE wallow NOSUPERUSER'",
    );
    let (status, _, stderr) = serve(&project, "--data pg --pg-bin bin -- sh job.sh");
    assert_eq!(status, Some(1), "{stderr}");
    assert!(
        stderr
            .contains("runs.sql` was not written, and the last one, if there is one, is unchanged"),
        "{stderr}"
    );
    assert_eq!(project.text("pg/runs.sql"), dump);
}

/// Everything that is wrong beforehand is said before anything is made.
#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let Some(project) = project() else { return };
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    fs::create_dir(project.path("empty")).unwrap();
    let before = project.files();
    for (line, status, said) in [
        (
            "--data pg -- no-such-program",
            2,
            "there is no program `no-such-program`",
        ),
        (
            "--data . -- true",
            2,
            "name a new folder with `--data`, such as `./postgres`",
        ),
        ("--data wallow.toml -- true", 2, "is a file; name a folder"),
        (
            "--data postgres://me:secret@db/x -- true",
            2,
            "looks like a database",
        ),
        (
            "--data pg --db x.db -- true",
            2,
            "`serve-db` has a database of its own",
        ),
        (
            "--data pg --pg-bin empty -- true",
            1,
            "`empty` has no `postgres` and `initdb`",
        ),
        (
            "--data pg --host 127.0.0.1 -- true",
            2,
            "is no address for other machines",
        ),
        (
            "--data pg --host 0.0.0.0 -- true",
            2,
            "is no address for other machines",
        ),
        (
            &format!("--data pg --port {port} -- true"),
            1,
            "leave out `--port`",
        ),
    ] {
        let (code, _, stderr) = serve(&project, line);
        assert_eq!(code, Some(status), "{line}: {stderr}");
        assert!(stderr.contains(said), "{line}: {stderr}");
        assert!(!stderr.contains("secret"), "{stderr}");
    }
    if rustix::process::geteuid().is_root() {
        let said = project.wallow("serve-db --data pg -- true").misuses();
        assert!(
            said.contains("`runuser -u USER -- wallow serve-db --data pg"),
            "{said}"
        );
    }
    assert_eq!(project.files(), before);
    // Data of a version that is not installed.
    project.has("old/serve-db.lock", "");
    project.has("old/data/PG_VERSION", "9\n");
    let (code, _, stderr) = serve(&project, "--data old -- true");
    assert_eq!(code, Some(1), "{stderr}");
    for said in ["the data is of PostgreSQL 9", "there is no dump"] {
        assert!(stderr.contains(said), "{stderr}");
    }
}

/// A job of several machines: the name is in the URL, and the port is the one that was asked for.
#[test]
fn a_server_with_a_name_is_reached_by_it() {
    let Some(project) = project() else { return };
    let mut addresses = String::new();
    if let Ok(output) = Command::new("hostname").arg("-I").output() {
        addresses.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    let Some(address) = addresses
        .split_whitespace()
        .find(|address| address.contains('.'))
    else {
        postgres_server::not_tested("a server with a name: this machine has no address for others");
        return;
    };
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let line = format!(
        "--data pg --no-dump --host {address} --port {port} -- sh -c \"$WALLOW migrate push && $WALLOW count\""
    );
    let (status, stdout, stderr) = serve(&project, &line);
    assert_eq!(status, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains(&format!("@{address}:{port}/")), "{stdout}");
}
