//! Refusals of a change of the schema that say what helps, on each kind of database. specs 7.11, 7.21, 7.23

use crate::on::{On, insert};
use crate::project::{Project, SCHEMA};

const LIFECYCLE: &str = "[project]\nname = \"sweep\"\nlifecycle = true\n[identifying.rate]\ntype = \"float\"\n\
    [annotating.loss]\ntype = \"float\"\n[annotating.note]\ntype = \"string\"\n";

/// One run at work by each clock, which has a note.
fn at_work(on: &On) {
    on.runs(&insert("rate, note, status", "0.5, 'mine', 'running'"));
    on.runs("UPDATE runs SET updated_at = '2999-01-02 03:04:05.000006'");
}

/// Whoever says `--yes` has seen the losses and the programs that are stopped. specs 7.5
#[test]
fn losses_and_programs_at_work_are_said_together() {
    for managed in [false, true] {
        for on in On::each(LIFECYCLE) {
            let project = &on.project;
            project.wallow("migrate push").succeeds();
            let mut change = "migrate push";
            if managed {
                project.wallow("migrate adopt").succeeds();
                change = "migrate apply";
            }
            at_work(&on);
            project.edits("[annotating.note]\ntype = \"string\"\n", "");
            if managed {
                project.wallow("migrate generate drop").succeeds();
            }
            let refused = project.wallow(change).refuses();
            assert!(
                refused.starts_with("error: 1 run is at work")
                    && refused.contains("the values of `note`")
                    && refused.contains("say `--yes`"),
                "{refused}"
            );
            assert_eq!(on.reads("SELECT note FROM runs"), "mine");
            let answer = project.wallow(&format!("{change} --yes"));
            assert_eq!(answer.status, Some(0), "{}", answer.stderr);
            assert!(
                answer.stdout.contains("the values of `note`"),
                "{}",
                answer.stdout
            );
            assert!(
                answer.stderr.contains("1 run is at work"),
                "{}",
                answer.stderr
            );
        }
    }
}

#[test]
fn going_back_asks_while_runs_are_at_work() {
    for on in On::each(LIFECYCLE) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        project.edits("annotating.note", "annotating.remark");
        project
            .wallow("migrate generate rename --rename note=remark")
            .succeeds();
        project.wallow("migrate apply").succeeds();
        on.runs(&insert("rate, status", "0.5, 'running'"));
        on.runs("UPDATE runs SET updated_at = '2999-01-02 03:04:05.000006'");
        let back = format!("migrate downgrade {}", project.migrations()[0]);
        let refused = project.wallow(&back).refuses();
        assert!(
            refused.starts_with("error: 1 run is at work")
                && refused.contains("once this is reverted: column `remark` is missing"),
            "{refused}"
        );
        let answer = project.wallow(&format!("{back} --yes"));
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        assert!(
            answer.stderr.starts_with("warning: 1 run is at work"),
            "{}",
            answer.stderr
        );
    }
}

/// Runs that a field tells apart which joins the key in the same change are not one.
#[test]
fn a_field_that_joins_the_key_tells_runs_apart() {
    let schema = SCHEMA.to_owned() + "\n[annotating.note]\ntype = \"string\"\n";
    for (rename, name) in [("", "note"), (" --rename note=remark", "remark")] {
        for on in On::each(&schema) {
            let project = &on.project;
            project.wallow("migrate push").succeeds();
            on.runs(&insert("rate, seed, note", "0.1, 0, 'a'"));
            on.runs(&insert("rate, seed, note", "0.1, 1, 'b'"));
            project.edits("identifying.seed", "annotating.seed");
            let refused = project.wallow("migrate push").refuses();
            assert!(refused.contains("would become one run each"), "{refused}");
            project.edits("[annotating.note]", &format!("[identifying.{name}]"));
            on.pushes(rename, "another key");
            assert_eq!(on.reads("SELECT count(*) FROM runs"), "2");
        }
    }
}

