//! Texts about databases that are known: their passwords are hidden even if the text has nothing else of the name.

use super::{HIDDEN, database, secrets, text};

/// A shorter text is more often a word of the message than a password.
const SHORTEST: usize = 4;

/// A message about these names of databases, as it may be shown: like [`text`](super::text), and without the passwords
/// of the names.
///
/// ```
/// let name = "me:s3cret@db/runs";
/// assert_eq!(
///     wallow_schema::redact::text_about("cannot read `me:s3cret@db/runs`", [name]),
///     "cannot read `me:…@db/runs`"
/// );
/// ```
pub fn text_about<'n>(message: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    let mut shown = message.to_owned();
    for name in names {
        let safe = database(name);
        if safe == name {
            continue;
        }
        shown = shown.replace(name, &safe);
        for secret in secrets(name) {
            let secret = name[secret].trim_matches(['"', '\'']);
            if secret.chars().count() >= SHORTEST {
                shown = without(&shown, secret);
            }
        }
    }
    text(&shown)
}

/// A text without a secret, also if the text is cut off within it. An occurrence within a longer word is a coincidence,
/// such as the password `db` in `database`.
#[doc(hidden)]
pub fn without(text: &str, secret: &str) -> String {
    /// So many characters of a secret are enough to find one that is cut off.
    const HEAD: usize = 8;
    let head_end = secret.char_indices().nth(HEAD);
    let head = &secret[..head_end.map_or(secret.len(), |(end, _)| end)];
    let mut shown = String::with_capacity(text.len());
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
        shown.push_str(before);
        if is_whole && !is_within || !is_whole && behind.starts_with(HIDDEN) {
            shown.push_str(HIDDEN);
        } else {
            shown.push_str(&found[..length]);
        }
        rest = behind;
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::{text_about, without};

    #[test]
    fn a_known_password_is_hidden_wherever_it_stands() {
        for (message, name, shown) in [
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
            assert_eq!(text_about(message, [name]), shown);
        }
    }

    #[test]
    fn a_secret_that_is_cut_off_is_hidden() {
        let secret = "a long secret of many words";
        assert_eq!(without("`a long secret o…`", secret), "`……`");
        assert_eq!(without("a long secret", secret), "a long secret");
        assert_eq!(without("database db", "db"), "database …");
    }
}
