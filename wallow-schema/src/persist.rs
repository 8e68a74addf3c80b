//! Files to disk, all of them or none. The only place that writes.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::migration::File;

/// Writes the files of a migration into the migrations folder: all of them, or, if anything goes wrong, none.
///
/// They are written beside their places first and moved there then, folder by folder in their order.
///
/// # Errors
///
/// What the system says; [`io::ErrorKind::AlreadyExists`] if a place is taken.
///
/// ```no_run
/// # fn demo(migration: &wallow_schema::migration::Migration) -> std::io::Result<()> {
/// wallow_schema::migration::write("migrations".as_ref(), &migration.files())
/// # }
/// ```
pub fn write(folder: &Path, files: &[File]) -> io::Result<()> {
    let mut undo = Undo::default();
    undo.create_folders(folder)?;
    let aside = folder.join(format!(".wallow-{}", std::process::id()));
    // Left behind by a process that had the same number and was killed.
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::create_dir(&aside)?;
    undo.made.push(aside.clone());
    for file in files {
        let place = aside.join(&file.path);
        fs::create_dir_all(place.parent().unwrap_or(&aside))?;
        fs::write(place, &file.text)?;
    }
    let mut moved = BTreeSet::new();
    for unit in files.iter().map(|file| unit(&file.path)) {
        if moved.insert(unit) {
            let place = folder.join(unit);
            if place.exists() {
                let taken = format!("`{}` is there already", place.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, taken));
            }
            undo.create_folders(place.parent().unwrap_or(folder))?;
            fs::rename(aside.join(unit), &place)?;
            undo.made.push(place);
        }
    }
    undo.forget();
    // All is where it should be; an empty folder more is no failure.
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

/// What of a path is moved at once: its first two names.
fn unit(path: &str) -> &str {
    let end = path.match_indices('/').nth(1);
    end.map_or(path, |(end, _)| &path[..end])
}

/// What was made so far; unless it is forgotten, it is removed again.
#[derive(Default)]
struct Undo {
    /// Folders on the way; others may use them by now.
    folders: Vec<PathBuf>,
    /// What is ours alone.
    made: Vec<PathBuf>,
}

impl Undo {
    /// Creates a folder and those above it that are missing.
    fn create_folders(&mut self, folder: &Path) -> io::Result<()> {
        let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
        let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder)?;
            self.folders.push(folder.to_owned());
        }
        Ok(())
    }

    fn forget(&mut self) {
        self.folders.clear();
        self.made.clear();
    }
}

impl Drop for Undo {
    /// The error of the write is what counts, so none of these is told.
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
