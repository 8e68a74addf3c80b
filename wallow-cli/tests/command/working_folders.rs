//! The folders and files that `wallow work` makes: what has their names already, and links that lead elsewhere.

use std::fs;
use std::os::unix::fs::symlink;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::project::Project;
use crate::working::{ends, project};

/// A project with one run, a folder for it, and the uuid.
fn with_folder() -> (Project, String) {
    let project = project("0");
    project.has("run.sh", "exit 0");
    let uuid = project.reads("SELECT uuid FROM runs");
    fs::create_dir_all(project.path(&format!("artefacts/{uuid}"))).unwrap();
    (project, uuid)
}

/// specs 11.9, 11.10
#[test]
fn no_link_is_followed_at_the_names_of_an_attempt() {
    for file in ["out", "err", "results.jsonl", "params.json"] {
        let (project, uuid) = with_folder();
        project.has("victim", "precious");
        let name = format!("artefacts/{uuid}/attempt-1.{file}");
        symlink(project.path("victim"), project.path(&name)).unwrap();
        let answer = project.wallow("work -- sh run.sh");
        assert_eq!(answer.status, Some(1), "{}", answer.stderr);
        let end = ends(&project);
        assert!(
            end.contains(&format!("attempt-1.{file}` cannot be made")),
            "{end}"
        );
        assert!(
            end.contains("a link has its name, and a file is needed; remove it"),
            "{end}"
        );
        assert_eq!(project.text("victim"), "precious");
        // As the message says.
        fs::remove_file(project.path(&name)).unwrap();
        project.wallow("work -- sh run.sh").succeeds();
        assert_eq!(ends(&project), "completed");
    }
}

#[test]
fn a_folder_of_a_run_is_no_link() {
    let project = project("0");
    project.has("run.sh", "exit 0");
    let uuid = project.reads("SELECT uuid FROM runs");
    for folder in ["artefacts", "victims"] {
        fs::create_dir(project.path(folder)).unwrap();
    }
    let name = project.path(&format!("artefacts/{uuid}"));
    symlink(project.path("victims"), &name).unwrap();
    let answer = project.wallow("work -- sh run.sh");
    assert_eq!(answer.status, Some(1), "{}", answer.stderr);
    assert!(ends(&project).contains("a link has its name, and a folder is needed"));
    assert_eq!(fs::read_dir(project.path("victims")).unwrap().count(), 0);
    fs::remove_file(name).unwrap();
    project.wallow("work -- sh run.sh").succeeds();
}

/// A file with two names: the other name keeps its content.
#[test]
fn a_file_of_an_earlier_time_is_replaced_not_overwritten() {
    let (project, uuid) = with_folder();
    project.has("victim", "precious");
    let name = project.path(&format!("artefacts/{uuid}/attempt-1.out"));
    fs::hard_link(project.path("victim"), &name).unwrap();
    project.has("run.sh", "echo new");
    project.wallow("work -- sh run.sh").succeeds();
    assert_eq!(project.text("victim"), "precious");
    assert_eq!(fs::read_to_string(name).unwrap(), "new\n");
}

