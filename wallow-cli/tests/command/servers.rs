//! Refusals of a PostgreSQL server, and the advice.

use postgres_server::{Fresh, Server};

use crate::project::{Project, SCHEMA};

/// A project with two runs on a server.
fn with_runs() -> Option<(Project, &'static Server, Fresh)> {
    let server = Server::shared()?;
    let database = server.fresh();
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.has("new.csv", "rate,seed,loss\n0.1,0,0.5\n0.1,1,0.25\n");
    project.wallow("import --from new.csv").succeeds();
    Some((project, server, database))
}

#[test]
fn a_reference_to_a_run_is_said_with_what_to_do() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let sql = "CREATE TABLE plots (run BIGINT REFERENCES runs (id)); INSERT INTO plots SELECT id FROM runs LIMIT 1";
    server.psql(database.name(), sql).unwrap();
    let refused = project.wallow("rm --where \"seed >= 0\" --yes").refuses();
    for said in [
        "on table \"plots\"",
        "nothing was changed: delete those rows first",
        "`ON DELETE CASCADE`",
    ] {
        assert!(refused.contains(said), "{refused}");
    }
    let said = project.wallow("count").succeeds();
    assert_eq!(said, "2\n");
}

/// The role may only read: following the advice solves it.
#[test]
fn a_role_that_only_reads_learns_how_it_writes() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let name = database.name();
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    server.psql(name, &sql).unwrap();
    for line in [
        "rm --where \"seed == 0\" --yes",
        "import --from new.csv --on-duplicate overwrite --yes",
    ] {
        let refused = project.wallow(line).refuses();
        assert!(
            refused.contains("`default_transaction_read_only` is on for this role or database"),
            "{refused}"
        );
    }
    project.wallow("ls").succeeds();
    let writing = format!(
        "{}&options=-c%20default_transaction_read_only%3Doff",
        database.url()
    );
    project
        .wallow(&format!(
            "rm --where \"seed == 0\" --yes --db \"{writing}\""
        ))
        .succeeds();
}

/// `ON CONFLICT` does not accept a constraint that is checked at the end of a transaction.
#[test]
fn a_deferrable_key_is_reported_with_what_mends_it() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let sql = "DROP INDEX uq_runs_identifying; ALTER TABLE runs ADD CONSTRAINT late UNIQUE (rate, seed) DEFERRABLE";
    server.psql(database.name(), sql).unwrap();
    let said = project.wallow("status").finds();
    assert!(
        said.contains("differs: the constraint `late` keeps (rate, seed) unique only at the end of a transaction: it is DEFERRABLE"),
        "{said}"
    );
    assert!(
        said.ends_with("do this: wallow migrate stamp [FIRST]_initial\n"),
        "{said}"
    );
    let first = project.migrations()[0].clone();
    project.wallow(&format!("migrate stamp {first}")).succeeds();
    project.wallow("status").succeeds();
    project
        .wallow("import --from new.csv --on-duplicate skip")
        .succeeds();
}

#[test]
fn a_search_path_without_a_schema_is_reported() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let url = format!("{}&options=-c%20search_path%3Dnowhere", database.url());
    let said = project.wallow(&format!("status --db \"{url}\"")).finds();
    assert!(
        said.contains("`search_path` of the connection names no schema that is there"),
        "{said}"
    );
    assert!(!said.contains("wallow migrate apply"), "{said}");
    server.psql(database.name(), "SELECT 1").unwrap();
}

#[test]
fn a_role_without_rights_learns_to_which_tables() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let role = format!("{}_nobody", database.name());
    server
        .psql(database.name(), &format!("CREATE ROLE {role} LOGIN"))
        .unwrap();
    let url = database
        .url()
        .replace("user=postgres", &format!("user={role}"));
    let said = project.wallow(&format!("ls --db \"{url}\"")).refuses();
    for part in [
        "`GRANT SELECT ON __diesel_schema_migrations TO ROLE`",
        " grants analyst --role ROLE`",
    ] {
        assert!(said.contains(part), "{said}");
    }
    // `doctor` needs the notes on migrations, too.
    let grant = format!("GRANT SELECT ON __diesel_schema_migrations TO {role}");
    server.psql(database.name(), &grant).unwrap();
    let said = project.wallow(&format!("doctor --db \"{url}\"")).finds();
    assert!(said.contains("runs        cannot be read\n"), "{said}");
    assert!(!said.contains("correct or clear"), "{said}");
    server
        .psql(
            database.name(),
            &format!("DROP OWNED BY {role}; DROP ROLE {role}"),
        )
        .unwrap();
}

#[test]
fn a_role_whose_first_schema_is_the_catalogue_learns_to_name_another() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let role = format!("{}_maker", database.name());
    let sql = format!(
        "CREATE ROLE {role} LOGIN; GRANT CREATE ON SCHEMA public TO {role}; \
         ALTER ROLE {role} SET search_path = pg_catalog, public"
    );
    server.psql(database.name(), &sql).unwrap();
    let url = database
        .url()
        .replace("user=postgres", &format!("user={role}"));
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    let said = project
        .wallow(&format!("migrate apply --db \"{url}\""))
        .refuses();
    let parameter = "options=-c%20search_path%3Dpublic";
    assert!(said.contains(parameter), "{said}");
    project
        .wallow(&format!("migrate apply --db \"{url}&{parameter}\""))
        .succeeds();
    let sql = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    server.psql(database.name(), &sql).unwrap();
}

