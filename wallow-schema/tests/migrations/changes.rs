//! A change of a schema, written as a file in the style of `diff`.
//!
//! Lines that begin with `-` are only in the old file, lines with `+` only in the new one; `$` gives hints, as on the
//! command line. A file without any line of the old schema is the first migration.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use wallow_schema::Schema;
use wallow_schema::diff::Hints;

/// Two schemas and what a person says about the change.
pub(crate) struct Change {
    pub(crate) old: Option<Schema>,
    pub(crate) new: Schema,
    pub(crate) hints: Hints,
}

/// A folder of fixtures.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

/// The entries of a folder of fixtures with this extension, ordered by name. An empty extension means folders.
pub(crate) fn all(name: &str, extension: &str) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder(name))? {
        files.push(entry?.path());
    }
    files.retain(|file| file.extension().unwrap_or_default() == extension);
    files.sort();
    Ok(files)
}

/// Reads a change.
pub(crate) fn read(file: &Path) -> Result<Change, Box<dyn Error>> {
    let (mut old, mut new, mut hints) = (String::new(), String::new(), Hints::default());
    for line in fs::read_to_string(file)?.lines() {
        let (mark, text) = line.split_at_checked(1).unwrap_or((" ", ""));
        if mark == "$" {
            hint(text.trim(), &mut hints)?;
        }
        if mark == "-" || mark == " " {
            old.extend([text, "\n"]);
        }
        if mark == "+" || mark == " " {
            new.extend([text, "\n"]);
        }
    }
    let old = match old.trim() {
        "" => None,
        old => Some(wallow_schema::parse(old, "old")?),
    };
    let new = wallow_schema::parse(&new, "new")?;
    Ok(Change { old, new, hints })
}

fn hint(text: &str, hints: &mut Hints) -> Result<(), Box<dyn Error>> {
    if let Some(rename) = text.strip_prefix("--rename ") {
        let (from, to) = rename.split_once('=').ok_or("a rename is old=new")?;
        hints.renames.push((from.to_owned(), to.to_owned()));
    } else if let Some(dropped) = text.strip_prefix("--drop ") {
        hints.drops.push(dropped.to_owned());
    } else if text == "--allow-drop-identifying" {
        hints.allow_drop_identifying = true;
    } else if text == "no runs" {
        hints.no_runs = true;
    } else {
        return Err(format!("unknown hint: {text}").into());
    }
    Ok(())
}
