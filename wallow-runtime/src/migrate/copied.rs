//! The copy of a database's file before something in it is lost.
//!
//! What enters: the path that the copy should get, and what writes it. What leaves: the path that it got. Invariants:
//! the copy is written under a random name and gets its own when it is whole, so that a process that is killed leaves
//! no partial copy that looks like one; no other file is replaced; nobody may read it who may not read the database.

use std::ffi::OsString;
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::{Error, ErrorKind};

/// Makes a copy of the file `source` by `write`, which gets the path of an empty file. It is called `wanted` or, if that
/// name is taken, `wanted-2` and so on.
pub(super) fn copied(
    source: &Path,
    wanted: &Path,
    write: impl FnOnce(&str) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let failed = |error: &dyn Display| {
        let message = format!(
            "cannot copy the database to `{}`, and nothing was changed: {error}",
            wanted.display()
        );
        Error::new(ErrorKind::Io, message)
    };
    let draft = Draft::of(source, wanted).map_err(|error| failed(&error))?;
    let path = draft.0.to_str();
    let path = path.ok_or_else(|| failed(&"the path is not UTF-8"))?;
    write(path).map_err(|error| failed(&error))?;
    let named = draft.finish(source).and_then(|()| draft.name(wanted));
    named.map_err(|error| failed(&error))
}

/// The drafts of a database that processes left which were killed, and the logs of SQLite beside them.
///
/// Whoever makes a draft holds the write lock of the database, so under that lock all of them are left over.
pub(super) fn unfinished(source: &Path) -> Vec<PathBuf> {
    let folder = match source.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let Some(start) = start(source) else {
        return Vec::new();
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let names = names.filter(|name| name.to_str().is_some_and(|name| name.starts_with(&start)));
    let mut paths = names.map(|name| folder.join(name)).collect::<Vec<_>>();
    paths.sort();
    paths
}

/// How the names of the drafts of a database begin.
fn start(source: &Path) -> Option<String> {
    let name = source.file_name()?.to_str()?;
    Some(format!(".{name}.copy-"))
}

/// A file of a random name, which is deleted unless it gets another one.
struct Draft(PathBuf);

impl Draft {
    fn of(source: &Path, wanted: &Path) -> io::Result<Self> {
        let chance = Uuid::new_v4().simple().to_string();
        let start = start(source).unwrap_or_else(|| ".wallow-".to_owned());
        let path = wanted.with_file_name(format!("{start}{chance}.part"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&path)?;
        Ok(Draft(path))
    }

    /// Gives it the permissions of the source, and waits until it is on the disk.
    fn finish(&self, source: &Path) -> io::Result<()> {
        let file = File::options().write(true).open(&self.0)?;
        file.set_permissions(fs::metadata(source)?.permissions())?;
        file.sync_all()
    }

    /// Gives it the first name that is free.
    fn name(&self, wanted: &Path) -> io::Result<PathBuf> {
        let mut number = 1_u64;
        loop {
            let name = numbered(wanted, number);
            match fs::hard_link(&self.0, &name) {
                Ok(()) => return Ok(name),
                Err(_) if fs::symlink_metadata(&name).is_ok() => number += 1,
                // Not every file system has links.
                Err(_) => return fs::rename(&self.0, &name).map(|()| name),
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn numbered(wanted: &Path, number: u64) -> PathBuf {
    let mut name = OsString::from(wanted);
    if number > 1 {
        name.push(format!("-{number}"));
    }
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names = names.collect::<Vec<_>>();
        names.sort();
        names
    }

    #[test]
    fn a_copy_has_its_name_when_it_is_whole_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("runs.db");
        fs::write(&source, "runs").unwrap();
        let wanted = folder.path().join("copy");
        for (text, name) in [("a", "copy"), ("b", "copy-2"), ("c", "copy-3")] {
            let copy = copied(&source, &wanted, |path| {
                assert!(!folder.path().join(name).exists());
                fs::write(path, text).unwrap();
                Ok(())
            });
            assert_eq!(copy.unwrap(), folder.path().join(name));
            assert_eq!(fs::read_to_string(folder.path().join(name)).unwrap(), text);
        }
        let there = ["copy", "copy-2", "copy-3", "runs.db"];
        assert_eq!(names(folder.path()), there);
        let failed = copied(&source, &wanted, |path| {
            fs::write(path, "part").unwrap();
            Err(Error::new(ErrorKind::Database, "the disk is full"))
        });
        let failed = failed.unwrap_err().to_string();
        assert!(failed.contains("nothing was changed: the disk is full"));
        assert_eq!(names(folder.path()), there);
    }

    #[test]
    fn drafts_that_were_left_are_found_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("runs.db");
        let draft = Draft::of(&source, &folder.path().join("runs.db.before-1")).unwrap();
        let path = draft.0.clone();
        std::mem::forget(draft);
        let mut log = path.clone().into_os_string();
        log.push("-journal");
        for other in [
            ".other.db.copy-1.part",
            "runs.db.copy-1.part",
            ".runs.db.part",
        ] {
            fs::write(folder.path().join(other), "mine").unwrap();
        }
        fs::write(&log, "log").unwrap();
        assert_eq!(unfinished(&source), [path, log.into()]);
        assert_eq!(
            unfinished(&folder.path().join("none.db")),
            [] as [PathBuf; 0]
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_copy_has_the_permissions_of_the_database() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("runs.db");
        fs::write(&source, "runs").unwrap();
        for mode in [0o600, 0o664] {
            fs::set_permissions(&source, fs::Permissions::from_mode(mode)).unwrap();
            let copy = copied(&source, &folder.path().join("copy"), |path| {
                let draft = fs::metadata(path).unwrap().permissions();
                assert_eq!(draft.mode() & 0o777, 0o600);
                Ok(())
            });
            let copy = fs::metadata(copy.unwrap()).unwrap().permissions();
            assert_eq!(copy.mode() & 0o777, mode);
        }
    }
}
