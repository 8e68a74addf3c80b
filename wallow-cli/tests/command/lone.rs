//! A database without a wallow.toml: its schema is read off the table. specs 8.20

use snapbox::{assert_data_eq, str};

use crate::adoption;
use crate::on::{On, insert};
use crate::project::{Answer, Project, SCHEMA};

const SWEEP: &str = include_str!("../../../tests/schemas/contract.toml");
const PYTHON: &str = include_str!("../../../tests/fixtures/python-0.2.1.sql");

/// The output of a command that succeeds with a note on stderr.
#[track_caller]
fn notes(answer: Answer) -> String {
    assert_eq!(answer.status, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert!(
        answer.stderr.starts_with(
            "note: there is no wallow.toml, so the schema was read off the table `runs` of "
        ),
        "{}",
        answer.stderr
    );
    assert_eq!(answer.stderr.lines().count(), 1, "{}", answer.stderr);
    answer.stdout
}

#[test]
fn a_database_alone_is_read() {
    let project = Project::with_runs(SCHEMA);
    let before = project.wallow("ls --format csv").succeeds();
    std::fs::remove_file(project.path("wallow.toml")).unwrap();
    assert_eq!(notes(project.wallow("ls --format csv")), before);
    for line in [
        "ls --where seed==1",
        "--db runs.db ls",
        "top loss",
        "show 1",
        "near rate=0.1",
        "diff 1 2",
        "count",
        "export",
        "doctor",
    ] {
        notes(project.wallow(line));
    }
    assert_eq!(notes(project.wallow("count --where loss<0.3")), "1\n");
    assert_data_eq!(
        notes(project.wallow("status")),
        str![[r#"
schema      read off the table: key (rate, seed), 1 other field
database    runs.db, in this folder: managed, 2 runs
to begin a project with it: wallow init --from-db runs.db

"#]]
    );
    assert_data_eq!(
        project.wallow("count").stderr,
        str![[r#"
note: there is no wallow.toml, so the schema was read off the table `runs` of runs.db, in this folder; what it does not say: how many digits of an identifying float count (`float_precision`): 12 is taken

"#]]
    );
    // What changes something needs a schema.
    for line in [
        "rm --where id>0 --yes",
        "migrate push",
        "import --from a.csv",
    ] {
        let refused = project.wallow(line).misuses();
        assert!(
            refused.contains("`wallow init --from-db runs.db`"),
            "{refused}"
        );
    }
    project.wallow("ls --schema none.toml").refuses();
    let elsewhere = Project::empty();
    elsewhere.wallow("ls").misuses();
    elsewhere.wallow("ls --db none.db").refuses();
}

#[test]
fn a_table_of_the_python_package_alone_is_read() {
    let project = Project::empty();
    project.executes(PYTHON);
    let listed = notes(project.wallow("export --columns id,label,step,rate,warm,note"));
    let declared = Project::with(SWEEP);
    declared.executes(PYTHON);
    let expected = declared.wallow("export --columns id,label,step,rate,warm,note");
    assert_eq!(listed, expected.succeeds());
    assert_data_eq!(
        notes(project.wallow("status")),
        str![[r#"
schema      read off the table: key (label, rate, step, warm), 7 other fields
database    runs.db, in this folder: made by the Python package, 8 runs
to begin a project with it: wallow init --from-db runs.db

"#]]
    );
}

#[test]
fn a_schema_is_written_from_a_table() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.5, 1, 0.25"));
        let url = project.database();
        let said = project.wallow(&format!("init --dir new --from-db \"{url}\""));
        assert_eq!(said.status, Some(0), "{}", said.stderr);
        let written = project.text("new/wallow.toml");
        let (_, fields) = written.split_once("[identifying.rate]").unwrap();
        let (fields, _) = fields.split_once("[database]").unwrap();
        let (_, expected) = SCHEMA.split_once("[identifying.rate]").unwrap();
        assert_eq!(fields.trim_end(), expected.trim_end());
        let status = project.wallow_in("new", "status").succeeds();
        assert!(status.contains("in sync"), "{status}");
        project
            .wallow(&format!("init --dir new --from-db \"{url}\""))
            .refuses();
    }
}

/// Before 0.2 the package had no uuids: what reads makes them of the ids.
#[test]
fn a_table_of_the_python_package_from_before_0_2_is_read() {
    let named = adoption::before_0_2();
    let unnamed = named.replace("CONSTRAINT uq_runs_identifying ", "")
        + "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL);";
    for database in [named, unnamed] {
        let project = Project::empty();
        project.executes(&database);
        for line in [
            "ls",
            "top score",
            "show 1",
            "show 000000000002",
            "diff 1 2",
            "count --where \"uuid == '000000000003'\"",
            "export --columns id,uuid,label",
            "near label=plain",
            "ls --group-by label",
            "collisions step",
        ] {
            let answer = project.wallow(line);
            assert_ne!(answer.status, Some(2), "{line}: {}", answer.stderr);
            assert!(
                answer
                    .stderr
                    .contains("until a project with a wallow.toml gives each run one"),
                "{line}: {}",
                answer.stderr
            );
            assert!(
                !answer.stderr.contains("error"),
                "{line}: {}",
                answer.stderr
            );
        }
        assert_eq!(
            notes(project.wallow("count --where \"uuid == '000000000003'\"")),
            "1\n"
        );
        let status = notes(project.wallow("status"));
        let next = "to begin a project with it: wallow init --from-db runs.db, then wallow migrate adopt\n";
        assert!(
            status.contains("made by the Python package, 8 runs") && status.ends_with(next),
            "{status}"
        );
        let written = project.wallow("init --from-db runs.db");
        assert_eq!(written.status, Some(0), "{}", written.stderr);
        project.wallow("ls").succeeds();
        project.wallow("migrate adopt").succeeds();
        let status = project.wallow("status").succeeds();
        assert!(status.contains("in sync"), "{status}");
        assert_eq!(project.reads("SELECT count(DISTINCT uuid) FROM runs"), "8");
    }
}

/// The option that was written is the one that is named, and a password that is left out is mentioned.
#[test]
fn what_init_leaves_out_is_said() {
    let project = Project::empty();
    let refused = project.wallow("init --from-db none.db").refuses();
    assert!(
        refused.contains("name one with `--from-db URL`"),
        "{refused}"
    );
    project.executes("CREATE TABLE other (id INTEGER)");
    let refused = project.wallow("init --from-db runs.db").refuses();
    assert!(
        refused.contains("name another database with `--from-db URL`"),
        "{refused}"
    );
    for on in On::each(SCHEMA).into_iter().filter(On::is_server) {
        on.project.wallow("migrate push").succeeds();
        let url = format!("{}&password=s3cret", on.project.database());
        let written = on
            .project
            .wallow(&format!("init --dir new --from-db \"{url}\""));
        assert_eq!(written.status, Some(0), "{}", written.stderr);
        assert!(
            written
                .stderr
                .contains("the password was left out of wallow.toml"),
            "{}",
            written.stderr
        );
        assert!(!on.project.text("new/wallow.toml").contains("s3cret"));
    }
}

#[test]
fn what_a_table_cannot_say_is_noted() {
    let project = Project::empty();
    project.executes(
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, created_at DATETIME NOT NULL,
                            updated_at DATETIME NOT NULL, _wallow_attempt INTEGER NOT NULL DEFAULT 0,
                            lr REAL NOT NULL, \"the note\" TEXT, price NUMERIC, at DATETIME DEFAULT CURRENT_TIMESTAMP);
         CREATE UNIQUE INDEX mine ON runs (lr);
         INSERT INTO runs (uuid, created_at, updated_at, lr) VALUES ('00000000000a', '2026-01-01', '2026-01-01', 0.5);",
    );
    let answer = project.wallow("init --from-db runs.db");
    assert_data_eq!(
        answer.stderr,
        str![[r#"
note: how many digits of an identifying float count (`float_precision`): 12 is taken
note: column `the note` is left out: no field can have this name
note: column `price` is left out: no field has the type `NUMERIC`
note: the default of `at` is left out, because it is no constant: CURRENT_TIMESTAMP

"#]]
    );
    assert_eq!(answer.status, Some(0));
    // Without a key there is nothing to read off.
    project.executes("DROP INDEX mine");
    std::fs::remove_file(project.path("wallow.toml")).unwrap();
    assert_data_eq!(
        project.wallow("ls").refuses(),
        str![[r#"
error: no unique index or constraint of the table `runs` tells which columns make its key; make one with `CREATE UNIQUE INDEX uq_runs_identifying ON runs (…)`, over the columns that tell runs apart

"#]]
    );
}
