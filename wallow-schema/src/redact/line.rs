//! Passwords of URLs that stand in a line of text, among other words.

use std::ops::Range;

use super::url::{is_file, path_of_file, rest_without_scheme, secrets, secrets_of_file};
use super::{PLACEHOLDER, database, shifted};

/// The ranges of passwords of URLs in a line of text.
pub(super) fn in_line(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(separator) = line[from..].find("://") {
        let start = from + separator + "://".len();
        let before = &line[..start - "://".len()];
        let other = |c: char| !c.is_ascii_alphanumeric() && !"+.-_".contains(c);
        let scheme = before.rsplit(other).next().unwrap_or_default();
        let quoted = before[..before.len() - scheme.len()].ends_with('`');
        if quoted && let Some(end) = in_backticks(&line[start - "://".len() - scheme.len()..]) {
            // A quoted URL of one of our own messages, which has been redacted already: the text after it is not part
            // of it.
            from = start - "://".len() - scheme.len() + end;
            continue;
        }
        // The URL ends at a blank or a quote, but not before an `@`, because a password may contain them.
        let last_at = line[start..].rfind('@').map_or(start, |at| start + at);
        let end = line[last_at..]
            .find(|c: char| c.is_whitespace() || c.is_control() || "\"'`".contains(c));
        let end = end.map_or(line.len(), |end| last_at + end);
        let url = line[start..end].trim_end_matches([',', ';', ':', '.', ')', '>']);
        if is_file(scheme) || scheme == "file" {
            found.extend(shifted(secrets_of_file(url), start));
        } else if !scheme.is_empty() && !url.starts_with(&format!("USER:{PLACEHOLDER}@")) {
            found.extend(shifted(secrets(url), start));
        }
        from = end;
    }
    found
}

/// The length of a URL that a message quotes in backticks, if it contains nothing to hide. `text` begins after the
/// first backtick. The second one must end a word, which a backtick within a password seldom does.
fn in_backticks(text: &str) -> Option<usize> {
    let ends_word = |rest: &str| {
        let rest = rest.trim_start_matches([',', ';', ':', '.', '?', '!', ')']);
        rest.is_empty() || rest.starts_with(char::is_whitespace)
    };
    let (end, _) = text
        .match_indices('`')
        .find(|(end, _)| ends_word(&text[end + 1..]))?;
    let url = &text[..end];
    (database(url) == url).then_some(end)
}

/// The ranges of passwords in a line of text in URLs that have no `://`: `file:x.db?key=s3cret`, `//me:s3cret@db`.
pub(super) fn in_line_without_scheme(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let is_end = |c: char| c.is_whitespace() || c.is_control() || "\"'`".contains(c);
    let mut at = 0;
    for word in line.split_inclusive(is_end) {
        let bare = word.trim_start_matches(['(', '<', '=']);
        let start = at + word.len() - bare.len();
        let bare = bare.trim_end_matches(is_end);
        let bare = bare.trim_end_matches([',', ';', ':', '.', ')', '>']);
        at += word.len();
        if let Some(rest) = path_of_file(bare).filter(|rest| !bare[*rest..].starts_with("//")) {
            found.extend(shifted(secrets_of_file(&bare[rest..]), start + rest));
        } else if let Some(rest) = rest_without_scheme(bare) {
            found.extend(shifted(secrets(&bare[rest..]), start + rest));
        }
    }
    found
}
