//! Something named `runs` that is not a table: it is reported, and nothing in its database changes.

#[cfg(feature = "postgres")]
use postgres_server::{Fresh, Server};

use crate::project::Project;
use crate::strangers::{LINES, project};

/// Every command says what has the name, and how to solve it; following the advice must not lead back to the same
/// error.
fn refuses_namesake(project: &Project, database: &str, kind: &str, way_out: &str) {
    let expected = format!(
        "error: `runs` is {kind} there, not a table of wallow, and nothing was changed; use a database of its own for \
         wallow, or have its owner run `{way_out}` if nothing needs it under this name\n"
    );
    for line in LINES {
        let answer = project.wallow(&line.replace("DATABASE", database));
        if line.starts_with("retry") {
            continue;
        }
        assert_eq!(answer.stdout, "", "{line}");
        assert_eq!(answer.refuses(), expected, "{line}");
    }
    let said = project.wallow("status").finds();
    assert!(
        said.contains(&format!(
            "differs: `runs` is {kind} there, not a table of wallow\ndo this: name another database"
        )) && said.contains(&format!("run `{way_out}`")),
        "{said}"
    );
}

#[test]
fn what_is_called_runs_and_is_no_table_is_named() {
    for (kind, sql, way_out) in [
        (
            "a view",
            "CREATE VIEW Runs AS SELECT 1 AS id",
            "DROP VIEW runs",
        ),
        (
            "an index",
            "CREATE TABLE a (id INTEGER); CREATE INDEX runs ON a (id)",
            "DROP INDEX runs",
        ),
    ] {
        let project = project();
        project.executes(sql);
        let before = std::fs::read(project.path("runs.db")).unwrap();
        refuses_namesake(&project, "runs.db", kind, way_out);
        assert_eq!(std::fs::read(project.path("runs.db")).unwrap(), before);
        // The advice works if it is followed literally.
        project.executes(way_out);
        project.wallow("migrate apply").succeeds();
        project.wallow("status").succeeds();
    }
}

#[cfg(feature = "postgres")]
#[test]
fn what_is_called_runs_on_a_server_and_is_no_table_is_named() {
    let Some(server) = Server::shared() else {
        return;
    };
    for (kind, sql, way_out) in [
        ("a view", "CREATE VIEW runs AS SELECT 1 AS id", "VIEW"),
        (
            "a materialized view",
            "CREATE MATERIALIZED VIEW runs AS SELECT 1 AS id",
            "MATERIALIZED VIEW",
        ),
        ("a sequence", "CREATE SEQUENCE runs", "SEQUENCE"),
        ("a composite type", "CREATE TYPE runs AS (a int)", "TYPE"),
        ("a type", "CREATE TYPE runs AS ENUM ('a')", "TYPE"),
        ("a domain", "CREATE DOMAIN runs AS int", "DOMAIN"),
        (
            "an index",
            "CREATE TABLE a (id int); CREATE INDEX runs ON a (id)",
            "INDEX",
        ),
        (
            "a foreign table",
            "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; \
             CREATE FOREIGN TABLE runs (id int) SERVER s",
            "FOREIGN TABLE",
        ),
    ] {
        let database: Fresh = server.fresh();
        let url = database.url();
        let project = project().sets("WALLOW_DATABASE_URL", &url);
        let psql = |sql: &str| server.psql(database.name(), sql).unwrap();
        psql(sql);
        let way_out = format!("ALTER {way_out} runs RENAME TO …");
        refuses_namesake(&project, &url, kind, &way_out);
        let notes = psql("SELECT to_regclass('__diesel_schema_migrations')");
        assert_eq!(notes, "\n", "{kind}");
        psql(&way_out.replace('…', "theirs"));
        project.wallow("migrate apply").succeeds();
        project.wallow("status").succeeds();
    }
}
