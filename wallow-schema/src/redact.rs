//! Passwords in texts: found wherever a URL or a connection string may have one, so that nothing shows them.
//!
//! The one redaction of the project: the runtime, the command, the macro and the diagnostics all go through it. It
//! never asks whether a text is valid. A password with an unescaped `@` or `/` makes a URL that is not, and exactly
//! that URL ends up in an error. So whatever cannot be told apart from a password is hidden, and a value of a
//! parameter is shown only if the parameter is known to be harmless.

mod known;
mod line;
mod marks;
mod pairs;
mod schema;
mod url;

pub use known::text_about;
#[doc(hidden)]
pub use known::without;
#[doc(hidden)]
pub use url::{Parts, parts};

use std::ops::Range;

/// Replaces a password.
const HIDDEN: &str = "…";

/// Stands for a password in messages that say how to write one.
const PLACEHOLDER: &str = "PASSWORD";

/// Parameters whose values may be shown; the value of any other is hidden.
const HARMLESS: [&str; 62] = [
    "application_name",
    "cache",
    "channel_binding",
    "charset",
    "client_encoding",
    "connect_timeout",
    "currentschema",
    "data source",
    "database",
    "dbname",
    "driver",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "host",
    "hostaddr",
    "immutable",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "mode",
    "modeof",
    "nolock",
    "pooler",
    "port",
    "psow",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "schema",
    "search_path",
    "server",
    "service",
    "ssl",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcert",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslkey",
    "sslmode",
    "sslnegotiation",
    "sslrootcert",
    "sslsni",
    "target_session_attrs",
    "tcp_user_timeout",
    "timeout",
    "uid",
    "user",
    "user id",
    "username",
    "version",
    "vfs",
];

/// The text that names a database, as it may be shown: `…` replaces passwords.
///
/// ```
/// use wallow_schema::redact::database;
///
/// assert_eq!(database("postgres://me:s3cret@db/runs"), "postgres://me:…@db/runs");
/// assert_eq!(database("host=db user=me password='s3 cret'"), "host=db user=me password=…");
/// assert_eq!(database("/data/runs.db"), "/data/runs.db");
/// ```
pub fn database(name: &str) -> String {
    replaced(name, &secrets(name), |_| HIDDEN.to_owned())
}

/// Whether the text that names a database contains a password, or something that may be one.
pub fn has_password(name: &str) -> bool {
    !secrets(name).is_empty()
}

/// Whether a text names a password, a token or a key: `psql … password=s3cret`, `{"password": "s3cret"}`.
pub fn names_secret(text: &str) -> bool {
    !pairs::in_text(text).is_empty()
}

/// The text that names a database, without its passwords and without the characters that introduce them. libpq then
/// looks for the password in a password file.
///
/// ```
/// use wallow_schema::redact::without_password;
///
/// assert_eq!(
///     without_password("postgres://me:s3cret@db/runs?password=s3cret&sslmode=require"),
///     "postgres://me@db/runs?sslmode=require"
/// );
/// ```
pub fn without_password(name: &str) -> String {
    let mut kept = name.to_owned();
    for secret in secrets(name).into_iter().rev() {
        kept.replace_range(with_introduction(&kept, secret), "");
    }
    kept
}

/// The part of a user's name behind a colon in it, which is a password: `me%3As3cret` as a user is read as `me:s3cret`.
#[doc(hidden)]
pub fn behind_colon(user: &str) -> Option<&str> {
    let behind = &user[marks::colon(user)?.end..];
    (!behind.is_empty()).then_some(behind)
}

/// The range of a password, extended by the `:` before it, or by the name of the parameter and one of the separators
/// around it.
fn with_introduction(text: &str, secret: Range<usize>) -> Range<usize> {
    let before = &text[..secret.start];
    let Some(named) = before.trim_end().strip_suffix('=') else {
        let colon = marks::at_end(before).map_or(0, str::len);
        return secret.start - colon..secret.end;
    };
    let is_separator = |c: char| matches!(c, '?' | '&' | ';' | ' ');
    let start = named.trim_end().rfind(is_separator);
    let start = start.map_or(0, |separator| separator + 1);
    if text[secret.end..].starts_with(is_separator) {
        start..secret.end + 1
    } else {
        start.saturating_sub(1)..secret.end
    }
}

