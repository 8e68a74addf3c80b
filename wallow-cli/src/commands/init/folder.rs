//! Files in the folder of `wallow init`.
//!
//! What enters: names below the folder, and texts. What leaves: files, and a line on stdout about each.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::files::{Replacement, advice, before, create};
use crate::output::{self, Failure};

/// The folder into which the files are written.
pub(super) struct Folder<'a>(pub(super) &'a Path);

impl Folder<'_> {
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A path as a person would type it: `wallow.toml`, not `./wallow.toml`.
    pub(super) fn display(&self, name: &str) -> String {
        let path = self.path(name);
        output::display_path(path.strip_prefix(".").unwrap_or(&path))
    }

    /// Whether anything has this name; a dangling link counts.
    pub(super) fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path(name)).is_ok()
    }

    /// The text of a file, if it is there and is a text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    /// Writes a file, and says so; an existing file only with `replace`, and then it is replaced as a whole.
    pub(super) fn put(&self, name: &str, text: &str, replace: bool) -> Result<(), Failure> {
        self.write(name, text, replace)?;
        output::line(&format!("wrote {}", self.display(name)));
        Ok(())
    }

    pub(super) fn write(&self, name: &str, text: &str, replace: bool) -> Result<(), Failure> {
        write(&self.path(name), text, replace)
    }

    /// Writes a file if it is not there; says what was done.
    pub(super) fn add(&self, name: &str, text: &str) -> Result<(), Failure> {
        if self.has(name) {
            kept(&self.display(name));
            return Ok(());
        }
        self.put(name, text, false)
    }
}

/// Writes a file; an existing file only with `replace`, and then it is replaced as a whole.
pub(super) fn write(path: &Path, text: &str, replace: bool) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder).and_then(|()| {
        if replace {
            let file = Replacement::of(path)?;
            file.writer()?.write_all(text.as_bytes())?;
            file.keep()
        } else {
            create(path, |file| file.write_all(text.as_bytes()))
        }
    });
    written.map_err(|error| {
        Failure::finding(format!(
            "cannot write `{}`: {error}{}",
            output::display_path(path),
            advice(&error)
        ))
    })
}

/// Copies a file that is about to be replaced by another text to the same name with the time, and says so.
pub(super) fn keep_former(path: &Path, text: &str) -> Result<(), Failure> {
    let Ok(former) = fs::read(path) else {
        // Nothing is there that could be lost, or writing it says what is in the way.
        return Ok(());
    };
    if former == text.as_bytes() {
        return Ok(());
    }
    let copy = before(path.to_owned());
    let copied = create(&copy, |file| {
        file.set_permissions(fs::metadata(path)?.permissions())?;
        file.write_all(&former)
    });
    let displayed = output::display_path(copy.strip_prefix(".").unwrap_or(&copy));
    copied.map_err(|error| {
        Failure::finding(format!(
            "`{}` was left as it is, because it cannot be copied to `{displayed}` before: {error}{}",
            output::display_path(path),
            advice(&error)
        ))
    })?;
    output::line(&format!(
        "kept the former {} as {displayed}",
        output::display_path(path.strip_prefix(".").unwrap_or(path))
    ));
    Ok(())
}

pub(super) fn kept(name: &str) {
    output::line(&format!("kept {name}"));
}
