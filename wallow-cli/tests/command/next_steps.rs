//! What the commands say to do next, followed word for word from every state until everything is in sync. specs 7.23

#![expect(clippy::panic, reason = "tests fail by panicking")]

use std::fs;
use std::path::Path;

use crate::on::{On, insert};
use crate::project::{Answer, Project, SCHEMA};

/// How wallow.toml differs from the table or from the migrations.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    Equal,
    Additive,
    Lossy,
    Renamed,
    /// The table is another program's.
    Foreign,
}

/// Which migrations there are beside wallow.toml.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Migrations {
    None,
    Some,
    /// There is one more than the database has.
    Behind,
    /// There is one less than the database has.
    Ahead,
}

const CHANGES: [Change; 5] = [
    Change::Equal,
    Change::Additive,
    Change::Lossy,
    Change::Renamed,
    Change::Foreign,
];
const MIGRATIONS: [Migrations; 4] = [
    Migrations::None,
    Migrations::Some,
    Migrations::Behind,
    Migrations::Ahead,
];

const HOST: &str = "[annotating.host]\ntype = \"string\"\n\n[annotating.loss]";
const FOREIGN: &str =
    "CREATE TABLE runs (run_uuid VARCHAR(32) PRIMARY KEY, experiment_id INTEGER, name TEXT)";

/// More steps than any way out has.
const STEPS: usize = 8;

#[test]
fn what_is_said_leads_out_of_every_state_without_notes() {
    for migrations in MIGRATIONS {
        for change in CHANGES {
            for on in On::each(SCHEMA) {
                unmanaged(&on, migrations, change);
                leads_out(
                    &on,
                    change,
                    &format!("unmanaged, {migrations:?}, {change:?}"),
                );
            }
        }
    }
}

#[test]
fn what_is_said_leads_out_of_every_state_with_notes() {
    for migrations in MIGRATIONS {
        for change in CHANGES
            .into_iter()
            .filter(|change| *change != Change::Foreign)
        {
            for on in On::each(SCHEMA) {
                managed(&on, migrations, change);
                leads_out(&on, change, &format!("managed, {migrations:?}, {change:?}"));
            }
        }
    }
}

/// `adopt` is the other way from a table that no migration manages.
#[test]
fn the_alternative_leads_out_as_well() {
    for change in [Change::Additive, Change::Lossy, Change::Renamed] {
        for on in On::each(SCHEMA) {
            let state = format!("adopted, {change:?}");
            unmanaged(&on, Migrations::None, change);
            let status = on.project.wallow("status").finds();
            let other = status.split_once("or this: `wallow ");
            let (command, _) = other.unwrap().1.split_once('`').unwrap();
            assert_eq!(command, "migrate adopt");
            follow(&on.project, command, &state);
            leads_out(&on, change, &state);
            assert!(
                on.project
                    .wallow("status")
                    .succeeds()
                    .contains("managed, at")
            );
        }
    }
}

/// A program says the same as the command.
#[test]
fn a_program_names_the_same_step() {
    for (change, managed_too) in [(Change::Additive, true), (Change::Renamed, false)] {
        for on in On::each(SCHEMA) {
            unmanaged(&on, Migrations::None, change);
            program_says_the_same(&on.project);
        }
        for on in On::each(SCHEMA).into_iter().filter(|_| managed_too) {
            managed(&on, Migrations::Some, change);
            program_says_the_same(&on.project);
        }
    }
}

fn program_says_the_same(project: &Project) {
    let schema = wallow_schema::parse(&project.text("wallow.toml"), "wallow.toml").unwrap();
    let url = match project.database() {
        file if file == "runs.db" => project.path(&file).display().to_string(),
        server => server,
    };
    let error = wallow_runtime::dynamic::Store::open(&schema, url).unwrap_err();
    let status = project.wallow("status").finds();
    let step = status
        .lines()
        .find_map(|line| line.strip_prefix("do this: "));
    let step = format!("run `{}`", step.unwrap());
    assert!(error.to_string().contains(&step), "{error}\n{step}");
}

/// A table that no migration manages.
fn unmanaged(on: &On, migrations: Migrations, change: Change) {
    let project = &on.project;
    if migrations != Migrations::None {
        project.wallow("migrate generate initial").succeeds();
    }
    if change == Change::Foreign {
        on.runs(FOREIGN);
        return;
    }
    match migrations {
        Migrations::Ahead => {
            project.edits("[annotating.loss]", HOST);
            project.wallow("migrate push").succeeds();
            project.declares(SCHEMA);
        }
        _ => drop(project.wallow("migrate push").succeeds()),
    }
    if migrations == Migrations::Behind {
        project.edits("[annotating.loss]", HOST);
        project.wallow("migrate generate host").succeeds();
    }
    has_runs(on);
    changes(project, change);
}

/// A table that migrations manage.
fn managed(on: &On, migrations: Migrations, change: Change) {
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    if matches!(migrations, Migrations::Behind | Migrations::Ahead) {
        project.edits("[annotating.loss]", HOST);
        project.wallow("migrate generate host").succeeds();
    }
    match migrations {
        Migrations::None => {
            fs::rename(project.path("migrations"), project.path("aside")).unwrap();
        }
        Migrations::Ahead => {
            project.wallow("migrate apply").succeeds();
            copy(&project.path("migrations"), &project.path("aside"));
            let newest = project.migrations()[1].clone();
            for place in ["sqlite", "postgres"] {
                let folder = format!("migrations/{place}/{newest}");
                fs::remove_dir_all(project.path(&folder)).unwrap();
            }
            let snapshot = format!("migrations/snapshots/{newest}.toml");
            fs::remove_file(project.path(&snapshot)).unwrap();
        }
        Migrations::Some | Migrations::Behind => {}
    }
    has_runs(on);
    changes(project, change);
}