/// Any text, such as a message of another program, as it may be shown: `…` replaces the passwords of the URLs and
/// connection strings in it.
///
/// ```
/// let text = "cannot reach \"postgres://me:s3cret@db/runs\": timed out";
/// assert_eq!(
///     wallow_schema::redact::text(text),
///     "cannot reach \"postgres://me:…@db/runs\": timed out"
/// );
/// ```
pub fn text(text: &str) -> String {
    replaced(text, &within(text), |_| HIDDEN.to_owned())
}

/// A text with stars instead of its passwords. Each character is replaced by one with the same number of bytes, so that
/// positions in the text stay valid, in bytes and in columns.
pub(crate) fn masked(text: &str) -> String {
    let star = |hidden: char| match hidden.len_utf8() {
        // Line feeds are kept, so that line numbers stay valid.
        1 if hidden == '\n' => hidden,
        1 => '*',
        2 => '\u{d7}',
        3 => '\u{2217}',
        _ => '\u{1f7b6}',
    };
    replaced(text, &schema::secrets_of(text), |secret| {
        secret.chars().map(star).collect()
    })
}

/// The passwords in the text of a schema file, without quotes around them.
pub(crate) fn secrets_of_schema(text: &str) -> Vec<String> {
    let found = schema::secrets_of(text).into_iter();
    let found = found.map(|secret| text[secret].trim_matches(['"', '\'']));
    // A message may quote the first word of a value without quotes.
    let found = found.flat_map(|secret| secret.split_whitespace().chain([secret]));
    let found = found.map(ToOwned::to_owned);
    let found = found.filter(|secret| secret.chars().count() > 1);
    found
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect()
}

/// The ranges of the passwords in a text that names a database.
#[expect(clippy::single_range_in_vec_init, reason = "one place")]
fn secrets(name: &str) -> Vec<Range<usize>> {
    if let Some(start) = url::rest(name) {
        let rest = &name[start..];
        let found = if url::is_file(name) {
            url::secrets_of_file(rest)
        } else {
            url::secrets(rest)
        };
        return shifted(found, start);
    }
    if let Some(start) = url::path_of_file(name) {
        return shifted(url::secrets_of_file(&name[start..]), start);
    }
    if let Some(start) = url::rest_without_scheme(name) {
        return shifted(url::secrets(&name[start..]), start);
    }
    if pairs::is_likely(name) {
        return pairs::secrets(name);
    }
    // `DATABASE_URL=postgres://…`, or a URL after a command.
    let found = within(name);
    if is_path(name) || !found.is_empty() {
        return found;
    }
    // `me:s3cret@db/runs`, `postgres:me:s3cret@db`: not a URL, but meant as one.
    match (marks::colon(name), marks::last_at(name)) {
        (Some(colon), Some(at)) if colon.end < at.start => vec![colon.end..at.start],
        _ => found,
    }
}

/// Whether a text begins like a path.
fn is_path(name: &str) -> bool {
    let drive = name.as_bytes().get(..3);
    let drive = drive.is_some_and(|drive| drive[0].is_ascii_alphabetic() && drive[1..] == *b":\\");
    drive || name.starts_with(['/', '.', '\\', '~'])
}

/// The ranges of passwords in a text that also contains other words.
fn within(text: &str) -> Vec<Range<usize>> {
    let mut urls = Vec::new();
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        urls.extend(shifted(line::in_line(line), begin));
        urls.extend(shifted(line::in_line_without_scheme(line), begin));
        begin += line.len();
    }
    // If both find a secret at the same place, the URL's range counts, because only a URL says where its parameters
    // end. What the other range has behind it may contain secrets of its own.
    let mut all = Vec::new();
    for pair in pairs::in_text(text) {
        match urls.iter().find(|url| url.start == pair.start) {
            Some(url) if url.end < pair.end => {
                let behind = pairs::in_text(&text[url.end..pair.end]);
                all.extend(shifted(behind, url.end));
            }
            Some(_) => {}
            None => all.push(pair),
        }
    }
    all.extend(urls);
    united(all)
}

