//! `wallow work`: a command for each run.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::project::{Answer, Project};

pub(crate) const SWEEP: &str = r#"[project]
name = "worked"
lifecycle = true

[identifying.name]
type = "string"
default = "a b"

[identifying.lr]
type = "float"
default = 0.001

[identifying.seed]
type = "int"

[annotating.val_loss]
type = "float"

[annotating.curve]
type = "json"
"#;

pub(crate) fn project(seeds: &str) -> Project {
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow(&format!("enqueue seed={seeds}")).succeeds();
    project
}

/// Works with a script of the shell.
pub(crate) fn works(project: &Project, options: &str, script: &str) -> Answer {
    project.has("run.sh", script);
    project.wallow(&format!("work {options} -- sh run.sh {{args}}"))
}

/// The status and the excerpt of each run.
pub(crate) fn ends(project: &Project) -> String {
    project.reads(
        "SELECT group_concat(status || coalesce(' ' || error_excerpt, ''), char(10)) FROM (SELECT * FROM runs ORDER BY seed)",
    )
}

/// The last line of what `wallow work` prints.
pub(crate) fn done(answer: &Answer) -> &str {
    answer.stdout.lines().last().unwrap_or_default()
}

/// specs 11.9 to 11.12
#[test]
fn a_command_gets_its_run_and_reports_results() {
    let project = project("7");
    let script = r#"
echo "$@" > args
cat "$WALLOW_PARAMS" > params
env | grep -E '^(WALLOW|PYTHON|CUDA)' | sed "s|=/.*/|=|" | sort > environment
read line; echo "stdin: $line $?" > stdin
echo '{"step": 1, "loss": 0.5}' >> "$WALLOW_RESULT"
echo '{"step": 2, "loss": 0.25}' >> "$WALLOW_RESULT"
printf '{"val_loss": 0.25}\r' >> "$WALLOW_RESULT"
echo to stdout; echo to stderr >&2
"#;
    let answer = works(&project, "--timeout 1h", script);
    let said = answer.succeeds();
    assert!(said.contains("completed"), "{said}");
    assert!(said.contains("name=a b lr=0.001 seed=7"), "{said}");
    assert!(
        said.ends_with("done: 1 completed, 0 failed, 0 lost, 0 put back\n"),
        "{said}"
    );
    assert_eq!(project.text("args"), "--name a b --lr 0.001 --seed 7\n");
    assert_eq!(
        project.text("params"),
        "{\"lr\":0.001,\"name\":\"a b\",\"seed\":7}\n"
    );
    assert_eq!(project.text("stdin"), "stdin:  1\n");
    let uuid = project.reads("SELECT uuid FROM runs");
    let environment = project.text("environment");
    for line in [
        "PYTHONUNBUFFERED=1",
        "WALLOW_ATTEMPT=1",
        &format!("WALLOW_DIR={uuid}"),
        "WALLOW_ID=1",
        "WALLOW_PARAMS=attempt-1.params.json",
        "WALLOW_RESULT=attempt-1.results.jsonl",
        "WALLOW_SLOT=0",
        &format!("WALLOW_UUID={uuid}"),
    ] {
        assert!(
            environment.lines().any(|own| own == line),
            "{line}: {environment}"
        );
    }
    assert!(environment.contains("WALLOW_DEADLINE="), "{environment}");
    assert!(!environment.contains("CUDA"), "{environment}");
    let results = "SELECT status || val_loss || curve || (wallclock_seconds > 0) FROM runs";
    assert_eq!(
        project.reads(results),
        r#"completed0.25[{"loss":0.5,"step":1},{"loss":0.25,"step":2}]1"#
    );
    assert_eq!(
        project.text(&format!("artefacts/{uuid}/attempt-1.out")),
        "to stdout\n"
    );
    assert_eq!(
        project.text(&format!("artefacts/{uuid}/attempt-1.err")),
        "to stderr\n"
    );
    // Everything is done.
    let said = works(&project, "", script).succeeds();
    assert!(
        said.ends_with("\ndone: 0 completed, 0 failed, 0 lost, 0 put back\n"),
        "{said}"
    );
}

#[test]
fn placeholders_are_put_into_arguments() {
    let project = project("7");
    project.has("run.sh", "echo \"$@\" > args");
    let line =
        "work -- sh run.sh {args:=} {seed}-{lr} {{{uuid}}} {attempt}/{slot}/{id} {args:hydra}";
    project.wallow(line).succeeds();
    let uuid = project.reads("SELECT uuid FROM runs");
    assert_eq!(
        project.text("args"),
        format!(
            "--name=a b --lr=0.001 --seed=7 7-0.001 {{{uuid}}} 1/0/1 name=a b lr=0.001 seed=7\n"
        )
    );
}

