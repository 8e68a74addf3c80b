//! The variables that a value of a `.env` file refers to.
//!
//! dotenvy puts an empty text in the place of one that is not set, reads `$NAME` only up to an underscore, and takes all
//! of `${NAME:-default}` for a name.

use wallow_schema::redact;

use crate::output::visible;

/// A reference, and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) reference: Reference,
    /// The offset of its `$` in the text of the entry.
    pub(super) at: usize,
    /// Whether it stands where passwords do.
    pub(super) is_in_secret: bool,
    /// Whether it may be a part of a password, which happens to have a `$`.
    pub(super) may_be_secret: bool,
}

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

/// Whether a name is one that people give to variables of the environment: `DB_PASSWORD`.
fn is_conventional(name: &str) -> bool {
    let rest = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(rest)
}

/// The references in `NAME=VALUE`, as dotenvy reads it.
pub(super) fn of_entry(text: &str) -> Vec<Located> {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let begin = text.len() - value.trim_start().len();
    let value = value.trim();
    let mut found = Vec::new();
    let mut rest = value.char_indices().peekable();
    let (mut strong, mut weak) = (false, false);
    while let Some((at, c)) = rest.next() {
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
                let braces = rest.next_if(|(_, c)| *c == '{').is_some();
                let mut name = String::new();
                while let Some((_, c)) = rest.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                let is_whole = !braces || rest.next_if(|(_, c)| *c == '}').is_some();
                let is_meant = braces && is_whole && is_conventional(&name);
                let (before, behind) = value.split_at(at);
                let is_in_secret =
                    behind.contains('@') || redact::names_secret(&format!("{before}x"));
                found.push(Located {
                    reference: if name.is_empty() || !is_whole {
                        Reference::Unknown(name)
                    } else if !braces && name.contains('_') {
                        Reference::Bare(name)
                    } else {
                        Reference::Variable(name)
                    },
                    at: begin + at,
                    is_in_secret,
                    may_be_secret: is_in_secret && !is_meant,
                });
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_part_of_a_password_is_known() {
        for (text, may_be_secret) in [
            ("A=$HOME/runs.db", false),
            ("A=postgres://$HOST/db", false),
            ("A=postgres://u:${DB_PASSWORD}@h/db", false),
            ("A=postgres://u:p$Sup3rS3cret@h/x", true),
            ("A=postgres://u:${Sup3r:-S3cret}@h/x", true),
            ("A=postgres://u:${pw}@h/x", true),
            ("A=\"host=h password=p$Word\"", true),
            ("A=postgres://h/x?sslpassword=p$Word", true),
        ] {
            let found = of_entry(text);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].may_be_secret, may_be_secret, "{text}");
            assert_eq!(text[found[0].at..].chars().next(), Some('$'), "{text}");
        }
    }
}
