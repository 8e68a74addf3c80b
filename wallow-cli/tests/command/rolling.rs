//! Changes of the schema while programs are at work.

use snapbox::{assert_data_eq, str};

use crate::on::{On, insert};
use crate::project::{Project, SCHEMA};

const SWEEP: &str = "[project]\nname = 'sweep'\nlifecycle = true\n[identifying.rate]\ntype = 'float'\n\
    [identifying.seed]\ntype = 'int'\ndefault = 0\n[annotating.loss]\ntype = 'float'\n[annotating.host]\ntype = 'string'\n";

/// A sweep with three runs at work, one that is silent, and one that is completed.
fn at_work() -> Project {
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    for (seed, host, status, seconds) in [
        (1, "'gpu1'", "running", 1),
        (2, "'gpu1'", "running", 200),
        (3, "'gpu2'", "running", 2),
        (4, "'gpu3'", "running", 400),
        (5, "'gpu3'", "completed", 1),
    ] {
        project.executes(&format!(
            "INSERT INTO runs (uuid, created_at, updated_at, rate, seed, host, status) VALUES ('00000000000{seed}', \
             '2026-01-02 03:04:05.000006', strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{seconds} seconds'), 0.5, {seed}, \
             {host}, '{status}')"
        ));
    }
    project
}

#[test]
fn a_change_that_stops_programs_at_work_names_them_and_needs_consent() {
    let project = at_work();
    project.edits("annotating.loss", "annotating.val_loss");
    project
        .wallow("migrate generate rename --rename loss=val_loss")
        .succeeds();
    let before = project.reads("SELECT group_concat(name) FROM pragma_table_info('runs')");
    assert_data_eq!(
        project.wallow("migrate apply").refuses(),
        str![[r#"
error: 3 runs are at work (2 on `gpu1`, 1 on `gpu2`), and the programs that work on them cannot write any more once this is applied: column `loss` is missing; let them end first, or stop them; nothing was changed; say `--yes` if that is meant

"#]]
    );
    assert_eq!(
        project.reads("SELECT group_concat(name) FROM pragma_table_info('runs')"),
        before
    );
    let answer = project.wallow("migrate apply --yes");
    assert!(
        answer.stderr.starts_with("warning: 3 runs are at work"),
        "{}",
        answer.stderr
    );
    assert_data_eq!(
        answer.stdout,
        str![[r#"
applied [SECOND]_rename to runs.db, beside wallow.toml

"#]]
    );
    project.wallow("status").succeeds();
}

#[test]
fn a_change_that_only_adds_asks_nobody() {
    let project = at_work();
    project.edits(
        "[annotating.host]\n",
        "[annotating.note]\ntype = 'string'\nindexed = true\n[annotating.host]\n",
    );
    project.wallow("migrate generate add").succeeds();
    project.wallow("migrate apply").succeeds();
    // Nobody is at work any more, so nobody is stopped.
    project.edits("[annotating.note]\ntype = 'string'\nindexed = true\n", "");
    project.wallow("migrate generate drop").succeeds();
    project.executes("UPDATE runs SET status = 'failed' WHERE status = 'running'");
    let refusal = project.wallow("migrate apply").refuses();
    assert!(!refusal.contains("at work"), "{refusal}");
    project.wallow("migrate apply --yes").succeeds();
}

#[test]
fn without_hosts_the_number_is_named() {
    let project = at_work();
    project.edits("[annotating.host]\ntype = 'string'\n", "");
    project.wallow("migrate generate drop").succeeds();
    let error = project.wallow("migrate apply").refuses();
    assert!(
        error.starts_with("error: 3 runs are at work (2 on"),
        "{error}"
    );
    assert_eq!(project.wallow("migrate apply --yes").status, Some(0));
    project.executes("DELETE FROM runs WHERE seed > 1");
    project.edits("[annotating.loss]\ntype = 'float'\n", "");
    project.wallow("migrate generate drop_loss").succeeds();
    let error = project.wallow("migrate apply").refuses();
    assert!(
        error.starts_with("error: 1 run is at work, and the programs that work on it"),
        "{error}"
    );
}

#[test]
fn a_push_that_stops_programs_at_work_needs_consent_too() {
    for on in On::each(SWEEP) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        on.runs(&insert(
            "rate, seed, host, status",
            "0.5, 1, 'gpu1', 'running'",
        ));
        project.edits("annotating.loss", "annotating.val_loss");
        let rename = "migrate push --rename loss=val_loss";
        on.runs("UPDATE runs SET updated_at = '2999-01-02 03:04:05.000006'");
        let error = project.wallow(rename).refuses();
        assert!(
            error.starts_with("error: 1 run is at work (1 on `gpu1`), and")
                && error.contains("once this is pushed: column `loss` is missing")
                && error.contains("say `--yes`"),
            "{error}"
        );
        assert_eq!(on.reads("SELECT count(loss) FROM runs"), "0");
        let answer = project.wallow(&format!("{rename} --yes"));
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        assert!(answer.stderr.starts_with("warning: 1 run is at work"));
        // What is only added stops nobody.
        project.edits(
            "[annotating.host]",
            "[annotating.note]\ntype = 'string'\n[annotating.host]",
        );
        on.pushes("", "a note");
        // Nor does a change while nobody is at work.
        on.runs("UPDATE runs SET updated_at = '2026-01-02 03:04:05.000006'");
        project.edits("annotating.note", "annotating.remark");
        on.pushes("--rename note=remark", "another name");
    }
}

#[test]
fn reading_with_older_files_goes_on_with_a_warning() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "ALTER TABLE runs ADD COLUMN note TEXT; INSERT INTO __diesel_schema_migrations (version) VALUES ('20990101000000')",
    );
    for line in ["ls", "show 1", "count", "export", "top loss"] {
        let answer = project.wallow(line);
        assert_eq!(answer.status, Some(0), "{line}: {}", answer.stderr);
        assert_data_eq!(
            answer.stderr,
            str![[r#"
warning: the database has migration 20990101000000, which is not among the files here: what this wallow.toml declares is read, and newer columns are not shown; get the sources that have it

"#]]
        );
    }
    project.executes("ALTER TABLE runs RENAME COLUMN loss TO val_loss");
    let error = project.wallow("ls").refuses();
    assert!(error.contains("column `loss` is missing"), "{error}");
}

#[cfg(feature = "postgres")]
mod on_a_server {
    use postgres_server::{Fresh, Server};

    use super::*;

    fn project() -> Option<(Project, Fresh)> {
        let database = Server::shared()?.fresh();
        let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        Some((project, database))
    }

    #[test]
    fn runs_at_work_are_judged_by_the_clock_of_the_server() {
        let Some((project, database)) = project() else {
            return;
        };
        let psql = |sql: &str| database.server().psql(database.name(), sql).unwrap();
        psql(
            "INSERT INTO runs (uuid, created_at, updated_at, rate, seed, host, status) SELECT '00000000000' || n, now(), \
             now() AT TIME ZONE 'UTC' - n * interval '140 seconds', 0.5, n, 'gpu1', 'running' FROM generate_series(1, 3) n",
        );
        project.edits("[annotating.loss]\ntype = 'float'\n", "");
        project.wallow("migrate generate drop").succeeds();
        let error = project.wallow("migrate apply").refuses();
        assert!(
            error.starts_with("error: 2 runs are at work (2 on `gpu1`), and"),
            "{error}"
        );
        assert!(error.contains("column `loss` is missing"), "{error}");
        let answer = project.wallow("migrate apply --yes");
        assert_eq!(answer.status, Some(0), "{}", answer.stderr);
        project.wallow("status").succeeds();
    }
}
