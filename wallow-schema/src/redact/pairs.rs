//! Passwords in connection strings of the form `name = value`: those of libpq and of other programs.

use std::ops::Range;

use super::{HARMLESS, HIDDEN, PLACEHOLDER, is_harmless};

/// Words in the names of secret parameters.
const SECRET: [&str; 7] = [
    "passwd",
    "password",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accountkey",
];

/// Names in connection strings of other programs that `HARMLESS` does not have.
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

/// Whether the text begins like a connection string: with a name that occurs in connection strings, and `=`.
pub(super) fn is_likely(name: &str) -> bool {
    let Some((first, _)) = name.split_once('=') else {
        return false;
    };
    // `mysql:host=db` is PHP's form.
    let first = first.rsplit(':').next().unwrap_or(first);
    let first = first.trim().trim_start_matches(['"', '\'']);
    let first = first.to_ascii_lowercase();
    let is_name = |list: &[&str]| list.binary_search(&first.as_str()).is_ok();
    is_name(&HARMLESS) || is_name(&OTHERS)
}

/// The ranges of the passwords in a connection string. A part that is not `name = value` (the rest of an unquoted
/// password with a blank) counts as one, too.
pub(super) fn secrets(name: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut hide = |range: Range<usize>| match found.last_mut() {
        // Adjacent secrets are hidden as one, with the blanks between them.
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

/// The length of the value at the beginning of a text, including its quotes.
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

/// The length of the value at the beginning of any text. There, `;` and `&` do not certainly end the value: they count
/// as part of it, except at the end of a word.
fn length_in_text(text: &str) -> usize {
    if text.starts_with(['\'', '"']) {
        return length(text);
    }
    let word = text.split_whitespace().next().unwrap_or_default();
    if text.starts_with(word) {
        word.trim_end_matches([';', '&', ',', '.', ':', '`', '\'', '"', ')', '}', ']'])
            .len()
    } else {
        0
    }
}

/// The ranges of the values in any text that follow a name like `password` and `=` or `:`.
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
        let Some(value) = value_behind(&text[word..], &lower[start..word]) else {
            continue;
        };
        let value = word + value;
        let end = value + length_in_text(&text[value..]);
        let displayed = text[value..end].trim_matches(['\'', '`']);
        // An excerpt of a file has stars already, and marks below them that must stay at their places.
        let is_masked = displayed.bytes().all(|byte| byte == b'*');
        if value < end && displayed != PLACEHOLDER && !is_masked && !is_hidden(&text[value..]) {
            found.push(value..end);
        }
        at = end.max(word);
    }
    found
}

/// Where the value after a name begins: `=s3cret`, `: s3cret`, `": "s3cret"`.
fn value_behind(text: &str, name: &str) -> Option<usize> {
    let unquoted = text.strip_prefix(['"', '\'']);
    let behind = unquoted.unwrap_or(text).trim_start();
    let value = if let Some(value) = behind.strip_prefix('=') {
        value.trim_start()
    } else {
        let value = behind.strip_prefix(':')?;
        // `unexpected token: …` is not about a secret, and neither is what a message quotes in backticks.
        let is_apart = value.starts_with(char::is_whitespace);
        let value = value.trim_start();
        let is_other = is_apart && unquoted.is_none() && matches!(name, "token" | "secret");
        if is_other || value.starts_with('`') {
            return None;
        }
        value
    };
    Some(text.len() - value.len())
}

/// Whether a value has been hidden already; the text after it is then not part of the value.
fn is_hidden(value: &str) -> bool {
    let rest = value.strip_prefix(HIDDEN);
    rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Whether these options for a server, such as `-c search_path=lab`, may be shown: they help the reader, but a custom
/// setting, which has a point in its name, may be a secret.
pub(super) fn are_harmless_options(options: &str) -> bool {
    let options = percent_decoded(options);
    let mut words = options.split_whitespace();
    in_text(&options).is_empty()
        && words.all(|word| {
            word.split_once('=')
                .is_none_or(|(name, _)| !name.contains('.'))
        })
}

/// A text with its `%XX` decoded; a `%` that is not followed by two digits is kept.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if *first == b'%' => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use crate::redact::{database, text};

    #[test]
    fn passwords_are_hidden_wherever_a_connection_string_has_them() {
        for (name, displayed) in [
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
            assert_eq!(database(name), displayed, "{name}");
        }
    }

    #[test]
    fn passwords_are_hidden_in_the_middle_of_a_text() {
        for (message, displayed) in [
            ("PGPASSWORD=s3cret is set", "PGPASSWORD=… is set"),
            ("bad \"password='s3 cret' x\"", "bad \"password=… x\""),
            ("password = \"s3cret\"", "password = …"),
            ("{\"password\": \"s3cret\"}", "{\"password\": …}"),
            ("host:db password:s3cret", "host:db password:…"),
            ("AccountKey=s3cret;x=y", "AccountKey=…"),
            // A hidden value is unchanged, and so are the words after it.
            (
                "cannot open `host=h password=…`: no such host",
                "cannot open `host=h password=…`: no such host",
            ),
            (
                "`pg://…@h/f` is none; did you mean `postgres://me:…@h/f`? Write `%40` for `@`",
                "`pg://…@h/f` is none; did you mean `postgres://me:…@h/f`? Write `%40` for `@`",
            ),
            (
                "no `postgres://me:s3cret` hunter2@h` there",
                "no `postgres://me:…@h` there",
            ),
            (
                "cannot read `//me:s3cret@db/a`",
                "cannot read `//me:…@db/a`",
            ),
            ("no file:x.db?key=s3cret, no", "no file:x.db?key=…, no"),
            ("// a comment: me@work", "// a comment: me@work"),
            ("unexpected token: `x`", "unexpected token: `x`"),
            (
                "to postgres://password:a`/?&password=s3cret failed",
                "to postgres://password:…`/?&password=… failed",
            ),
            (
                "url = \"postgres://me:s3 cret@db/a\" # mine",
                "url = \"postgres://me:…@db/a\" # mine",
            ),
        ] {
            assert_eq!(text(message), displayed);
        }
    }
}
