//! Passwords in connection strings of `name = value`: those of libpq, and of other programs.

use std::ops::Range;

use super::{HARMLESS, PLACEHOLDER, is_harmless};

/// Parts of the names of what is nobody's business.
const SECRET: [&str; 6] = ["passwd", "password", "pwd", "secret", "token", "apikey"];

/// Names that other programs give to what `HARMLESS` does not have.
const OTHERS: [&str; 8] = [
    "options",
    "pass",
    "passfile",
    "passwd",
    "password",
    "pwd",
    "sslpassword",
    "userid",
];

/// Whether the text begins as a connection string does: with a name that connections have, and `=`.
pub(super) fn is_likely(name: &str) -> bool {
    let Some((first, _)) = name.split_once('=') else {
        return false;
    };
    // `mysql:host=db` is PHP's.
    let first = first.rsplit(':').next().unwrap_or(first);
    let first = first.trim().trim_start_matches(['"', '\'']);
    let first = first.to_ascii_lowercase();
    let is_name = |list: &[&str]| list.binary_search(&first.as_str()).is_ok();
    is_name(&HARMLESS) || is_name(&OTHERS)
}

/// Where the passwords stand in a connection string. What is no `name = value` (a password with a blank, not in
/// quotes) counts as one.
pub(super) fn secrets(name: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut hide = |range: Range<usize>| match found.last_mut() {
        // What is hidden side by side is hidden as one, blanks included.
        Some(last) if name[last.end..range.start].trim().is_empty() => last.end = range.end,
        _ if range.is_empty() => {}
        _ => found.push(range),
    };
    let mut at = 0;
    while let Some(start) = name[at..].find(|c: char| !is_separator(c)) {
        let start = at + start;
        let rest = &name[start..];
        let word = rest
            .find(|c: char| c == '=' || is_separator(c))
            .unwrap_or(rest.len());
        let behind = rest[word..].trim_start();
        let Some(value) = behind.strip_prefix('=') else {
            hide(start..start + word);
            at = start + word;
            continue;
        };
        let value = start + rest.len() - value.trim_start().len();
        let end = value + length(&name[value..]);
        if !is_harmless(&rest[..word], &name[value..end]) {
            hide(value..end);
        }
        at = end.max(start + word + 1);
    }
    found
}

const fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ';' | '&' | ',')
}

/// How long the value is with which a text begins; one in quotes has its quotes.
fn length(text: &str) -> usize {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
        return text
            .find([' ', '\t', '\n', '\r', ';', '&'])
            .unwrap_or(text.len());
    };
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return index + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// The same in any text, where nothing says whether `;` and `&` end the value: they count as a part of it, unless
/// they are the last of a word.
fn length_in_text(text: &str) -> usize {
    if text.starts_with(['\'', '"']) {
        return length(text);
    }
    let word = text.split_whitespace().next().unwrap_or_default();
    if text.starts_with(word) {
        word.trim_end_matches([';', '&', ',', '.', '`', '\'', '"', ')'])
            .len()
    } else {
        0
    }
}

/// Where the values stand of what has a name like `password`, and `=` behind it, in any text.
pub(super) fn in_text(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut at = 0;
    let next = |at: usize| {
        let places = SECRET.iter();
        places
            .filter_map(|word| Some((at + lower[at..].find(word)?, word.len())))
            .min()
    };
    while let Some((start, long)) = next(at) {
        let word = start + long;
        at = word;
        let behind = text[word..].trim_start();
        if let Some(value) = behind.strip_prefix('=') {
            let value = text.len() - value.trim_start().len();
            let end = value + length_in_text(&text[value..]);
            let is_placeholder = text[value..end].trim_matches(['\'', '`']) == PLACEHOLDER;
            if value < end && !is_placeholder {
                found.push(value..end);
            }
            at = end.max(word);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::redact::{database, text};

    #[test]
    fn passwords_are_hidden_wherever_a_connection_string_has_them() {
        for (name, shown) in [
            (
                "host=db user=me password=s3cret dbname=runs",
                "host=db user=me password=… dbname=runs",
            ),
            (
                "host = 'db' password = 's3 \\' cret' port=1",
                "host = 'db' password = … port=1",
            ),
            ("password=s3 cret host=db", "password=… host=db"),
            ("host=db password=s3=cret", "host=db password=…"),
            ("host=db password='s3cret", "host=db password=…"),
            (
                "host=db sslpassword=s3cret passfile=/s3cret",
                "host=db sslpassword=… passfile=…",
            ),
            (
                "Host=db;Username=me;Password=s3cret;Database=runs",
                "Host=db;Username=me;Password=…;Database=runs",
            ),
            ("PASSWORD = s3cret", "PASSWORD = …"),
            ("Server=db;Uid=me;Pwd=s3cret;", "Server=db;Uid=me;Pwd=…;"),
        ] {
            assert_eq!(database(name), shown, "{name}");
        }
    }

    #[test]
    fn passwords_are_hidden_in_the_middle_of_a_text() {
        for (message, shown) in [
            ("PGPASSWORD=s3cret is set", "PGPASSWORD=… is set"),
            ("bad \"password='s3 cret' x\"", "bad \"password=… x\""),
            ("password = \"s3cret\"", "password = …"),
            (
                "url = \"postgres://me:s3 cret@db/a\" # mine",
                "url = \"postgres://me:…@db/a\" # mine",
            ),
        ] {
            assert_eq!(text(message), shown);
        }
    }
}
