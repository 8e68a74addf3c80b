//! Values of results: JSON in arguments and in files, and the status that a person sets.

use crate::driving::{SWEEP, claimed, project};
use crate::on::On;
use crate::project::Project;

/// A project's command with arguments that contain quotes.
fn says(project: &Project, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = project.command("", "").args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// specs 11.7
#[test]
fn json_is_read_in_arguments_as_in_files() {
    let project = project();
    let uuid = claimed(&project, "");
    let twice = r#"curve={"x":{"b":1,"b":2}}"#;
    for arguments in [
        &["set", "1", r#"curve={"b":1,"b":2}"#][..],
        &["heartbeat", &uuid, "--attempt", "1", twice],
        &["complete", &uuid, "--attempt", "1", twice],
        &["fail", &uuid, "--attempt", "1", twice],
    ] {
        let (status, _, said) = says(&project, arguments);
        assert_eq!(status, Some(2), "{said}");
        assert!(
            said.contains("the member \"b\" stands twice in one object"),
            "{said}"
        );
    }
    assert_eq!(
        project.reads("SELECT coalesce(curve, '') || status FROM runs WHERE id = 1"),
        "running"
    );
    // Every loss of a value is reported, in whatever way it is given.
    let lossy = r#"{"a":1e400,"b":NaN,"c":12345678901234567890123,"d":1e-400}"#;
    project.has("lossy.json", &format!("{{\"curve\": {lossy}}}"));
    let as_argument = format!("curve={lossy}");
    for arguments in [
        &["set", "2", &as_argument][..],
        &["set", "2", "--json", "lossy.json"],
    ] {
        let (status, _, said) = says(&project, arguments);
        assert_eq!(status, Some(0), "{said}");
        for loss in [
            "warning: `curve`: NaN became NULL",
            "warning: `curve`: too large for a number of JSON, became null",
            "warning: `curve`: too small for a float, lost digits",
            "warning: `curve`: rounded to the nearest float",
        ] {
            assert!(said.contains(loss), "{said}");
        }
    }
    let (status, ..) = says(&project, &["set", "2", "curve=null"]);
    assert_eq!(status, Some(0));
    assert_eq!(project.reads("SELECT curve FROM runs WHERE id = 2"), "NULL");
}

/// specs 11.8
#[test]
fn a_status_is_set_by_an_object_too() {
    let project = project();
    for (text, refusal) in [
        (r#"{"status": "running"}"#, "use `wallow claim`"),
        (
            r#"{"status": "done"}"#,
            "write pending, completed or failed",
        ),
        (r#"{"status": null}"#, "write pending, completed or failed"),
        (r#"{"started_at": null}"#, "wallow writes this field itself"),
    ] {
        project.has("values.json", text);
        let said = project.wallow("set 1 --json values.json").misuses();
        assert!(said.contains(refusal), "{said}");
    }
    let said = project
        .wallow("set 1 status=failed status=completed")
        .misuses();
    assert!(
        said.contains("`status` has two values; give it one"),
        "{said}"
    );
    project.has(
        "values.json",
        r#"{"status": "completed", "note": "by hand"}"#,
    );
    project.wallow("set 1 --json values.json").succeeds();
    assert_eq!(
        project.reads("SELECT status || note FROM runs WHERE id = 1"),
        "completedby hand"
    );
    // A worker's claim writes it, so its results do not.
    let uuid = claimed(&project, "");
    let said = project
        .wallow(&format!("complete {uuid} --attempt 1 --json values.json"))
        .misuses();
    assert!(said.contains("wallow writes this field itself"), "{said}");
}

/// A character that a server cannot store is a mistake in the values, as any other. specs 11.7
#[test]
fn a_text_that_a_server_cannot_store_is_refused_before_anything_is_written() {
    for on in On::each(SWEEP) {
        let project = &on.project;
        project.wallow("migrate push").succeeds();
        project.wallow("enqueue optimiser=adam seed=0,1").succeeds();
        let uuid = claimed(project, "");
        project.has("note.json", r#"{"val_loss": 0.5, "note": "a\u0000b"}"#);
        project.has("curve.json", r#"{"curve": [{"a\u0000": 1}]}"#);
        let inside = r#"curve={"a":"\u0000"}"#;
        let held = [uuid.as_str(), "--attempt", "1"];
        let mut refused = 0;
        for (field, values) in [
            ("note", &["--json", "note.json"][..]),
            ("curve", &["--json", "curve.json"]),
            ("curve", &[inside]),
        ] {
            for command in ["heartbeat", "complete", "fail", "set"] {
                let run = if command == "set" {
                    &["2"][..]
                } else {
                    &held[..]
                };
                let arguments = [&[command][..], run, values].concat();
                if on.is_server() {
                    let (status, _, said) = says(project, &arguments);
                    assert_eq!(status, Some(2), "{command}: {said}");
                    assert!(
                        said.contains("nothing was written: ")
                            && said.contains(&format!("field `{field}`: "))
                            && said.contains("U+0000; take it out of the text"),
                        "{command}: {said}"
                    );
                    refused += 1;
                } else if ["heartbeat", "set"].contains(&command) {
                    let (status, _, said) = says(project, &arguments);
                    assert_eq!(status, Some(0), "{command}: {said}");
                }
            }
        }
        if refused > 0 {
            let query = "SELECT status || coalesce(note, '-') || coalesce(val_loss, 0) FROM runs WHERE id = 1";
            assert_eq!(on.reads(query), "running-0");
        }
    }
}
