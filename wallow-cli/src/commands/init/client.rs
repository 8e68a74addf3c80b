//! The client for Python programs, `wallow_run.py`.
//!
//! What enters: the file that is there, if any. What leaves: the client, or the file as it was. Invariant: what a person
//! has edited is kept. Therefore the first line has the checksum of the others.

use std::fmt::Write as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::VERSION;
use super::folder::{Folder, kept};
use crate::output::{self, Failure};

/// The name is not `wallow.py`, which would hide the Python package `wallow` from the program beside it.
pub(super) const FILE: &str = "wallow_run.py";

const TEXT: &str = include_str!("wallow_run.py");

/// How the checksum begins in the first line.
const MARK: &str = ", sha256:";

/// Writes the client if it is missing, and with `force` instead of one of another version that nobody has edited.
pub(super) fn write(folder: &Folder<'_>, force: bool) -> Result<(), Failure> {
    if !folder.has(FILE) {
        return folder.put(FILE, &signed(TEXT), false);
    }
    if let Some(what) = unusable(&folder.path(FILE)) {
        return Err(Failure::finding(format!(
            "{} {what}, so no program can import it; rename or delete it, then say `wallow init --python` again",
            folder.display(FILE)
        )));
    }
    // What is no text was not written by this command.
    let present = folder.text(FILE).unwrap_or_default().replace("\r\n", "\n");
    if present == signed(TEXT) || !force {
        kept(&folder.display(FILE));
        return Ok(());
    }
    if is_unedited(&present) {
        return folder.put(FILE, &signed(TEXT), true);
    }
    let name = folder.display(FILE);
    kept(&name);
    output::warning(&format!(
        "{name} was edited since this command wrote it, or comes from elsewhere; to get a new one, rename it, then say \
         `wallow init --python` again"
    ));
    Ok(())
}

/// What stands in the place of the client, if it is none.
fn unusable(path: &Path) -> Option<&'static str> {
    match path.metadata() {
        Err(_) => Some("is a link that leads nowhere, or cannot be read"),
        Ok(found) if found.is_dir() => Some("is a folder"),
        Ok(found) if !found.is_file() => Some("is no file"),
        Ok(found) if found.len() == 0 => Some("is empty"),
        Ok(_) => None,
    }
}

/// The text below a line with its checksum.
fn signed(text: &str) -> String {
    format!(
        "# Written by `wallow init --python`, wallow {VERSION}{MARK}{}\n{text}",
        checksum(text)
    )
}

/// Whether the first line has the checksum of the others.
fn is_unedited(present: &str) -> bool {
    present.split_once('\n').is_some_and(|(first, rest)| {
        first
            .split_once(MARK)
            .is_some_and(|(_, noted)| noted == checksum(rest))
    })
}

fn checksum(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        // Writing to a String does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_file_is_recognised() {
        assert!(is_unedited(&signed(TEXT)));
        assert!(is_unedited(&signed("an older text\n")));
        for edited in ["", "import json\n", TEXT, &format!("{}\n", signed(TEXT))] {
            assert!(!is_unedited(edited), "{edited}");
        }
    }
}
