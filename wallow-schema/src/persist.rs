//! Writes and removes files, all of them or none. Only this module writes to the disk.
//!
//! Invariant: nothing existing is overwritten, and no link is followed. Another user who can write into the migrations
//! folder could put a link at a predictable name. So files are first written into a folder with a random name, and then
//! moved to their places without replacing anything.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::ddl::Dialect;
use crate::migration::{File, Name};

/// How many random names are tried for a folder. After that, something else must be wrong.
const TRIES: usize = 8;

/// Writes the files of a migration into the migrations folder: all of them, or, if anything goes wrong, none.
///
/// They are first written beside their places and then moved there, folder by folder, in order.
///
/// # Errors
///
/// The error of the system, with the path that it is about; [`io::ErrorKind::AlreadyExists`] if a place is taken.
///
/// ```no_run
/// # fn demo(migration: &wallow_schema::migration::Migration) -> std::io::Result<()> {
/// wallow_schema::migration::write("migrations".as_ref(), &migration.files())
/// # }
/// ```
pub fn write(folder: &Path, files: &[File]) -> io::Result<()> {
    let mut undo = Undo::default();
    undo.create_folders(folder)?;
    let aside = aside(folder)?;
    undo.made.push(aside.clone());
    for file in files {
        let place = aside.join(&file.path);
        let above = place.parent().unwrap_or(&aside);
        fs::create_dir_all(above).map_err(|error| about(above, &error))?;
        let written = fs::File::create_new(&place)
            .and_then(|mut created| created.write_all(file.text.as_bytes()));
        written.map_err(|error| about(&place, &error))?;
    }
    let mut moved = BTreeSet::new();
    for unit in files.iter().map(|file| unit(&file.path)) {
        if moved.insert(unit) {
            let place = folder.join(unit);
            undo.create_folders(place.parent().unwrap_or(folder))?;
            settle(&aside.join(unit), &place)?;
            undo.made.push(place);
        }
    }
    undo.forget();
    // All files are in place; an extra empty folder is not a failure.
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

/// Removes the files of a migration from the migrations folder: all of them, or, if anything goes wrong, none.
/// `snapshot` is the path of its snapshot below the folder.
///
/// They are first moved aside, which can be undone.
///
/// # Errors
///
/// The error of the system, with the path that it is about.
///
/// ```no_run
/// # fn demo(migration: &wallow_schema::migration::Migration) -> std::io::Result<()> {
/// let snapshot = migration.snapshot.path();
/// wallow_schema::migration::remove("migrations".as_ref(), migration.name(), &snapshot)
/// # }
/// ```
pub fn remove(folder: &Path, name: &Name, snapshot: &str) -> io::Result<()> {
    let aside = aside(folder)?;
    let folders = Dialect::ALL.map(|dialect| format!("{}/{name}", dialect.as_str()));
    let mut moved: Vec<(PathBuf, PathBuf)> = Vec::new();
    for (index, path) in folders
        .iter()
        .map(String::as_str)
        .chain([snapshot])
        .enumerate()
    {
        let (from, to) = (folder.join(path), aside.join(index.to_string()));
        if let Err(error) = fs::rename(&from, &to) {
            for (from, to) in moved.iter().rev() {
                let _ = fs::rename(to, from);
            }
            let _ = fs::remove_dir(&aside);
            return Err(about(&from, &error));
        }
        moved.push((from, to));
    }
    // Nothing refers to these files any more; what is left of them is not a failure.
    let _ = fs::remove_dir_all(&aside);
    Ok(())
}

/// Creates a folder that only this user can write to, with a name that nobody can predict.
fn aside(folder: &Path) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let mut tried = 0;
    loop {
        let chance = RandomState::new().build_hasher().finish();
        let aside = folder.join(format!(".wallow-{chance:016x}"));
        tried += 1;
        match builder.create(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tried < TRIES => {}
            made => {
                made.map_err(|error| about(folder, &error))?;
                return Ok(aside);
            }
        }
    }
}

/// Moves a file or folder to a place that must be free.
fn settle(from: &Path, place: &Path) -> io::Result<()> {
    let taken = || {
        let taken = format!("`{}` is there already", place.display());
        io::Error::new(io::ErrorKind::AlreadyExists, taken)
    };
    // A dangling link occupies the place, too.
    if fs::symlink_metadata(place).is_ok() {
        return Err(taken());
    }
    // `rename` never replaces a folder with files in it, but it would replace a file that was created just now; a hard
    // link does not. On file systems without hard links, the check above has to suffice.
    if from.is_file() {
        match fs::hard_link(from, place) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(taken()),
            Err(_) => {}
        }
    }
    fs::rename(from, place).map_err(|error| about(place, &error))
}

/// An error with the path that it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

/// The part of a path that is moved as one: its first two names.
fn unit(path: &str) -> &str {
    let end = path.match_indices('/').nth(1);
    end.map_or(path, |(end, _)| &path[..end])
}

/// What was created so far. It is removed again on drop, unless it is forgotten.
#[derive(Default)]
struct Undo {
    /// Parent folders, which others may use by now.
    folders: Vec<PathBuf>,
    /// Files and folders that only we use.
    made: Vec<PathBuf>,
}

impl Undo {
    /// Creates a folder and those above it that are missing.
    fn create_folders(&mut self, folder: &Path) -> io::Result<()> {
        let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
        let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
        for folder in missing.into_iter().rev() {
            fs::create_dir(folder).map_err(|error| about(folder, &error))?;
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
    /// Errors of the removal are not reported, because the error of the write is the one that matters.
    fn drop(&mut self) {
        for path in self.made.iter().rev() {
            let _ = fs::remove_dir_all(path).or_else(|_| fs::remove_file(path));
        }
        for folder in self.folders.iter().rev() {
            let _ = fs::remove_dir(folder);
        }
    }
}
