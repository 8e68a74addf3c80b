//! Passwords: in whatever form somebody writes one, no command shows it, and none makes a file of it.

use crate::project::{Project, SCHEMA};

/// The two halves of every password here; an unescaped character stands between them.
const HALVES: [&str; 2] = ["s3cret", "hunter2"];

/// Databases that are not there, each with a password.
const FORMS: [&str; 46] = [
    "postgres://me:s3cret@127.0.0.1:1/runs",
    "postgres://me:s3cret%40hunter2@127.0.0.1:1/runs",
    "postgres://me@127.0.0.1:1/runs?password=s3cret",
    "postgres://127.0.0.1:1/runs?user=me&password=s3cret",
    "postgres://127.0.0.1:1/runs?user=me&sslpassword=s3cret",
    "postgres://127.0.0.1:1/runs?user=me&passfile=/s3cret",
    "postgres://me:s3cret?hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret@hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret/hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret#hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret:hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret%hunter2@127.0.0.1:1/runs",
    "postgres://me:s3cret@127.0.0.1:1/runs?hunter2",
    "postgres://me:s3cret@127.0.0.1:1/runs?paswsord=hunter2",
    "postgres://me:s3cret",
    "postgres://me:s3cret/runs",
    "postgresql://me:s3cret@127.0.0.1:1/runs",
    "POSTGRES://me:s3cret@127.0.0.1:1/runs",
    " postgres://me:s3cret@127.0.0.1:1/runs",
    "postgres://me:s3cret@127.0.0.1:1/runs ",
    "'postgres://me:s3cret@127.0.0.1:1/runs'",
    "postgresql+psycopg2://me:s3cret@127.0.0.1:1/runs",
    "postgresql+psycopg://me:s3cret@127.0.0.1:1/runs",
    "postgresql+asyncpg://me:s3cret@127.0.0.1:1/runs",
    "postgresql+pg8000://me:s3cret@127.0.0.1:1/runs",
    "postgre://me:s3cret@127.0.0.1:1/runs",
    "postgres:/me:s3cret@127.0.0.1:1/runs",
    "postgres:me:s3cret@127.0.0.1:1/runs",
    "postgres//me:s3cret@127.0.0.1:1/runs",
    "me:s3cret@127.0.0.1:1/runs",
    "mysql://me:s3cret@127.0.0.1:1/runs",
    "mysql+pymysql://me:s3cret@127.0.0.1:1/runs",
    "redis://:s3cret@127.0.0.1:1/0",
    "mongodb+srv://me:s3cret@127.0.0.1/runs",
    "jdbc:postgresql://127.0.0.1:1/runs?user=me&password=s3cret",
    "jdbc:oracle:thin:me/s3cret@127.0.0.1:1/runs",
    "host=127.0.0.1 port=1 user=me password=s3cret dbname=runs",
    "host = '127.0.0.1' port = '1' password = 's3cret hunter2'",
    "host=127.0.0.1 port=1 password=s3cret hunter2",
    "password=s3cret host=127.0.0.1 port=1",
    "PASSWORD=s3cret HOST=127.0.0.1",
    "Host=127.0.0.1;Username=me;Password=s3cret;Database=runs",
    "Server=127.0.0.1;Uid=me;Pwd=s3cret",
    "mysql:host=127.0.0.1;password=s3cret",
    "DATABASE_URL=postgres://me:s3cret@127.0.0.1:1/runs",
];

/// That a command fails on a database, shows no half of the password, and changes no file.
#[track_caller]
fn keeps_secret(project: &Project, line: &str, form: &str) {
    let files = project.files();
    let answer = project.wallow(line);
    let said = format!("{}{}", answer.stdout, answer.stderr);
    for half in HALVES {
        assert!(!said.contains(half), "{form}: wallow {line}\n{said}");
    }
    assert!(said.contains("error: "), "{form}: wallow {line}\n{said}");
    assert!(
        project.files() == files,
        "{form}: `wallow {line}` changed something"
    );
}

#[test]
fn no_command_shows_a_password_or_makes_a_file_of_it() {
    let project = Project::with_runs(SCHEMA);
    for form in FORMS {
        for line in [
            "status",
            "doctor --json",
            "show 1",
            "migrate apply",
            "import --from rows.csv",
        ] {
            keeps_secret(&project, &format!("{line} --db \"{form}\""), form);
        }
        keeps_secret(&project, &format!("copy --to \"{form}\""), form);
        keeps_secret(
            &project,
            &format!("copy --from \"{form}\" --to new.db"),
            form,
        );
        keeps_secret(&project, &format!("import --from-python \"{form}\""), form);
    }
}

