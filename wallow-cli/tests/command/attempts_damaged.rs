//! Attempts that cannot be read: they are named, and the others are there.

use crate::on::On;
use crate::project::Answer;

const SWEEP: &str = "[project]\nname = \"s\"\nlifecycle = true\nattempts = true\n[identifying.seed]\ntype = \"int\"\n";

/// Three completed runs; one attempt has a command line that is no list of texts.
fn damaged() -> Vec<On> {
    let each = On::each(SWEEP).into_iter().inspect(|on| {
        on.project.wallow("enqueue seed=0..3").succeeds();
        on.project.wallow("work -- true").succeeds();
        on.runs("UPDATE _wallow_attempts SET argv = 'junk' WHERE run_id = 2");
    });
    each.collect()
}

/// What is said of the attempt.
fn said_of(on: &On) -> String {
    let uuid = on.reads("SELECT uuid FROM runs WHERE id = 2");
    format!(
        "run 2 (uuid {uuid}), attempt 1: `argv` of the table `_wallow_attempts` holds the text \"junk\", not a JSON array \
         of texts; correct or clear that value"
    )
}

/// The output, if the command reports the attempt and ends with a finding.
#[track_caller]
fn reports(answer: Answer, reason: &str) -> String {
    assert_eq!(answer.status, Some(1), "{}{}", answer.stdout, answer.stderr);
    assert_eq!(answer.stderr, format!("error: {reason}\n"));
    answer.stdout
}

#[test]
fn the_others_are_listed_and_the_damaged_one_is_named() {
    for on in damaged() {
        let (project, reason) = (&on.project, &said_of(&on));
        let listed = reports(
            project.wallow("export --attempts --columns run_id,attempt"),
            reason,
        );
        assert_eq!(listed, "run_id,attempt\n1,1\n3,1\n");
        let listed = reports(project.wallow("attempts --format csv"), reason);
        assert_eq!(listed.lines().count(), 3, "{listed}");
        let listed = reports(project.wallow("attempts --json"), reason);
        let listed = serde_json::from_str::<Vec<serde_json::Value>>(&listed).unwrap();
        assert_eq!(listed.len(), 2);
        assert!(project.wallow("show 1").succeeds().contains("attempt 1"));
        let displayed = reports(project.wallow("show 2"), reason);
        assert!(
            displayed.contains("status") && !displayed.contains("attempt 1"),
            "{displayed}"
        );
        let displayed = reports(project.wallow("show 2 --json"), reason);
        assert!(
            displayed.contains("\"_wallow_attempts\": []"),
            "{displayed}"
        );
        // A file is written completely or not at all.
        project.has("attempts.csv", "old");
        reports(
            project.wallow("export --attempts --output attempts.csv"),
            reason,
        );
        assert_eq!(project.text("attempts.csv"), "old");
        // What has nothing to do with it works.
        project.wallow("export").succeeds();
        project.wallow("work -- true").succeeds();
    }
}

#[test]
fn a_report_has_the_others_and_says_so() {
    for on in damaged() {
        let reason = &said_of(&on);
        let said = reports(on.project.wallow("report --output report.html"), reason);
        assert!(said.contains("wrote 3 runs"), "{said}");
        let page = on.project.text("report.html");
        assert!(page.contains("\"damagedAttempts\":{\"count\":1,"), "{page}");
    }
}

#[test]
fn doctor_reports_it_and_what_it_advises_leads_out() {
    for on in damaged() {
        let found = on.project.wallow("doctor").finds();
        for part in [
            "attempts    3, 1 cannot be read\n",
            &said_of(&on),
            "do this: correct or clear the values of attempts that are named\n",
            "claims      0 runs at work\n",
        ] {
            assert!(found.contains(part), "{part}: {found}");
        }
        on.runs("UPDATE _wallow_attempts SET outcome = 'won', argv = NULL WHERE run_id = 2");
        let found = on.project.wallow("doctor").finds();
        let words = "not completed, failed, timed_out, released or lost; correct or clear";
        assert!(found.contains(words), "{found}");
        on.runs("UPDATE _wallow_attempts SET outcome = NULL WHERE run_id = 2");
        let found = on.project.wallow("doctor");
        assert!(
            found.stdout.contains("3, all can be read"),
            "{}",
            found.stdout
        );
    }
}

#[test]
fn a_copy_has_the_runs_and_the_other_attempts() {
    for on in damaged() {
        let said = reports(on.project.wallow("copy --to copy.db"), &said_of(&on));
        assert!(
            said.contains("3 runs copied\n2 attempts copied\n"),
            "{said}"
        );
        assert!(
            said.contains("verified: 3 runs, the same in both"),
            "{said}"
        );
        // When it is mended, the same command brings it along.
        on.runs("UPDATE _wallow_attempts SET argv = NULL WHERE run_id = 2");
        let said = on.project.wallow("copy --to copy.db").succeeds();
        assert!(said.contains("1 attempt copied\n"), "{said}");
    }
}

/// More of them than a page has, and numbers that are none, which SQLite allows.
#[test]
fn many_damaged_attempts_are_counted_and_the_readable_ones_follow() {
    let on = On::each(SWEEP).remove(0);
    on.project.wallow("enqueue seed=0..2").succeeds();
    on.project.wallow("work -- true").succeeds();
    on.runs(
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 600) \
         INSERT INTO _wallow_attempts (run_id, attempt, run_uuid, started_at, argv) \
         SELECT 1, i, uuid, '2026-01-01 00:00:00.000000', '{}' FROM n, runs WHERE runs.id = 1",
    );
    let answer = on
        .project
        .wallow("export --attempts --columns run_id,attempt");
    assert_eq!(answer.stdout, "run_id,attempt\n1,1\n2,1\n");
    assert!(
        answer
            .stderr
            .contains("; and 594 more are left out for such reasons"),
        "{}",
        answer.stderr
    );
    on.runs(
        "DELETE FROM _wallow_attempts WHERE attempt > 1; \
         INSERT INTO _wallow_attempts (run_id, attempt, run_uuid, started_at) \
         SELECT 1, 'x', uuid, '2026-01-01 00:00:00.000000' FROM runs WHERE id = 1",
    );
    let answer = on
        .project
        .wallow("export --attempts --columns run_id,attempt");
    assert_eq!(answer.stdout, "run_id,attempt\n1,1\n2,1\n");
    assert!(
        answer
            .stderr
            .contains("attempt x: `attempt` of the table `_wallow_attempts` holds the text \"x\""),
        "{}",
        answer.stderr
    );
}
