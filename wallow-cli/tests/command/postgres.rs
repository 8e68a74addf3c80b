//! The command on PostgreSQL: the same story with the same results.

use postgres_server::{Fresh, Server};
use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

const WARMUP: &str = "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n[annotating.loss]";

/// A project whose database is on a server.
struct OnPostgres {
    project: Project,
    database: Fresh,
}

impl OnPostgres {
    /// None if there is no server.
    fn with(schema: &str) -> Option<Self> {
        let database = Server::shared()?.fresh();
        let project = Project::with(schema).sets("WALLOW_DATABASE_URL", &database.url());
        Some(OnPostgres { project, database })
    }

    fn runs(&self, sql: &str) -> String {
        let server = self.database.server();
        let said = server.psql(self.database.name(), sql).unwrap();
        said.trim_end().to_owned()
    }

    fn has_run(&self, uuid: &str, columns: &str, values: &str) {
        self.runs(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, {columns}) VALUES \
             ('{uuid}', '2026-01-02 03:04:05.000006', '2026-01-02 03:04:05.000006', {values})"
        ));
    }
}

#[test]
fn a_schema_grows_on_a_server_as_it_does_in_a_file() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    let project = &on.project;
    project.wallow("status").finds();
    project.wallow("migrate generate initial").succeeds();
    project.wallow("status").finds();
    assert_eq!(
        on.runs("SELECT to_regclass('runs')"),
        "",
        "status changes nothing"
    );
    project.wallow("migrate apply").succeeds();
    let said = project.wallow("status").succeeds();
    assert!(
        said.contains("managed, at [FIRST]_initial\nin sync"),
        "{said}"
    );
    project.wallow("migrate check").succeeds();

    on.has_run("00000000000a", "rate, seed, loss", "0.1, 0, 0.5");
    project.edits("[annotating.loss]", WARMUP);
    project
        .wallow("migrate generate \"add warm-up\"")
        .succeeds();
    project.wallow("status").finds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
    assert_eq!(on.runs("SELECT warmup FROM runs"), "0");
    let said = project.wallow("inspect 00000000000a").succeeds();
    assert!(
        said.contains("warmup") && said.contains("2026-01-02"),
        "{said}"
    );

    on.has_run("00000000000b", "rate, seed, warmup", "0.1, 0, 5");
    let first = project.migrations()[0].clone();
    let back = format!("migrate downgrade {first}");
    let refused = project.wallow(&format!("{back} --yes")).refuses();
    assert!(refused.contains("nothing was changed"), "{refused}");
    assert_eq!(on.runs("SELECT count(*), sum(warmup) FROM runs"), "2|5");
    assert_data_eq!(
        project.wallow("collisions warmup").finds(),
        str![[r#"
rate=0.1, seed=0: 00000000000a 00000000000b
without `warmup`, the runs of 1 group would be one run each

"#]]
    );
    on.runs("DELETE FROM runs WHERE warmup = 5");
    project.wallow(&back).refuses();
    project.wallow(&format!("{back} --yes")).succeeds();
    assert_eq!(on.runs("SELECT rate, seed, loss FROM runs"), "0.1|0|0.5");
    project.wallow("status").finds();
    project.wallow("migrate downgrade base --yes").succeeds();
    assert_eq!(on.runs("SELECT to_regclass('runs')"), "");
}

#[test]
fn what_a_person_did_to_the_table_is_named() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    on.project.wallow("migrate generate initial").succeeds();
    on.project.wallow("migrate apply").succeeds();
    on.runs(
        "DROP INDEX uq_runs_identifying; DROP INDEX ix_runs_seed; ALTER TABLE runs ADD COLUMN mine text; \
         ALTER TABLE runs ALTER COLUMN rate TYPE text; ALTER TABLE runs ALTER COLUMN seed DROP NOT NULL; \
         ALTER TABLE runs ALTER COLUMN seed SET DEFAULT 7; ALTER TABLE runs DROP COLUMN loss;",
    );
    let said = on.project.wallow("status").finds();
    for difference in [
        "column `rate` is text, not double precision",
        "column `seed` is nullable, not NOT NULL",
        "the default of column `seed` is 7, not 0",
        "column `loss` is missing",
        "column `mine` is not in the schema",
        "nothing keeps (rate, seed) unique",
        "index `ix_runs_seed` is missing",
    ] {
        assert!(said.contains(difference), "{difference}\n{said}");
    }
}

