//! The command through PgBouncer, which pools transactions: the same results, and nothing is left in a session.

use postgres_server::{Fresh, PgBouncer, Server, client};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "sweep"
lifecycle = true

[identifying.rate]
type = "float"

[identifying.seed]
type = "int"
default = 0

[annotating.loss]
type = "float"
"#;

const HOST: &str = "\n[annotating.host]\ntype = \"string\"\n";

/// A pooler with a single session for all, and a database behind it: a command that held the session while it requests
/// another one would wait for itself.
struct Pooled {
    pooler: PgBouncer,
    database: Fresh,
}

impl Pooled {
    fn new() -> Option<Self> {
        let server = Server::shared()?;
        let settings = [("pool_mode", "transaction"), ("default_pool_size", "1")];
        Some(Pooled {
            pooler: PgBouncer::before(server, &settings)?,
            database: server.fresh(),
        })
    }

    fn url(&self) -> String {
        self.pooler.url(self.database.name())
    }

    /// The state that the next program finds in the session.
    fn left_behind(&self) -> String {
        let sql = "SELECT coalesce(string_agg(name || '=' || setting, ' '), '') FROM pg_settings \
                   WHERE source = 'session' AND name NOT IN ('application_name', 'client_encoding', 'DateStyle', \
                   'TimeZone', 'standard_conforming_strings') \
                   UNION ALL SELECT coalesce(string_agg(statement, ' '), '') FROM pg_prepared_statements \
                   UNION ALL SELECT coalesce(string_agg(mode, ' '), '') FROM pg_locks \
                   WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
        let mut psql = client("psql").unwrap();
        let output = psql
            .args(["-X", "-A", "-t", "-c", sql, &self.url()])
            .output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[test]
fn every_command_works_by_way_of_a_pooler() {
    let Some(pooled) = Pooled::new() else {
        return;
    };
    let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &pooled.url());
    let said = |line: &str| {
        let said = project.wallow(line).succeeds();
        assert_eq!(pooled.left_behind(), "", "{line}");
        said
    };
    said("migrate generate initial");
    said("migrate apply");
    assert!(said("status").contains("in sync"));
    project.has(
        "new.csv",
        "rate,seed,loss,status\n0.1,0,0.5,completed\n0.1,1,0.25,failed\n0.2,0,,pending\n",
    );
    said("import --from new.csv");
    said("import --from new.csv --on-duplicate skip");
    assert_eq!(said("count"), "3\n");
    assert!(said("ls --sort -loss --columns seed,loss").starts_with("seed"));
    assert!(said("ls --group-by status --agg mean:loss").contains("failed"));
    assert!(said("top loss").contains("0.5"));
    assert!(said("show 1").contains("rate"));
    assert!(said("diff 1 2").contains("seed"));
    assert!(said("near seed=1").contains("seed=0"));
    said("watch --once");
    said("doctor");
    assert!(said("retry --where \"seed == 1\" --yes").contains("put back 1 run"));
    said("export --output runs.csv");
    assert_eq!(project.text("runs.csv").lines().count(), 4);
    assert!(said("rm --where \"rate == 0.2\" --yes").contains("deleted 1 run"));

    // Into a file, and back from there.
    said("copy --to copy.db");
    said("rm --where \"seed >= 0\" --yes");
    let back = format!("copy --from copy.db --to \"{}\"", pooled.url());
    assert!(said(&back).contains("2 runs copied"));
    assert_eq!(said("count"), "2\n");

    // Fields are added to the schema and dropped again.
    project.declares(&format!("{SCHEMA}{HOST}"));
    said("migrate generate \"add the host\"");
    project.wallow("status").finds();
    said("migrate apply");
    said("migrate check");
    let first = project.migrations()[0].clone();
    said(&format!("migrate downgrade {first} --yes"));
    project.wallow("migrate check").finds();
    said("migrate apply");
    said("migrate stamp head");
    said("migrate history");
    assert_eq!(said("count"), "2\n");
    said("migrate downgrade base --yes");
    project.wallow("count").refuses();
    assert_eq!(pooled.left_behind(), "");
}
