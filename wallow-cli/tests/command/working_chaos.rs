//! Workers that are killed while they work: every run is completed, and no command is left over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::project::Project;

const SWEEP: &str = r#"[project]
name = "chaos"
lifecycle = true

[identifying.seed]
type = "int"

[annotating.val_loss]
type = "float"
"#;

const RUNS: usize = 400;
const WORKERS: usize = 4;

/// Notes its beginning and its end. The lock shows whether two live commands have one run.
const SCRIPT: &str = r#"
mkdir "$2/$1.lock-$WALLOW_ATTEMPT" || exit 9
echo "$1 $WALLOW_ATTEMPT begin $$" >> "$2/log"
sleep 0.05
echo '{"val_loss": 0.5}' >> "$WALLOW_RESULT"
echo "$1 $WALLOW_ATTEMPT end $$" >> "$2/log"
"#;

#[test]
fn killed_workers_leave_no_run_and_no_command_behind_on_a_file() {
    let project = Project::with(SWEEP);
    survives(&project);
}

#[cfg(feature = "postgres")]
#[test]
fn killed_workers_leave_no_run_and_no_command_behind_on_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
    survives(&project);
}

fn survives(project: &Project) {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
        .wallow(&format!("enqueue seed=0..{RUNS}"))
        .succeeds();
    project.has("run.sh", SCRIPT);
    let folder = project.path("");
    let start = || {
        let line = format!(
            "work --slots 4 --stale 2s --wait -- sh run.sh {{seed}} {}",
            folder.display()
        );
        let mut command = project.command("", &line);
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut workers = (0..WORKERS).map(|_| start()).collect::<Vec<Child>>();
    let began = Instant::now();
    let mut victim = 0;
    // One worker is killed each second, and replaced, for as long as there is work.
    while began.elapsed() < Duration::from_secs(4) {
        std::thread::sleep(Duration::from_secs(1));
        let worker = &mut workers[victim % WORKERS];
        worker.kill().unwrap();
        worker.wait().unwrap();
        *worker = start();
        victim += 1;
    }
    for mut worker in workers {
        let status = worker.wait().unwrap();
        assert!(status.success(), "{status}");
    }
    let count = project.wallow("count --where \"status == 'completed' and val_loss == 0.5\"");
    assert_eq!(count.succeeds(), format!("{RUNS}\n"));
    assert_eq!(left_over(&folder), BTreeSet::new());
    // Each attempt was executed once, and after an attempt that ended well there was no other, unless its worker was
    // killed before it could say so.
    let log = fs::read_to_string(project.path("log")).unwrap();
    let mut begins = BTreeMap::<(&str, &str), usize>::new();
    for line in log.lines() {
        let words = line.split(' ').collect::<Vec<_>>();
        if words[2] == "begin" {
            *begins.entry((words[0], words[1])).or_default() += 1;
        }
    }
    assert!(begins.values().all(|count| *count == 1));
    let runs = begins
        .keys()
        .map(|(seed, _)| *seed)
        .collect::<BTreeSet<_>>();
    assert_eq!(runs.len(), RUNS);
    // At most the 16 runs that were at work when a worker was killed were executed again.
    assert!(
        begins.len() <= RUNS + 4 * victim,
        "{} attempts",
        begins.len()
    );
}

/// The processes whose command line names the folder.
fn left_over(folder: &Path) -> BTreeSet<String> {
    let folder = folder.to_string_lossy();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let lines = processes.filter_map(|process| {
        let line = fs::read(process.path().join("cmdline")).ok()?;
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        line.contains(&*folder).then_some(line)
    });
    lines.collect()
}
