//! `wallow work`: how many slots there are, and runs that no worker claims.

use crate::project::Project;
use crate::working::{ends, project};

/// specs 11.9
#[test]
fn there_are_no_more_slots_than_runs() {
    let project = project("0..3");
    let refusal = project.wallow("work --slots 100000 -- true").misuses();
    assert!(refusal.contains("at most 4096 runs"), "{refusal}");
    assert_eq!(ends(&project), "pending\npending\npending");
    // Linux counts the threads of a process.
    project.has(
        "run.sh",
        "grep Threads /proc/$PPID/status | tr -dc 0-9 > threads-$WALLOW_SLOT; sleep 0.3",
    );
    project.wallow("work --slots 4096 -- sh run.sh").succeeds();
    assert_eq!(ends(&project), "completed\ncompleted\ncompleted");
    #[cfg(target_os = "linux")]
    for slot in 0..3 {
        let threads = project.text(&format!("threads-{slot}"));
        assert!(threads.parse::<u32>().unwrap() < 20, "{threads}");
    }
}

#[test]
fn a_limit_of_open_files_is_named_and_no_run_is_lost() {
    let project = project("0..40");
    let mut command = std::process::Command::new("sh");
    command
        .args([
            "-c",
            "ulimit -n 40; exec \"$0\" work --slots 40 -- sleep 0.5",
        ])
        .arg(env!("CARGO_BIN_EXE_wallow"))
        .current_dir(project.path(""))
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("use fewer `--slots`"), "{said}");
    assert!(!ends(&project).contains("running"));
    assert!(!ends(&project).contains("failed"));
}

const LEFT: &str = "are left alone: their status is none of pending, running, completed and failed";

/// specs 6.14
fn warns(project: &Project, executes: impl Fn(&str)) {
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("enqueue seed=0..3").succeeds();
    executes("UPDATE runs SET status = 'pruned' WHERE seed = 1");
    executes("UPDATE runs SET status = NULL, val_loss = 0.5 WHERE seed = 2");
    for options in ["", "--wait"] {
        let answer = project.wallow(&format!("work {options} -- true"));
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        assert!(
            answer.stderr.contains(&format!("2 runs {LEFT}")),
            "{}",
            answer.stderr
        );
    }
    let answer = project.wallow("claim");
    assert_eq!(answer.status, Some(1));
    assert!(
        answer.stderr.contains(&format!("2 runs {LEFT}")),
        "{}",
        answer.stderr
    );
    // The filter of the work is that of the warning.
    project
        .wallow("work --where \"seed < 1\" -- true")
        .succeeds();
    // As the warning says.
    let listed = "ls --columns seed --where \"status is null or status not in ['pending', 'running', 'completed', 'failed']\" --format jsonl";
    let listed = project.wallow(listed).succeeds();
    assert!(
        listed.contains("\"seed\":1") && listed.contains("\"seed\":2"),
        "{listed}"
    );
    project.wallow("set 2 status=completed").succeeds();
    project.wallow("set 3 status=pending").succeeds();
    project.wallow("work -- true").succeeds();
}

#[test]
fn runs_that_no_worker_claims_are_warned_of_on_a_file() {
    let project = Project::with(crate::working::SWEEP);
    warns(&project, |sql| project.executes(sql));
}

#[cfg(feature = "postgres")]
#[test]
fn runs_that_no_worker_claims_are_warned_of_on_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(crate::working::SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
    warns(&project, |sql| {
        server.psql(database.name(), sql).unwrap();
    });
}
