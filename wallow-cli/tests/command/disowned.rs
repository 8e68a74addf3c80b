//! Tables that no migration made: what the notes say about them, and what deletes them.

use snapbox::{assert_data_eq, str};

use crate::project::{Project, SCHEMA};

/// A table that somebody else filled, and that was adopted: none of its runs is deleted before their number is named.
#[test]
fn going_back_from_an_adopted_table_says_what_is_deleted() {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate baseline").succeeds();
    project.executes(
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, created_at TEXT NOT NULL,
                            updated_at TEXT NOT NULL, rate REAL NOT NULL, seed INTEGER NOT NULL, loss REAL, bill TEXT,
                            UNIQUE (rate, seed));
         INSERT INTO runs VALUES (1, 'a', '2026-01-01', '2026-01-01', 0.5, 1, NULL, 'paid'),
                                 (2, 'b', '2026-01-01', '2026-01-01', 0.5, 2, NULL, 'open');",
    );
    // The table is not what the migration leaves, but the person knows.
    assert_data_eq!(
        project.wallow("migrate stamp head").refuses(),
        str![[r#"
error: the table `runs` of runs.db, beside wallow.toml, is not what [FIRST]_baseline leaves, and nothing was changed:
  column `created_at` is TEXT, not DATETIME
  column `updated_at` is TEXT, not DATETIME
  column `bill` is not in the schema
  index `ix_runs_rate` is missing
  index `ix_runs_seed` is missing
`wallow migrate adopt` finds the migration that leaves it so, or says what to do; `--force` notes this one nevertheless

"#]]
    );
    project.wallow("migrate stamp head --force").succeeds();
    assert_data_eq!(
        project.wallow("migrate downgrade base").refuses(),
        str![[r#"
error: going back in runs.db, beside wallow.toml, loses data:
  [FIRST]_baseline: every run
  the table `runs` is dropped, whoever made it: 2 runs in it, and columns that wallow.toml does not know: `bill`; `wallow export --output FILE` keeps the fields of wallow.toml, and `wallow migrate stamp base` takes the notes back without touching the table
nothing was changed; say `--yes` if that is meant

"#]]
    );
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    // The harmless command that it names.
    project.wallow("migrate stamp base").succeeds();
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    project.wallow("migrate stamp head --force").succeeds();
    assert_data_eq!(
        project.wallow("migrate downgrade base --yes").succeeds(),
        str![[r#"
going back in runs.db, beside wallow.toml, loses data:
  [FIRST]_baseline: every run
  the table `runs` is dropped, whoever made it: 2 runs in it, and columns that wallow.toml does not know: `bill`; `wallow export --output FILE` keeps the fields of wallow.toml, and `wallow migrate stamp base` takes the notes back without touching the table
reverted [FIRST]_baseline in runs.db, beside wallow.toml
deleted the table `runs` with 2 runs

"#]]
    );
}

/// Notes that say that no migration was applied, beside a table with runs.
#[test]
fn what_copy_says_of_a_table_without_notes_leads_out() {
    let project = Project::with_runs(SCHEMA);
    project.wallow("migrate apply --db new.db").succeeds();
    for line in ["copy --to new.db", "migrate stamp base --db new.db"] {
        project.wallow(line).succeeds();
    }
    for line in ["copy --to new.db", "migrate apply --db new.db"] {
        let said = project.wallow(line).refuses();
        assert!(said.contains("no migration manages"), "{line}: {said}");
        assert!(
            said.contains("run `wallow --db new.db migrate adopt`"),
            "{said}"
        );
    }
    project.wallow("migrate adopt --db new.db").succeeds();
    project.wallow("copy --to new.db").succeeds();
}

/// Notes that say that all migrations are applied, but no table: the advice of each command leads to a solution, not to
/// another refusal.
#[test]
fn a_table_that_is_gone_is_made_anew_as_it_is_said() {
    let project = Project::with_runs(SCHEMA);
    project.executes("DROP TABLE runs");
    let way_out = "`wallow migrate stamp base`, then `wallow migrate apply`";
    for line in [
        "ls",
        "migrate apply",
        "migrate downgrade base --yes",
        "copy --to runs.db --from other.db",
    ] {
        if line.starts_with("copy") {
            project.wallow("migrate apply --db other.db").succeeds();
        }
        let said = project.wallow(line).refuses();
        assert!(said.contains(way_out), "{line}: {said}");
    }
    let said = project.wallow("status").finds();
    assert!(said.contains(way_out), "{said}");
    project.wallow("migrate stamp base").succeeds();
    project.wallow("migrate apply").succeeds();
    project.wallow("status").succeeds();
}

/// Everything that `status` says that `stamp` adds is there afterwards.
#[test]
fn an_adopted_table_keeps_uuids_unique() {
    let project = Project::with_runs(SCHEMA);
    project.executes("DROP TABLE __diesel_schema_migrations; DROP INDEX ix_runs_uuid");
    let said = project.wallow("status").finds();
    let added = "index `ix_runs_uuid` is missing (`wallow migrate adopt` adds it)";
    assert!(said.contains(added), "{said}");
    // wallow cannot distinguish two runs with the same uuid.
    project.executes("UPDATE runs SET uuid = 'a'");
    let refused = project.wallow("migrate stamp head").refuses();
    assert!(refused.contains("uuid"), "{refused}");
    project.executes("UPDATE runs SET uuid = 'a' || id");
    project.wallow("migrate stamp head").succeeds();
    project.wallow("status").succeeds();
}

/// A URI that does not create a file: `migrate apply`, to which other commands refer, says how to create it.
#[test]
fn a_uri_that_makes_no_file_says_so() {
    let project = Project::with_runs(SCHEMA);
    for (query, advice) in [
        ("mode=rw", "write `mode=rwc`, or leave it out"),
        (
            "mode=ro",
            "leave `mode=ro` and `immutable=1` out of the URI",
        ),
    ] {
        let said = project
            .wallow(&format!("migrate apply --db file:new.db?{query}"))
            .refuses();
        assert!(said.contains(advice), "{said}");
    }
    project
        .wallow("migrate apply --db file:new.db?mode=rwc")
        .succeeds();
    let said = project
        .wallow("migrate apply --db file:new.db?vfs=nope")
        .refuses();
    assert!(said.contains("names; leave it out"), "{said}");
}

/// Notes of another program's migrations in the same table of notes.
#[test]
fn stamp_keeps_notes_on_versions_that_are_not_among_the_files() {
    let project = Project::with_runs(SCHEMA);
    project.executes(THEIRS);
    let kept = "kept the notes on migrations that are not among the files: `20230101000000`, `20230202000000`; if they are \
                another program's, name the folder of its migrations as `other_migrations` in `[database]` of wallow.toml\n";
    for (revision, count) in [("head", "3"), ("base", "2"), ("head", "3")] {
        let said = project
            .wallow(&format!("migrate stamp {revision}"))
            .succeeds();
        assert!(said.ends_with(kept), "{said}");
        assert_eq!(project.reads(NOTES), count);
    }
}

const THEIRS: &str = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20230101000000'), ('20230202000000')";
const NOTES: &str = "SELECT count(*) FROM __diesel_schema_migrations";

#[test]
fn stamp_base_refuses_notes_of_which_it_knows_none() {
    let project = Project::with_runs(SCHEMA);
    project.executes("DELETE FROM __diesel_schema_migrations");
    project.executes(THEIRS);
    let said = project.wallow("migrate stamp base").refuses();
    assert!(
        said.contains("has migration 20230101000000, which is not among the files"),
        "{said}"
    );
    assert_eq!(project.reads(NOTES), "2");
}

/// SQLite would do to the rows of other tables what `ON DELETE` says.
#[test]
fn going_back_to_base_refuses_references_from_other_tables() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, run INTEGER REFERENCES runs (id) ON DELETE CASCADE);
         INSERT INTO child (run) VALUES (1), (2);
         CREATE VIEW best AS SELECT min(loss) AS loss FROM runs;",
    );
    let said = project.wallow("migrate downgrade base --yes").refuses();
    assert!(said.contains("  table `child` with 2 rows\n"), "{said}");
    assert_eq!(project.reads("SELECT count(run) FROM child"), "2");
    project.executes("DROP TABLE child");
    let said = project.wallow("migrate downgrade base").refuses();
    let view = "the view `best` names `runs` and stops working without it";
    assert!(said.contains(view), "{said}");
    assert_eq!(project.reads("SELECT count(*) FROM runs"), "2");
    project.wallow("migrate downgrade base --yes").succeeds();
}

#[test]
fn the_missing_index_over_the_key_is_named() {
    let project = Project::with_runs(SCHEMA);
    project.executes(
        "DROP INDEX uq_runs_identifying; ALTER TABLE runs DROP COLUMN _wallow_attempt;
         DROP TABLE __diesel_schema_migrations;",
    );
    let index = "CREATE UNIQUE INDEX uq_runs_identifying ON runs (\"rate\", \"seed\")";
    let said = project.wallow("status").finds();
    assert!(said.contains(&format!("`{index}`")), "{said}");
    assert!(!said.contains("make wallow.toml describe"), "{said}");
    let said = project.wallow("migrate stamp head").refuses();
    assert!(said.contains(&format!("`{index}`")), "{said}");
    project.executes(index);
    project.wallow("migrate stamp head").succeeds();
    project.wallow("status").succeeds();
}
