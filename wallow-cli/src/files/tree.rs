//! Deleting folders below a folder that is held open: no link is followed, wherever it stands and whenever it came.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(crate) use unix::Tree;

/// Why a folder is left alone whose name another one has now.
const ANOTHER: &str = "another folder has its name now than the one that was looked at";

/// The names on the way from one folder to another below it.
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

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, unlinkat};
    use rustix::io::Errno;
    use rustix::path::Arg;

    /// A folder, held open.
    #[derive(Debug)]
    pub(crate) struct Tree(OwnedFd);

    /// Which folder it is, whatever its name: its device, and its number there.
    #[derive(Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64, u64);

    impl Identity {
        fn of(folder: &OwnedFd) -> io::Result<Self> {
            // The types of these differ from one system to another.
            let folder = File::from(folder.try_clone()?).metadata()?;
            Ok(Identity(folder.dev(), folder.ino()))
        }
    }

    const FOLDER: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::CLOEXEC);

    impl Tree {
        /// Opens a folder. The path itself may go through links: it is what a person named.
        ///
        /// # Errors
        /// What the system says.
        pub(crate) fn open(path: &Path) -> io::Result<Self> {
            Ok(Tree(openat(CWD, path, FOLDER, Mode::empty())?))
        }

        /// Which folder has this name now.
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

        /// Deletes a folder below, with all that is in it, and those above it that are empty then.
        ///
        /// # Errors
        /// What the system says; also if something on the way is a link now, or another folder has the name.
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
            // One that is not empty stays, and so do those above it.
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

    /// A folder within another, and not what a link leads to.
    fn folder(parent: &OwnedFd, name: impl Arg) -> io::Result<OwnedFd> {
        let opened = openat(parent, name, FOLDER | OFlags::NOFOLLOW, Mode::empty());
        opened.map_err(|error| match error {
            // Linux says the one, other systems the other.
            Errno::LOOP | Errno::NOTDIR | Errno::MLINK => io::Error::other(
                "it, or a folder above it, is no folder any more but a link or a file",
            ),
            error => error.into(),
        })
    }

    fn remove_folder(parent: &OwnedFd, name: &OsStr, identity: &Identity) -> io::Result<()> {
        let inside = folder(parent, name)?;
        // What is deleted from here on is in this folder, whatever has its name by then.
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
            // Some file systems do not say.
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
            // Somebody else was faster.
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

    /// When a folder was made, as far as the system knows: another one of its name is another.
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
