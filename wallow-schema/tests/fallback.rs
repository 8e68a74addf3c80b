//! What a broken `wallow.toml` was meant to be: `fixtures/fallbacks.txt` has it for every file in `fixtures/errors`.
//!
//! After a change: `UPDATE_EXPECT=1 cargo test --package wallow-schema --test fallback`, and read the diff.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect_file;
use wallow_schema::{Fallback, Field, fallback};

fn files(folder: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(folder);
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        files.push(entry?.path());
    }
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "toml")
    });
    files.sort();
    Ok(files)
}

/// `identifying seed int, with a default`
fn line(field: &Field, fallback: &Fallback) -> String {
    let ty = if fallback.untyped.contains(&field.name) {
        format!("anything, say {}", field.ty)
    } else {
        field.ty.to_string()
    };
    let default = if field.default.is_some() {
        ", with a default"
    } else {
        ""
    };
    let nullable = if field.nullable { "?" } else { "" };
    format!("{} {}: {ty}{nullable}{default}", field.role, field.name)
}

#[test]
fn every_broken_file_is_guessed_as_agreed() -> Result<(), Box<dyn Error>> {
    let mut all = String::new();
    for file in files("errors")? {
        let fallback = fallback(&fs::read_to_string(&file)?);
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        writeln!(all, "{name}")?;
        for field in fallback.schema.fields() {
            writeln!(all, "    {}", line(field, &fallback))?;
        }
    }
    expect_file!["fixtures/fallbacks.txt"].assert_eq(&all);
    Ok(())
}

#[test]
fn a_valid_file_is_guessed_right() -> Result<(), Box<dyn Error>> {
    for file in files("valid")? {
        let text = fs::read_to_string(&file)?;
        let fallback = fallback(&text);
        let schema = wallow_schema::parse(&text, "wallow.toml")?;
        assert_eq!(fallback.schema.project.name, schema.project.name);
        assert!(fallback.untyped.is_empty());
        let fields = schema.fields().zip(fallback.schema.fields());
        for (right, found) in fields {
            assert_eq!(
                found.default.is_some(),
                right.default.is_some(),
                "{}",
                right.name
            );
            let expected = Field {
                default: found.default.clone(),
                indexed: found.indexed,
                ..right.clone()
            };
            assert_eq!(*found, expected);
        }
        assert_eq!(fallback.schema.fields().count(), schema.fields().count());
    }
    Ok(())
}
