//! Settings of a role or a database have no effect: neither on what wallow writes, nor on the meaning of a migration
//! under another tool. Every database of these tests has settings under which SQL would mean something else.

use postgres_server::Server;

use crate::project::Project;

const PATHS: &str = r#"[project]
name = "paths"

[identifying.data]
type = "string"
default = 'C:\data\new'

[identifying.seed]
type = "int"

[annotating.note]
type = "string"
default = "a\\tb'c"

[annotating.extra]
type = "json"
default = { path = 'C:\x"y' }
"#;

/// The values of a run with all defaults.
const DEFAULTS: &str = r#"C:\data\new|a\tb'c|{"path": "C:\\x\"y"}"#;

#[test]
fn a_backslash_is_a_backslash_whatever_the_role_says() {
    let Some(server) = Server::shared() else {
        return;
    };
    for by_another_tool in [false, true] {
        let database = server.fresh();
        let project = Project::with(PATHS).sets("WALLOW_DATABASE_URL", &database.url());
        let runs = |sql: &str| server.psql(database.name(), sql).unwrap().trim().to_owned();
        project.wallow("migrate generate initial").succeeds();
        let [version] = &project.migrations()[..] else {
            panic!("one migration")
        };
        if by_another_tool {
            let up = project.text(&format!("migrations/postgres/{version}/up.sql"));
            for off in ["on", "off"] {
                runs(&format!(
                    "SET standard_conforming_strings = {off}; BEGIN; {up}; \
                     INSERT INTO runs (uuid, created_at, updated_at, seed) VALUES ('a', now(), now(), 1); COMMIT"
                ));
                let found = runs("SELECT data, note, extra FROM runs");
                assert_eq!(found, DEFAULTS, "{up}");
                runs("DROP TABLE runs");
            }
            continue;
        }
        project.wallow("migrate apply").succeeds();
        project.wallow("status").succeeds();
        project.has("named.csv", "data,seed\nC:\\data\\new,1\n");
        project.has("default.csv", "seed\n1\n");
        let said = project.wallow("import --from named.csv").succeeds();
        assert!(said.contains("1 inserted"), "{said}");
        let said = project
            .wallow("import --from default.csv --defaults")
            .succeeds();
        assert!(
            said.contains("0 inserted, 0 overwritten, 1 existing"),
            "{said}"
        );
        assert_eq!(runs("SELECT data, note, extra FROM runs"), DEFAULTS);
        let said = project.wallow("ls --columns data --format csv").succeeds();
        assert_eq!(said, "data\nC:\\data\\new\n");
    }
}
