//! References and constraints of somebody's own, on the table of the runs. specs 8.12, 8.14

use crate::project::{Answer, Project};

/// A database of a project, which takes statements.
pub(crate) struct On {
    pub(crate) project: Project,
    url: String,
    #[cfg(feature = "postgres")]
    server: Option<(&'static postgres_server::Server, postgres_server::Fresh)>,
}

const SCHEMA: &str = r#"[project]
name = "texts"

[identifying.seed]
type = "int"

[annotating.note]
type = "string"
"#;

impl On {
    /// A file, and a server if there is one; both have the table, and no run.
    pub(crate) fn each() -> Vec<Self> {
        let file = On {
            project: Project::with(SCHEMA),
            url: "runs.db".into(),
            #[cfg(feature = "postgres")]
            server: None,
        };
        let all = [Some(file), On::of_server()].into_iter().flatten();
        let all = all.collect::<Vec<_>>();
        for on in &all {
            on.project.wallow("migrate generate initial").succeeds();
            on.project.wallow("migrate apply").succeeds();
        }
        all
    }

    #[cfg(feature = "postgres")]
    fn of_server() -> Option<Self> {
        let server = postgres_server::Server::shared()?;
        let database = server.fresh();
        Some(On {
            project: Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url()),
            url: database.url(),
            server: Some((server, database)),
        })
    }

    #[cfg(not(feature = "postgres"))]
    fn of_server() -> Option<Self> {
        None
    }

    pub(crate) fn is_server(&self) -> bool {
        self.url != "runs.db"
    }

    pub(crate) fn executes(&self, sql: &str) {
        #[cfg(feature = "postgres")]
        if let Some((server, database)) = &self.server {
            server.psql(database.name(), sql).unwrap();
            return;
        }
        self.project.executes(sql);
    }

    pub(crate) fn reads(&self, sql: &str) -> String {
        #[cfg(feature = "postgres")]
        if let Some((server, database)) = &self.server {
            let said = server.psql(database.name(), sql).unwrap();
            return said.trim_end().to_owned();
        }
        self.project.reads(sql)
    }

    pub(crate) fn wallow(&self, line: &str) -> Answer {
        self.project.wallow(line)
    }
}

/// Lets `note` refer to the table `lab`, which has the row `a` alone.
fn refer_to_lab(on: &On, how: &str) {
    on.executes("CREATE TABLE lab (n TEXT PRIMARY KEY); INSERT INTO lab VALUES ('a')");
    if on.is_server() {
        on.executes(&format!(
            "ALTER TABLE runs ADD CONSTRAINT fk FOREIGN KEY (note) REFERENCES lab (n) {how}"
        ));
        return;
    }
    let runs = on.reads("SELECT sql FROM sqlite_schema WHERE name = 'runs'");
    let referring = runs.replacen(
        "\"note\" TEXT",
        &format!("\"note\" TEXT REFERENCES lab (n) {how}"),
        1,
    );
    assert_ne!(runs, referring, "{runs}");
    on.executes(&format!(
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = '{}' WHERE name = 'runs'; \
         PRAGMA writable_schema = RESET",
        referring.replace('\'', "''")
    ));
}

const LINES: &str =
    "{\"seed\": 1, \"note\": \"a\"}\n{\"seed\": 2, \"note\": \"b\"}\n{\"seed\": 3}\n";