#[test]
fn a_table_that_others_made_is_adopted() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    on.runs(
        "CREATE TABLE runs (id BIGSERIAL PRIMARY KEY, created_at TIMESTAMP NOT NULL, \
             updated_at TIMESTAMP NOT NULL, rate DOUBLE PRECISION NOT NULL, seed BIGINT NOT NULL, \
             loss DOUBLE PRECISION, CONSTRAINT uq_runs_identifying UNIQUE (rate, seed)); \
         CREATE INDEX ix_runs_rate ON runs (rate); CREATE INDEX ix_runs_seed ON runs (seed); \
         INSERT INTO runs (created_at, updated_at, rate, seed) VALUES (now(), now(), 0.1, 0), (now(), now(), 0.1, 1);",
    );
    on.project.wallow("migrate generate baseline").succeeds();
    let refused = on.project.wallow("migrate apply").refuses();
    assert!(refused.contains("adopt"), "{refused}");
    let said = on.project.wallow("status").finds();
    let default = "the default of column `seed` is none, not 0 (`wallow migrate adopt` adds it)";
    assert!(said.contains(default), "{said}");
    on.project.wallow("migrate adopt").succeeds();
    let said = on.project.wallow("status").succeeds();
    assert!(said.contains("in sync"), "{said}");
    assert_eq!(
        on.runs("SELECT count(DISTINCT uuid), sum(_wallow_attempt), min(length(uuid)) FROM runs"),
        "2|0|12"
    );
    let constraints =
        "SELECT count(*) FROM pg_constraint WHERE conrelid = 'runs'::regclass AND contype = 'u'";
    assert_eq!(on.runs(constraints), "0");
    let refused = on.database.server().psql(
        on.database.name(),
        "INSERT INTO runs (uuid, created_at, updated_at, rate, seed) VALUES ('x', now(), now(), 0.1, 1)",
    );
    assert!(refused.unwrap_err().contains("uq_runs_identifying"));
}

#[test]
fn a_server_that_is_not_there_is_reported_without_the_password() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    for line in ["status", "migrate apply", "inspect 1"] {
        let url = "postgres://me:s3cret@localhost:1/runs";
        let refused = project.wallow(&format!("{line} --db {url}")).refuses();
        assert!(
            refused.contains("localhost") && refused.contains("check that the server runs"),
            "{refused}"
        );
        assert!(!refused.contains("s3cret"), "{refused}");
    }
}

