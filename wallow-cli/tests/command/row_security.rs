//! Row-level security of a server: policies hide runs from a role, and no command takes what is hidden for absent.

use postgres_server::{Fresh, Server};
use wallow::{ErrorKind, OnDuplicate};

use crate::project::{Answer, Project};

wallow::wallow_schema!("../tests/schemas/attempts.toml");

const SWEEP: &str = include_str!("../../../tests/schemas/attempts.toml");

/// Four completed runs, and a role from which a policy hides two.
struct Guarded {
    owner: Project,
    role: Project,
    database: Fresh,
}

impl Guarded {
    fn new() -> Option<Self> {
        let database = Server::shared()?.fresh();
        let owner = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
        owner.wallow("enqueue seed=0..4").succeeds();
        owner.wallow("work -- true").succeeds();
        let role = format!("user={}_guarded", database.name());
        let url = database.url().replace("user=postgres", &role);
        let guarded = Guarded {
            role: Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &url),
            owner,
            database,
        };
        let name = guarded.name();
        guarded.psql(&format!(
            "CREATE ROLE {name} LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO {name}; \
             GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {name}; \
             ALTER TABLE runs ENABLE ROW LEVEL SECURITY; \
             UPDATE runs SET error_excerpt = 'theirs' WHERE seed % 2 = 0; \
             CREATE POLICY ours ON runs USING (error_excerpt IS NULL)"
        ));
        Some(guarded)
    }

    fn name(&self) -> String {
        format!("{}_guarded", self.database.name())
    }

    fn url(&self) -> String {
        self.role.database()
    }

    fn psql(&self, sql: &str) -> String {
        self.database
            .server()
            .psql(self.database.name(), sql)
            .unwrap()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        let name = self.name();
        self.psql(&format!("DROP OWNED BY {name}; DROP ROLE {name}"));
    }
}

const WARNING: &str = "warning: row-level security is in force for this role: runs that its policies hide are neither read \
                       nor counted; the owner of the table, or a role with `BYPASSRLS`, sees every run\n";

/// The output, if the command warns of hidden runs and succeeds.
#[track_caller]
fn warns(answer: Answer) -> String {
    assert_eq!(answer.status, Some(0), "{}{}", answer.stdout, answer.stderr);
    assert_eq!(answer.stderr, WARNING);
    answer.stdout
}

/// specs 8.28
#[test]
fn what_reads_runs_says_that_some_are_hidden() {
    let Some(guarded) = Guarded::new() else {
        return;
    };
    assert_eq!(warns(guarded.role.wallow("count")), "2\n");
    let csv = warns(guarded.role.wallow("export --columns seed"));
    assert_eq!(csv, "seed\n1\n3\n");
    for line in [
        "ls",
        "report",
        "collisions seed",
        "watch --once",
        "work -- true",
    ] {
        let answer = guarded.role.wallow(line);
        assert!(
            answer.stderr.starts_with(WARNING),
            "{line}: {}",
            answer.stderr
        );
    }
    let deleted = warns(guarded.role.wallow("rm --where \"seed < 2\" --yes"));
    assert!(deleted.contains("deleted 1 run "), "{deleted}");
    assert_eq!(guarded.psql("SELECT count(*) FROM runs"), "3\n");
    // No policy hides anything from the owner.
    assert_eq!(guarded.owner.wallow("count").succeeds(), "3\n");
}

/// specs 8.28
#[test]
fn what_needs_every_run_refuses_and_changes_nothing() {
    let Some(guarded) = Guarded::new() else {
        return;
    };
    let role = &guarded.role;
    let advice = "connect as the owner of the table, or as a role with `BYPASSRLS`";
    for (line, nothing) in [
        ("copy --to new.db", "nothing was copied"),
        ("copy --to new.db --dry-run", "nothing was copied"),
        ("gc --artefacts artefacts", "nothing was compared"),
        (
            "gc --artefacts artefacts --delete --yes",
            "nothing was compared",
        ),
    ] {
        let folder = guarded.owner.path("artefacts");
        let line = line.replace(
            "artefacts artefacts",
            &format!("artefacts {}", folder.display()),
        );
        let refused = role.wallow(&line).refuses();
        assert!(
            refused.contains(nothing) && refused.contains(advice),
            "{line}: {refused}"
        );
    }
    assert!(!role.path("new.db").exists());
    let folders = std::fs::read_dir(guarded.owner.path("artefacts")).unwrap();
    assert_eq!(folders.count(), 4);
    assert_eq!(guarded.psql("SELECT count(*) FROM _wallow_attempts"), "4\n");
    // As a target, too: a hidden run would be in the way.
    let file = Project::with(SWEEP);
    file.wallow("enqueue seed=0..4").succeeds();
    let refused = file
        .wallow(&format!("copy --to \"{}\"", guarded.url()))
        .refuses();
    assert!(refused.contains("nothing was copied"), "{refused}");
    // The advice leads out.
    guarded.psql(&format!("ALTER ROLE {} BYPASSRLS", guarded.name()));
    let said = role.wallow("copy --to new.db").succeeds();
    assert!(said.contains("verified: 4 runs"), "{said}");
    role.wallow("doctor").succeeds();
}

