//! Which schema and which database are used.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// Which of the files that the tests name `apply` creates.
fn made(project: &Project, line: &str) -> Vec<&'static str> {
    project.wallow("migrate generate initial").succeeds();
    project.wallow(line).succeeds();
    let names = [
        "runs.db",
        "schema.db",
        "flag.db",
        "ours.db",
        "theirs.db",
        "env_ours.db",
        "env_theirs.db",
    ];
    names
        .into_iter()
        .filter(|name| project.path(name).exists())
        .collect()
}

fn with_url() -> String {
    format!("{SCHEMA}\n[database]\nurl = \"schema.db\"\n")
}

#[test]
fn runs_db_beside_the_schema_is_meant_where_nothing_is_said() {
    let project = Project::with(SCHEMA);
    assert_eq!(made(&project, "migrate apply"), ["runs.db"]);
}

#[test]
fn the_schema_names_a_database() {
    let project = Project::with(&with_url());
    assert_eq!(made(&project, "migrate apply"), ["schema.db"]);
}

#[test]
fn an_env_file_is_asked_before_the_schema() {
    let project = Project::with(&with_url());
    project.has(".env", "DATABASE_URL=env_theirs.db\n");
    assert_eq!(made(&project, "migrate apply"), ["env_theirs.db"]);
    let project = Project::with(&with_url());
    project.has(
        ".env",
        "DATABASE_URL=env_theirs.db\nWALLOW_DATABASE_URL=env_ours.db\n",
    );
    assert_eq!(made(&project, "migrate apply"), ["env_ours.db"]);
}

#[test]
fn an_env_file_further_up_is_asked_where_the_nearer_names_no_database() {
    let project = Project::empty();
    project.has("sweeps/wallow.toml", SCHEMA);
    project.has("sweeps/.env", "OTHER=1\nWALLOW_DATABASE_URL=\n");
    project.has(".env", "export DATABASE_URL='env_theirs.db'\n");
    project
        .wallow_in("sweeps", "migrate generate initial")
        .succeeds();
    project.wallow_in("sweeps", "migrate apply").succeeds();
    assert!(project.path("sweeps/env_theirs.db").is_file());
}

#[test]
fn what_of_an_env_file_cannot_be_read_is_reported_with_its_line() {
    for (text, line, reason) in [
        (
            "A=1\nNOTE=\"s3cret\nDATABASE_URL=env.db\n",
            2,
            "a quote is not closed",
        ),
        (
            "NOTE='s3cret\n\nDATABASE_URL=env.db",
            1,
            "a quote is not closed",
        ),
        (
            "A=\"b\nc\"\ns3cret 1\nDATABASE_URL=env.db\n",
            3,
            "not `NAME=VALUE`",
        ),
    ] {
        let project = Project::with_runs(SCHEMA);
        fs::copy(project.path("runs.db"), project.path("env.db")).unwrap();
        project.has(".env", text);
        let answer = project.wallow("status");
        let said = format!("warning: `.env`, line {line}: the line was left out, because");
        assert!(answer.stderr.starts_with(&said), "{}", answer.stderr);
        assert!(answer.stderr.contains(reason), "{}", answer.stderr);
        assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
        assert!(!answer.stderr.contains("s3cret"), "{}", answer.stderr);
        assert!(
            answer.stdout.contains("env.db, from .env: managed"),
            "{}",
            answer.stdout
        );
    }
}

#[test]
fn an_env_file_that_is_not_text_is_reported() {
    let project = Project::with_runs(SCHEMA);
    fs::write(project.path(".env"), b"DATABASE_URL=caf\xe9.db\n").unwrap();
    let answer = project.wallow("status");
    let said = "warning: `.env` was not read: it is not UTF-8; save it as UTF-8\n";
    assert_eq!(answer.stderr, said);
    assert!(
        answer
            .stdout
            .contains("runs.db, beside wallow.toml: managed"),
        "{}",
        answer.stdout
    );
}

#[test]
fn a_database_that_an_env_file_names_twice_is_reported() {
    let project = Project::with_runs(SCHEMA);
    project.has(".env", "DATABASE_URL=runs.db\n\nDATABASE_URL=other.db\n");
    let answer = project.wallow("status");
    let said = "warning: `.env`, line 3: `DATABASE_URL` stands in line 1, too, which is the one that counts; remove one\n";
    assert_eq!(answer.stderr, said);
    project.has(".env", "DATABASE_URL=runs.db\nDATABASE_URL=runs.db\n");
    project.wallow("status").succeeds();
}