#[test]
fn a_row_that_is_missing_elsewhere_is_to_be_added_there() {
    for on in On::each() {
        refer_to_lab(&on, "");
        on.project.has("a.jsonl", LINES);
        let said = on.wallow("import --from a.jsonl --skip-refused").succeeds();
        let inserted = "2 inserted, 0 overwritten, 0 existing, 1 refused\nrefused line 2: ";
        assert!(said.starts_with(inserted), "{said}");
        assert!(
            said.contains("add that row to the other table first"),
            "{said}"
        );
        assert!(!said.contains("delete"), "{said}");
        // The same of a copy.
        let other = Project::with(&on.project.text("wallow.toml"));
        other.wallow("migrate generate initial").succeeds();
        other.wallow("migrate apply").succeeds();
        other.has("a.jsonl", LINES);
        other.wallow("import --from a.jsonl").succeeds();
        on.executes("DELETE FROM runs");
        let from = other.path("runs.db");
        let copy = format!("copy --from {}", from.display());
        let refusal = on.wallow(&format!("{copy} --to \"{}\"", on.url)).refuses();
        assert!(refusal.starts_with("error: run 2 (uuid "), "{refusal}");
        assert!(
            refusal.contains("add that row to the other table first"),
            "{refusal}"
        );
    }
}

/// Lets the database take every `what` of a run, and do nothing.
fn swallow(on: &On, what: &str) {
    if on.is_server() {
        on.executes(&format!(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$; \
             CREATE TRIGGER swallow BEFORE {what} ON runs FOR EACH ROW EXECUTE FUNCTION swallow()"
        ));
    } else {
        on.executes(&format!(
            "CREATE TRIGGER swallow BEFORE {what} ON runs BEGIN SELECT RAISE(IGNORE); END"
        ));
    }
}

fn spare(on: &On) {
    on.executes(if on.is_server() {
        "DROP TRIGGER swallow ON runs; DROP FUNCTION swallow"
    } else {
        "DROP TRIGGER swallow"
    });
}

#[test]
fn what_a_trigger_swallows_is_no_success() {
    for on in On::each() {
        on.project.has("a.jsonl", LINES);
        swallow(&on, "INSERT");
        for options in ["", " --skip-refused", " --on-duplicate error", " --dry-run"] {
            let answer = on.wallow(&format!("import --from a.jsonl{options}"));
            let refused = "0 inserted, 0 overwritten, 0 existing, 3 refused\n\
                           refused line 1: the database took the run and stored nothing: a trigger or a rule";
            assert!(answer.stdout.starts_with(refused), "{}", answer.stdout);
        }
        let other = Project::with(&on.project.text("wallow.toml"));
        other.wallow("migrate generate initial").succeeds();
        other.wallow("migrate apply").succeeds();
        other.has("a.jsonl", LINES);
        other.wallow("import --from a.jsonl").succeeds();
        let from = other.path("runs.db");
        let copy = format!("copy --from {} --to \"{}\"", from.display(), on.url);
        let refusal = on.wallow(&copy).refuses();
        assert!(refusal.starts_with("error: run 1 (uuid "), "{refusal}");
        assert!(refusal.contains("stored nothing: a trigger"), "{refusal}");
        spare(&on);
        on.wallow("import --from a.jsonl").succeeds();
        swallow(&on, "UPDATE");
        let answer = on.wallow("import --from a.jsonl --on-duplicate overwrite --yes");
        let refused = "0 inserted, 0 overwritten, 0 existing, 3 refused\n";
        assert!(answer.stdout.starts_with(refused), "{}", answer.stdout);
        answer.refuses();
        spare(&on);
        swallow(&on, "DELETE");
        let refusal = on.wallow("rm --where \"id > 0\" --yes").refuses();
        let reason = "the database took the change and left 3 runs as before: a trigger or a rule";
        assert!(refusal.contains(reason), "{refusal}");
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "3");
        spare(&on);
        on.wallow("rm --where \"id > 0\" --yes").succeeds();
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "0");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_a_rule_swallows_is_no_success() {
    for on in On::each().iter().filter(|on| on.is_server()) {
        on.project.has("a.jsonl", LINES);
        on.executes("CREATE RULE swallow AS ON INSERT TO runs DO INSTEAD NOTHING");
        let answer = on.wallow("import --from a.jsonl");
        let refused = "0 inserted, 0 overwritten, 0 existing, 3 refused\n";
        assert!(answer.stdout.starts_with(refused), "{}", answer.stdout);
        answer.refuses();
    }
}

