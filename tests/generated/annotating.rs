//! `Annotating`: what is set, what is cleared, and what is left as it is.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, FixedOffset, Local, TimeZone, Utc};
use serde_json::json;
use wallow::OnDuplicate;

use crate::every_type::{Annotating, Identifying, Run, Store};

fn key() -> Identifying {
    Identifying::builder()
        .steps(10)
        .rate(0.5)
        .model("mlp")
        .warm(true)
        .build()
}

/// The run after these patches, one after the other.
#[expect(clippy::expect_used, reason = "the run was registered")]
fn patched(patches: impl IntoIterator<Item = Annotating>) -> wallow::Result<Run> {
    let store = Store::open(":memory:")?;
    for patch in patches {
        let _ = store.register(&key(), &patch, OnDuplicate::Overwrite)?;
    }
    Ok(store.find(&key())?.expect("it was registered"))
}

/// What reading a patch from JSON says.
#[expect(clippy::unwrap_used, reason = "it is no patch")]
fn refused(text: &str) -> String {
    serde_json::from_str::<Annotating>(text)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_setter_takes_what_becomes_its_type() -> wallow::Result<()> {
    let run = patched([Annotating::new()
        .best(0.5_f32)
        .count(7_u8)
        .loss(3)
        .status(String::from("completed"))
        .done(true)
        .curve(vec![0.5, 0.25])
        .weights(PathBuf::from("w.bin"))
        .folder(Path::new("here"))
        .host('h')
        .notes("a text")])?;
    assert_eq!((run.best, run.count, run.loss), (0.5, Some(7), Some(3.0)));
    assert_eq!(
        (run.status.as_deref(), run.done),
        (Some("completed"), Some(true))
    );
    assert_eq!(run.curve, Some(json!([0.5, 0.25])));
    assert_eq!(
        (run.weights.as_deref(), &*run.folder),
        (Some(Path::new("w.bin")), Path::new("here"))
    );
    assert_eq!((run.host.as_str(), run.notes), ("h", json!("a text")));
    Ok(())
}

#[test]
fn a_moment_may_come_from_any_time_zone() -> wallow::Result<()> {
    let utc = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    let offset = FixedOffset::east_opt(5 * 3600 + 1800).unwrap();
    let patches = [
        Annotating::new().seen_at(utc),
        Annotating::new().seen_at(utc.with_timezone(&offset)),
        Annotating::new().seen_at(utc.with_timezone(&Local)),
        Annotating::new().seen_at(SystemTime::from(utc)),
        Annotating::new()
            .seen_at(DateTime::parse_from_rfc3339("2026-01-31T13:00:00+01:00").unwrap()),
    ];
    for patch in patches {
        assert_eq!(patch, Annotating::new().seen_at(utc));
        assert_eq!(patched([patch.best(0.0)])?.seen_at, Some(utc));
    }
    Ok(())
}

#[test]
fn what_is_not_set_is_not_touched() -> wallow::Result<()> {
    let full = Annotating::new()
        .best(0.5)
        .count(1)
        .status("running")
        .tries(3);
    let run = patched([full.clone(), Annotating::new().count(2)])?;
    assert_eq!(
        (run.count, run.status.as_deref(), run.tries),
        (Some(2), Some("running"), 3)
    );
    let run = patched([full, Annotating::new().clear_count().clear_status()])?;
    assert_eq!(
        (run.count, run.status, run.tries, run.best),
        (None, None, 3, 0.5)
    );
    Ok(())
}

#[test]
fn the_last_word_on_a_field_counts() {
    let patch = Annotating::new()
        .count(1)
        .clear_count()
        .count(2)
        .loss(0.5)
        .clear_loss();
    assert_eq!(patch, Annotating::new().count(2).clear_loss());
    assert_ne!(patch, Annotating::new().count(2));
    assert_eq!(Annotating::new(), Annotating::default());
}

#[test]
fn defaults_of_an_insert_are_not_in_the_patch() -> wallow::Result<()> {
    let run = patched([Annotating::new().best(0.5)])?;
    assert_eq!(
        (run.tries, run.host.as_str(), run.kept),
        (0, "localhost", false)
    );
    assert_eq!(run.notes, json!({"tags": ["a", 1, 2.5], "html": "<b>"}));
    assert_eq!(
        run.due_at,
        Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap()
    );
    assert_eq!(serde_json::to_value(Annotating::new()).unwrap(), json!({}));
    Ok(())
}

#[test]
fn json_has_what_is_set_and_null_for_what_is_cleared() {
    let noon = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    let patch = Annotating::new()
        .weights("w.bin")
        .seen_at(noon)
        .curve(json!({"loss": [1, null]}))
        .clear_status()
        .best(0.5);
    let text = serde_json::to_string(&patch).unwrap();
    assert_eq!(
        text,
        r#"{"status":null,"curve":{"loss":[1,null]},"seen_at":"2026-01-31T12:00:00Z","weights":"w.bin","best":0.5}"#
    );
    assert_eq!(serde_json::from_str::<Annotating>(&text).unwrap(), patch);
    let other = r#"{"seen_at": "2026-01-31T13:00:00+01:00"}"#;
    assert_eq!(
        serde_json::from_str::<Annotating>(other).unwrap(),
        Annotating::new().seen_at(noon)
    );
}

#[test]
fn what_is_no_patch_is_refused_by_name() {
    for (text, message) in [
        (
            r#"{"statsu": "done"}"#,
            "unknown field `statsu`, did you mean `status`?",
        ),
        (
            r#"{"learning": 1}"#,
            "unknown field `learning`, expected one of `count`, `loss`",
        ),
        (r#"{"loss": 1, "loss": 2}"#, "duplicate field `loss`"),
        (
            r#"{"loss": "low"}"#,
            "field `loss`: invalid value: string \"low\", expected a number, `inf` or `-inf`",
        ),
        (
            r#"{"best": null}"#,
            "field `best`: invalid type: null, expected a number, `inf` or `-inf`",
        ),
        (r#"{"seen_at": "yesterday"}"#, "field `seen_at`: "),
        (r#"{"steps": 1}"#, "unknown field `steps`"),
    ] {
        let refused = refused(text);
        assert!(refused.starts_with(message), "{text}: {refused}");
        assert!(refused.contains(" at line 1 column "), "{refused}");
    }
}

#[test]
fn a_run_is_written_as_its_columns() -> wallow::Result<()> {
    let run = patched([Annotating::new().best(0.5).weights("w.bin").clear_status()])?;
    let written = serde_json::to_value(&run).unwrap();
    let names = written
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect::<Vec<_>>();
    assert_eq!(names.len(), 27);
    assert_eq!(written["uuid"], json!(run.uuid));
    assert_eq!(
        (&written["status"], &written["weights"], &written["model"]),
        (&json!(null), &json!("w.bin"), &json!("mlp"))
    );
    assert_eq!(written["created_at"], json!(run.created_at));
    Ok(())
}
