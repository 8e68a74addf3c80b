//! A schema on disk: a written snapshot is read back, and an edited one is refused.

use std::error::Error;
use std::path::Path;

use expect_test::{expect, expect_file};
use proptest::prelude::*;
use wallow_schema::diff::{Hints, diff};
use wallow_schema::migration::Migration;
use wallow_schema::snapshot::{self, Snapshot, SnapshotError};

use crate::schemas;

fn fixture(name: &str) -> Result<Snapshot, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/valid");
    let schema = wallow_schema::load(&folder.join(name))?;
    let name = "2026-01-31-120000_every_setting".parse()?;
    Ok(Snapshot::new(
        name,
        Some("2026-01-30-000000".parse()?),
        &schema,
    ))
}

fn refused(text: &str) -> Result<SnapshotError, Box<dyn Error>> {
    match snapshot::from_text(text, "snapshots/2026-01-31-120000.toml") {
        Ok(_) => Err("it should be refused".into()),
        Err(error) => Ok(error),
    }
}

#[test]
fn a_snapshot_is_as_agreed() -> Result<(), Box<dyn Error>> {
    let mut snapshot = fixture("every_setting.toml")?;
    snapshot
        .checksums
        .insert("sqlite/up.sql".to_owned(), "0123456789abcdef".to_owned());
    let text = snapshot::to_text(&snapshot);
    let agreed = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/snapshot.toml");
    expect_file![agreed].assert_eq(&text);
    assert_eq!(snapshot::from_text(&text, "snapshot")?, snapshot);
    assert_eq!(
        snapshot.path(),
        "snapshots/2026-01-31-120000_every_setting.toml"
    );
    Ok(())
}

#[test]
fn docs_and_places_are_left_out() -> Result<(), Box<dyn Error>> {
    let snapshot = fixture("ml_sweep.toml")?;
    let text = snapshot::to_text(&snapshot);
    assert!(
        !text.contains("doc") && !text.contains("artefacts"),
        "{text}"
    );
    assert!(
        snapshot
            .schema
            .fields()
            .all(|field| field.doc.is_none() && field.line == 0)
    );
    Ok(())
}

#[test]
fn an_edited_snapshot_is_refused() -> Result<(), Box<dyn Error>> {
    let text = snapshot::to_text(&fixture("ml_sweep.toml")?);
    for (from, to) in [
        ("default = 10", "default = 20"),
        ("\n[annotating.host]\n", "\n\n[annotating.host]\n"),
        ("val_loss", "loss"),
        ("[project]", "<<<<<<< HEAD\n[project]"),
    ] {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        let error = refused(&edited)?;
        assert!(error.is_edited(), "{error}");
    }
    let error = refused(text.trim_end())?;
    expect!["the snapshot `snapshots/2026-01-31-120000.toml` was edited after wallow wrote it, so it no longer says what the migration left; restore it from version control and edit `wallow.toml` instead"]
        .assert_eq(&error.to_string());
    Ok(())
}

#[test]
fn a_checkout_with_other_line_ends_is_no_edit() -> Result<(), Box<dyn Error>> {
    let snapshot = fixture("every_setting.toml")?;
    let text = snapshot::to_text(&snapshot).replace('\n', "\r\n");
    assert_eq!(snapshot::from_text(&text, "snapshot")?, snapshot);
    Ok(())
}

#[test]
fn a_snapshot_of_a_newer_wallow_is_refused() -> Result<(), Box<dyn Error>> {
    let text = snapshot::to_text(&fixture("minimal.toml")?).replace("# Form 1,", "# Form 4,");
    let error = refused(&text)?;
    assert!(error.is_newer());
    expect!["the snapshot `snapshots/2026-01-31-120000.toml` was written by a newer wallow; update the command and the crate"]
        .assert_eq(&error.to_string());
    Ok(())
}

#[test]
fn what_is_new_in_a_schema_needs_a_newer_wallow() -> Result<(), Box<dyn Error>> {
    for (name, form) in [
        ("attempts.toml", "# Form 3,"),
        ("optional.toml", "# Form 2,"),
        ("every_setting.toml", "# Form 1,"),
    ] {
        let before = fixture(name)?;
        let text = snapshot::to_text(&before);
        assert!(text.contains(form), "{text}");
        assert_eq!(snapshot::from_text(&text, "snapshot")?, before);
    }
    Ok(())
}

#[test]
fn what_wallow_did_not_write_is_no_snapshot() -> Result<(), Box<dyn Error>> {
    for text in [
        "",
        "\n",
        "#\n#\n",
        "[project]\nname = \"x\"\n",
        "# a\n# Form 1, checksum x",
    ] {
        let error = refused(text)?.to_string();
        assert!(error.contains("is no snapshot"), "{text}: {error}");
    }
    // A text that is not a snapshot is refused even with the right checksum.
    let error = refused("#\n# Form 1, checksum cbf29ce484222325.\n")?.to_string();
    assert!(error.contains("no `[migration]` table"), "{error}");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(schema in schemas::schemas()) {
        let name = "2026-01-31-120000_x".parse().unwrap();
        let snapshot = Snapshot::new(name, None, &schema);
        let text = snapshot::to_text(&snapshot);
        let read = snapshot::from_text(&text, "snapshot").map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&read, &snapshot);
        // Equal floats can have another sign; equal texts cannot.
        prop_assert_eq!(snapshot::to_text(&read), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        let _ = snapshot::from_text(&text, "snapshot");
    }
}

/// A newer rule for names must not prevent the migration that renames a field.
#[test]
fn a_snapshot_keeps_a_name_that_is_reserved_by_now() -> Result<(), Box<dyn Error>> {
    let text = |name: &str| {
        format!(
            "[project]\nname = 'x'\n[identifying.seed]\ntype = 'int'\n[annotating.{name}]\ntype = 'int'\n"
        )
    };
    let mut schema = wallow_schema::parse(&text("row"), "wallow.toml")?;
    schema.annotating[0].name = "rowid".to_owned();
    let before = Snapshot::new("2026-01-31-120000_initial".parse()?, None, &schema);
    assert_eq!(
        snapshot::from_text(&snapshot::to_text(&before), "snapshot")?,
        before
    );
    assert!(wallow_schema::parse(&text("rowid"), "wallow.toml").is_err());

    let after = wallow_schema::parse(&text("rowid_value"), "wallow.toml")?;
    let hints = Hints {
        renames: vec![("rowid".to_owned(), "rowid_value".to_owned())],
        ..Hints::default()
    };
    let steps = diff(Some(&before.schema), &after, &hints)?;
    let migration = Migration::new(
        "2026-02-01-083000_rename".parse()?,
        Some(&before),
        &after,
        &steps,
    );
    assert!(
        migration
            .sqlite
            .up
            .contains("RENAME COLUMN \"rowid\" TO \"rowid_value\"")
    );
    Ok(())
}
