//! A `float_precision` that is not the one with which a managed database was made. specs 7.28

use crate::on::On;

const QUEUE: &str = "[project]\nname = \"sweep\"\nlifecycle = true\n[identifying.rate]\ntype = \"float\"\n\
    [annotating.loss]\ntype = \"float\"\n";

const BEFORE: &str = "lifecycle = true\n";

const AFTER: &str = "lifecycle = true\nfloat_precision = 4\n";

/// A managed database with a run of nine digits, and a wallow.toml that rounds keys to four.
fn with_fewer_digits() -> Vec<On> {
    let each = On::each(QUEUE);
    for on in &each {
        on.project.wallow("migrate generate initial").succeeds();
        on.project.wallow("migrate apply").succeeds();
        on.project.wallow("enqueue rate=0.123456789").succeeds();
        on.project.edits(BEFORE, AFTER);
    }
    each
}

#[test]
fn no_run_is_made_with_a_key_that_is_rounded_differently() {
    for on in with_fewer_digits() {
        let project = &on.project;
        project.has("more.csv", "rate\n0.123456789\n");
        for command in [
            "enqueue rate=0.123456789",
            "enqueue rate=0.123456789 --dry-run",
            "enqueue --from more.csv",
            "import --from more.csv",
            "claim",
            "set 1 loss=1",
            "retry --where \"id > 0\" --yes",
            "rm --where \"id > 0\" --yes",
            "rm --where \"id > 0\" --dry-run",
            #[cfg(unix)]
            "work -- true",
        ] {
            let refused = project.wallow(command).refuses();
            assert!(
                refused.contains("`float_precision` cannot become 4 instead of 12")
                    && refused.contains("nothing was changed; keep `float_precision = 12`")
                    && refused.contains(" status` says"),
                "{command}: {refused}"
            );
        }
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
        let status = project.wallow("status").finds();
        assert!(
            status.contains("do this: `float_precision` cannot become 4 instead of 12"),
            "{status}"
        );
        project.edits(AFTER, BEFORE);
        let added = project.wallow("enqueue rate=0.123456789").succeeds();
        assert!(added.contains("0 new, 1 pending"), "{added}");
    }
}

#[test]
fn runs_are_read_with_a_warning() {
    for on in with_fewer_digits() {
        for command in ["ls", "export", "count", "show 1"] {
            let read = on.project.wallow(command);
            assert_eq!(read.status, Some(0), "{}", read.stderr);
            assert!(
                read.stderr.starts_with(
                    "warning: the table `runs` does not fit wallow.toml: `float_precision`"
                ),
                "{}",
                read.stderr
            );
        }
    }
}

/// What a run has computed is not lost: its uuid names it.
#[test]
fn a_run_that_was_claimed_before_is_written() {
    for on in On::each(QUEUE) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.wallow("enqueue rate=0.123456789").succeeds();
        let claimed = project.wallow("claim --json").succeeds();
        let claimed: serde_json::Value = serde_json::from_str(&claimed).unwrap();
        let uuid = claimed["uuid"].as_str().unwrap();
        project.edits(BEFORE, AFTER);
        let written = project.wallow(&format!("complete {uuid} --attempt 1 loss=0.5"));
        assert_eq!(written.status, Some(0), "{}", written.stderr);
        assert!(
            written.stderr.starts_with("warning: "),
            "{}",
            written.stderr
        );
        assert_eq!(on.reads("SELECT status FROM runs"), "completed");
    }
}

/// Files that cannot be read do not switch the check off.
#[test]
fn nothing_is_made_beside_migrations_that_cannot_be_read() {
    for on in with_fewer_digits() {
        let project = &on.project;
        let snapshots = std::fs::read_dir(project.path("migrations/snapshots"));
        let snapshot = snapshots.unwrap().next().unwrap().unwrap().path();
        std::fs::write(&snapshot, "<<<<<<< ours\n").unwrap();
        project.wallow("enqueue rate=0.123456789").refuses();
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
        assert_eq!(project.wallow("ls").status, Some(0));
    }
}

/// A key that could round to infinity stays as it is, and is found.
#[test]
fn the_largest_keys_are_in_sync() {
    for on in On::each(QUEUE) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.wallow("migrate apply").succeeds();
        for _ in 0..2 {
            project
                .wallow("enqueue rate=1.7976931348623157e308")
                .succeeds();
        }
        assert_eq!(on.reads("SELECT count(*) FROM runs"), "1");
        project.wallow("status").succeeds();
    }
}

/// A new database would be made by migrations whose keys are others.
#[test]
fn no_database_is_made() {
    for on in On::each(QUEUE) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.edits(BEFORE, AFTER);
        let refused = project.wallow("enqueue rate=0.5").refuses();
        assert!(refused.contains("`float_precision`"), "{refused}");
        assert!(!project.path("runs.db").exists());
    }
}

#[test]
fn runs_are_not_copied_into_a_database_of_other_keys() {
    for on in with_fewer_digits() {
        let project = &on.project;
        let database = project.database();
        let refused = project.wallow(&format!("copy --from {database} --to other.db"));
        let refused = refused.refuses();
        assert!(refused.contains("`float_precision`"), "{refused}");
        assert!(!project.path("other.db").exists());
    }
}

/// Only floats of the key are rounded.
#[test]
fn another_precision_means_nothing_without_a_float_of_the_key() {
    for on in On::each(&QUEUE.replace("rate]\ntype = \"float\"", "rate]\ntype = \"int\"")) {
        let project = &on.project;
        project.wallow("migrate generate initial").succeeds();
        project.wallow("enqueue rate=1").succeeds();
        project.edits(BEFORE, AFTER);
        let added = project.wallow("enqueue rate=1,2").succeeds();
        assert!(added.contains("1 new, 1 pending"), "{added}");
    }
}
