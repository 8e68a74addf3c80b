//! Words and phrases that the project does not use any more, and their replacements.

use std::path::{Path, PathBuf};

/// One on each line: a name as a whole word, or a phrase, and its replacement. Other lines divide them into groups.
const OLD: &str = include_str!("../words.txt");

/// The old words and their replacements.
fn old() -> impl Iterator<Item = (&'static str, &'static str)> {
    OLD.lines().filter_map(|line| line.split_once(" => "))
}

/// The places of old words, one line each. A changelog is about the past, so it is not checked.
pub(crate) fn findings(root: &Path, files: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(path);
        if name.ends_with("words.rs") || name.ends_with("CHANGELOG.md") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        // Most texts have none of them, so lines are not looked at then.
        for (old, new) in old().filter(|(old, _)| text.contains(old)) {
            let lines = text.lines().enumerate();
            for (number, _) in lines.filter(|(_, line)| stands_in(line, old)) {
                let place = format!("{}:{}", name.display(), number + 1);
                found.push(format!("{place}: `{old}`; say {new}"));
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

    #[test]
    fn the_list_is_sorted_in_its_groups() {
        for group in OLD.split("\n\n") {
            let lines = group.lines().skip(1).collect::<Vec<_>>();
            assert!(group.starts_with("# ") && lines.is_sorted(), "{group}");
        }
        assert!(old().count() > 100);
    }
}