/// What no table says is no difference, but its values may show that it is a mistake. specs 7.25
#[test]
fn values_that_do_not_fit_what_only_the_file_says_are_refused() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed", "0.123456789, 0"));
        project.edits(
            "name = \"sweep\"\n",
            "name = \"sweep\"\nfloat_precision = 4\n",
        );
        for command in ["migrate push", "migrate adopt"] {
            let refused = project.wallow(command).refuses();
            assert!(
                refused.contains("1 run has in `rate` a value of more than the 4 digits"),
                "{refused}"
            );
        }
        let status = project.wallow("status").finds();
        assert!(
            status.contains("does not fit: 1 run has in `rate` a value of more than the 4 digits")
                && status.contains("do this: change wallow.toml, or these values")
                && !status.contains("in sync"),
            "{status}"
        );
        let json = project.wallow("status --json").finds();
        assert!(json.contains("\"in_sync\": false"), "{json}");
        assert!(
            project
                .wallow("doctor")
                .finds()
                .contains("more than the 4 digits")
        );
        assert_eq!(project.migrations().len(), 0);
        project.edits("float_precision = 4", "float_precision = 9");
        project.wallow("migrate push").succeeds();
        assert!(!project.wallow("status").succeeds().contains("digits"));
    }
}

#[test]
fn texts_that_are_no_json_are_refused() {
    let project = Project::with(&(SCHEMA.to_owned() + "\n[annotating.note]\ntype = \"string\"\n"));
    project.wallow("migrate push").succeeds();
    project.has_run("00000000000a", "rate, note", "0.1, 'x'");
    project.has_run("00000000000b", "rate, note", "0.2, '[1]'");
    project.edits("type = \"string\"", "type = \"json\"");
    let status = project.wallow("status").finds();
    assert!(
        status.contains("does not fit: 1 run has in `note` a text that is no JSON"),
        "{status}"
    );
    let refused = project.wallow("migrate push").refuses();
    assert!(
        refused.contains("1 run has in `note` a text that is no JSON"),
        "{refused}"
    );
    let (_, sql) = refused.split_once("make the texts JSON (`").unwrap();
    project.executes(sql.split('`').next().unwrap());
    project.wallow("migrate push").succeeds();
    let note = project.wallow("export --columns note").succeeds();
    assert!(note.contains('x'), "{note}");
}

/// What a guard says leads out, although the migration that it stops has been written. specs 7.23
#[test]
fn a_migration_that_its_guard_stops_is_taken_back_as_it_says() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        project.wallow("migrate adopt").succeeds();
        on.runs(&insert("rate, seed", "0.5, 1"));
        let loss = "[annotating.loss]\ntype = \"float\"";
        project.edits(loss, &format!("{loss}\nnullable = false"));
        project.wallow("migrate generate needed").succeeds();
        let refused = project.wallow("migrate apply").refuses();
        assert!(
            refused.contains("some runs have no `loss`")
                && refused.contains("give it a `default` in wallow.toml")
                && refused.contains("`wallow migrate discard`"),
            "{refused}"
        );
        project.edits("nullable = false", "nullable = false\ndefault = 1.5");
        project.wallow("migrate discard").succeeds();
        project.wallow("migrate generate default").succeeds();
        project.wallow("migrate apply --yes").succeeds();
        assert_eq!(on.reads("SELECT loss FROM runs"), "1.5");
    }
}

/// A change that no option of a command allows: what it needs is said, and no command that would refuse it.
#[test]
fn status_names_no_step_that_is_refused() {
    for managed in [false, true] {
        for on in On::each(SCHEMA) {
            let project = &on.project;
            project.wallow("migrate push").succeeds();
            if managed {
                project.wallow("migrate adopt").succeeds();
            }
            on.runs(&insert("rate, seed", "0.5, 1"));
            project.edits("type = \"int\"\ndefault = 0", "type = \"bool\"");
            let status = project.wallow("status").finds();
            assert!(
                status.contains("do this: field `seed` cannot become bool"),
                "{status}"
            );
            assert!(!status.contains("do this: wallow"), "{status}");
        }
    }
}