#[test]
fn stamp_keeps_notes_of_others_on_a_server() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let psql = |sql| server.psql(database.name(), sql).unwrap();
    psql("INSERT INTO __diesel_schema_migrations (version) VALUES ('20230101000000')");
    for (revision, count) in [("base", "1"), ("head", "2")] {
        project
            .wallow(&format!("migrate stamp {revision}"))
            .succeeds();
        let notes = psql("SELECT count(*) FROM __diesel_schema_migrations");
        assert_eq!(notes.trim(), count);
    }
}

/// specs 3.35
#[test]
fn a_search_path_with_schemas_before_the_catalog_is_reported() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    server.psql(database.name(), "CREATE SCHEMA lab").unwrap();
    let url = format!("{}&options=-c%20search_path%3Dlab,public", database.url());
    let said = project.wallow(&format!("doctor --db \"{url}\"")).succeeds();
    assert!(!said.contains("search path"), "{said}");
    let said = project
        .wallow(&format!("doctor --db \"{url},pg_catalog\""))
        .finds();
    for part in [
        "search path lab, public before `pg_catalog`: ",
        "do this: have `pg_catalog` removed",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

/// specs 9.10
#[test]
fn what_speaks_postgresql_but_is_not_is_reported() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let said = project.wallow("doctor").succeeds();
    assert!(said.contains("server      PostgreSQL "), "{said}");
    let fake = "CREATE SCHEMA other; CREATE FUNCTION other.version() RETURNS text LANGUAGE sql AS $$ SELECT 'CockroachDB \
                CCL v23.1.14 (x86_64)' $$";
    server.psql(database.name(), fake).unwrap();
    let url = format!(
        "{}&options=-c%20search_path%3Dother,pg_catalog,public",
        database.url()
    );
    let said = project.wallow(&format!("doctor --db \"{url}\"")).finds();
    assert!(
        said.contains("server      CockroachDB, not tested with wallow: CockroachDB CCL v23.1.14"),
        "{said}"
    );
}

/// A role that may have two connections: `doctor` needs one, and the other is the only one that is left.
#[test]
fn connections_that_are_nearly_used_up_are_reported() {
    let Some((project, server, database)) = with_runs() else {
        return;
    };
    let said = project.wallow("doctor").succeeds();
    assert!(said.contains("connections "), "{said}");
    assert!(!said.contains("this role"), "{said}");
    let role = format!("{}_few", database.name());
    let sql = format!(
        "CREATE ROLE {role} LOGIN CONNECTION LIMIT 2; GRANT SELECT ON runs, __diesel_schema_migrations TO {role}"
    );
    server.psql(database.name(), &sql).unwrap();
    let url = database
        .url()
        .replace("user=postgres", &format!("user={role}"));
    let said = project.wallow(&format!("doctor --db \"{url}\"")).finds();
    for part in ["this role: 1 of 2 in use", "PgBouncer"] {
        assert!(said.contains(part), "{said}");
    }
    let sql = format!("ALTER ROLE {role} CONNECTION LIMIT 20");
    server.psql(database.name(), &sql).unwrap();
    let said = project.wallow(&format!("doctor --db \"{url}\"")).succeeds();
    assert!(said.contains("this role: 1 of 20 in use"), "{said}");
    let sql = format!("DROP OWNED BY {role}; DROP ROLE {role}");
    server.psql(database.name(), &sql).unwrap();
}

const QUEUE: &str =
    "[project]\nname = \"queue\"\nlifecycle = true\n\n[identifying.seed]\ntype = \"int\"\n";

/// PostgreSQL itself answers like another server: the search path finds a function `version` of the test first.
#[test]
fn commands_that_write_warn_of_a_server_that_is_not_tested() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let sql = "CREATE SCHEMA other; CREATE FUNCTION other.version() RETURNS text LANGUAGE sql AS \
               $$ SELECT 'CockroachDB CCL v23.1.14' $$";
    server.psql(database.name(), sql).unwrap();
    let url = format!(
        "{}&options=-c%20search_path%3Dpublic,other,pg_catalog",
        database.url()
    );
    let project = Project::with(QUEUE).sets("WALLOW_DATABASE_URL", &url);
    project.wallow("migrate generate initial").succeeds();
    for line in [
        "migrate apply",
        "enqueue seed=0..10",
        "claim --json",
        "rm --where \"seed == 9\" --yes",
    ] {
        let answer = project.wallow(line);
        assert_eq!(answer.status, Some(0), "{line}: {}", answer.stderr);
        let warnings = answer.stderr.matches("the server is CockroachDB").count();
        assert_eq!(warnings, 1, "{line}: {}", answer.stderr);
    }
    project.wallow("ls").succeeds();
}

/// The advice for a table that an older wallow made: following it word for word solves it.
#[test]
fn what_a_queue_needs_on_a_server_is_reported_with_its_statements() {
    let Some(server) = Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(QUEUE).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("enqueue seed=0..10").succeeds();
    let said = project.wallow("doctor").succeeds();
    for part in ["index `runs_queue` and settings are there", "table "] {
        assert!(said.contains(part), "{said}");
    }
    let older = "DROP INDEX runs_queue; ALTER TABLE runs RESET (fillfactor, autovacuum_vacuum_scale_factor, \
                 autovacuum_analyze_scale_factor)";
    server.psql(database.name(), older).unwrap();
    for _ in 0..2 {
        let said = project.wallow("doctor").finds();
        let (_, advice) = said
            .split_once("have the owner of the table run `")
            .unwrap();
        let (statement, _) = advice.split_once('`').unwrap();
        server.psql(database.name(), statement).unwrap();
    }
    project.wallow("doctor").succeeds();
    project.wallow("status").succeeds();
}
