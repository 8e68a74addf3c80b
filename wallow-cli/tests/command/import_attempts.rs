//! `wallow import` from a database of wallow: the history of attempts comes along.
#![cfg(unix)]

use crate::attempts::{SWEEP, project};
use crate::project::Project;

/// specs 8.13
#[test]
fn an_import_brings_the_attempts_of_runs_that_were_never_claimed_here() {
    let old = project("0..3");
    old.wallow("work -- false").finds();
    old.wallow("work --where \"seed < 2\" -- true").succeeds();
    let import = |here: &Project, expected: &[&str]| {
        std::fs::copy(old.path("runs.db"), here.path("old.db")).unwrap();
        let said = here.wallow("import --from old.db").succeeds();
        for line in expected {
            assert!(said.contains(line), "{said}");
        }
    };
    // Ids are others here.
    let here = project("100..105");
    import(&here, &["3 inserted", "5 attempts brought along"]);
    assert_eq!(
        here.reads("SELECT group_concat(run_id || ' ' || attempt) FROM _wallow_attempts"),
        "6 1,6 2,7 1,7 2,8 1"
    );
    here.wallow("doctor").succeeds();
    // The next claim goes on behind them, and the numbers count.
    here.wallow("work --where \"seed == 2\" --max-attempts 1 -- true")
        .succeeds();
    here.wallow("work --where \"seed == 2\" -- true").succeeds();
    assert_eq!(
        here.reads("SELECT max(attempt) FROM _wallow_attempts WHERE run_id = 8"),
        "2"
    );
    import(
        &here,
        &[
            "3 existing",
            "5 attempts left behind: their runs were claimed here",
        ],
    );
    // An attempt that goes on there is lost here: nobody holds its claim.
    old.wallow("claim --where \"seed == 2\" --max-attempts 9")
        .succeeds();
    let other = project("100");
    import(&other, &["6 attempts brought along"]);
    assert_eq!(
        other.reads("SELECT outcome || (ended_at IS NULL) FROM _wallow_attempts WHERE attempt = 2 AND run_id = 4"),
        "lost0"
    );
    // A dry run brings nothing, and without a history there is no place for them.
    let dry = project("100");
    std::fs::copy(old.path("runs.db"), dry.path("old.db")).unwrap();
    let said = dry.wallow("import --from old.db --dry-run").succeeds();
    assert!(said.contains("6 attempts brought along"), "{said}");
    assert_eq!(dry.reads("SELECT count(*) FROM _wallow_attempts"), "0");
    let without = Project::with(&SWEEP.replace("attempts = true\n", ""));
    without.wallow("migrate generate initial").succeeds();
    without.wallow("migrate apply").succeeds();
    import(
        &without,
        &["6 attempts left behind: the schema keeps no history"],
    );
}