#[test]
fn a_uri_is_relative_to_the_schema_too() {
    let schema = format!("{SCHEMA}\n[database]\nurl = \"file:uri.db?cache=private\"\n");
    let project = Project::empty();
    project.has("sweeps/wallow.toml", &schema);
    let schema = "--schema sweeps/wallow.toml";
    project
        .wallow(&format!("migrate generate initial {schema}"))
        .succeeds();
    project
        .wallow(&format!("migrate apply {schema}"))
        .succeeds();
    assert!(project.path("sweeps/uri.db").is_file());
    let said = project.wallow(&format!("status {schema}")).succeeds();
    assert!(
        said.contains("database    file:sweeps/uri.db?cache=private, from wallow.toml: managed"),
        "{said}"
    );
}

#[test]
fn a_variable_is_asked_before_the_env_file() {
    let project = Project::with(&with_url()).sets("DATABASE_URL", "theirs.db");
    project.has(".env", "WALLOW_DATABASE_URL=env_ours.db\n");
    assert_eq!(made(&project, "migrate apply"), ["theirs.db"]);
}

#[test]
fn wallows_own_variable_is_asked_before_the_common_one() {
    let project = Project::with(&with_url())
        .sets("DATABASE_URL", "theirs.db")
        .sets("WALLOW_DATABASE_URL", "ours.db");
    assert_eq!(made(&project, "migrate apply"), ["ours.db"]);
}

#[test]
fn an_empty_variable_says_nothing() {
    let project = Project::with(&with_url())
        .sets("DATABASE_URL", "theirs.db")
        .sets("WALLOW_DATABASE_URL", "");
    assert_eq!(made(&project, "migrate apply"), ["theirs.db"]);
}

#[test]
fn the_option_is_asked_first() {
    let project = Project::with(&with_url()).sets("WALLOW_DATABASE_URL", "ours.db");
    project.has(".env", "DATABASE_URL=env_theirs.db\n");
    let made = made(&project, "migrate apply --db sqlite://flag.db");
    assert_eq!(made, ["flag.db"]);
}

