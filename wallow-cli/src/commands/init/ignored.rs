//! Lines of `.gitignore`, for what no repository should have.
//!
//! What enters: names of files, and the patterns of the `.gitignore` files that count for them. What leaves: the lines
//! that are missing. It errs on the side of adding a line: patterns with more than one part are only compared as they
//! are, and exceptions (`!`) are not looked at.

use std::fs;
use std::path::{Component, Path};

use wallow_runtime::DatabaseUrl;
use wallow_schema::Schema;

/// The files and folders below the project that its programs make, as `.gitignore` names them.
pub(super) fn generated(url: Option<&DatabaseUrl>, schema: Option<&Schema>) -> Vec<String> {
    let database = url.and_then(|url| below(url.file()?));
    let files = ["", "-wal", "-shm"].map(|ending| Some(format!("{}{ending}", database.as_ref()?)));
    let artefacts =
        schema.and_then(|schema| below(schema.project.artefacts_root.as_ref()?.as_ref()));
    let artefacts = artefacts.map(|folder| format!("{folder}/"));
    files.into_iter().flatten().chain(artefacts).collect()
}

/// A relative path with `/` between its parts; `None` if it leaves the folder.
fn below(path: &Path) -> Option<String> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    let parts = parts.map(|part| match part {
        Component::Normal(part) => part.to_str(),
        _ => None,
    });
    let parts = parts.collect::<Option<Vec<_>>>()?;
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The lines that `folder/.gitignore` lacks, so that these paths below the folder are ignored.
pub(super) fn missing(folder: &Path, paths: &[String]) -> Vec<String> {
    let files = files(folder);
    let lacks = |path: &&String| {
        let mut files = files.iter().enumerate();
        !files.any(|(index, text)| text.lines().any(|line| ignores(line, path, index == 0)))
    };
    paths
        .iter()
        .filter(lacks)
        .map(|path| format!("/{path}"))
        .collect()
}

/// The text of a file with these lines at its end.
pub(super) fn with_lines(text: &str, lines: &[String]) -> String {
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The texts of the `.gitignore` files from this folder up to the root of its repository; only the folder's own if it is
/// in none.
fn files(folder: &Path) -> Vec<String> {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let above = absolute.ancestors().collect::<Vec<_>>();
    let root = above.iter().position(|folder| folder.join(".git").exists());
    let counted = above.into_iter().take(root.map_or(1, |root| root + 1));
    let read = |folder: &Path| fs::read_to_string(folder.join(".gitignore")).unwrap_or_default();
    counted.map(read).collect()
}

/// Whether a line ignores a path. In the folder's own file, a pattern may be anchored to it.
fn ignores(line: &str, path: &str, own: bool) -> bool {
    let pattern = line.trim_end().trim_end_matches('/');
    let pattern = pattern.strip_prefix("**/").unwrap_or(pattern);
    if pattern.is_empty() || pattern.starts_with(['#', '!']) {
        return false;
    }
    let path = path.trim_end_matches('/');
    let anchored = pattern.strip_prefix('/').unwrap_or(pattern);
    if pattern.contains('/') {
        return own && matches(anchored.as_bytes(), path.as_bytes());
    }
    let mut parts = path.split('/');
    parts.any(|part| matches(pattern.as_bytes(), part.as_bytes()))
}

/// Whether a name matches a pattern with `*` and `?`.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, name)
                || name
                    .split_first()
                    .is_some_and(|(_, name)| matches(pattern, name))
        }
        (Some((one, pattern)), Some((other, name))) => {
            (one == other || *one == b'?') && matches(pattern, name)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_ignore_what_they_name() {
        for (line, path, own, ignored) in [
            ("runs.db", "runs.db", true, true),
            ("runs.db", "runs.db", false, true),
            ("/runs.db", "runs.db", true, true),
            ("/runs.db", "runs.db", false, false),
            ("*.db", "runs.db", false, true),
            ("*.db", "runs.db-wal", false, false),
            ("runs.db*", "runs.db-wal", true, true),
            ("runs.d?", "runs.db", true, true),
            ("**/runs.db", "data/runs.db", false, true),
            ("data/", "data/runs.db", true, true),
            ("/artefacts/", "artefacts/", true, true),
            ("# runs.db", "runs.db", true, false),
            ("!runs.db", "runs.db", true, false),
            ("", "runs.db", true, false),
            ("/target", "runs.db", true, false),
        ] {
            assert_eq!(ignores(line, path, own), ignored, "{line} {path} {own}");
        }
    }

    #[test]
    fn lines_come_after_a_line_that_is_not_ended() {
        let lines = ["/runs.db".to_owned()];
        assert_eq!(with_lines("", &lines), "/runs.db\n");
        assert_eq!(with_lines("/target", &lines), "/target\n/runs.db\n");
    }
}
