//! Creates and deletes folders and files below a folder that is held open: no link is followed, wherever it is and
//! whenever it was made.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(crate) use unix::Tree;

/// The reason why a folder is left alone if another folder has its name now.
const ANOTHER: &str = "another folder has its name now than the one that was looked at";

/// The names on the path from one folder to another below it.
fn names(path: &Path) -> io::Result<Vec<&std::ffi::OsStr>> {
    let names = path.components().map(|component| match component {
        std::path::Component::Normal(name) => Ok(name),
        _ => Err(io::Error::from(io::ErrorKind::InvalidInput)),
    });
    names.collect()
}

#[cfg(unix)]
mod unix {
    use std::ffi::{CStr, OsStr};
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{
        AtFlags, CWD, Dir, FileType, Mode, OFlags, mkdirat, openat, statat, unlinkat,
    };
    use rustix::io::Errno;
    use rustix::path::Arg;

    /// A folder, held open.
    #[derive(Debug)]
    pub(crate) struct Tree(OwnedFd);

    /// The identity of a folder, independent of its name: its device and its inode.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    impl Identity {
        fn of(folder: &OwnedFd) -> io::Result<Self> {
            // The types of these differ between systems.
            let folder = File::from(folder.try_clone()?).metadata()?;
            Ok(Identity(folder.dev(), folder.ino()))
        }
    }

    const FOLDER: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::CLOEXEC);

    impl Tree {
        /// Opens a folder. The path itself may contain links, because a person typed it.
        ///
        /// # Errors
        /// What the system says.
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            Ok(Tree(openat(CWD, path, FOLDER, Mode::empty())?))
        }

        /// Opens the folder of this name within this one, and creates it if nothing has the name.
        ///
        /// # Errors
        /// The errors of the system; [`AlreadyExists`](io::ErrorKind::AlreadyExists) with a reason if a link or anything
        /// else has the name.
        pub(crate) fn folder(&self, name: &OsStr) -> io::Result<Self> {
            match mkdirat(&self.0, name, Mode::from_raw_mode(0o777)) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            let flags = FOLDER | OFlags::NOFOLLOW;
            match openat(&self.0, name, flags, Mode::empty()) {
                Ok(folder) => Ok(Tree(folder)),
                // Linux reports one of these errors, other systems the other ones.
                Err(Errno::LOOP | Errno::NOTDIR | Errno::MLINK) => Err(self.taken(name, "folder")),
                Err(error) => Err(error.into()),
            }
        }

        /// Creates an empty file of this name, to be read and written. A file that has the name loses it; its content
        /// stays if it has other names.
        ///
        /// # Errors
        /// The errors of the system; [`AlreadyExists`](io::ErrorKind::AlreadyExists) with a reason if something that is
        /// no ordinary file has the name.
        pub(crate) fn create(&self, name: &OsStr) -> io::Result<File> {
            // Another process may take the name again and again, but not for ever.
            for _ in 0..8 {
                let flags = OFlags::RDWR
                    | OFlags::CREATE
                    | OFlags::EXCL
                    | OFlags::NOFOLLOW
                    | OFlags::CLOEXEC;
                match openat(&self.0, name, flags, Mode::from_raw_mode(0o666)) {
                    Ok(file) => return Ok(file.into()),
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(error.into()),
                }
                match statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(found)
                        if FileType::from_raw_mode(found.st_mode) == FileType::RegularFile =>
                    {
                        match unlinkat(&self.0, name, AtFlags::empty()) {
                            Ok(()) | Err(Errno::NOENT) => {}
                            Err(error) => return Err(error.into()),
                        }
                    }
                    Ok(_) => return Err(self.taken(name, "file")),
                    Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            Err(self.taken(name, "file"))
        }

        /// The error for a name that something else has.
        fn taken(&self, name: &OsStr, wanted: &str) -> io::Error {
            let found = statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW);
            let what = match found.map(|found| FileType::from_raw_mode(found.st_mode)) {
                Ok(FileType::Symlink) => "a link",
                Ok(FileType::Directory) => "a folder",
                Ok(FileType::RegularFile) => "a file",
                Ok(FileType::Fifo) => "a named pipe",
                Ok(_) => "a device or a socket",
                Err(_) => "something else",
            };
            io::Error::new(
                io::ErrorKind::AlreadyExists,
                format!("{what} has its name, and a {wanted} is needed; remove it or rename it"),
            )
        }

        /// The identity of the folder that has this name now.
        ///
        /// # Errors
        /// As [`remove`](Tree::remove).
        pub(crate) fn identity(&self, path: &Path) -> io::Result<Identity> {
            let mut found = None;
            for name in super::names(path)? {
                found = Some(folder(found.as_ref().unwrap_or(&self.0), name)?);
            }
            Identity::of(found.as_ref().unwrap_or(&self.0))
        }

        /// Deletes a folder below with all of its content, and then the parent folders that are empty.
        ///
        /// # Errors
        /// The errors of the system; also if a part of the path is a link now, or if another folder has the name.
        pub(crate) fn remove(&self, path: &Path, identity: &Identity) -> io::Result<()> {
            let names = super::names(path)?;
            let Some((last, above)) = names.split_last() else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            let mut way = Vec::<OwnedFd>::new();
            for name in above {
                let next = folder(way.last().unwrap_or(&self.0), *name)?;
                way.push(next);
            }
            remove_folder(way.last().unwrap_or(&self.0), last, identity)?;
            // A parent that is not empty stays, and so do its own parents.
            for (depth, name) in above.iter().enumerate().rev() {
                let parent = depth.checked_sub(1).and_then(|above| way.get(above));
                let parent = parent.unwrap_or(&self.0);
                if unlinkat(parent, *name, AtFlags::REMOVEDIR).is_err() {
                    break;
                }
            }
            Ok(())
        }
    }

    /// Opens a folder within another; a link is refused.
    fn folder(parent: &OwnedFd, name: impl Arg) -> io::Result<OwnedFd> {
        let opened = openat(parent, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        opened.map_err(|error| match error {
            // Linux reports one of these errors, other systems the other one.
            Errno::LOOP | Errno::NOTDIR | Errno::MLINK => io::Error::other(
                "it, or a folder above it, is no folder any more but a link or a file",
            ),
            error => error.into(),
        })
    }

    fn remove_folder(parent: &OwnedFd, name: &OsStr, identity: &Identity) -> io::Result<()> {
        let inside = folder(parent, name)?;
        // From here on, everything that is deleted is in this open folder, even if another folder gets its name.
        if Identity::of(&inside)? != *identity {
            return Err(io::Error::other(super::ANOTHER));
        }
        remove_content(&inside)?;
        Ok(unlinkat(parent, name, AtFlags::REMOVEDIR)?)
    }

    fn remove_content(inside: &OwnedFd) -> io::Result<()> {
        for entry in Dir::read_from(inside)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            remove_entry(inside, name, entry.file_type())?;
        }
        Ok(())
    }

    fn remove_entry(parent: &OwnedFd, name: &CStr, kind: FileType) -> io::Result<()> {
        let is_folder = match kind {
            FileType::Directory => true,
            // Some file systems do not report the type.
            FileType::Unknown => folder(parent, name).is_ok(),
            _ => false,
        };
        if is_folder {
            remove_content(&folder(parent, name)?)?;
        }
        let flags = if is_folder {
            AtFlags::REMOVEDIR
        } else {
            AtFlags::empty()
        };
        match unlinkat(parent, name, flags) {
            // Another process deleted it first.
            Err(Errno::NOENT) => Ok(()),
            removed => Ok(removed?),
        }
    }
}

