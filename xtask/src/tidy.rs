//! What no compiler checks. Each finding says what to do.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cargo::root;
use crate::{floors, words};

/// The maximum number of lines of a file.
const LONGEST: usize = 400;

/// Texts that mean unfinished work.
const UNFINISHED: [&str; 4] = ["todo!(", "unimplemented!(", "#[ignore", "FIXME"];

/// Checks the tree.
pub(crate) fn check() -> Result<(), String> {
    let mut findings = Vec::new();
    let files = below(root(), "rs");
    let runtime = root().join("wallow-runtime/src");
    let floors = floors::findings(&runtime, &files).into_iter();
    findings.extend(floors.map(|finding| format!("wallow-runtime/src/{finding}")));
    let texts = below(root(), "md");
    findings.extend(words::findings(
        root(),
        &[files.as_slice(), &texts].concat(),
    ));
    for path in files {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        let displayed = path.strip_prefix(root()).unwrap_or(&path).display();
        let lines = text.lines().count();
        if lines > LONGEST {
            findings.push(format!(
                "{displayed}: {lines} lines; split it (at most {LONGEST})"
            ));
        }
        if path.ends_with("xtask/src/tidy.rs") {
            continue;
        }
        for word in UNFINISHED {
            if let Some(line) = text.lines().position(|line| line.contains(word)) {
                findings.push(format!(
                    "{displayed}:{}: `{word}`; finish it, or leave it out",
                    line + 1
                ));
            }
        }
    }
    if findings.is_empty() {
        Ok(())
    } else {
        Err(findings.join("\nxtask: "))
    }
}

/// Every file of a kind below a folder, in order.
fn below(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect::<Vec<_>>();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if path.is_dir() && !["target", "node_modules"].contains(&name) && !name.starts_with('.') {
            found.extend(below(&path, kind));
        } else if path.extension().is_some_and(|extension| extension == kind) {
            found.push(path);
        }
    }
    found
}
