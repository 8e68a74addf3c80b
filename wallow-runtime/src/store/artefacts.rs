//! Folders for artefacts: `<root>/<layout>`, every value made safe as one path component.
//!
//! Invariant: the folder is always below the root, whatever the values are.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;
use wallow_schema::LayoutPart;

use crate::engine::TableStatements;
use crate::error::{Error, ErrorKind};
use crate::value::{Value, format_time};

/// The folder above all artefacts.
#[derive(Debug)]
pub(super) enum Root {
    /// None was declared or given.
    None,
    Folder(PathBuf),
    /// The schema declares one relative to its own folder, which is not on this machine.
    Elsewhere(PathBuf),
}

impl Root {
    /// The root that was given, else the one of the schema: like the `wallow` command, relative to the folder of
    /// wallow.toml.
    pub(super) fn of(given: Option<&PathBuf>, declared: Option<&str>, schema: &Path) -> Self {
        match (given, declared.map(Path::new)) {
            (Some(given), _) => Root::Folder(given.clone()),
            (None, None) => Root::None,
            (None, Some(declared)) if declared.is_relative() && !schema.is_dir() => {
                Root::Elsewhere(schema.to_path_buf())
            }
            (None, Some(declared)) => Root::Folder(schema.join(declared)),
        }
    }

    pub(super) fn folder(&self) -> Result<&Path, Error> {
        match self {
            Root::Folder(folder) => Ok(folder),
            Root::None => {
                let message = "there is no artefacts root; add `artefacts_root = \"artefacts\"` to `[project]` \
                               in wallow.toml, or open with `Store::options().artefacts_root(…)`";
                Err(Error::new(ErrorKind::Validation, message))
            }
            Root::Elsewhere(schema) => {
                let message = format!(
                    "`artefacts_root` is relative to the folder of wallow.toml, `{}`, which is not on this machine; open \
                     with `Store::options().artefacts_root(…)`",
                    schema.display()
                );
                Err(Error::new(ErrorKind::Io, message))
            }
        }
    }
}

/// The folder of the run with these values, below the root.
pub(crate) fn dir(
    root: &Path,
    table: &TableStatements,
    values: &[Value<'_>],
) -> Result<PathBuf, Error> {
    let mut layout = String::new();
    for part in table.schema().project.artefacts_layout.parts() {
        match part {
            LayoutPart::Text(text) => layout.push_str(text),
            LayoutPart::Placeholder(name) => layout.push_str(&component(table, values, name)?),
        }
    }
    Ok(root.join(layout))
}

pub(super) fn create(dir: PathBuf) -> Result<PathBuf, Error> {
    match std::fs::create_dir_all(&dir) {
        Ok(()) => Ok(dir),
        Err(error) => Err(io(&dir, &error).with_source(error)),
    }
}

fn io(dir: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Io,
        format!(
            "cannot create the artefacts folder `{}`: {error}",
            dir.display()
        ),
    )
}

fn component(table: &TableStatements, values: &[Value<'_>], name: &str) -> Result<String, Error> {
    let index = table
        .columns()
        .iter()
        .position(|column| column.name == name);
    let value = index
        .and_then(|index| values.get(index))
        .copied()
        .unwrap_or(Value::Null);
    let is_of_key = table.key().iter().any(|column| column.name == name);
    if is_of_key && value == Value::Null {
        return Ok(ABSENT.to_owned());
    }
    let text = text(value);
    let safe = safe(&text);
    if safe.is_empty() {
        return Err(Error::validation(
            name,
            format_args!(
                "the artefacts layout needs it, but its value {text:?} leaves nothing for a path; \
                 use letters or digits, or take the field out of `artefacts_layout`"
            ),
        ));
    }
    Ok(safe)
}

/// The component of an optional field of the key that a run lacks.
const ABSENT: &str = "none";

fn text(value: Value<'_>) -> String {
    match value {
        Value::Null => String::new(),
        Value::Int(value) => value.to_string(),
        Value::TooLarge(value) => value.to_string(),
        // The debug form uses an exponent for numbers that would have hundreds of digits otherwise.
        Value::Float(value) => format!("{value:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Text(value) => value.to_owned(),
        Value::Json(value) => value.to_string(),
        Value::JsonText(text) => text.to_owned(),
        Value::Time(value) => format_time(&value),
        Value::Path(value) => value.to_string_lossy().into_owned(),
    }
}

/// NFKD and ASCII, only `[A-Za-z0-9._-]`, each sequence of other characters as one `_`, and no `.` or `_` at either
/// end.
fn safe(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.nfkd().filter(char::is_ascii) {
        match char {
            'A'..='Z' | 'a'..='z' | '0'..='9' | '.' | '_' | '-' => safe.push(char),
            _ if safe.ends_with(REPLACED) => {}
            _ => safe.push(REPLACED),
        }
    }
    safe.replace(REPLACED, "_")
        .trim_matches(['.', '_'])
        .to_owned()
}

/// Marks a sequence of unsafe characters while the text is built; no safe text contains it.
const REPLACED: char = '\0';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_root_is_relative_to_the_schema() {
        let folder = std::env::temp_dir();
        let of = |given, declared| {
            Root::of(given, declared, &folder)
                .folder()
                .unwrap()
                .to_owned()
        };
        assert_eq!(of(None, Some("files")), folder.join("files"));
        assert_eq!(of(None, Some("/files")), Path::new("/files"));
        assert_eq!(
            of(Some(&PathBuf::from("mine")), Some("files")),
            Path::new("mine")
        );
        let elsewhere = Root::of(None, Some("files"), Path::new("/not/here"));
        let error = elsewhere.folder().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Io);
        assert!(Root::of(None, None, &folder).folder().is_err());
    }

    #[test]
    fn components_are_safe() {
        for (text, expected) in [
            ("resnet-50", "resnet-50"),
            ("café au lait", "cafe_au_lait"),
            ("../../etc/passwd", "etc_passwd"),
            ("a//b", "a_b"),
            ("a_ b", "a__b"),
            ("..", ""),
            ("…", ""),
            ("日本", ""),
            ("ﬁne", "fine"),
            ("C:\\x", "C_x"),
            ("a\0b", "a_b"),
            (".hidden_", "hidden"),
        ] {
            assert_eq!(safe(text), expected, "{text:?}");
        }
    }
}
