//! The text of a schema for embedding in a program, without the password of a database.

use toml::de::{DeTable, DeValue};

use crate::redact;
use crate::source::Span;

/// The text of a schema for the inside of a program: without its comments, and without the password in
/// `[database].url`. Everything else is unchanged, in the same lines.
///
/// Programs are given to other people, who may read their bytes.
#[doc(hidden)]
pub fn embeddable(text: &str) -> String {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (root, _) = DeTable::parse_recoverable(text);
    let root = root.get_ref();
    let mut quoted = Vec::new();
    collect(root, &mut quoted);
    quoted.sort_unstable();
    let secret = url(root).filter(|(_, url)| redact::has_password(url));
    let mut embedded = String::with_capacity(text.len());
    let mut at = 0;
    for span in quoted {
        embedded.push_str(&without_comments(&text[at..span.start]));
        match secret {
            Some((place, url)) if place == span => {
                embedded.push_str(&toml::Value::String(redact::database(url)).to_string());
            }
            _ => embedded.push_str(&text[span.start..span.end]),
        }
        at = span.end;
    }
    embedded.push_str(&without_comments(&text[at..]));
    embedded
}

/// The value of `[database].url`, and its place.
fn url<'a>(root: &'a DeTable<'_>) -> Option<(Span, &'a str)> {
    let database = root.get("database")?.get_ref().as_table()?;
    let url = database.get("url")?;
    Some((url.span().into(), url.get_ref().as_str()?))
}

/// Collects the places of keys and strings, in which a `#` does not begin a comment.
fn collect(table: &DeTable<'_>, places: &mut Vec<Span>) {
    for (key, value) in table {
        places.push(key.span().into());
        collect_value(value.span().into(), value.get_ref(), places);
    }
}

fn collect_value(span: Span, value: &DeValue<'_>, places: &mut Vec<Span>) {
    match value {
        DeValue::String(_) => places.push(span),
        DeValue::Array(items) => {
            for item in items {
                collect_value(item.span().into(), item.get_ref(), places);
            }
        }
        DeValue::Table(table) => collect(table, places),
        _ => {}
    }
}

/// A text between strings, without comments.
fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match line.split_once('#') {
            None => kept.push_str(line),
            Some((before, comment)) => {
                kept.push_str(before.trim_end_matches([' ', '\t']));
                kept.push_str(if comment.ends_with('\n') { "\n" } else { "" });
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::embeddable;

    const TEXT: &str = r#"# postgres://me:s3cret@db/old
[project] # s3cret
name = "a # b"
description = """
# not a comment"""

[identifying."seed"]   # s3cret
type = 'string'
default = "postgres://you:kept@db"

[database]
url = "postgres://me:s3cret@db/runs?sslmode=require" # s3cret
"#;

    #[test]
    fn the_password_and_the_comments_are_left_out() {
        let embedded = embeddable(TEXT);
        assert!(!embedded.contains("s3cret"), "{embedded}");
        assert_eq!(embedded.lines().count(), TEXT.lines().count());
        let parse = |text: &str| crate::parse(text, "wallow.toml").unwrap();
        let (written, mut read) = (parse(TEXT), parse(&embedded));
        assert_eq!(
            read.database.url.as_deref(),
            Some("postgres://me:…@db/runs?sslmode=require")
        );
        read.database.url.clone_from(&written.database.url);
        assert_eq!(read, written);
    }

    #[test]
    fn a_url_without_a_password_stays() {
        let text = TEXT.replace(":s3cret", "");
        let url = |text: &str| crate::parse(text, "wallow.toml").unwrap().database.url;
        assert_eq!(url(&embeddable(&text)), url(&text));
    }

    #[test]
    fn a_text_that_is_no_toml_is_no_problem() {
        assert_eq!(embeddable("[a\n# b\n= \"#"), "[a\n\n= \"");
    }
}