#[test]
fn runs_are_looked_after_on_a_server() {
    let Some(on) = OnPostgres::with(crate::sweep::SCHEMA) else {
        return;
    };
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let columns = "name, seed, status";
    for (seed, status) in [
        (1, "failed"),
        (2, "running"),
        (3, "completed"),
        (4, "running"),
    ] {
        on.has_run(
            &format!("{seed:012x}"),
            columns,
            &format!("'mlp', {seed}, '{status}'"),
        );
    }
    // A missing heartbeat counts only for the time that the server has been running, which is less than a day.
    on.runs("UPDATE runs SET updated_at = '2999-01-01' WHERE seed = 4");
    project.wallow("doctor --stale 1d").succeeds();
    let said = project.wallow("doctor --stale 0s").finds();
    // Before that it reports the server.
    let (_, said) = said.split_once("\nintegrity   ok\n").unwrap();
    assert_data_eq!(
        said,
        str![[r#"
schema      the table is as the schema says
runs        4 runs, all can be read
claims      2 runs at work, 1 of them silent
do this: where their workers are gone: `wallow retry --where 'status == "running"' --stale DURATION`, or start workers, which take them over

"#]]
    );
    let statuses =
        || on.runs("SELECT string_agg(seed || ' ' || status, ', ' ORDER BY seed) FROM runs");
    let retry = "retry --where \"id > 0\" --stale 0s";
    project.wallow(retry).refuses();
    let said = project.wallow(&format!("{retry} --yes")).succeeds();
    assert!(said.contains("\nput back 2 runs in postgres:"), "{said}");
    assert_eq!(statuses(), "1 pending, 2 pending, 3 completed, 4 running");
    project.wallow("rm --where \"seed != 1\" --yes").succeeds();
    assert_eq!(statuses(), "1 pending, 4 running");
    project.has("artefacts/mlp/0000000000aa/best.bin", "x");
    project.wallow("gc --delete --yes").succeeds();
    assert!(!project.path("artefacts/mlp").exists());
}

#[test]
fn a_laptops_runs_move_to_a_server_and_are_read_there() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    let laptop = Project::with_runs(SCHEMA);
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let file = laptop.path("runs.db");
    let import = format!("import --from-python {}", file.display());
    for _ in 0..2 {
        // The second time, all of them exist.
        project
            .wallow(&format!("{import} --on-duplicate skip"))
            .succeeds();
        assert_eq!(on.runs("SELECT count(*) FROM runs"), "2");
    }
    for line in [
        "ls --sort -loss --columns uuid,loss,created_at --format csv",
        "export --columns uuid,rate,seed,loss,created_at,updated_at --format jsonl",
        "count --where \"seed == 1\"",
        "top loss --format csv",
        "diff 00000000000a 00000000000b",
        "near rate=0.1 seed=1",
        "ls --group-by rate --agg mean:loss --format csv",
    ] {
        assert_eq!(
            project.wallow(line).succeeds(),
            laptop.wallow(line).succeeds(),
            "{line}"
        );
    }
}

/// The commands that read a database.
const LOOKING: [&str; 5] = ["status", "doctor", "ls", "migrate check", "migrate history"];

/// A default of every type, each written in a way of its own by PostgreSQL.
const DEFAULTS: &str = r#"[project]
name = "defaults"

[identifying]
a = { type = "int", default = -5 }
b = { type = "float", default = 1e-5 }
c = { type = "string", default = "it's ::text" }
d = { type = "bool", default = true }
e = { type = "float", default = -0.5 }

[annotating]
f = { type = "json", default = { b = [1.0, 2], a = "x" } }
g = { type = "datetime", default = 2026-01-02T03:04:05Z }
h = { type = "path", default = "a\\b" }
i = { type = "float", default = inf }
j = { type = "int", default = 9223372036854775807 }
"#;

#[test]
fn a_role_that_may_only_read_looks_at_everything() {
    let Some(on) = OnPostgres::with(DEFAULTS) else {
        return;
    };
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    let role = format!("{}_reader", on.database.name());
    on.runs(&format!(
        "REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC; CREATE ROLE {role} LOGIN; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        on.database.name()
    ));
    let url = on
        .database
        .url()
        .replace("user=postgres", &format!("user={role}"));
    for line in LOOKING {
        project.wallow(&format!("{line} --db \"{url}\"")).succeeds();
    }
    let refused = project.wallow(&format!("rm --where \"id > 0\" --yes --db \"{url}\""));
    assert_eq!(
        refused.succeeds(),
        "0 runs where id > 0\nnothing was deleted\n"
    );
    on.runs(
        "INSERT INTO runs (uuid, created_at, updated_at) VALUES ('00000000000a', now(), now())",
    );
    let refused = project
        .wallow(&format!("rm --where \"id > 0\" --yes --db \"{url}\""))
        .refuses();
    assert!(
        refused.contains("permission denied for table runs"),
        "{refused}"
    );
    on.runs("ALTER TABLE runs ALTER COLUMN c SET DEFAULT 'its'");
    let said = project.wallow(&format!("status --db \"{url}\"")).finds();
    assert!(
        said.contains("the default of column `c` is 'its'::text, not 'it''s ::text'"),
        "{said}"
    );
    on.runs(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[test]
fn a_standby_is_looked_at() {
    let Ok(primary) = Server::start() else {
        assert!(Server::shared().is_none());
        return;
    };
    let project = Project::with(DEFAULTS);
    project.wallow("migrate generate initial").succeeds();
    let url = primary.url("postgres");
    project
        .wallow(&format!("migrate apply --db \"{url}\""))
        .succeeds();
    let standby = postgres_server::Standby::of(&primary).unwrap();
    let url = standby.server().url("postgres");
    for line in LOOKING {
        project.wallow(&format!("{line} --db \"{url}\"")).succeeds();
    }
    let refused = project
        .wallow(&format!("migrate downgrade base --yes --db \"{url}\""))
        .refuses();
    assert!(refused.contains("name the primary server"), "{refused}");
}

#[test]
fn a_view_on_a_column_is_named_where_it_stops_a_migration() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    on.runs("CREATE VIEW best AS SELECT id, loss FROM runs");
    project.edits("[annotating.loss]\ntype = \"float\"\n", "");
    project
        .wallow("migrate generate \"drop the loss\"")
        .succeeds();
    let refused = project.wallow("migrate apply").refuses();
    assert!(
        refused.contains("view best depends on column loss of table runs"),
        "{refused}"
    );
    assert!(
        refused.contains("drop what depends on it first"),
        "{refused}"
    );
    on.runs("DROP VIEW best");
    project.wallow("migrate apply").succeeds();
}

#[test]
fn runs_in_several_schemas_are_reported() {
    let Some(on) = OnPostgres::with(SCHEMA) else {
        return;
    };
    let project = &on.project;
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    on.runs("CREATE SCHEMA lab");
    let url = format!("{}&options=-c%20search_path%3Dlab", on.database.url());
    project
        .wallow(&format!("migrate apply --db \"{url}\""))
        .succeeds();
    let said = project.wallow(&format!("doctor --db \"{url}\"")).succeeds();
    assert!(!said.contains("place"), "{said}");
    let said = project
        .wallow(&format!("doctor --db \"{url},public\""))
        .succeeds();
    let place = "place       schema lab; also in the search path, and not looked at: public\n";
    assert!(said.contains(place), "{said}");
}
