//! Words and phrases that the project does not use any more, and what stands in their place.

use std::path::{Path, PathBuf};

/// Names of types and functions, as whole words; and phrases, wherever they stand.
const OLD: [(&str, &str); 29] = [
    ("Arrival", "`ImportedRun`"),
    ("Arrivals", "`ImportStatements`"),
    ("Deed", "`BulkAction`"),
    ("Fate", "`ImportOutcome`"),
    ("Flaw", "`RecordError`"),
    ("Gate", "`ImportTransaction`"),
    ("Guessed", "`Fallback`"),
    ("LogKeeper", "`WalKeeper`"),
    ("NoValue", "`MissingDefault`"),
    ("NotAName", "`InvalidName`"),
    ("OnDuplicate::Raise", "`OnDuplicate::Error`"),
    ("Originals", "`RawRuns`"),
    ("Sheet", "`RowBuffer`"),
    ("finalise", "`complete`"),
    ("keep_ids", "`reserve_ids`"),
    (
        "At most so many",
        "\"at most N …\", or \"at most this many\"",
    ),
    ("Bring a database along", "\"create and apply migrations\""),
    ("The how many-th", "\"the index of\""),
    ("Takers of rows", "\"row visitors\""),
    ("all is well with", "what is checked"),
    ("as anywhere", "the kinds of error, and when"),
    (
        "at most so many",
        "\"at most N …\", or \"at most this many\"",
    ),
    ("beat more often", "\"raise the stale time\""),
    (
        "it would have been so many",
        "\"the filter now matches this many\"",
    ),
    (
        "keep what you have elsewhere",
        "\"save the result elsewhere\"",
    ),
    ("none to `keep`", "what is rolled back, and when"),
    ("put by as they came", "\"a reusable buffer of raw rows\""),
    ("takes all of it back where", "\"rolls back if\""),
    ("the how many-th", "\"the index of\""),
];

/// Where old words stand, a line each. What a changelog says of the past stays as it is.
pub(crate) fn findings(root: &Path, files: &[PathBuf]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files {
        let shown = path.strip_prefix(root).unwrap_or(path);
        if shown.ends_with("words.rs") || shown.ends_with("CHANGELOG.md") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        for (number, line) in text.lines().enumerate() {
            for (old, new) in OLD {
                if stands_in(line, old) {
                    let place = format!("{}:{}", shown.display(), number + 1);
                    found.push(format!("{place}: `{old}`; say {new}"));
                }
            }
        }
    }
    found
}

/// Whether a line has this word or phrase, not as a part of a longer word.
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
