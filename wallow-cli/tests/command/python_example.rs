//! The example in Python, run as its README says.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::project::Project;
use crate::python::{on_each_python, work};

/// The commands of the example's README, as they stand there.
#[test]
fn the_example_works_as_its_readme_says() {
    on_each_python(|python| {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/python_sweep");
        let project = Project::empty();
        for file in ["wallow.toml", "train.py", "penguins.csv"] {
            project.has(file, &fs::read_to_string(example.join(file)).unwrap());
        }
        let readme = fs::read_to_string(example.join("README.md")).unwrap();
        let commands = readme.lines().filter_map(|line| line.strip_prefix("$ "));
        // The command is installed, and this is its folder.
        let commands = commands.skip(2).map(|command| {
            let command = command.replace("python3", python.to_str().unwrap());
            (command.clone(), in_shell(&project, &command))
        });
        let said = commands.collect::<Vec<_>>();
        let [
            init,
            enqueue,
            work,
            top,
            enqueue_again,
            work_again,
            groups,
            show,
        ] = &said[..]
        else {
            panic!("{said:?}");
        };
        assert!(
            init.1
                .starts_with("kept wallow.toml\nwrote wallow_run.py\n")
        );
        assert!(!init.1.contains("write train.py"), "{init:?}");
        assert!(
            enqueue
                .1
                .ends_with("added 36 runs to runs.db, from wallow.toml\n"),
            "{enqueue:?}"
        );
        let done = "done: 36 completed, 0 failed, 0 lost, 0 put back\n";
        assert!(work.1.ends_with(done), "{work:?}");
        // A table, or a block for each run where it is too wide.
        assert!(
            top.1.contains("val_loss") && top.1.contains("adam"),
            "{top:?}"
        );
        for again in [enqueue_again, work_again] {
            let expected = format!(
                "$ {}\n{}",
                again.0.replace(python.to_str().unwrap(), "python3"),
                again.1
            );
            assert!(readme.contains(&expected), "{expected}");
        }
        assert_eq!(groups.1.lines().count(), 10, "{groups:?}");
        assert!(show.1.contains("curve[].val_loss"), "{show:?}");
        // Alone, and in the other way of getting parameters.
        let alone = in_shell(
            &project,
            &format!("{} train.py --optimiser sgd --seed 3", python.display()),
        );
        assert!(alone.contains("step 39: loss="), "{alone}");
    });
}

/// What a line prints in a shell that finds the command.
fn in_shell(project: &Project, line: &str) -> String {
    let wallow = Path::new(env!("CARGO_BIN_EXE_wallow")).parent().unwrap();
    let path = format!("{}:{}", wallow.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    let output = command
        .args(["-c", line])
        .env("PATH", path)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env_remove("WALLOW_DATABASE_URL")
        .env_remove("DATABASE_URL")
        .current_dir(project.path("."))
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{line}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A run that is stopped at any moment ends with the same weights.
#[test]
fn the_example_continues_where_it_was_stopped() {
    on_each_python(|python| {
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/python_sweep");
        let project = Project::empty().sets("PYTHONDONTWRITEBYTECODE", "1");
        project.wallow("init --python").succeeds();
        for file in ["wallow.toml", "penguins.csv"] {
            project.has(file, &fs::read_to_string(example.join(file)).unwrap());
        }
        let program = fs::read_to_string(example.join("train.py")).unwrap();
        // The first attempt with four units stops itself after ten epochs.
        let asks = "if wallow_run.stopping():";
        assert!(program.contains(asks));
        let stops = "if p.hidden == 4 and len(curve) == 10 and not checkpoint.exists():";
        project.has("train.py", &program.replace(asks, stops));
        project
            .wallow("enqueue optimiser=nesterov learning_rate=0.1 hidden=4,8")
            .succeeds();
        let said = project.wallow(&work(python, "")).succeeds();
        assert!(
            said.ends_with("done: 1 completed, 0 failed, 0 lost, 1 put back\n"),
            "{said}"
        );
        project.wallow(&work(python, "")).succeeds();
        let stopped = project.reads("SELECT curve FROM runs WHERE hidden = 4");
        // The same without a stop.
        project.executes("UPDATE runs SET status = 'pending' WHERE hidden = 4");
        project.has("train.py", &program);
        project.wallow(&work(python, "")).succeeds();
        assert_eq!(
            project.reads("SELECT curve FROM runs WHERE hidden = 4"),
            stopped
        );
        assert_eq!(
            project.reads("SELECT json_array_length(curve) FROM runs WHERE hidden = 4"),
            "40"
        );
    });
}
