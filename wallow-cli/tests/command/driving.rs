//! A driver in another language: `claim`, `heartbeat`, `complete`, `fail`, `release`, `set`.

use serde_json::Value;

use crate::project::Project;

pub(crate) const SWEEP: &str = r#"[project]
name = "driven"
lifecycle = true

[identifying.optimiser]
type = "string"

[identifying.seed]
type = "int"
default = 0

[annotating.val_loss]
type = "float"

[annotating.note]
type = "string"

[annotating.steps]
type = "int"
nullable = false
default = 0

[annotating.curve]
type = "json"
"#;

pub(crate) fn project() -> Project {
    let project = Project::with(SWEEP);
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
        .wallow("enqueue optimiser=adam seed=0..3")
        .succeeds();
    project
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The uuid of a claim.
pub(crate) fn claimed(project: &Project, options: &str) -> String {
    let claim = json(
        &project
            .wallow(&format!("claim --json {options}"))
            .succeeds(),
    );
    claim["uuid"].as_str().unwrap().to_owned()
}

/// specs 11.5 to 11.7
#[test]
fn a_driver_claims_records_and_ends_runs() {
    let project = project();
    let claim = json(&project.wallow("claim --json --sort -seed").succeeds());
    assert_eq!(claim["attempt"], 1);
    assert_eq!(
        claim["params"],
        serde_json::json!({"optimiser": "adam", "seed": 2})
    );
    assert_eq!(claim["run"]["status"], "running");
    let uuid = claim["uuid"].as_str().unwrap();
    project
        .wallow(&format!(
            "heartbeat {uuid} --attempt 1 val_loss=0.5 steps=3"
        ))
        .succeeds();
    assert_eq!(
        project.reads("SELECT val_loss || ' ' || steps FROM runs WHERE seed = 2"),
        "0.5 3"
    );
    project.has("result.json", r#"{"val_loss": 0.25, "curve": [1, 2.5]}"#);
    let run = project
        .wallow(&format!("complete {uuid} --attempt 1 --json result.json"))
        .succeeds();
    let run = json(&run);
    assert_eq!(
        (&run["status"], &run["val_loss"], &run["steps"]),
        (&"completed".into(), &0.25.into(), &3.into())
    );
    assert!(run["wallclock_seconds"].as_f64().unwrap() > 0.0);
    assert!(run["completed_at"].is_string());

    let uuid = claimed(&project, "--where \"seed == 0\"");
    let run = project
        .wallow(&format!(
            "fail {uuid} --attempt 1 --reason \"out of memory\" note=short"
        ))
        .succeeds();
    let run = json(&run);
    assert_eq!(
        (&run["status"], &run["error_excerpt"]),
        (&"failed".into(), &"out of memory".into())
    );
    assert_eq!(run["note"], "short");

    let uuid = claimed(&project, "");
    let run = json(
        &project
            .wallow(&format!("release {uuid} --attempt 1"))
            .succeeds(),
    );
    assert_eq!(
        (&run["status"], &run["started_at"]),
        (&"pending".into(), &Value::Null)
    );
    claimed(&project, "");
    let refusal = project.wallow("claim").refuses();
    assert!(refusal.contains("no run is pending"), "{refusal}");
    // A failed run is claimed again up to the number of attempts.
    let claim = json(&project.wallow("claim --json --max-attempts 2").succeeds());
    assert_eq!(
        (&claim["attempt"], &claim["params"]["seed"]),
        (&2.into(), &0.into())
    );
    let refusal = project.wallow("claim --max-attempts 2").refuses();
    assert!(
        refusal.contains("no run is pending; others are at work"),
        "{refusal}"
    );
}

/// specs 11.6
#[test]
fn a_claim_that_is_lost_writes_nothing() {
    let project = project();
    let uuid = claimed(&project, "");
    project
        .wallow("retry --where \"id > 0\" --stale 0s --yes")
        .succeeds();
    let before = project
        .reads("SELECT group_concat(status || updated_at || coalesce(val_loss, '')) FROM runs");
    for command in ["heartbeat", "complete", "fail", "release"] {
        let values = if command == "release" {
            ""
        } else {
            "val_loss=1"
        };
        let refusal = project
            .wallow(&format!("{command} {uuid} --attempt 1 {values}"))
            .refuses();
        assert!(refusal.contains("does not hold run"), "{refusal}");
        assert!(refusal.contains("nothing was written"), "{refusal}");
    }
    let after = project
        .reads("SELECT group_concat(status || updated_at || coalesce(val_loss, '')) FROM runs");
    assert_eq!(before, after);
    let refusal = project
        .wallow("complete 0123456789ab --attempt 1")
        .refuses();
    assert!(refusal.contains("that `wallow claim` printed"), "{refusal}");
}

#[test]
fn a_silent_run_is_taken_over_after_it_was_watched() {
    let project = project();
    let uuid = claimed(&project, "--where \"seed == 0\"");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let claim = json(
        &project
            .wallow("claim --json --stale 1s --where \"seed == 0\"")
            .succeeds(),
    );
    assert_eq!(
        (&claim["uuid"], &claim["attempt"]),
        (&uuid.into(), &2.into())
    );
}

#[test]
fn values_that_do_not_fit_are_refused_before_anything_is_written() {
    let project = project();
    let uuid = claimed(&project, "");
    project.has("list.json", "[1]");
    project.has("twice.json", r#"{"curve": {"x": {"b": 1, "b": 2}}}"#);
    for (values, expected) in [
        (
            "val_los=1",
            "`val_los`: no field has this name; did you mean `val_loss`?",
        ),
        (
            "val_loss=nan",
            "NaN cannot be stored; write a number, or null if there is none",
        ),
        ("val_loss=x", "\"x\" is no float"),
        ("steps=", "`steps`: it may not be empty"),
        ("steps=1.5", "is no int"),
        (
            "seed=1",
            "`seed`: it defines the run, and cannot be a result",
        ),
        ("status=failed", "`status`: wallow writes this field itself"),
        ("curve={", "is no JSON"),
        (
            "\"curve={'a': 1}\"",
            "is no JSON: character 2: expected a name in quotes, found `'`",
        ),
        (
            "val_loss=1 val_loss=2",
            "`val_loss` has two values; give it one",
        ),
        (
            "--json twice.json",
            "the member \"b\" stands twice in one object",
        ),
        ("note", "write `FIELD=VALUE`"),
        ("--json list.json", "it is no JSON object"),
    ] {
        let refusal = project
            .wallow(&format!("complete {uuid} --attempt 1 {values}"))
            .misuses();
        assert!(refusal.contains(expected), "{values}: {refusal}");
    }
    let refusal = project
        .wallow(&format!("complete {uuid} --attempt 1 --json nix.json"))
        .refuses();
    assert!(refusal.contains("`nix.json` cannot be read"), "{refusal}");
    assert_eq!(
        project.reads("SELECT status FROM runs WHERE id = 1"),
        "running"
    );
    // The claim is still held, and the value can be corrected.
    project
        .wallow(&format!("complete {uuid} --attempt 1 val_loss=1"))
        .succeeds();
}

/// specs 11.8
#[test]
fn set_annotates_a_run() {
    let project = project();
    let run = json(
        &project
            .wallow("set 2 \"note=a=b, c\" val_loss=0.5")
            .succeeds(),
    );
    assert_eq!(
        (&run["note"], &run["val_loss"], &run["status"]),
        (&"a=b, c".into(), &0.5.into(), &"pending".into())
    );
    let run = json(&project.wallow("set 2 val_loss= note=").succeeds());
    assert_eq!((&run["note"], &run["val_loss"]), (&"".into(), &Value::Null));
    project.wallow("set 2 status=completed").succeeds();
    assert_eq!(
        project.reads("SELECT status FROM runs WHERE id = 2"),
        "completed"
    );
    let uuid = claimed(&project, "");
    project.wallow(&format!("set {uuid} note=mine")).succeeds();
    let refusal = project
        .wallow(&format!("set {uuid} status=completed note=other"))
        .refuses();
    assert!(refusal.contains("is at work"), "{refusal}");
    assert_eq!(
        project.reads("SELECT note || status FROM runs WHERE id = 1"),
        "minerunning"
    );
    assert!(
        project
            .wallow("set 2 status=running")
            .misuses()
            .contains("use `wallow claim`")
    );
    assert!(
        project
            .wallow("set 2 status=done")
            .misuses()
            .contains("write pending, completed or failed")
    );
    assert!(
        project
            .wallow("set 2 started_at=2026-01-01")
            .misuses()
            .contains("wallow writes this field itself")
    );
    assert!(
        project
            .wallow("set 2")
            .misuses()
            .contains("there is nothing to set")
    );
    assert!(
        project
            .wallow("set 99 note=x")
            .refuses()
            .contains("there is no run `99`")
    );
}

/// Drivers that claim at once on a server: every run is claimed once.
#[cfg(feature = "postgres")]
#[test]
fn drivers_share_a_queue_on_a_server() {
    let Some(server) = postgres_server::Server::shared() else {
        return;
    };
    let database = server.fresh();
    let project = Project::with(SWEEP).sets("WALLOW_DATABASE_URL", &database.url());
    project.wallow("migrate generate initial").succeeds();
    project.wallow("migrate apply").succeeds();
    project
        .wallow("enqueue optimiser=adam seed=0..12")
        .succeeds();
    let seeds = std::thread::scope(|scope| {
        let drivers = (0..4).map(|_| {
            scope.spawn(|| {
                let mut seeds = Vec::new();
                for _ in 0..3 {
                    let claim = json(&project.wallow("claim --json").succeeds());
                    let uuid = claim["uuid"].as_str().unwrap();
                    project
                        .wallow(&format!("complete {uuid} --attempt 1 val_loss=0.5"))
                        .succeeds();
                    seeds.push(claim["params"]["seed"].as_i64().unwrap());
                }
                seeds
            })
        });
        let drivers = drivers.collect::<Vec<_>>();
        let seeds = drivers
            .into_iter()
            .flat_map(|driver| driver.join().unwrap());
        seeds.collect::<std::collections::BTreeSet<_>>()
    });
    assert!(seeds.into_iter().eq(0..12));
    assert_eq!(
        project
            .wallow("count --where \"status == 'completed'\"")
            .succeeds(),
        "12\n"
    );
}