#[test]
fn the_schema_is_found_from_a_folder_below() {
    let project = Project::with_runs(SCHEMA);
    project.has("src/deep/main.rs", "");
    let said = project.wallow_in("src/deep", "status").succeeds();
    assert_data_eq!(
        said,
        str![[r#"
schema      [FOLDER]/wallow.toml: no change since [FIRST]_initial
migrations  1, newest [FIRST]_initial
database    [FOLDER]/runs.db, beside wallow.toml: managed, at [FIRST]_initial
in sync

"#]]
    );
    assert!(!project.path("src/deep/runs.db").exists());
}

#[test]
fn a_schema_elsewhere_brings_its_own_migrations_and_database() {
    let project = Project::empty();
    project.has("sweeps/other.toml", SCHEMA);
    let schema = "--schema sweeps/other.toml";
    project
        .wallow(&format!("migrate generate initial {schema}"))
        .succeeds();
    project
        .wallow(&format!("migrate apply {schema}"))
        .succeeds();
    assert!(project.path("sweeps/migrations/sqlite").is_dir());
    assert!(project.path("sweeps/runs.db").is_file());
}

#[test]
fn without_a_schema_there_is_nothing_to_do() {
    let project = Project::empty();
    assert_data_eq!(
        project.wallow("status").misuses(),
        str![[r#"
error: there is no wallow.toml in `[FOLDER]` or above it; go to your project, name the file with `--schema PATH`, or begin with `wallow init`

"#]]
    );
    let error = project.wallow("check --schema none.toml").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: cannot read the schema `none.toml`: No such file or directory (os error 2); name the file with `--schema PATH`, or begin with `wallow init`

"#]]
    );
}

#[test]
fn a_broken_schema_is_shown_with_its_place() {
    let project = Project::with(&SCHEMA.replace("\"int\"", "\"integer\""));
    let error = project.wallow("check").refuses();
    assert_data_eq!(
        error,
        str![[r#"
error: unknown type `integer`
 --> wallow.toml:8:8
  |
8 | type = "integer"
  |        ^^^^^^^^^
  |
  = help: did you mean `int`?

"#]]
    );
}

/// A user who may read a project, but not write anything in it.
#[cfg(unix)]
mod of_others {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;
    use std::os::unix::process::CommandExt as _;

    use crate::project::{Project, SCHEMA};

    /// The user `nobody`, if this is root, because root may write everywhere.
    const NOBODY: u32 = 65534;

    fn permit(project: &Project, folder: u32) {
        for (path, mode) in [(".", folder), ("runs.db", 0o644)] {
            fs::set_permissions(project.path(path), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    /// The output of a command for another user: stdout and stderr, and whether it succeeded.
    fn said(project: &Project, line: &str) -> (String, bool) {
        let is_root = rustix::process::geteuid().is_root();
        let mut command = project.command(".", line);
        if is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (text.concat(), output.status.success())
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_reported_with_a_way_out() {
        let project = Project::with_runs(SCHEMA);
        permit(&project, 0o555);
        // Nobody has it open, so it can be read without a log.
        for line in ["status", "ls", "doctor", "show 1"] {
            let (said, succeeded) = said(&project, line);
            assert!(succeeded, "{line}: {said}");
        }
        for line in ["migrate apply", "rm --where \"id > 0\" --yes"] {
            let (said, _) = said(&project, line);
            assert!(
                said.contains("may not write the folder `.`"),
                "{line}: {said}"
            );
            assert!(
                said.contains("copy it into a folder of your own"),
                "{line}: {said}"
            );
        }
        let (refused, _) = said(&project, "migrate apply");
        let (_, uri) = refused.split_once("writes it, open `").unwrap();
        let (uri, _) = uri.split_once('`').unwrap();
        for line in ["ls", "status", "doctor", "show 1"] {
            let (said, succeeded) = said(&project, &format!("{line} --db \"{uri}\""));
            assert!(succeeded, "{line}: {said}");
        }
        permit(&project, 0o755);
    }

    #[test]
    fn a_log_beside_it_is_to_be_copied_too() {
        let project = Project::with_runs(SCHEMA);
        // A killed program leaves this state, once its shared memory is gone.
        fs::write(project.path("runs.db-wal"), "x".repeat(100)).unwrap();
        permit(&project, 0o555);
        let (refused, succeeded) = said(&project, "ls");
        assert!(!succeeded);
        assert!(refused.contains("together with `runs.db-wal`"), "{refused}");
        let uri = format!("file://{}?immutable=1", project.path("runs.db").display());
        let (refused, _) = said(&project, &format!("ls --db {uri}"));
        assert!(refused.contains("copy both files"), "{refused}");
        permit(&project, 0o755);
    }
}

/// A variable that is not set would leave a hole in the URL, and so name another database.
#[test]
fn a_variable_of_a_file_that_is_not_set_is_an_error() {
    let project = Project::with_runs(SCHEMA).sets("WALLOW_TEST_EMPTY", "");
    for (text, line, parts) in [
        (
            "DATABASE_URL=${WALLOW_TEST_LAB}\n",
            1,
            "it refers to the variable `WALLOW_TEST_LAB`, which is not set; set `WALLOW_TEST_LAB`",
        ),
        (
            "# ours\nDATABASE_URL=\"postgres://u:${WALLOW_TEST_PW}@localhost/lab\"\n",
            2,
            "`WALLOW_TEST_PW`, which is not set",
        ),
        (
            "DATABASE_URL=${WALLOW_TEST_LAB:-runs.db}\n",
            1,
            "the form in which it refers to the variable `WALLOW_TEST_LAB` is not known here",
        ),
        (
            "DATABASE_URL=$WALLOW_TEST_LAB\n",
            1,
            "write `${WALLOW_TEST_LAB}`",
        ),
        (
            "DATABASE_URL=${WALLOW_TEST_EMPTY}\n",
            1,
            "the value is empty, because the variables that it refers to are",
        ),
    ] {
        project.has(".env", text);
        let said = project.wallow("count").refuses();
        let start = format!("error: `.env`, line {line}: `DATABASE_URL` names no database: ");
        assert!(said.starts_with(&start), "{said}");
        assert!(said.contains(parts), "{said}");
        // What is named in another way does not need the file.
        project.wallow("count --db runs.db").succeeds();
    }
    for text in [
        "FILE=runs\nDATABASE_URL=\"${FILE}.db\" # ${NOTHING}\n",
        "DATABASE_URL='runs.db'\nOTHER=${NOTHING}\n",
    ] {
        project.has(".env", text);
        project.wallow("count").succeeds();
    }
}