fn has_runs(on: &On) {
    on.runs(&insert("rate, seed, loss", "0.5, 1, 0.25"));
    on.runs(&insert("rate, seed, loss", "0.5, 2, 0.75"));
}

fn changes(project: &Project, change: Change) {
    match change {
        Change::Equal | Change::Foreign => {}
        Change::Additive => project.edits(
            "[annotating.loss]",
            "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n[annotating.note]\ntype = \"string\"\n\n[annotating.loss]",
        ),
        Change::Lossy => project.edits("[annotating.loss]\ntype = \"float\"\n", ""),
        Change::Renamed => project.edits("[annotating.loss]", "[annotating.val_loss]"),
    }
}

/// Does what `status` says until it says `in sync`.
#[track_caller]
fn leads_out(on: &On, change: Change, state: &str) {
    let project = &on.project;
    let mut said = String::new();
    for _ in 0..STEPS {
        let status = project.wallow("status");
        said.push_str(&status.stdout);
        if status.status == Some(0) {
            assert!(status.stdout.contains("in sync"), "{state}:\n{said}");
            keeps_runs(on, change, state);
            return;
        }
        let step = status
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix("do this: "));
        let step = step.unwrap_or_else(|| panic!("{state}:\n{said}"));
        others_say_the_same(project, step, state);
        if change == Change::Foreign {
            assert!(
                step.contains("name another database with `--db URL`"),
                "{step}"
            );
            return;
        }
        if step.contains("get the sources") {
            copy(&project.path("aside"), &project.path("migrations"));
            continue;
        }
        let command = step.strip_prefix("wallow ");
        let command = command.unwrap_or_else(|| panic!("{state}: no command\n{said}"));
        said.push_str(&follow(project, command, state));
    }
    panic!("{state}: no way out\n{said}");
}

/// Runs a command; if it asks for an option, with that option.
fn follow(project: &Project, command: &str, state: &str) -> String {
    let mut line = command.to_owned();
    for _ in 0..3 {
        let answer = project.wallow(&line);
        let Answer {
            status,
            stdout,
            stderr,
            ..
        } = answer;
        if status == Some(0) {
            return format!("$ wallow {line}\n{stdout}");
        }
        let asked = if stderr.contains("say `--yes`") {
            "--yes".to_owned()
        } else {
            let option = stderr
                .split_once("say `")
                .and_then(|(_, rest)| rest.split_once('`'));
            option
                .unwrap_or_else(|| panic!("{state}: {line}: {stderr}"))
                .0
                .to_owned()
        };
        line = format!("{line} {asked}");
    }
    panic!("{state}: {line} is refused again and again");
}

/// `ls` and `apply`, if they are refused because of the state, name the step that `status` names.
fn others_say_the_same(project: &Project, step: &str, state: &str) {
    for line in ["ls", "migrate apply --target base"] {
        let answer = project.wallow(line);
        // A table whose columns all are there can be listed; other programs' tables and unknown notes have texts of
        // their own.
        let has_next = answer.stderr.contains("run `wallow");
        if answer.status == Some(1) && has_next {
            assert!(
                answer.stderr.contains(&format!("run `{step}`")),
                "{state}: {line} says {}\nstatus says {step}",
                answer.stderr
            );
        }
    }
}

fn keeps_runs(on: &On, change: Change, state: &str) {
    assert_eq!(on.reads("SELECT count(*) FROM runs"), "2", "{state}");
    let loss = match change {
        Change::Lossy => return,
        Change::Renamed => "val_loss",
        _ => "loss",
    };
    let sum = on.reads(&format!("SELECT sum({loss}) FROM runs"));
    assert_eq!(sum.trim_end_matches(".0"), "1", "{state}");
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// The command that a message advises first.
fn advised(said: &str) -> &str {
    let (_, command) = said.split_once("run `wallow ").unwrap();
    command.split('`').next().unwrap()
}

#[test]
fn what_is_said_of_a_database_that_an_option_named_is_about_that_database() {
    let project = Project::empty();
    project.has("sweep/wallow.toml", SCHEMA);
    project.has("x.csv", "rate,seed\n0.5,7\n");
    let options = "--schema sweep/wallow.toml --db t.db";
    for line in ["import --from x.csv", "ls", "set 1 loss=1"] {
        let said = project.wallow(&format!("{line} {options}")).refuses();
        assert!(said.contains("`sweep/t.db`"), "{said}");
        assert!(advised(&said).starts_with(options), "{said}");
    }
    let said = project
        .wallow(&format!("import --from x.csv {options}"))
        .refuses();
    for command in [
        advised(&said).to_owned(),
        format!("{options} migrate apply"),
    ] {
        project.wallow(&command).succeeds();
    }
    project
        .wallow(&format!("import --from x.csv {options}"))
        .succeeds();
    assert!(!project.path("sweep/runs.db").exists());
    project.has("sweep/wallow.toml", &SCHEMA.replace("seed", "number"));
    let said = project.wallow(&format!("status {options}")).finds();
    assert!(
        said.contains(&format!("do this: wallow {options} ")),
        "{said}"
    );
    // What is only read is not made.
    let said = project
        .wallow("copy --schema sweep/wallow.toml --from no.db --to other.db")
        .refuses();
    assert!(
        said.contains("name one that is there with `--from URL`"),
        "{said}"
    );
}