#[test]
fn what_is_checked_at_the_end_is_reported_like_what_is_checked_at_once() {
    for on in On::each() {
        refer_to_lab(&on, "DEFERRABLE INITIALLY DEFERRED");
        on.project.has("a.jsonl", LINES);
        for options in ["", " --dry-run", " --skip-refused"] {
            let answer = on.wallow(&format!("import --from a.jsonl{options}"));
            if !on.is_server() {
                // SQLite does not tell which run it is, so the value does.
                let refusal = answer.refuses();
                let reason = "there is no row for `note` = \"b\" of `runs` in `lab`; add the row";
                assert!(refusal.contains(reason), "{refusal}");
                assert_eq!(on.reads("SELECT count(*) FROM runs"), "0");
                continue;
            }
            let refused = "2 inserted, 0 overwritten, 0 existing, 1 refused\nrefused line 2: insert or update";
            assert!(
                answer.stdout.starts_with(refused),
                "{}{}",
                answer.stdout,
                answer.stderr
            );
            let is_skipping = options == " --skip-refused";
            if is_skipping {
                answer.succeeds();
            } else {
                answer.refuses();
            }
            let count = on.reads("SELECT count(*) FROM runs");
            assert_eq!(count, if is_skipping { "2" } else { "0" });
        }
        on.executes("INSERT INTO lab VALUES ('b')");
        on.wallow("import --from a.jsonl").succeeds();
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "3");
    }
}

#[cfg(feature = "postgres")]
#[test]
fn a_deferred_uniqueness_names_its_line() {
    for on in On::each().iter().filter(|on| on.is_server()) {
        on.executes("ALTER TABLE runs ADD UNIQUE (note) DEFERRABLE INITIALLY DEFERRED");
        let text =
            "{\"seed\": 1, \"note\": \"a\"}\n{\"seed\": 2, \"note\": \"a\"}\n{\"seed\": 3}\n";
        on.project.has("a.jsonl", text);
        let said = on.wallow("import --from a.jsonl --skip-refused").succeeds();
        let refused = "2 inserted, 0 overwritten, 0 existing, 1 refused\nrefused line 2: ";
        assert!(said.starts_with(refused), "{said}");
    }
}

#[test]
fn a_trigger_that_rolls_everything_back_is_named_with_the_line() {
    for on in On::each().iter().filter(|on| !on.is_server()) {
        on.executes(
            "CREATE TRIGGER t BEFORE INSERT ON runs WHEN NEW.seed = 2 BEGIN SELECT RAISE(ROLLBACK, 'rolled'); END",
        );
        on.project.has("a.jsonl", LINES);
        for options in ["", " --skip-refused"] {
            let refusal = on.wallow(&format!("import --from a.jsonl{options}"));
            let refusal = refusal.refuses();
            let reason = "error: line 2: rolled; a trigger ended the whole transaction";
            assert!(refusal.starts_with(reason), "{refusal}");
            assert_eq!(on.reads("SELECT count(*) FROM runs"), "0");
        }
    }
}

/// Two imports of the same runs in opposite order end in a deadlock at first, and both well.
#[cfg(feature = "postgres")]
#[test]
fn a_deadlock_is_no_end() {
    use std::process::Stdio;
    for on in On::each().iter().filter(|on| on.is_server()) {
        let line = |seed: i32| format!("{{\"seed\": {seed}, \"note\": \"a\"}}\n");
        on.project
            .has("a.jsonl", &(0..6_000).map(line).collect::<String>());
        on.project
            .has("b.jsonl", &(0..6_000).rev().map(line).collect::<String>());
        let both = ["a", "b"].map(|name| {
            let mut command = on
                .project
                .command("", &format!("import --from {name}.jsonl"));
            let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        });
        for one in both {
            let output = one.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "6000");
    }
}
