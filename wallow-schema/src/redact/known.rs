//! Texts about databases that are known: their passwords are hidden even if the text has nothing else of the name.

use super::{HIDDEN, database, secrets, text};

/// A shorter text is more often a word of the message than a password.
const SHORTEST: usize = 4;

/// A message about these names of databases, as it may be shown: like [`text`](super::text), and without the passwords
/// of the names. Where a whole name stands, it is known where the name ends, so that the text between two of them is kept.
///
/// ```
/// let name = "me:s3cret@db/runs";
/// assert_eq!(
///     wallow_schema::redact::text_about("cannot read `me:s3cret@db/runs`", [name]),
///     "cannot read `me:…@db/runs`"
/// );
/// ```
pub fn text_about<'n>(message: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let mut displayed = message.to_owned();
    let mut known = Vec::new();
    for name in names {
        let safe = database(name);
        known.push(safe.clone());
        if safe == name {
            continue;
        }
        displayed = displayed.replace(name, &safe);
        for secret in secrets(name) {
            let secret = name[secret].trim_matches(['"', '\'']);
            if secret.chars().count() >= SHORTEST {
                displayed = without(&displayed, secret);
            }
        }
    }
    around(&displayed, &known)
}

/// Redacts a text between these names, which contain nothing to hide. A URL in a text ends behind its last `@`, because a
/// password may have a blank or an `@`; two URLs on one line would be one.
fn around(displayed: &str, known: &[String]) -> String {
    let begins =
        |at: usize| !displayed[..at].ends_with(|c: char| c.is_alphanumeric() || "@:/".contains(c));
    let ends = |at: usize| {
        let next = displayed[at..].chars().next();
        next.is_none_or(|c| c.is_whitespace() || "`'\",;)".contains(c))
    };
    let urls = known.iter().filter(|name| name.contains("://"));
    let found = urls.flat_map(|name| displayed.match_indices(name.as_str()));
    let mut found = found
        .map(|(start, name)| start..start + name.len())
        .filter(|range| begins(range.start) && ends(range.end))
        .collect::<Vec<_>>();
    found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
    let (mut whole, mut at) = (String::with_capacity(displayed.len()), 0);
    for range in found {
        if range.start >= at {
            whole.push_str(&text(&displayed[at..range.start]));
            whole.push_str(&displayed[range.clone()]);
            at = range.end;
        }
    }
    whole + &text(&displayed[at..])
}

/// A text without a secret, also if the text is cut off within it. An occurrence within a longer word is a coincidence,
/// such as the password `db` in `database`.
#[doc(hidden)]
pub fn without(text: &str, secret: &str) -> String {
    /// So many characters of a secret are enough to find one that is cut off.
    const HEAD: usize = 8;
    let head_end = secret.char_indices().nth(HEAD);
    let head = &secret[..head_end.map_or(secret.len(), |(end, _)| end)];
    let mut displayed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, _)) = rest.split_once(head).filter(|_| !head.is_empty()) {
        let found = &rest[before.len()..];
        let same = found
            .chars()
            .zip(secret.chars())
            .take_while(|(a, b)| a == b);
        let length = same.map(|(char, _)| char.len_utf8()).sum::<usize>();
        let behind = &found[length..];
        let is_whole = length == secret.len();
        let is_within = before.ends_with(char::is_alphanumeric)
            && secret.starts_with(char::is_alphanumeric)
            || behind.starts_with(char::is_alphanumeric) && secret.ends_with(char::is_alphanumeric);
        displayed.push_str(before);
        if is_whole && !is_within || !is_whole && behind.starts_with(HIDDEN) {
            displayed.push_str(HIDDEN);
        } else {
            displayed.push_str(&found[..length]);
        }
        rest = behind;
    }
    displayed + rest
}

#[cfg(test)]
mod tests {
    use super::{text_about, without};

    #[test]
    fn a_known_password_is_hidden_wherever_it_stands() {
        for (message, name, displayed) in [
            (
                "the name `u:hunter2@h/db` does not tell a format",
                "u:hunter2@h/db",
                "the name `u:…@h/db` does not tell a format",
            ),
            (
                "cannot open x.db?key=hunter2",
                "file:x.db?key=hunter2",
                "cannot open x.db?key=…",
            ),
            ("`hunter2` is no key", "//u:hunter2@h/db", "`…` is no key"),
            ("nothing of it", "u:hunter2@h/db", "nothing of it"),
            ("u:is@h is short", "u:is@h", "u:…@h is short"),
        ] {
            assert_eq!(text_about(message, [name]), displayed);
        }
    }

    #[test]
    fn the_text_between_two_urls_is_kept() {
        for name in [
            "postgres://me@db/runs",
            "postgres://me:s3cret@db/runs?a=b@c",
        ] {
            let safe = crate::redact::database(name);
            let message = |name: &str| {
                format!(
                    "run `wallow --db {name} status`, or (`wallow --db '{name}' doctor`); postgres://u:{}@h",
                    "…"
                )
            };
            assert_eq!(text_about(&message(name), [name]), message(&safe));
        }
        // What only begins like a known name is none.
        let message = "postgres://me@db/runs@x and postgres://me:pw@db/runs2?password=pw";
        assert_eq!(
            text_about(message, ["postgres://me@db/runs"]),
            super::text(message)
        );
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden() {
        let secret = "a long secret of many words";
        assert_eq!(without("`a long secret o…`", secret), "`……`");
        assert_eq!(without("a long secret", secret), "a long secret");
        assert_eq!(without("database db", "db"), "database …");
    }
}
