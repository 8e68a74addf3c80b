//! What depends on the table of the runs on a server. specs 7.5

use crate::on::{On, insert};
use crate::project::SCHEMA;

/// A server refuses to drop the table as long as something depends on it, so nobody is asked.
#[test]
fn what_depends_on_the_table_is_named_before_it_would_be_dropped() {
    for on in On::each(SCHEMA).into_iter().filter(On::is_server) {
        on.project.wallow("migrate generate initial").succeeds();
        on.project.wallow("migrate apply").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 0.5"));
        on.runs(
        "CREATE TABLE \"my notes\" (run BIGINT REFERENCES runs (id)); INSERT INTO \"my notes\" VALUES (1); \
         CREATE VIEW best AS SELECT * FROM runs; CREATE MATERIALIZED VIEW kept AS SELECT loss FROM runs",
    );
        let refused = on.project.wallow("migrate downgrade base --yes").refuses();
        for line in [
            "table `\"my notes\"` with 1 row",
            "view `best`",
            "materialized view `kept`",
            "drop these first",
            "`wallow migrate stamp base`",
        ] {
            assert!(refused.contains(line), "{refused}");
        }
        on.runs("DROP TABLE \"my notes\"; DROP MATERIALIZED VIEW kept");
        let refused = on.project.wallow("migrate downgrade base --yes").refuses();
        assert!(
            refused.contains("views use `runs`") && refused.contains("view `best`"),
            "{refused}"
        );
        on.runs("DROP VIEW best");
        on.project.wallow("migrate downgrade base --yes").succeeds();
    }
}

/// A server changes no type of a column that a view uses, and the view is named.
#[test]
fn views_that_are_in_the_way_of_a_change_are_named() {
    for on in On::each(SCHEMA).into_iter().filter(On::is_server) {
        on.project.wallow("migrate push").succeeds();
        on.runs(&insert("rate, seed, loss", "0.1, 0, 2"));
        on.runs("CREATE VIEW best AS SELECT loss FROM runs");
        let loss = "[annotating.loss]\ntype = \"float\"";
        on.project.edits(loss, &loss.replace("float", "int"));
        let refused = on.project.wallow("migrate push").refuses();
        assert!(
            refused.contains("drop it first, and make it again afterwards: view `best`"),
            "{refused}"
        );
        on.runs("DROP VIEW best");
        on.pushes("", "without the view");
    }
}
