//! Runs that are copied from a file to a server, and back.

use postgres_server::{Fresh, Server};

use crate::copying::{ALL, begin, many_runs, odd};
use crate::project::Project;
use crate::{show, watching};

/// A new database on a server; `None` if there is no server.
fn server() -> Option<(Fresh, String)> {
    let database = Server::shared()?.fresh();
    let copy = format!("copy --to {}", database.url());
    Some((database, copy))
}

fn reads(database: &Fresh, sql: &str) -> String {
    let said = database.server().psql(database.name(), sql).unwrap();
    said.trim_end().to_owned()
}

/// Copies the database of the server into a file.
fn back(project: &Project, database: &Fresh) -> Project {
    let file = Project::empty();
    let to = file.path("runs.db");
    let copy = format!("copy --from {} --to {}", database.url(), to.display());
    project.wallow(&copy).succeeds();
    file
}

#[test]
fn a_sweep_moves_to_a_server_and_back() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = many_runs(1_000);
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.starts_with("1000 runs copied\nto postgres:")
            && said.contains("\nverified: 1000 runs, "),
        "{said}"
    );
    let status = format!("status --db {}", database.url());
    project.wallow(&status).succeeds();
    assert_eq!(back(&project, &database).reads(ALL), project.reads(ALL));
    // The server assigns ids after the last id of the file.
    assert_eq!(
        reads(
            &database,
            "INSERT INTO runs (uuid, created_at, updated_at, rate, seed) VALUES ('ffffffffffff', now(), now(), 0.5, 1); \
             SELECT max(id) FROM runs"
        ),
        "3001"
    );
    let again = project.wallow(&copy).succeeds();
    assert!(
        again.starts_with("0 runs copied, 1000 there already\n"),
        "{again}"
    );
    assert_eq!(again.lines().last(), said.lines().last(), "one checksum");
}

#[test]
fn every_type_is_on_a_server_what_it_is_in_a_file() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = odd();
    let said = project.wallow(&copy).succeeds();
    assert!(said.contains("verified: 2 runs, "), "{said}");
    // JSONB does not store the sign of a zero.
    let file = project
        .wallow("export --format jsonl")
        .succeeds()
        .replace("-0.0", "0.0");
    let export = format!("export --format jsonl --db {}", database.url());
    assert_eq!(project.wallow(&export).succeeds(), file);
    // A time that a file cannot store stops the copy, and the error names it.
    reads(
        &database,
        "UPDATE runs SET \"when\" = '99999-01-01' WHERE id = 2",
    );
    let there = format!("copy --from {} --to there.db", database.url());
    let refused = project.wallow(&there).refuses();
    assert!(
        refused.contains("field `when` holds") && refused.contains("years 1 to 9999"),
        "{refused}"
    );
    reads(&database, "UPDATE runs SET \"when\" = NULL WHERE id = 2");
    // A value that a server cannot store stops the copy, and the error names it.
    project.executes("UPDATE runs SET place = 'a' || char(0), updated_at = '2026-01-03 00:00:00.000000' WHERE id = 2");
    let refused = project.wallow(&format!("{copy} --update --yes")).refuses();
    assert!(
        refused.contains("run 2 (uuid 00000000000b): field `place`") && refused.contains("U+0000"),
        "{refused}"
    );
}

#[test]
fn a_killed_copy_goes_on_while_others_register_there() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = many_runs(20_000);
    let mut child = begin(&project, &copy);
    let there = || {
        let exists = reads(&database, "SELECT to_regclass('runs')") == "runs";
        let count = exists.then(|| reads(&database, "SELECT count(*) FROM runs WHERE rate = 0.1"));
        count.map_or(0, |count| count.parse::<u32>().unwrap())
    };
    while there() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it was faster");
    }
    // Somebody else registers a run, and it gets an id that no run of the file has.
    reads(
        &database,
        "INSERT INTO runs (uuid, created_at, updated_at, rate, seed) VALUES ('ffffffffffff', now(), now(), 0.5, 1)",
    );
    child.kill().unwrap();
    child.wait().unwrap();
    let said = project.wallow(&copy).succeeds();
    assert!(
        said.contains(" there already\n") && said.contains("alone: 1 run\n"),
        "{said}"
    );
    assert_eq!(there(), 20_000);
    assert_eq!(
        reads(&database, "SELECT id > 60000 FROM runs WHERE rate = 0.5"),
        "t"
    );
    reads(&database, "DELETE FROM runs WHERE rate = 0.5");
    assert_eq!(back(&project, &database).reads(ALL), project.reads(ALL));
}