/// specs 8.11
#[test]
fn doctor_reports_it_and_takes_no_attempt_for_one_without_a_run() {
    let Some(guarded) = Guarded::new() else {
        return;
    };
    let found = guarded.role.wallow("doctor").finds();
    for part in [
        "policies    row-level security is in force for this role: it sees, counts and checks only the runs that the \
         policies show it\n",
        "runs        2 runs, all can be read\n",
        "attempts    2, all can be read\n",
        "do this: check the database as a role from which no policy hides runs: the owner of the table, or one with \
         `BYPASSRLS`\n",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
    guarded.owner.wallow("doctor").succeeds();
}

/// A hidden run has its key nevertheless.
#[test]
fn a_registration_of_a_hidden_run_says_that_it_is_hidden() {
    let Some(guarded) = Guarded::new() else {
        return;
    };
    let store = Store::open(guarded.url()).unwrap();
    let key = |seed| Identifying::builder().seed(seed).build();
    let hidden =
        "a run with this key or this uuid is there, and row-level security hides it from this role";
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::ReturnExisting,
        OnDuplicate::Skip,
        OnDuplicate::Overwrite,
    ] {
        let refused = store.register(&key(0), &Annotating::new(), policy);
        let error = wallow::Error::from(refused.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Database);
        assert!(error.to_string().contains(hidden), "{error}");
    }
    assert_eq!(store.update(&key(0), &Annotating::new()).unwrap(), None);
    let error = store.enqueue([key(0), key(1), key(9)]).unwrap_err();
    assert!(error.to_string().contains(hidden), "{error}");
    assert_eq!(
        guarded.psql("SELECT count(*) FROM runs WHERE seed = 9"),
        "0\n"
    );
    let refused = guarded.role.wallow("enqueue seed=0..6").refuses();
    assert!(refused.contains(hidden), "{refused}");
    guarded.role.has("new.csv", "seed\n0\n9\n");
    let said = guarded.role.wallow("import --from new.csv");
    assert_eq!(said.status, Some(1));
    assert!(
        said.stdout.contains(hidden),
        "{}{}",
        said.stdout,
        said.stderr
    );
    assert_eq!(guarded.psql("SELECT count(*) FROM runs"), "4\n");
    // A policy may also say which keys may be written.
    guarded.psql("CREATE POLICY few ON runs AS RESTRICTIVE USING (seed < 5)");
    let refused = guarded.role.wallow("enqueue seed=7").refuses();
    for part in [
        "new row violates row-level security policy",
        "a policy of the table keeps this role from writing such a run",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
}

/// A script that changes values reaches every row, or changes nothing.
#[test]
fn a_migration_reaches_hidden_runs_or_changes_nothing() {
    let Some(guarded) = Guarded::new() else {
        return;
    };
    let name = guarded.name();
    guarded.psql(&format!(
        "ALTER TABLE runs OWNER TO {name}; ALTER TABLE _wallow_attempts OWNER TO {name}; \
         ALTER TABLE runs FORCE ROW LEVEL SECURITY; GRANT CREATE ON SCHEMA public TO {name}"
    ));
    guarded.role.edits(
        "type = \"float\"",
        "type = \"float\"\nnullable = false\ndefault = 0.5",
    );
    let refused = guarded.role.wallow("migrate push --yes").refuses();
    for part in [
        "affected by row-level security policy for table \"runs\"",
        "policies of the table hide runs from this role, and this needs every run",
    ] {
        assert!(refused.contains(part), "{refused}");
    }
    let nulls = "SELECT count(*) FROM runs WHERE val_loss IS NULL";
    assert_eq!(guarded.psql(nulls), "4\n");
    guarded.psql("ALTER TABLE runs NO FORCE ROW LEVEL SECURITY");
    guarded.role.wallow("migrate push --yes").succeeds();
    assert_eq!(guarded.psql(nulls), "0\n");
}
