//! Words and phrases that the project does not use any more, and their replacements.

use std::path::{Path, PathBuf};

/// One on each line: a name as a whole word, or a phrase, and its replacement.
const OLD: &str = include_str!("../words.txt");

/// The places of old words, one line each. A changelog is about the past, so it is not checked.
pub(crate) fn findings(root: &Path, files: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        let displayed = path.strip_prefix(root).unwrap_or(path);
        if displayed.ends_with("words.rs") || displayed.ends_with("CHANGELOG.md") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            for (old, new) in OLD.lines().filter_map(|line| line.split_once(" => ")) {
                if stands_in(line, old) {
                    let place = format!("{}:{}", displayed.display(), number + 1);
                    found.push(format!("{place}: `{old}`; say {new}"));
                }
            }
        }
    }
    found
}

/// Whether a line contains this word or phrase, but not as a part of a longer word.
fn stands_in(line: &str, old: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(old).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + old.len()..]);
        !is_part(before.chars().next_back()) && !is_part(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_whole() {
        assert!(stands_in("let fate = Fate::Inserted;", "Fate"));
        assert!(!stands_in("struct Fated;", "Fate"));
        assert!(stands_in("/// At most so many runs.", "At most so many"));
    }
}