/// specs 11.11
#[test]
fn each_end_has_its_status_and_its_words() {
    let project = project("0..12");
    let script = r#"
for last; do :; done
case $last in
0) exit 0;;
1) echo first >&2; echo "out of memory" >&2; exit 3;;
2) exit 75;;
3) kill -9 $$;;
4) sleep 60;;
5) trap '' TERM; sleep 60 & wait; sleep 60; sleep 60;;
6) (sleep 60) & exit 0;;
7) exec >&- 2>&-; sleep 0.1;;
8) echo '{"val_loss": NaN}' >> "$WALLOW_RESULT";;
9) printf '{"val_loss": 0.5' >> "$WALLOW_RESULT";;
10) printf '\377\376\n{"val_loss": 1}\n' >> "$WALLOW_RESULT";;
11) echo '{"val_los": 1, "val_loss": "high"}' >> "$WALLOW_RESULT"; exit 1;;
esac
"#;
    let answer = works(&project, "--slots 12 --timeout 2s --grace 1s", script);
    assert_eq!(answer.status, Some(1), "{}{}", answer.stdout, answer.stderr);
    assert_eq!(
        done(&answer),
        "done: 3 completed, 8 failed, 0 lost, 1 put back"
    );
    let expected = "completed\n\
        failed exit status 3: first\nout of memory\n\
        pending\n\
        failed killed by SIGKILL\n\
        failed took longer than 2s\n\
        failed took longer than 2s\n\
        completed\n\
        completed\n\
        failed a result does not fit: line 1: `val_loss`: NaN cannot be stored; write a number, or null if there is none\n\
        failed a result does not fit: line 1: \"{\\\"val_loss\\\": 0.5\" is no JSON: character 17: expected `,` or `}`, found the end\n\
        failed a result does not fit: line 1: it is no text in UTF-8\n\
        failed exit status 1";
    assert_eq!(ends(&project), expected);
    assert_eq!(
        project.reads("SELECT val_loss FROM runs WHERE seed = 10"),
        "1.0"
    );
    for warning in [
        "line 1: `val_los`: no field has this name; did you mean `val_loss`?",
        "line 1: `val_loss`: \"high\" is no float",
    ] {
        assert!(answer.stderr.contains(warning), "{}", answer.stderr);
    }
    // A run that failed is tried again in the next call, and its attempt is counted.
    let answer = works(&project, "--where \"seed == 1\" --max-attempts 1", "exit 0");
    assert_eq!(
        done(&answer),
        "done: 0 completed, 0 failed, 0 lost, 0 put back"
    );
    works(&project, "--where \"seed == 1\"", "exit 0").succeeds();
    assert_eq!(
        project.reads("SELECT status || _wallow_attempt FROM runs WHERE seed = 1"),
        "completed2"
    );
}

#[test]
fn limits_end_the_work() {
    let project = project("0..8");
    let answer = works(&project, "--max-runs 2", "exit 0");
    assert_eq!(
        done(&answer),
        "done: 2 completed, 0 failed, 0 lost, 0 put back"
    );
    let answer = works(&project, "--fail-fast 1", "exit 1");
    assert_eq!(
        done(&answer),
        "done: 0 completed, 1 failed, 0 lost, 0 put back"
    );
    let answer = works(
        &project,
        "--require val_loss --max-runs 1 --sort -seed",
        "exit 0",
    );
    assert_eq!(answer.status, Some(1));
    assert_eq!(
        project.reads("SELECT status || ' ' || error_excerpt FROM runs WHERE seed = 7"),
        "failed it did not report val_loss"
    );
}

#[test]
fn what_is_wrong_is_said_before_anything_is_claimed() {
    let project = project("0");
    for (line, expected) in [
        (
            "work -- sh {sed}",
            "`{sed}` is no placeholder; did you mean `{seed}`?",
        ),
        ("work -- sh -c x} y", "a lone `}`"),
        (
            "work -- no-such-program",
            "there is no program `no-such-program` in the folders of PATH",
        ),
        (
            "work -- ./no-such-program",
            "there is no program `./no-such-program`",
        ),
        ("work -- /", "`/` is a folder"),
        (
            "work -- \"sh run.sh\"",
            "write them as separate words, without the quotes around all of them: `-- sh run.sh`",
        ),
        ("work -- \"\"", "the program is an empty word"),
        ("work -- {args}", "such as `-- python3 train.py {args}`"),
        ("work -- sh {args:x}", "there is no `{args:x}`"),
        ("work -- ./wallow.toml", "chmod +x ./wallow.toml"),
        (
            "work --require val_los -- true",
            "`--require val_los`: no annotating field has this name; did you mean `val_loss`?",
        ),
        (
            "work --curve val_loss -- true",
            "of type float, and a curve needs one of type json",
        ),
        ("work --where \"sed == 1\" -- true", "did you mean"),
        (
            "work --gpus 0,1 --slots 3 -- true",
            "there are 3 slots and 2 GPUs",
        ),
        ("work --gpus 0,0 -- true", "each device once"),
        ("work --slots 0 -- true", "from 1 on"),
        ("work", "<COMMAND>"),
    ] {
        let refusal = project.wallow(line).misuses();
        assert!(refusal.contains(expected), "{line}: {refusal}");
    }
    assert_eq!(ends(&project), "pending");
    let empty = Project::with(SWEEP);
    let refusal = empty.wallow("work -- true").refuses();
    assert!(refusal.contains("wallow enqueue"), "{refusal}");
    empty.wallow("claim").refuses();
    empty.wallow("enqueue seed=0").succeeds();
    empty.wallow("work -- true").succeeds();
}

