//! `wallow import`: status words in files, in a schema with the lifecycle.

use snapbox::{assert_data_eq, str};

use crate::project::Project;

const SCHEMA: &str = r#"[project]
name = "stands"

[identifying.seed]
type = "int"

[annotating]
status = { type = "string" }
theirs = { type = "string" }
started_at = { type = "datetime" }
completed_at = { type = "datetime" }
wallclock_seconds = { type = "float" }
error_excerpt = { type = "string" }
"#;

fn project() -> Project {
    let project = Project::with(SCHEMA);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
}

fn stands(project: &Project) -> String {
    project.reads("SELECT group_concat(seed || ' ' || coalesce(status, 'NULL'), ', ') FROM runs")
}

/// specs 8.22
#[test]
fn the_four_words_are_taken_in_any_case_and_no_other() {
    let project = project();
    let rows = "seed,status\n1,Completed\n2, FAILED \n3,pending\n4,Running\n5,\n6,\"\"\n";
    project.has("a.csv", &format!("{rows}7,FINISHED\n8,in review\n9,3\n"));
    let answer = project.wallow("import --from a.csv");
    assert_data_eq!(
        &answer.stdout,
        str![[r#"
6 inserted, 0 overwritten, 0 existing, 3 refused
refused line 8: field `status`: "FINISHED" is none of pending, running, completed and failed; `--status FINISHED=completed` says which of them it means
refused line 9: field `status`: "in review" is none of pending, running, completed and failed; `--status "in review=completed"` says which of them it means
refused line 10: field `status`: "3" is none of pending, running, completed and failed; `--status 3=completed` says which of them it means
running elsewhere, became pending because nobody holds a claim here: 1 value of `status`

"#]]
    );
    answer.refuses();
    project
        .wallow("import --from a.csv --status finished=completed --status \"in review=pending\" --status 3=failed")
        .succeeds();
    assert_eq!(
        stands(&project),
        "1 completed, 2 failed, 3 pending, 4 pending, 5 NULL, 6 NULL, 7 completed, 8 pending, 9 failed"
    );
    // The conversion is the same for every format.
    project.has("b.jsonl", "{\"seed\": 10, \"status\": \"COMPLETED\"}\n{\"seed\": 11, \"status\": \"done\"}\n{\"seed\": 12, \"status\": true}\n");
    let answer = project.wallow("import --from b.jsonl --skip-refused");
    assert_data_eq!(
        answer.succeeds(),
        str![[r#"
1 inserted, 0 overwritten, 0 existing, 2 refused
refused line 2: field `status`: "done" is none of pending, running, completed and failed; `--status done=completed` says which of them it means
refused line 3: field `status`: true is no string
into runs.db, beside wallow.toml

"#]]
    );
}

#[test]
fn their_word_goes_where_map_says() {
    let project = project();
    project.has("a.csv", "seed,status,state\n1,200,done\n");
    // The column `status` of this file has another meaning.
    project
        .wallow(
            "import --from a.csv --map status=theirs --map state=status --status done=completed",
        )
        .succeeds();
    assert_eq!(
        project.reads("SELECT theirs || ' ' || status FROM runs"),
        "200 completed"
    );
}

#[test]
fn what_set_and_status_say_is_one_of_the_four() {
    let project = project();
    project.has("a.csv", "seed\n1\n");
    assert_data_eq!(
        project
            .wallow("import --from a.csv --set status=done")
            .misuses(),
        str![[r#"
error: `--set status`: "done" is none of pending, running, completed and failed; `--status done=completed` says which of them it means

"#]]
    );
    assert_data_eq!(
        project
            .wallow("import --from a.csv --status a=failed --status A=completed")
            .misuses(),
        str![[r#"
error: `--status` says two things of the word `A`; leave one of them out

"#]]
    );
    for wrong in ["done", "=completed", "done=finished", "done="] {
        let line = format!("import --from a.csv --status {wrong}");
        let refusal = project.wallow(&line).misuses();
        assert!(
            refusal.contains("such as `FINISHED=completed`"),
            "{refusal}"
        );
    }
    project
        .wallow("import --from a.csv --set status=Completed")
        .succeeds();
    assert_eq!(stands(&project), "1 completed");
}

/// A run that is running elsewhere: nobody here holds a claim on it, so it waits; one that is here already stays as it
/// is, perhaps at work.
#[test]
fn a_run_that_is_running_elsewhere_waits_here() {
    let other = project();
    other.has_run("00000000000a", "seed, status", "1, 'running'");
    other.has_run(
        "00000000000b",
        "seed, status, theirs",
        "2, 'running', 'new'",
    );
    other.has_run("00000000000c", "seed, status", "3, 'completed'");
    other.wallow("export --output all.csv").succeeds();
    for from in ["runs.db", "all.csv"] {
        let path = other.path(from).display().to_string();
        let here = project();
        here.has_run(
            "00000000000d",
            "seed, status, theirs",
            "2, 'running', 'mine'",
        );
        let said = here.wallow(&format!(
            "import --from {path} --on-duplicate overwrite --yes"
        ));
        let said = said.succeeds();
        assert!(
            said.contains("2 inserted, 1 overwritten, 0 existing"),
            "{said}"
        );
        assert!(
            said.contains("running elsewhere, became pending because nobody holds a claim here: 1 value of `status`"),
            "{said}"
        );
        assert_eq!(stands(&here), "2 running, 1 pending, 3 completed");
        assert_eq!(here.reads("SELECT theirs FROM runs WHERE seed = 2"), "new");
        // Whoever insists has the last word.
        let here = project();
        here.wallow(&format!("import --from {path} --status running=failed"))
            .succeeds();
        assert_eq!(stands(&here), "1 failed, 2 failed, 3 completed");
        let here = project();
        here.wallow(&format!("import --from {path} --status running=running"))
            .succeeds();
        assert_eq!(stands(&here), "1 running, 2 running, 3 completed");
    }
}
