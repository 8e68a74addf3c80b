//! `wallow work`: how many slots there are, runs that no worker claims, and runs that are given up.

use std::path::Path;
use std::process::Stdio;

use crate::on::On;
use crate::project::Project;
use crate::working::{SWEEP, done, ends, project, works};

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

/// No worker reports the end of such a run, so the call that gives it up does.
#[test]
fn runs_that_are_given_up_count_as_failed() {
    let project = project("0..2");
    project.executes(
        "UPDATE runs SET status = 'running', _wallow_attempt = 1, created_at = '2026-01-01 00:00:00.000000', \
         started_at = '2026-01-01 00:00:01.000000', updated_at = '2026-01-01 00:00:02.000000'",
    );
    let options = "--stale 1s --max-attempts 1 --wait";
    let answer = works(&project, options, "exit 0");
    assert_eq!(answer.status, Some(1), "{}", answer.stderr);
    assert_eq!(
        done(&answer),
        "done: 0 completed, 2 failed, 0 lost, 0 put back"
    );
    let warning =
        "2 runs failed: the last worker went silent, and `--max-attempts` allows no other attempt";
    assert!(answer.stderr.contains(warning), "{}", answer.stderr);
    // They failed before this call.
    works(&project, options, "exit 0").succeeds();
}

/// Both look at the same runs at the same time, and each of these is failed by one of them.
#[test]
fn two_workers_count_a_run_that_is_given_up_once() {
    let project = project("0..40");
    project.executes(
        "UPDATE runs SET status = 'running', _wallow_attempt = 1, created_at = '2026-01-01 00:00:00.000000', \
         started_at = '2026-01-01 00:00:01.000000', updated_at = '2026-01-01 00:00:02.000000'",
    );
    project.has("run.sh", "exit 0");
    let command = "work --stale 1s --max-attempts 1 --slots 4 --wait -- sh run.sh";
    let workers = [(); 2].map(|()| {
        let mut command = project.command("", command);
        command.stdout(Stdio::piped()).spawn().unwrap()
    });
    let failed = workers.map(|worker| {
        let said = String::from_utf8(worker.wait_with_output().unwrap().stdout).unwrap();
        let done = said.lines().last().unwrap();
        let failed = done.strip_prefix("done: 0 completed, ").unwrap();
        let (failed, _) = failed.split_once(" failed").unwrap();
        failed.parse::<u32>().unwrap()
    });
    assert_eq!(failed.iter().sum::<u32>(), 40, "{failed:?}");
}

/// specs 11.11
#[test]
fn a_line_of_ten_megabytes_is_a_result_and_a_longer_one_a_fault() {
    let project = project("0..2");
    let script = r#"
for last; do :; done
size=$((10000000 + last * 10000000))
{ printf '{"curve": "'; head -c $size /dev/zero | tr '\0' x; printf '"}\n'; } >> "$WALLOW_RESULT"
echo '{"val_loss": 0.5}' >> "$WALLOW_RESULT"
"#;
    let answer = works(&project, "", script);
    assert_eq!(
        done(&answer),
        "done: 1 completed, 1 failed, 0 lost, 0 put back"
    );
    assert_eq!(
        ends(&project),
        "completed\nfailed a result does not fit: line 1 has more than 16 MiB"
    );
    // What fits is kept, and the file has all of it.
    let lengths = "SELECT group_concat(coalesce(length(curve), '-') || ' ' || val_loss) FROM (SELECT * FROM runs ORDER BY seed)";
    assert_eq!(project.reads(lengths), "10000002 0.5,- 0.5");
    let uuid = project.reads("SELECT uuid FROM runs WHERE seed = 1");
    let file = project.path(&format!("artefacts/{uuid}/attempt-1.results.jsonl"));
    assert!(std::fs::metadata(file).unwrap().len() > 20_000_000);
}

/// The advice puts back the run that is silent, word for word; then it is claimed again.
fn carries_out(project: &Project, advice: &str) {
    project.executes("UPDATE runs SET updated_at = '2020-01-01 00:00:00' WHERE status = 'running'");
    let program = Path::new(env!("CARGO_BIN_EXE_wallow"));
    let said = std::process::Command::new("/bin/sh")
        .args(["-c", &format!("{advice} --yes")])
        .current_dir(project.path(""))
        .env("PATH", program.parent().unwrap())
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .output();
    let said = said.unwrap();
    assert!(said.status.success(), "{said:?}");
    let pending = project.wallow("count --where \"status == 'pending'\"");
    assert_eq!(pending.succeeds().trim(), "1");
    project.wallow("claim --json").succeeds();
}

/// specs 11.9
#[test]
fn runs_that_others_leave_running_are_named_at_the_end() {
    for on in On::each(SWEEP) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        project.wallow("enqueue seed=0,1").succeeds();
        project.wallow("claim --json").succeeds();
        let answer = project.wallow("work -- true");
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        assert!(
            answer
                .stderr
                .starts_with("note: 1 run is still `running` elsewhere: `--wait` ")
                && answer
                    .stderr
                    .contains("`wallow retry --where 'status == \"running\"' --stale 5m`")
                && answer.stderr.lines().count() == 1,
            "{}",
            answer.stderr
        );
        assert!(answer.stdout.contains("1 completed"), "{}", answer.stdout);
        // The advice has the condition and the stale time of the call.
        let answer = project.wallow("work --where \"seed == 0 or seed == 7\" --stale 90s -- true");
        let advice = "`wallow retry --where '(seed == 0 or seed == 7) and status == \"running\"' --stale 90s`";
        assert!(answer.stderr.contains(advice), "{}", answer.stderr);
        if !on.is_server() {
            carries_out(project, advice.trim_matches('`'));
        }
        // Not of runs that were not asked for, and not if it ends for another reason.
        project
            .wallow("work --where \"seed == 1\" -- true")
            .succeeds();
        project.wallow("enqueue seed=2,3").succeeds();
        project.wallow("work --max-runs 1 -- true").succeeds();
    }
}