/// The ranges in order, with those that overlap as one.
fn united(mut all: Vec<Range<usize>>) -> Vec<Range<usize>> {
    all.sort_by_key(|range| range.start);
    let mut found: Vec<Range<usize>> = Vec::new();
    for range in all {
        match found.last_mut() {
            Some(last) if range.start < last.end => last.end = last.end.max(range.end),
            _ => found.push(range),
        }
    }
    found
}

fn shifted(ranges: Vec<Range<usize>>, by: usize) -> Vec<Range<usize>> {
    let ranges = ranges.into_iter();
    ranges
        .map(|range| range.start + by..range.end + by)
        .collect()
}

/// The text with these ranges replaced, which must be in order.
fn replaced(text: &str, ranges: &[Range<usize>], by: impl Fn(&str) -> String) -> String {
    let mut displayed = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        displayed.push_str(&text[at..range.start]);
        displayed.push_str(&by(&text[range.clone()]));
        at = range.end;
    }
    displayed.push_str(&text[at..]);
    displayed
}

/// Whether the value of a parameter may be shown.
fn is_harmless(parameter: &str, value: &str) -> bool {
    let parameter = pairs::percent_decoded(parameter).to_ascii_lowercase();
    match parameter.as_str() {
        // `-c search_path=lab` helps the reader; a custom setting may be a secret.
        "options" => pairs::are_harmless_options(value),
        "uid" | "user" | "user id" | "username" => behind_colon(value).is_none(),
        name => HARMLESS.binary_search(&name).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(HARMLESS.is_sorted());
    }

    #[test]
    fn a_mask_keeps_every_place() {
        let text = "[database]\n# url = \"postgres://me:s3crét@db/a\"\nurl = \"postgres://me:s3 cret@db/runs";
        let masked = masked(text);
        assert_eq!(masked.len(), text.len());
        assert!(!masked.contains("cr"), "{masked}");
        assert!(
            masked.ends_with("postgres://me:*******@db/runs"),
            "{masked}"
        );
    }

    #[test]
    fn a_name_is_whole_without_its_password() {
        for (name, expected) in [
            ("postgres://me:s3cret@db/runs", "postgres://me@db/runs"),
            (
                "postgres://db/runs?user=me&password=s3cret",
                "postgres://db/runs?user=me",
            ),
            (
                "postgres://db/runs?sslpassword=s3cret",
                "postgres://db/runs",
            ),
            (
                "postgres://me:a@db?password=s3cret&passfile=/b&port=1",
                "postgres://me@db?port=1",
            ),
            (
                "host = 'db' password = 's3 cret' port=1",
                "host = 'db' port=1",
            ),
            ("host=db password=s3cret", "host=db"),
            ("runs.db", "runs.db"),
        ] {
            assert_eq!(without_password(name), expected);
        }
    }

    #[test]
    fn other_words_stay_as_they_are() {
        for text in [
            "see https://example.org:8080/a?port=1 for it",
            "FATAL: password authentication failed for user \"me\"",
            "val_loss = 0.5 # at 12:30@gpu3",
            "fe_sendauth: no password supplied",
            "write `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or `user=USER password='PASSWORD'`",
        ] {
            assert_eq!(super::text(text), text);
        }
    }

    #[test]
    fn files_are_shown_as_they_are() {
        for name in [
            "runs.db",
            "/data/12:30@gpu.db",
            "./me:s@h",
            "C:\\runs@home.db",
            "lr=0.1, seed=3.db",
            "sqlite:///data/a@b:c.db",
            "file:/data/runs.db?mode=ro",
            "sqlite://a&b=c.db",
            "a?b=c&mode=memory.db",
        ] {
            assert_eq!(database(name), name);
        }
    }
}