/// What cannot be executed at all would fail every run, one after another.
#[test]
fn a_command_that_cannot_be_executed_ends_the_worker_and_fails_no_run() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let project = project("0..3");
    let has_program = |text: &str| {
        project.has("run", text);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(project.path("run"), mode).unwrap();
    };
    // A shell must not try to make sense of it.
    for (text, expected) in [
        (
            "#!/no/such/interpreter\n",
            "does not exist; correct that line",
        ),
        ("import sys\n", "its first line does not begin with `#!`"),
    ] {
        has_program(text);
        let said = project.wallow("work -- ./run").misuses();
        assert!(said.contains(expected), "{said}");
    }
    // Its interpreter vanishes with the first run.
    symlink("/bin/sh", project.path("shell")).unwrap();
    let shell = project.path("shell");
    has_program(&format!("#!{0}\nrm {0}\n", shell.display()));
    let answer = project.wallow("work -- ./run");
    assert_eq!(answer.status, Some(1));
    for expected in ["cannot be executed: the interpreter", "is pending again"] {
        assert!(answer.stderr.contains(expected), "{}", answer.stderr);
    }
    assert_eq!(
        done(&answer),
        "done: 1 completed, 0 failed, 0 lost, 0 put back"
    );
    assert_eq!(ends(&project), "completed\npending\npending");
    // A command that exits with the same status has been executed.
    let answer = works(&project, "--max-runs 1", "echo no >&2; exit 126");
    assert_eq!(
        done(&answer),
        "done: 0 completed, 1 failed, 0 lost, 0 put back"
    );
}

/// specs 11.11
#[test]
fn a_curve_that_is_reported_as_a_whole_is_kept() {
    let project = project("7");
    let script = r#"
echo '{"step": 1, "loss": 0.5}' >> "$WALLOW_RESULT"
echo '{"curve": [1, 2]}' >> "$WALLOW_RESULT"
echo '{"step": 2, "loss": 0.25}' >> "$WALLOW_RESULT"
"#;
    let answer = works(&project, "", script);
    assert!(
        answer.stderr.contains("a value of its own"),
        "{}",
        answer.stderr
    );
    answer.status.filter(|status| *status == 0).unwrap();
    assert_eq!(project.reads("SELECT curve FROM runs"), "[1,2]");
}

#[test]
fn each_slot_has_a_device() {
    let project = project("0..2");
    let script = "echo $CUDA_VISIBLE_DEVICES $CUDA_DEVICE_ORDER > device-$WALLOW_SLOT; sleep 0.5";
    works(&project, "--gpus 4,6", script).succeeds();
    assert_eq!(project.text("device-0"), "4 PCI_BUS_ID\n");
    assert_eq!(project.text("device-1"), "6 PCI_BUS_ID\n");
}

#[test]
fn a_terminal_shows_what_is_at_work() {
    let project = project("0..3");
    let mut terminal = project.wallow_on_terminal("work --slots 2 -- sleep 0.3");
    terminal.asks("completed");
    let (status, said) = terminal.ends();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("done: 3 completed"), "{said}");
}

/// A child that prints without end fills neither memory nor the pipe of the worker.
#[test]
fn output_goes_to_files_of_the_attempt() {
    let project = project("0");
    let script = "head -c 50000000 /dev/zero; head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1";
    let answer = works(&project, "", script);
    assert_eq!(answer.status, Some(1));
    let uuid = project.reads("SELECT uuid FROM runs");
    let out = project.path(&format!("artefacts/{uuid}/attempt-1.out"));
    assert_eq!(fs::metadata(out).unwrap().len(), 50_000_000);
    let excerpt =
        project.reads("SELECT length(error_excerpt) || substr(error_excerpt, 1, 20) FROM runs");
    assert_eq!(excerpt, "1000exit status 1: xxxxx");
}

/// Lines of a worker, as they come.
#[test]
fn each_run_that_ends_is_a_line() {
    let project = project("0..2");
    project.has("run.sh", "exit 0");
    let mut command = project.command("", "work -- sh run.sh");
    let mut worker = command.stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(worker.stdout.take().unwrap()).lines();
    let lines = lines.map(Result::unwrap).collect::<Vec<_>>();
    assert_eq!(lines.len(), 4, "{lines:?}");
    assert!(
        lines[1].contains("  completed  ") && lines[1].ends_with("seed=0"),
        "{lines:?}"
    );
    assert!(worker.wait().unwrap().success());
}