#[test]
fn a_password_is_kept_wherever_the_database_is_named() {
    for form in FORMS {
        let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", form);
        keeps_secret(&project, "ls", form);
        let project = Project::with(SCHEMA).sets("DATABASE_URL", form);
        keeps_secret(&project, "ls", form);
        let project = Project::with(&format!("{SCHEMA}\n[database]\nurl = \"{form}\"\n"));
        keeps_secret(&project, "ls", form);
    }
}

#[test]
fn an_argument_in_the_wrong_place_is_quoted_without_its_password() {
    let project = Project::with(SCHEMA);
    let said = project
        .wallow("status postgres://me:s3cret@db/runs")
        .misuses();
    assert!(said.contains("postgres://me:…@db/runs"), "{said}");
}

#[test]
fn a_broken_schema_is_shown_without_its_password() {
    for line in [
        "url = \"postgres://me:s3cret@db/runs",
        "url = postgres://me:s3cret@db/runs",
        "urls = \"postgres://me:s3cret@db/runs\"",
        "url = \"host=db password=s3cret\" \"",
    ] {
        let project = Project::with(&format!("{SCHEMA}\n[database]\n{line}\n"));
        let said = project.wallow("check").refuses();
        assert!(said.contains("wallow.toml:15:"), "{said}");
        assert!(!said.contains("s3cret"), "{said}");
    }
}

#[test]
fn a_password_in_the_schema_is_warned_of() {
    let schema = |url: &str| format!("{SCHEMA}\n[database]\nurl = \"{url}\"\n");
    let project = Project::with(&schema("postgres://me:s3cret@db/runs?sslmode=require"));
    let answer = project.wallow("check");
    let warning = answer.stderr.clone();
    assert!(answer.stdout.contains("`sweep`"), "{}", answer.stdout);
    assert!(warning.starts_with("warning: "), "{warning}");
    assert!(!warning.contains("s3cret"), "{warning}");
    let advice = "write `url = \"postgres://me@db/runs?sslmode=require\"`";
    assert!(warning.contains(advice), "{warning}");
    // What it says leads out.
    project.declares(&schema("postgres://me@db/runs?sslmode=require"));
    project.wallow("check").succeeds();
}

#[test]
fn init_writes_no_password() {
    for (form, url) in [
        ("postgres://me:s3cret@db/runs", "postgres://me@db/runs"),
        ("host=db password=s3cret user=me", "host=db user=me"),
    ] {
        let project = Project::empty();
        let answer = project.wallow(&format!("init --db \"{form}\""));
        assert!(
            answer
                .stderr
                .starts_with("warning: the password was not written")
        );
        assert!(
            answer.stdout.contains("wrote wallow.toml"),
            "{}",
            answer.stdout
        );
        let text = project.text("wallow.toml");
        assert!(text.contains(&format!("url = \"{url}\"")), "{text}");
        assert!(project.text("diesel.toml").contains("postgres"));
        project.wallow("check").succeeds();
    }
    let project = Project::empty();
    let refused = project
        .wallow("init --db mysql://me:s3cret@db/runs")
        .refuses();
    assert!(!refused.contains("s3cret"), "{refused}");
    assert!(project.files().is_empty());
}

#[test]
fn migrations_have_no_url() {
    let project = Project::with(&format!(
        "{SCHEMA}\n[database]\nurl = \"postgres://me:s3cret@127.0.0.1:1/runs\"\n"
    ));
    // It asks no database.
    let said = project.wallow("migrate generate initial").succeeds();
    assert!(!said.contains("s3cret"), "{said}");
    let is_secret = |bytes: &[u8]| bytes.windows(6).any(|window| window == b"s3cret");
    let having = project
        .files()
        .into_iter()
        .filter(|(_, bytes)| is_secret(bytes));
    let names = having.map(|(path, _)| path.file_name().unwrap().to_owned());
    assert_eq!(names.collect::<Vec<_>>(), ["wallow.toml"]);
}

#[test]
fn a_file_may_be_called_anything() {
    for (name, file) in [
        ("./host=db", "host=db"),
        ("./postgres:x", "postgres:x"),
        ("lr=0.1, 12:30.db", "lr=0.1, 12:30.db"),
        ("C:\\runs.db", "C:\\runs.db"),
    ] {
        let project = Project::with(SCHEMA);
        project.wallow("migrate generate initial").succeeds();
        project
            .wallow(&format!("migrate apply --db \"{name}\""))
            .succeeds();
        assert!(project.path(file).is_file(), "{name}");
        project
            .wallow(&format!("status --db \"{name}\""))
            .succeeds();
    }
}