/// Nobody would ever write into the pipe, or read from it.
#[test]
fn a_named_pipe_does_not_stop_the_work() {
    for file in ["out", "err", "results.jsonl", "params.json"] {
        let (project, uuid) = with_folder();
        let name = project.path(&format!("artefacts/{uuid}/attempt-1.{file}"));
        mknodat(CWD, &name, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
        let answer = project.wallow("work -- sh run.sh");
        assert_eq!(answer.status, Some(1), "{}", answer.stderr);
        assert!(ends(&project).contains("a named pipe has its name"));
    }
}

/// A command that puts a pipe in the place of its own files does not stop its worker.
#[test]
fn a_command_may_do_anything_with_its_files() {
    let (project, _) = with_folder();
    project.has(
        "run.sh",
        "echo bad >&2; cd \"$WALLOW_DIR\"; rm attempt-1.*; mkfifo attempt-1.err attempt-1.results.jsonl; exit 3",
    );
    let answer = project.wallow("work -- sh run.sh");
    assert_eq!(answer.status, Some(1), "{}", answer.stderr);
    assert_eq!(ends(&project), "failed exit status 3: bad");
}

/// The folder of all artefacts is on a disk that is not mounted.
#[test]
fn without_the_folder_of_all_artefacts_no_run_is_claimed() {
    let project = project("0..3");
    project.has("run.sh", "exit 0");
    symlink("/nowhere/scratch", project.path("artefacts")).unwrap();
    let said = project.wallow("work -- sh run.sh").refuses();
    assert!(
        said.contains("artefacts` is a link to `/nowhere/scratch`, which is not there"),
        "{said}"
    );
    assert!(said.contains("no run was claimed"), "{said}");
    assert_eq!(ends(&project), "pending\npending\npending");
    fs::remove_file(project.path("artefacts")).unwrap();
    project.has("artefacts", "a file");
    let said = project.wallow("work -- sh run.sh").refuses();
    assert!(said.contains("artefacts` is no folder"), "{said}");
    let said = project
        .wallow("work --artefacts artefacts/below -- sh run.sh")
        .refuses();
    assert!(said.contains("`artefacts` is no folder"), "{said}");
    assert_eq!(ends(&project), "pending\npending\npending");
    project
        .wallow("work --artefacts elsewhere -- sh run.sh")
        .succeeds();
}

/// The folder may vanish after the call began; and a part of the layout is for other runs, too.
#[test]
fn what_is_in_the_way_of_several_runs_ends_the_call() {
    let project = project("0..3");
    project.has("run.sh", "rm -r artefacts; ln -s nowhere artefacts");
    let answer = project.wallow("work -- sh run.sh");
    assert_eq!(answer.status, Some(1));
    assert!(
        answer.stderr.contains("is a link to `nowhere`"),
        "{}",
        answer.stderr
    );
    assert!(
        answer.stderr.contains("is pending again"),
        "{}",
        answer.stderr
    );
    let end = ends(&project);
    assert!(end.ends_with("pending\npending"), "{end}");

    let project = crate::working::project("0..2");
    project.edits(
        "lifecycle = true",
        "lifecycle = true\nartefacts_layout = \"{name}/{uuid}\"",
    );
    project.has("run.sh", "exit 0");
    project.has("artefacts/a_b", "");
    project.has("artefacts/a-b", "");
    let answer = project.wallow("work -- sh run.sh");
    assert_eq!(answer.status, Some(1));
    assert!(
        answer
            .stderr
            .contains("a file has its name, and a folder is needed"),
        "{}",
        answer.stderr
    );
    assert_eq!(ends(&project), "pending\npending");
}

/// specs 11.10: runs that share a folder have files of their own in it.
#[test]
fn runs_of_one_folder_keep_their_files() {
    let project = project("0..3");
    project.edits(
        "name = \"worked\"",
        "name = \"worked\"\nartefacts_layout = \"all/{name}\"",
    );
    project.has(
        "run.sh",
        "echo seed $2; echo error $2 >&2; echo \"{\\\"val_loss\\\": $2}\" >> $WALLOW_RESULT",
    );
    project
        .wallow("work --slots 2 -- sh run.sh --seed {seed}")
        .succeeds();
    let files = fs::read_dir(project.path("artefacts/all/a_b")).unwrap();
    assert_eq!(files.count(), 3 * 4);
    for seed in 0..3 {
        let of =
            |column: &str| project.reads(&format!("SELECT {column} FROM runs WHERE seed = {seed}"));
        assert_eq!(of("val_loss"), format!("{seed}.0"));
        let name = format!("artefacts/all/a_b/{}.attempt-1", of("uuid"));
        assert_eq!(
            project.text(&format!("{name}.out")),
            format!("seed {seed}\n")
        );
        let params = project.text(&format!("{name}.params.json"));
        assert!(params.contains(&format!("\"seed\":{seed}")), "{params}");
        let answer = project.wallow(&format!("logs {}", of("id")));
        assert_eq!(answer.stdout, format!("seed {seed}\n"));
        assert_eq!(answer.stderr, format!("error {seed}\n"));
        // A second attempt is beside the first.
        project
            .wallow(&format!("set {} status=pending", of("id")))
            .succeeds();
    }
    project.wallow("work -- sh run.sh --seed {seed}").succeeds();
    let files = fs::read_dir(project.path("artefacts/all/a_b")).unwrap();
    assert_eq!(files.count(), 2 * 3 * 4);
    let uuid = project.reads("SELECT uuid FROM runs WHERE seed = 1");
    assert_eq!(project.wallow(&format!("logs {uuid}")).stdout, "seed 1\n");
}