#[cfg(not(unix))]
pub(crate) use portable::Tree;

#[cfg(not(unix))]
mod portable {
    use std::fs;
    use std::io;
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    /// A folder.
    #[derive(Debug)]
    pub(crate) struct Tree(PathBuf);

    /// The time when a folder was created, if the system knows it: this distinguishes a new folder of the same name.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Identity(Option<SystemTime>);

    impl Tree {
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            path.canonicalize().map(Tree)
        }

        pub(crate) fn identity(&self, path: &Path) -> io::Result<Identity> {
            let folder = fs::symlink_metadata(self.0.join(path))?;
            Ok(Identity(folder.created().ok()))
        }

        pub(crate) fn remove(&self, path: &Path, identity: &Identity) -> io::Result<()> {
            if self.identity(path)? != *identity {
                return Err(io::Error::other(super::ANOTHER));
            }
            let names = super::names(path)?;
            let mut folder = self.0.clone();
            for name in names {
                folder.push(name);
                if fs::symlink_metadata(&folder)?.is_symlink() {
                    return Err(io::Error::other("it, or a folder above it, is a link now"));
                }
            }
            fs::remove_dir_all(&folder)?;
            let above = folder.ancestors().skip(1);
            for folder in above.take_while(|folder| *folder != self.0) {
                if fs::remove_dir(folder).is_err() {
                    break;
                }
            }
            Ok(())
        }
    }
}