/// Two fields that leave the key at once are looked at together.
#[test]
fn runs_that_differ_in_two_fields_alone_are_found() {
    let schema = SCHEMA.to_owned() + "\n[identifying.warmup]\ntype = \"int\"\ndefault = 3\n";
    let project = Project::with(&schema);
    project.wallow("migrate push").succeeds();
    project.has_run("00000000000a", "rate, seed, warmup", "0.1, 0, 3");
    project.has_run("00000000000b", "rate, seed, warmup", "0.1, 1, 4");
    project.wallow("collisions seed").succeeds();
    let groups = project.wallow("collisions seed warmup").finds();
    assert!(
        groups.contains("without `seed` and `warmup`, the runs of 1 group"),
        "{groups}"
    );
    project.wallow("collisions seed loss").misuses();
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use postgres_server::Server;

    use super::*;

    const MODELS: &str = "[project]\nname = \"sweep\"\nlifecycle = true\n[identifying.model]\ntype = \"string\"\n\
        [identifying.rate]\ntype = \"float\"\n";

    /// No run is written to a key that would hold another one. specs 3.2
    #[test]
    fn a_type_that_takes_a_key_for_another_is_changed_first() {
        for (ty, name) in [("real", "rate"), ("citext", "model")] {
            for on in On::each(MODELS).into_iter().filter(On::is_server) {
                let project = &on.project;
                project.wallow("migrate push").succeeds();
                if ty == "citext" {
                    on.runs("CREATE EXTENSION citext");
                }
                project.wallow("enqueue model=a rate=0.5").succeeds();
                on.runs(&format!("ALTER TABLE runs ALTER COLUMN {name} TYPE {ty}"));
                let refused = project.wallow("enqueue model=A,a rate=1e-3").refuses();
                assert!(
                    refused.contains(&format!("column `{name}` is {ty}, not "))
                        && refused.contains("`wallow migrate push`"),
                    "{refused}"
                );
                assert_eq!(project.wallow("count").succeeds(), "1\n");
                project.wallow("migrate push").succeeds();
                project.wallow("enqueue model=A,a rate=1e-3").succeeds();
                assert_eq!(
                    on.reads("SELECT count(*) FROM runs WHERE rate = 0.001"),
                    "2"
                );
            }
        }
    }

    /// A type of the server that holds texts of at most 63 bytes.
    #[test]
    fn a_column_of_the_type_name_becomes_a_text() {
        for on in On::each(MODELS).into_iter().filter(On::is_server) {
            let project = &on.project;
            project.wallow("migrate push").succeeds();
            on.runs("ALTER TABLE runs ALTER COLUMN model TYPE name, ALTER COLUMN status TYPE name");
            let status = project.wallow("status").finds();
            assert!(
                status.contains(
                    "column `model` is name, not text (`wallow migrate adopt` changes it)"
                ) && status.contains("do this: wallow migrate push")
                    && !status.contains("DROP INDEX"),
                "{status}"
            );
            on.pushes("", "texts");
        }
    }

    /// The error for a role that does not own the table says so, and does not advise to give everybody rights.
    #[test]
    fn a_role_that_does_not_own_the_table_learns_so() {
        let Some(server) = Server::shared() else {
            return;
        };
        let database = server.fresh();
        let psql = |sql: &str| server.psql(database.name(), sql).unwrap();
        let project = Project::with(SCHEMA).sets("WALLOW_DATABASE_URL", &database.url());
        let role = format!("{}_guest", database.name());
        let guest = database
            .url()
            .replace("user=postgres", &format!("user={role}"));
        project.wallow("migrate push").succeeds();
        psql(&format!(
            "CREATE ROLE {role} LOGIN; GRANT SELECT, INSERT, UPDATE ON runs TO {role}"
        ));
        let files = project.files();
        let refused = project
            .wallow(&format!("--db {guest} migrate adopt"))
            .refuses();
        assert!(refused.contains("must be owner of table runs"), "{refused}");
        assert!(project.files() == files, "files are left");
        assert!(!project.path("migrations").exists());
        let adopted = project.wallow("migrate adopt");
        assert_eq!(adopted.status, Some(0), "{}", adopted.stderr);
        project.edits("annotating.loss", "annotating.val_loss");
        project
            .wallow("migrate generate rename --rename loss=val_loss")
            .succeeds();
        psql(&format!(
            "GRANT SELECT, INSERT, DELETE ON __diesel_schema_migrations TO {role}"
        ));
        let refused = project
            .wallow(&format!("--db {guest} migrate apply"))
            .refuses();
        assert!(
            refused.contains("must be owner of table runs") && !refused.contains("GRANT"),
            "{refused}"
        );
        project.wallow("migrate apply").succeeds();
        let first = project.migrations()[0].clone();
        let refused = project
            .wallow(&format!("--db {guest} migrate downgrade {first}"))
            .refuses();
        assert!(refused.contains("must be owner of table runs"), "{refused}");
        psql(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
    }
}
