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
fn a_role_that_only_reads_is_told_how_it_writes() {
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
