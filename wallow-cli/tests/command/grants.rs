//! `wallow grants`: on a real server, what is printed is enough, and no more than that.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

#[test]
fn a_file_has_no_roles() {
    let project = Project::with_runs(SCHEMA);
    assert_data_eq!(
        project.wallow("grants worker").refuses(),
        str![[r#"
error: `runs.db` is a file of SQLite, which has no roles: the permissions of the file and its folder decide. Who may write both can register and claim runs; a reader needs to write the folder, too, because SQLite keeps its log there

"#]]
    );
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use diesel::connection::SimpleConnection as _;
    use postgres_server::{Fresh, Server};
    use wallow::{ClaimOptions, ErrorKind, OnDuplicate, Reclaim};

    use super::*;

    wallow::wallow_schema!("../tests/schemas/lifecycle.toml");

    const SWEEP: &str = include_str!("../../../tests/schemas/lifecycle.toml");

    struct Roles {
        project: Project,
        database: Fresh,
    }

    impl Roles {
        fn new() -> Option<Self> {
            Roles::with(SWEEP)
        }

        fn with(schema: &str) -> Option<Self> {
            let database = Server::shared()?.fresh();
            let project = Project::with(schema).sets("WALLOW_DATABASE_URL", &database.url());
            project.wallow("migrate generate initial").succeeds();
            project.wallow("migrate apply").succeeds();
            Some(Roles { project, database })
        }

        fn psql(&self, sql: &str) -> String {
            let said = self.database.server().psql(self.database.name(), sql);
            said.unwrap()
        }

        /// The URL of a role that has only what the command prints for this task.
        fn role(&self, task: &str) -> String {
            let role = format!("{}-{task}", self.database.name());
            self.psql(&format!("CREATE ROLE \"{role}\" LOGIN"));
            let sql = self
                .project
                .wallow(&format!("grants {task} --role {role}"))
                .succeeds();
            self.psql(&sql);
            let user = format!("user={role}");
            self.database.url().replace("user=postgres", &user)
        }
    }

    impl Drop for Roles {
        fn drop(&mut self) {
            for task in ["worker", "analyst"] {
                let role = format!("{}-{task}", self.database.name());
                let there = self.psql(&format!("SELECT 1 FROM pg_roles WHERE rolname = '{role}'"));
                if !there.trim().is_empty() {
                    self.psql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
                }
            }
        }
    }

    #[test]
    fn the_sql_is_for_the_tables_of_the_search_path() {
        let Some(roles) = Roles::new() else {
            return;
        };
        assert_data_eq!(
            roles.project.wallow("grants worker").succeeds(),
            str![[r#"
-- What "ROLE" needs to register, claim and read runs. To be run by the owner of the tables.
GRANT USAGE ON SCHEMA public TO "ROLE";
GRANT SELECT, INSERT, UPDATE ON TABLE public.runs TO "ROLE";
GRANT USAGE ON SEQUENCE public.runs_id_seq TO "ROLE";
GRANT SELECT ON TABLE public.__diesel_schema_migrations TO "ROLE";
-- Only if it deletes runs, too:
-- GRANT DELETE ON TABLE public.runs TO "ROLE";

"#]]
        );
        roles.psql("CREATE SCHEMA \"My Lab\"");
        let url = format!(
            "{}&options=-csearch_path%3D%22My%5C%20Lab%22",
            roles.database.url()
        );
        roles
            .project
            .wallow(&format!("migrate apply --db {url}"))
            .succeeds();
        assert_data_eq!(
            roles
                .project
                .wallow(&format!("grants analyst --role bob --db {url}"))
                .succeeds(),
            str![[r#"
-- What "bob" needs to read runs. To be run by the owner of the tables.
GRANT USAGE ON SCHEMA "My Lab" TO "bob";
GRANT SELECT ON TABLE "My Lab".runs TO "bob";
GRANT SELECT ON TABLE "My Lab".__diesel_schema_migrations TO "bob";
-- So that the connections of "bob" find the tables:
ALTER ROLE "bob" SET search_path = "My Lab";

"#]]
        );
    }

    #[test]
    fn a_worker_registers_claims_and_completes_and_drops_nothing() {
        let Some(roles) = Roles::new() else {
            return;
        };
        let url = roles.role("worker");
        let store = Store::open(&url).unwrap();
        let key = |seed: i64| Identifying::builder().seed(seed).build();
        let outcome = store.register(&key(1), &Annotating::new(), OnDuplicate::Error);
        assert!(outcome.unwrap().was_inserted());
        store.enqueue([key(1), key(2)]).unwrap();
        let claim = store
            .claim_next(ClaimOptions::new(Reclaim::Immediately))
            .unwrap()
            .unwrap();
        claim.heartbeat().unwrap();
        claim.complete(Annotating::new()).unwrap();
        let error = store.delete(&key(2)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Database, "{error}");
        assert!(
            error
                .to_string()
                .contains("`wallow grants worker --role ROLE`"),
            "{error}"
        );
        for sql in [
            "DROP TABLE runs",
            "ALTER TABLE runs ADD COLUMN mine text",
            "CREATE TABLE mine (id int)",
        ] {
            let done = store.with_postgres(|connection| connection.batch_execute(sql));
            assert!(done.is_err(), "{sql}");
        }
        let with = |line: &str| roles.project.wallow(&format!("{line} --db \"{url}\""));
        with("status").succeeds();
        with("ls").succeeds();
        with("migrate downgrade base --yes").refuses();
        assert_eq!(roles.psql("SELECT count(*) FROM runs").trim(), "2");
    }

    /// A worker writes the history with its claims, an analyst reads it, and neither deletes any of it.
    #[test]
    fn roles_have_the_rights_that_the_history_of_attempts_needs() {
        let schema = SWEEP.replace("lifecycle = true", "lifecycle = true\nattempts = true");
        let Some(roles) = Roles::with(&schema) else {
            return;
        };
        roles.project.wallow("enqueue seed=0..2").succeeds();
        let [worker, analyst] = ["worker", "analyst"].map(|task| roles.role(task));
        let as_role = |role: &str, line: &str| {
            let (command, rest) = line.split_once(" -- ").unwrap_or((line, ""));
            let behind = if rest.is_empty() { "" } else { " -- " };
            let line = format!("{command} --db \"{role}\"{behind}{rest}");
            roles.project.wallow(&line)
        };
        as_role(&worker, "work --max-runs 1 -- false").finds();
        as_role(&worker, "work -- true").succeeds();
        let claimed = as_role(&worker, "claim").refuses();
        assert!(claimed.contains("no run is pending"), "{claimed}");
        for role in [&worker, &analyst] {
            let said = as_role(role, "attempts --json").succeeds();
            let found = serde_json::from_str::<serde_json::Value>(&said).unwrap();
            let outcomes = found.as_array().unwrap().iter();
            let outcomes = outcomes.map(|one| one["outcome"].as_str().unwrap());
            assert_eq!(
                outcomes.collect::<Vec<_>>(),
                ["failed", "completed", "completed"]
            );
            as_role(role, "doctor").succeeds();
        }
        let refused = as_role(&analyst, "claim").refuses();
        assert!(refused.contains("grants worker --role ROLE`"), "{refused}");
        as_role(&worker, "rm --where \"seed == 0\" --yes").refuses();
        // As the comment in what is printed says.
        let sql = roles.project.wallow("grants worker --role R").succeeds();
        assert!(sql.contains("_wallow_attempts"), "{sql}");
        let name = format!("{}-worker", roles.database.name());
        let also = sql
            .lines()
            .filter_map(|line| line.strip_prefix("-- GRANT DELETE"));
        for line in also {
            roles.psql(&format!(
                "GRANT DELETE{}",
                line.replace("\"R\"", &format!("\"{name}\""))
            ));
        }
        as_role(&worker, "rm --where \"seed == 0\" --yes").succeeds();
        assert_eq!(
            roles.psql("SELECT count(*) FROM _wallow_attempts").trim(),
            "1"
        );
    }

    /// Roles that had their rights before migrations managed the table cannot read the notes on them.
    #[test]
    fn roles_that_lack_the_notes_are_named_by_adopt() {
        let Some(server) = Server::shared() else {
            return;
        };
        let database = server.fresh();
        let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
        project.wallow("migrate push").succeeds();
        let roles = Roles { project, database };
        let urls = ["worker", "analyst"].map(|task| roles.role(task));
        let adopted = roles.project.wallow("migrate adopt");
        assert_eq!(adopted.status, Some(0), "{}", adopted.stderr);
        for (task, url) in ["worker", "analyst"].into_iter().zip(urls) {
            let role = format!("{}-{task}", roles.database.name());
            let command = format!("wallow grants {task} --role {role}");
            assert!(
                adopted.stderr.contains(&format!("`{command}`")),
                "{}",
                adopted.stderr
            );
            let line = format!("status --db \"{url}\"");
            roles.project.wallow(&line).refuses();
            let sql = roles
                .project
                .wallow(command.strip_prefix("wallow ").unwrap());
            roles.psql(&sql.succeeds());
            roles.project.wallow(&line).succeeds();
        }
        roles.project.wallow("migrate apply").succeeds();
    }

    #[test]
    fn an_analyst_reads_and_writes_nothing() {
        let Some(roles) = Roles::new() else {
            return;
        };
        roles.project.has("new.csv", "seed\n1\n2\n");
        roles.project.wallow("import --from new.csv").succeeds();
        let url = roles.role("analyst");
        let with = |line: &str| roles.project.wallow(&format!("{line} --db \"{url}\""));
        for line in [
            "ls",
            "status",
            "count",
            "show 1",
            "watch --once",
            "export",
            "doctor",
        ] {
            with(line).succeeds();
        }
        roles.project.has("more.csv", "seed\n3\n");
        for line in [
            "import --from more.csv",
            "rm --where \"seed == 1\" --yes",
            "migrate downgrade base --yes",
        ] {
            let error = with(line).refuses();
            assert!(
                error.contains("permission denied") || error.contains("owner"),
                "{line}: {error}"
            );
        }
        assert_eq!(roles.psql("SELECT count(*) FROM runs").trim(), "2");
    }
}
