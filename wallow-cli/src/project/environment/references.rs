//! The variables that a value of a `.env` file refers to.
//!
//! dotenvy puts an empty text in the place of one that is not set, reads `$NAME` only up to an underscore, and takes all
//! of `${NAME:-default}` for a name.

use crate::output::visible;

/// A `$` that dotenvy puts something in the place of.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reference {
    /// `${NAME}`, or `$NAME` if its name ends where dotenvy ends it.
    Variable(String),
    /// `$NAME_WITH_UNDERSCORES`.
    Bare(String),
    /// Any other form, such as `${NAME:-default}`: the name that it begins with.
    Unknown(String),
}

impl Reference {
    /// Why nothing, or the wrong thing, would stand in its place.
    pub(super) fn fault(&self, is_set: impl Fn(&str) -> bool) -> Option<String> {
        match self {
            Reference::Variable(name) if is_set(name) => None,
            Reference::Variable(name) => Some(format!(
                "it refers to the variable `{0}`, which is not set; set `{0}`, name the database with `--db URL`, or \
                 write `\\$` for a dollar sign",
                visible(name)
            )),
            Reference::Bare(name) => Some(format!(
                "`${0}` is read only up to the underscore; write `${{{0}}}`, or `\\$` for a dollar sign",
                visible(name)
            )),
            Reference::Unknown(name) if name.is_empty() => {
                Some("it has a `$` without a name; write `\\$` for a dollar sign".to_owned())
            }
            Reference::Unknown(name) => Some(format!(
                "the form in which it refers to the variable `{0}` is not known here, defaults included; write \
                 `${{{0}}}`, and set `{0}`",
                visible(name)
            )),
        }
    }
}

/// The references in `NAME=VALUE`, as dotenvy reads it.
pub(super) fn of_entry(text: &str) -> Vec<Reference> {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let mut found = Vec::new();
    let mut rest = value.trim().chars().peekable();
    let (mut strong, mut weak) = (false, false);
    while let Some(c) = rest.next() {
        match c {
            '\'' if strong => strong = false,
            _ if strong => {}
            '\\' => {
                rest.next();
            }
            '"' => weak = !weak,
            '\'' if !weak => strong = true,
            // What stands behind a value is a comment.
            ' ' | '\t' if !weak => break,
            '$' => {
                let braces = rest.next_if_eq(&'{').is_some();
                let mut name = String::new();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                let is_whole = !braces || rest.next_if_eq(&'}').is_some();
                found.push(if name.is_empty() || !is_whole {
                    Reference::Unknown(name)
                } else if !braces && name.contains('_') {
                    Reference::Bare(name)
                } else {
                    Reference::Variable(name)
                });
            }
            _ => {}
        }
    }
    found
}