#[test]
fn runs_are_shown_on_a_server_as_in_a_file() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = show::project();
    project.wallow(&copy).succeeds();
    for line in ["show 1", "show 000000000002", "show 8fa740691a0a --json"] {
        assert_eq!(
            project
                .wallow(&format!("{line} --db {}", database.url()))
                .succeeds(),
            project.wallow(line).succeeds(),
            "{line}"
        );
    }
}

#[test]
fn a_sweep_is_watched_on_a_server_as_in_a_file() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = watching::running();
    project.wallow(&copy).succeeds();
    let counts = |line: &str| {
        let said = project.wallow(line).succeeds();
        let (_, said) = said.split_once("  ").unwrap();
        let (counts, _) = said.split_once("; ").unwrap();
        counts.to_owned()
    };
    let watch = format!("watch --db {}", database.url());
    assert_eq!(counts(&format!("{watch} --once")), counts("watch --once"));
    let mut child = begin(&project, &format!("{watch} --interval 0.1 --until-done"));
    assert!(child.try_wait().unwrap().is_none(), "two are running");
    reads(
        &database,
        "UPDATE runs SET status = 'completed' WHERE status <> 'paused'",
    );
    assert!(child.wait().unwrap().success());
}

/// One database of a server has many names.
#[test]
fn a_database_of_a_server_is_not_copied_into_itself() {
    let Some((database, copy)) = server() else {
        return;
    };
    let project = many_runs(3);
    project.wallow(&copy).succeeds();
    let (name, folder) = (database.name(), database.server().folder().display());
    let link = project.path("link");
    std::os::unix::fs::symlink(database.server().folder(), &link).unwrap();
    let port = database.server().port().unwrap_or(5432);
    project.has(
        "pg_service.conf",
        &format!("[sweep]\nhost={folder}\nport={port}\ndbname={name}\nuser=postgres\n"),
    );
    let file = project.path("pg_service.conf");
    let project = project.sets("PGSERVICEFILE", file.to_str().unwrap());
    let escaped = folder.to_string().replace('/', "%2F");
    for other in [
        format!("host={folder} port={port} dbname={name} user=postgres"),
        format!("postgres://postgres@{escaped}:{port}/{name}"),
        format!(
            "postgresql:///{name}?user=postgres&port={port}&host={}",
            link.display()
        ),
        "service=sweep".to_owned(),
        "postgres://?service=sweep".to_owned(),
    ] {
        for line in [
            format!("copy --from \"{}\" --to \"{other}\"", database.url()),
            format!(
                "copy --from \"{other}\" --to \"{}\" --update --yes",
                database.url()
            ),
            format!(
                "copy --from \"{other}\" --to \"{}\" --dry-run",
                database.url()
            ),
        ] {
            let refused = project.wallow(&line).misuses();
            assert!(
                refused.contains("are one database, which would be copied into itself; name another database with `--to`"),
                "{line}: {refused}"
            );
        }
    }
    assert_eq!(reads(&database, "SELECT count(*) FROM runs"), "3");
    // Another schema of the same database is another place.
    reads(&database, "CREATE SCHEMA lab; SELECT 1");
    let lab = format!("{}&options=-c%20search_path%3Dlab", database.url());
    let said = project
        .wallow(&format!("copy --from {} --to {lab}", database.url()))
        .succeeds();
    assert!(said.contains("verified: 3 runs"), "{said}");
    let again = project
        .wallow(&format!("copy --from {} --to {lab}", database.url()))
        .succeeds();
    assert!(again.contains("3 there already"), "{again}");
}
