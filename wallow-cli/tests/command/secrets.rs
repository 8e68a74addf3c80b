//! Passwords: no command shows one, in whatever form it is written, and none creates a file with that name.

mod forms;

use forms::FORMS;

use crate::project::{Project, SCHEMA};

/// The two halves of every password here; an unescaped character is between them.
const HALVES: [&str; 2] = ["s3cret", "hunter2"];

/// Checks that a command fails on a database, shows neither half of the password, and changes no file.
#[track_caller]
fn keeps_secret(project: &Project, line: &str, form: &str) -> String {
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
    said
}

#[test]
fn no_command_shows_a_password_or_makes_a_file_of_it() {
    let project = Project::with_runs(SCHEMA);
    for (form, expected) in FORMS {
        for line in [
            "status",
            "doctor --json",
            "show 1",
            "migrate apply",
            "import --from rows.csv",
        ] {
            let said = keeps_secret(&project, &format!("{line} \"--db={form}\""), form);
            assert!(said.contains(expected), "{form}: wallow {line}\n{said}");
        }
        keeps_secret(&project, &format!("copy \"--to={form}\""), form);
        keeps_secret(
            &project,
            &format!("copy \"--from={form}\" --to new.db"),
            form,
        );
        keeps_secret(&project, &format!("import \"--from-python={form}\""), form);
    }
}

#[test]
fn a_password_is_kept_wherever_the_database_is_named() {
    for (form, expected) in FORMS {
        let in_schema = format!("{SCHEMA}\n[database]\nurl = \"{form}\"\n");
        for project in [
            Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", form),
            Project::with(SCHEMA).sets("DATABASE_URL", form),
            Project::with(&in_schema),
        ] {
            let said = keeps_secret(&project, "ls", form);
            assert!(said.contains(expected), "{form}\n{said}");
        }
        let answer = Project::with(&in_schema).wallow("check");
        assert_eq!(answer.status, Some(0), "{form}");
        let said = answer.stderr;
        let shows = HALVES.iter().any(|half| said.contains(half));
        assert!(!shows && said.contains(expected), "{form}\n{said}");
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
        "url = me:s3cret@h",
        "url = me:s3 cret@h",
        "password = s3cret",
        "password = s3cret-with-so-many-characters-that-a-message-does-not-show-all-of-them-but-cuts-it",
    ] {
        let project = Project::with(&format!("{SCHEMA}\n[database]\n{line}\n"));
        let said = project.wallow("check").refuses();
        assert!(said.contains("wallow.toml:15:"), "{said}");
        assert!(!said.contains("s3"), "{said}");
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
    // Following the advice solves it.
    project.declares(&schema("postgres://me@db/runs?sslmode=require"));
    project.wallow("check").succeeds();
}

/// The rest of a text that is not a URL is not suggested as one.
#[test]
fn check_advises_urls_that_can_be_read() {
    for (url, advice) in [
        (
            "postgres:s3cret@db/runs",
            "did you mean `postgres://USER@db/runs`?",
        ),
        (
            "postgres:s3cret@db/runs",
            "write it as `postgres://USER@HOST/DATABASE`",
        ),
        (
            "me:s3cret@db/runs",
            "write it as `postgres://USER@HOST/DATABASE`",
        ),
        (
            "postgress://me:s3cret@db/runs",
            "write it as `postgres://USER@HOST/DATABASE`",
        ),
        ("host=db password=s3cret", "write `url = \"host=db\"`"),
    ] {
        let project = Project::with(&format!("{SCHEMA}\n[database]\nurl = \"{url}\"\n"));
        let said = project.wallow("check").stderr;
        assert!(said.contains(advice) && !said.contains("s3cret"), "{said}");
    }
}

#[test]
fn init_writes_no_password() {
    for (form, url) in [
        ("postgres://me:s3cret@db/runs", "postgres://me@db/runs"),
        ("host=db password=s3cret user=me", "host=db user=me"),
        ("postgres://me%3As3cret@db/runs", "postgres://me@db/runs"),
        ("postgres://me：s3cret@db/runs", "postgres://me@db/runs"),
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
    // This command does not open a database.
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

#[test]
fn files_that_are_called_after_a_database_are_written_in_silence_about_its_password() {
    let project = Project::with_runs(SCHEMA);
    let line = "export --output \"./host=db password=s3cret.csv\"";
    let said = project.wallow(line).succeeds();
    assert!(said.contains("wrote") && !said.contains("s3cret"), "{said}");
}

#[test]
fn a_url_without_its_scheme_is_no_run_and_no_file() {
    let project = Project::with_runs(SCHEMA);
    for line in [
        "show me:s3cret@db/runs",
        "import --from me:s3cret@db/runs",
        "import --from-mlflow me:s3cret@db/runs",
        "diff me:s3cret@db/runs 1",
        "rm me:s3cret@db/runs --yes",
        "enqueue --from me:s3cret@db/runs",
        "enqueue --from me:s3cret@db/runs.csv",
        "ls --output me:s3cret@db/runs",
        "ls --output me:s3cret@db/runs.csv",
        "export --output me:s3cret@db/runs",
        "status --schema me:s3cret@db/runs",
        "import --from file:x.db?key=s3cret",
        "import --from file:x.db?key=s3cret --format csv",
        "enqueue --from file:x.db?key=s3cret",
        "import --from //me:s3cret@h/db",
        "enqueue --from //me:s3cret@h/db",
        "export --output //me:s3cret@h/db.csv",
        "import --from a.csv --map me:s3cret@h=x",
        "ls --where me:s3cret@h",
        "show file:x.db?key=s3cret",
    ] {
        let answer = project.wallow(line);
        let said = format!("{}{}", answer.stdout, answer.stderr);
        assert!(
            said.contains("error: ") && !said.contains("s3cret"),
            "{line}: {said}"
        );
    }
}

/// A server repeats the user in its message, with the password that a colon of another kind has made a part of it.
#[cfg(feature = "postgres")]
#[test]
fn a_server_shows_no_password_that_stands_in_the_user() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with_runs(SCHEMA);
    let url = database.url().replace("&user=postgres", "");
    for form in [
        url.replace("postgres:///", "postgres://postgres%3As3cret:x@/"),
        url.replace("postgres:///", "postgres://postgres：s3cret@/"),
        format!("{url}&user=postgres:s3cret"),
    ] {
        for line in ["status", "ls"] {
            let said = keeps_secret(&project, &format!("{line} \"--db={form}\""), &form);
            let advice = "does not exist; write the colon between user and password as `:`";
            assert!(said.contains(advice), "{said}");
        }
    }
}
