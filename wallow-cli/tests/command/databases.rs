//! If the database is something unexpected, the message is clear, and nothing is changed.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// The commands that only read.
const LOOKING: [&str; 4] = ["inspect 1", "collisions seed", "status", "migrate history"];

/// The output of each command for `runs.db`; no file changes.
fn said_by_all(project: &Project, commands: &[&str]) -> String {
    let files = project.files();
    let mut said = String::new();
    for command in commands {
        let answer = project.wallow(command);
        writeln!(said, "$ wallow {command}").unwrap();
        said.extend([answer.stdout, answer.stderr]);
        assert!(
            project.files() == files,
            "`wallow {command}` changed something"
        );
    }
    said
}

fn with_migration() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project
}

#[test]
fn no_database_is_made_by_looking_for_one() {
    let project = with_migration();
    let commands = [
        LOOKING.as_slice(),
        &["migrate downgrade base", "migrate stamp head"],
    ];
    assert_data_eq!(
        said_by_all(&project, &commands.concat()),
        str![[r#"
$ wallow inspect 1
error: there is no database `runs.db` yet; to make it, run `wallow migrate apply`; or name another with `--db URL`
$ wallow collisions seed
error: there is no database `runs.db` yet; to make it, run `wallow migrate apply`; or name another with `--db URL`
$ wallow status
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: not there
do this: wallow migrate apply
$ wallow migrate history
         [FIRST]_initial
$ wallow migrate downgrade base
error: there is no database `runs.db` yet; to make it, run `wallow migrate apply`; or name another with `--db URL`
$ wallow migrate stamp head
error: there is no database `runs.db` yet; to make it, run `wallow migrate apply`; or name another with `--db URL`

"#]]
    );
}

#[test]
fn an_empty_file_stays_one() {
    let project = with_migration();
    project.has("runs.db", "");
    assert_data_eq!(
        said_by_all(&project, &LOOKING),
        str![[r#"
$ wallow inspect 1
error: `runs.db` has no table `runs` yet; to make it, run `wallow migrate apply`; or name another database with `--db URL`
$ wallow collisions seed
error: `runs.db` has no table `runs` yet; to make it, run `wallow migrate apply`; or name another database with `--db URL`
$ wallow status
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: empty
            pending: [FIRST]_initial
do this: wallow migrate apply
$ wallow migrate history
         [FIRST]_initial

"#]]
    );
    project.wallow("migrate stamp head").refuses();
    project.wallow("inspect 1").refuses();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
}

#[test]
fn a_text_file_is_no_database() {
    let project = with_migration();
    project.has("runs.db", "rate,seed\n0.1,2\n");
    let changing = [
        "migrate apply",
        "migrate downgrade base",
        "migrate stamp head",
    ];
    let commands = [LOOKING.as_slice(), &changing].concat();
    assert_data_eq!(
        said_by_all(&project, &commands),
        str![[r#"
$ wallow inspect 1
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow collisions seed
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow status
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow migrate history
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow migrate apply
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow migrate downgrade base
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there
$ wallow migrate stamp head
error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was expected there

"#]]
    );
    for command in commands {
        project.wallow(command).refuses();
    }
}

#[test]
fn a_folder_is_no_database() {
    let project = with_migration();
    fs::create_dir(project.path("runs.db")).unwrap();
    for command in [LOOKING.as_slice(), &["migrate apply", "migrate stamp head"]].concat() {
        project.wallow(command).refuses();
    }
    assert_data_eq!(
        project.wallow("status").refuses(),
        str![[r#"
error: cannot open `runs.db`: it is a folder; name a file in it, such as `runs.db/runs.db`

"#]]
    );
}

#[test]
fn looking_at_a_database_changes_nothing() {
    let project = Project::with_runs(SCHEMA);
    said_by_all(&project, &LOOKING);
    project.wallow("migrate downgrade head").succeeds();
}

#[test]
fn a_database_without_migrations_is_not_stamped() {
    let project = Project::with(SCHEMA);
    project.has("runs.db", "");
    assert_data_eq!(
        project.wallow("migrate stamp head").refuses(),
        str![[r#"
error: there are no migrations yet; `wallow migrate adopt` writes the first as the table is, and notes it

"#]]
    );
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: there are no migrations yet; write the first with `wallow migrate generate "initial"`

"#]]
    );
}

#[test]
fn a_password_is_not_shown() {
    let project = with_migration();
    let answer = project.wallow("status --db postgres://me:s3cret@host/runs");
    let error = answer.refuses();
    assert!(!error.contains("s3cret"), "{error}");
}

#[test]
fn a_table_that_no_note_speaks_of_is_to_be_stamped() {
    let project = Project::with_runs(SCHEMA);
    project.wallow("migrate stamp base").succeeds();
    assert_data_eq!(
        project.wallow("status").finds(),
        str![[r#"
schema      wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    runs.db, beside wallow.toml: unmanaged
do this: wallow migrate adopt

"#]]
    );
    project.wallow("migrate apply").refuses();
    project.wallow("migrate stamp head").succeeds();
    project.wallow("status").succeeds();
}

/// The commands that read runs.
const READING: [&str; 9] = [
    "ls",
    "ls --sort -loss --format csv",
    "ls --group-by seed --agg mean:loss",
    "count",
    "top loss",
    "show 1",
    "diff 1 2",
    "near seed=1",
    "export",
];

#[test]
fn reading_makes_and_changes_nothing() {
    let project = with_migration();
    let refused = |expected: &str| {
        for line in READING {
            let files = project.files();
            assert_eq!(project.wallow(line).refuses(), expected, "{line}");
            assert!(
                project.files() == files,
                "`wallow {line}` changed something"
            );
        }
    };
    refused(
        "error: there is no database `runs.db` yet; to make it, run `wallow migrate apply`; or name another \
         with `--db URL`\n",
    );
    project.has("runs.db", "");
    refused(
        "error: `runs.db` has no table `runs` yet; to make it, run `wallow migrate apply`; or name another \
         database with `--db URL`\n",
    );
    project.has("runs.db", "rate,seed\n0.1,2\n");
    refused(
        "error: cannot open `runs.db`: file is not a database; check the path: a SQLite database was \
         expected there\n",
    );
    let project = Project::with_runs(SCHEMA);
    let files = project.files();
    for line in READING {
        project.wallow(line).succeeds();
        assert!(
            project.files() == files,
            "`wallow {line}` changed something"
        );
    }
}

#[test]
fn what_is_no_kind_of_database_is_reported_without_the_password() {
    let project = Project::with(SCHEMA);
    let refused = project
        .wallow("doctor --db mysql://me:s3cret@db/runs")
        .refuses();
    assert!(refused.contains("`mysql://` is no database"), "{refused}");
    assert!(!refused.contains("s3cret"), "{refused}");
}

#[test]
fn an_index_over_some_runs_keeps_no_runs_apart() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "DROP INDEX uq_runs_identifying; \
         CREATE UNIQUE INDEX uq_runs_identifying ON runs (rate, seed) WHERE seed > 0",
    );
    let said = project.wallow("status").finds();
    assert!(said.contains("nothing keeps (rate, seed) unique"), "{said}");
}

#[test]
fn migrations_that_go_both_ways_at_once_leave_the_database_whole() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    for name in ["one", "two"] {
        project.edits(
            "[annotating.loss]",
            &format!("[annotating.{name}]\ntype = \"int\"\n\n[annotating.loss]"),
        );
        project
            .wallow(&format!("migrate generate {name}"))
            .succeeds();
    }
    project.wallow("migrate apply").succeeds();
    for _ in 0..6 {
        let children = ["migrate downgrade base --yes", "migrate apply"].map(|line| {
            let mut command = project.command(".", line);
            [(), ()].map(|()| {
                command
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
        });
        for mut child in children.into_iter().flatten() {
            child.wait().unwrap();
        }
        project.wallow("migrate apply").succeeds();
        project.wallow("status").succeeds();
    }
}
