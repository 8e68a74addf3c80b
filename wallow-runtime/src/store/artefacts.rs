//! Folders for artefacts: `<root>/<layout>`, every value made safe as one path component.
//!
//! Invariant: the folder is always below the root, whatever the values are.

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;
use wallow_schema::LayoutPart;

use crate::engine::TableStatements;
use crate::error::{Error, ErrorKind};
use crate::value::{Value, format_time};

pub(crate) fn dir(
    root: Option<&PathBuf>,
    table: &TableStatements,
    values: &[Value<'_>],
) -> Result<PathBuf, Error> {
    let Some(root) = root else {
        let message = "there is no artefacts root; add `artefacts_root = \"artefacts\"` to `[project]` \
                       in wallow.toml, or open with `Store::options().artefacts_root(…)`";
        return Err(Error::new(ErrorKind::Validation, message));
    };
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
