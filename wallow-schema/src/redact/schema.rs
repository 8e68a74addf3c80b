//! Passwords in the text of a schema file, in which a person may have forgotten the quotes.

use std::ops::Range;

use super::{marks, secrets, shifted, united, within};

/// The ranges of the passwords: those of any text, and what the keys of URLs have, whether it is a URL or not.
pub(super) fn secrets_of(text: &str) -> Vec<Range<usize>> {
    let mut found = within(text);
    let mut begin = 0;
    for line in text.split_inclusive('\n') {
        found.extend(shifted(of_line(line), begin));
        begin += line.len();
    }
    united(found)
}

/// The passwords of the values of keys such as `url` in a line.
fn of_line(line: &str) -> Vec<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(key) = lower[at..].find("url") {
        at += key + "url".len();
        let rest = line[at..].trim_start_matches(['"', '\'']).trim_start();
        let Some(value) = rest.strip_prefix('=').map(str::trim_start) else {
            continue;
        };
        let start = line.len() - value.len();
        let (start, name) = match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            Some(quote) => {
                let inner = &value[1..];
                (
                    start + 1,
                    &inner[..inner.find(quote).unwrap_or(inner.len())],
                )
            }
            // Without quotes a blank ends it, but not before an `@`, because a password may contain it.
            None => {
                let last = marks::last_at(value).map_or(0, |at| at.end);
                let end = value[last..].find(|c: char| c.is_whitespace() || "\"'}".contains(c));
                (start, &value[..end.map_or(value.len(), |end| last + end)])
            }
        };
        found.extend(shifted(secrets(name), start));
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::redact::masked;

    #[test]
    fn the_value_of_a_url_is_masked_with_and_without_quotes() {
        for (line, displayed) in [
            ("url = u:hunter2@h", "url = u:*******@h"),
            (
                "url=\"u:hunter2@h/db\" # mine",
                "url=\"u:*******@h/db\" # mine",
            ),
            ("# url = 'u:hun ter2@h'", "# url = 'u:********@h'"),
            (
                "database = { url = u:hunter2@h }",
                "database = { url = u:*******@h }",
            ),
            ("\"url\" = u:hunter2@h", "\"url\" = u:*******@h"),
            (
                "url = \"runs.db\" # at 12:30@gpu3",
                "url = \"runs.db\" # at 12:30@gpu3",
            ),
            ("url = runs.db", "url = runs.db"),
            ("password = hunter2", "password = *******"),
        ] {
            assert_eq!(masked(line), displayed);
        }
    }
}
