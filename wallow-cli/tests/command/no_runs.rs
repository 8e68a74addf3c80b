//! New fields that every run needs, while there are no runs. specs 7.2

use crate::on::{On, insert};
use crate::project::SCHEMA;

const WARMUP: &str = "[identifying.warmup]\ntype = \"int\"\n\n";
const HOST: &str = "[annotating.host]\ntype = \"string\"\nnullable = false\n\n";

fn adds(on: &On, field: &str) {
    on.project
        .edits("[annotating.loss]", &format!("{field}[annotating.loss]"));
}

#[test]
fn an_empty_table_is_pushed_to_and_one_with_runs_is_not() {
    for on in On::each(SCHEMA) {
        on.project.wallow("migrate push").succeeds();
        adds(&on, WARMUP);
        on.pushes("", "a field of the key");
        adds(&on, HOST);
        on.pushes("", "a field beside it");
        on.runs(&insert("rate, warmup, host", "0.5, 1, 'a'"));
        on.project.edits(
            "[identifying.warmup]\n",
            "[identifying.decay]\ntype = \"float\"\n\n[identifying.warmup]\n",
        );
        let refused = on.project.wallow("migrate push").refuses();
        assert!(
            refused.contains("new identifying field `decay` has no default, and the runs there are need a value for it"),
            "{refused}"
        );
    }
}

#[test]
fn a_migration_for_an_empty_table_stops_if_there_are_runs_by_then() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        adds(&on, WARMUP);
        adds(&on, HOST);
        project.wallow("migrate generate warmup").succeeds();
        on.runs(&insert("rate", "0.5"));
        let refused = project.wallow("migrate apply").refuses();
        assert!(
            refused
                .contains("there are runs by now, and they need a value for `warmup` and `host`")
                && refused.contains("`wallow migrate discard`"),
            "{refused}"
        );
        project.wallow("migrate discard").succeeds();
        project.edits(
            WARMUP,
            "[identifying.warmup]\ntype = \"int\"\ndefault = 0\n\n",
        );
        project.edits("nullable = false\n", "nullable = false\ndefault = \"\"\n");
        project.wallow("migrate generate warmup").succeeds();
        project.wallow("migrate apply").succeeds();
        on.is_as_new("with defaults");
    }
}

#[test]
fn a_migration_for_an_empty_table_is_applied_and_taken_back() {
    for on in On::each(SCHEMA) {
        let project = &on.project;
        // Without a database there are no runs either.
        project.wallow("migrate generate initial").succeeds();
        adds(&on, WARMUP);
        project.wallow("migrate generate warmup").succeeds();
        project.wallow("migrate apply").succeeds();
        on.is_as_new("without a default");
        on.runs(&insert("rate, warmup", "0.5, 7"));
        let first = project.migrations()[0].clone();
        project
            .wallow(&format!("migrate downgrade {first} --yes"))
            .succeeds();
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
        let refused = project.wallow("migrate apply").refuses();
        assert!(refused.contains("need a value for `warmup`"), "{refused}");
        on.runs("DELETE FROM runs");
        project.wallow("migrate apply").succeeds();
        on.is_as_new("again");
    }
}
