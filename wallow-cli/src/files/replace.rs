//! A file that is replaced completely or not at all: the draft has no name or a random one, and is renamed at the end.
//!
//! A link is followed, and its target is replaced: the link stays. The operating system resolves the link, so that its
//! rules for links in shared folders (`/tmp`) apply. The new file gets the mode of the old one, and its owner and group
//! as far as the system allows.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
use unix as system;

/// A draft that replaces a file at the end.
#[derive(Debug)]
pub(crate) struct Replacement(system::Replacement);

impl Replacement {
    /// Begins a draft of the file at this path.
    ///
    /// # Errors
    /// The errors of the system; also if the existing file may not be written, or if the path is a dangling link.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        system::Replacement::of(path).map(Replacement)
    }

    /// The file to write to.
    pub(crate) fn writer(&self) -> io::Result<File> {
        self.0.file().try_clone()
    }

    /// Moves the draft to its place. Until then, and if that fails, the old file is unchanged.
    pub(crate) fn keep(self) -> io::Result<()> {
        self.0.file().sync_all()?;
        self.0.keep()
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::{self, File, Metadata, Permissions};
    use std::io;
    use std::os::fd::{AsRawFd as _, OwnedFd};
    use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
    use std::path::{Path, PathBuf};

    use rustix::fs::{
        AtFlags, CWD, Gid, Mode, OFlags, Uid, fchown, linkat, openat, renameat, unlinkat,
    };
    use rustix::io::Errno;

    use crate::files::name_of_chance;

    /// How many random names are tried before the error is taken for a different problem.
    const TRIES: usize = 8;

    #[derive(Debug)]
    pub(super) struct Replacement {
        /// The folder, held open, so that nobody can replace it by another one.
        folder: OwnedFd,
        /// The final name of the file in the folder.
        name: OsString,
        file: File,
        /// The temporary name, if the draft has one.
        draft: Option<String>,
    }

    impl Replacement {
        pub(super) fn of(path: &Path) -> io::Result<Self> {
            let (path, former) = target(path)?;
            let name = path.file_name().ok_or(Errno::ISDIR)?.to_owned();
            let folder = match path.parent() {
                Some(folder) if !folder.as_os_str().is_empty() => folder,
                _ => Path::new("."),
            };
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = openat(CWD, folder, flags, Mode::empty())?;
            // Nobody else may read the draft before it has the permissions of the file that it replaces.
            let mode = match former {
                Some(_) => Mode::from_raw_mode(0o600),
                None => Mode::from_raw_mode(0o666),
            };
            let (file, draft) = create(&folder, mode)?;
            let replacement = Replacement {
                folder,
                name,
                file,
                draft,
            };
            if let Some(former) = former {
                inherit(&replacement.file, &former)?;
            }
            Ok(replacement)
        }

        pub(super) fn file(&self) -> &File {
            &self.file
        }

        pub(super) fn keep(mut self) -> io::Result<()> {
            let draft = match self.draft.take() {
                Some(draft) => draft,
                None => self.name_it()?,
            };
            let renamed = renameat(&self.folder, &draft, &self.folder, &self.name);
            // Still with its temporary name, it is deleted when it is dropped.
            self.draft = renamed.is_err().then_some(draft);
            Ok(renamed?)
        }

        /// Gives a file without a name a random one.
        fn name_it(&self) -> io::Result<String> {
            let descriptor = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            with_a_name(|name| {
                let follow = AtFlags::SYMLINK_FOLLOW;
                linkat(CWD, &*descriptor, &self.folder, name, follow)
            })
            .map(|((), name)| name)
        }
    }

    impl Drop for Replacement {
        /// Deletes a draft that was not kept.
        fn drop(&mut self) {
            if let Some(draft) = &self.draft {
                let _ = unlinkat(&self.folder, draft, AtFlags::empty());
            }
        }
    }

    /// The path with the link at its end resolved, and the file that exists there.
    fn target(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((path.to_owned(), None));
            }
            found => found?,
        };
        // The file is opened, so that the system itself checks whether it may be written, and whether the link may be
        // followed.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let opened = fs::OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(path);
        let former = match opened {
            Err(error) if found.is_symlink() && error.kind() == io::ErrorKind::NotFound => {
                let to = fs::read_link(path).unwrap_or_default();
                let reason = format!("it is a link to `{}`, which is not there", to.display());
                return Err(io::Error::new(io::ErrorKind::NotFound, reason));
            }
            opened => opened?.metadata()?,
        };
        if !former.is_file() {
            let reason = "it is no ordinary file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
        }
        if !found.is_symlink() {
            return Ok((path.to_owned(), Some(former)));
        }
        let path = path.canonicalize()?;
        let there = fs::symlink_metadata(&path)?;
        if (there.dev(), there.ino()) != (former.dev(), former.ino()) {
            return Err(io::Error::other("the link changes while it is followed"));
        }
        Ok((path, Some(former)))
    }

    /// A new file in a folder. It has no name on systems that support this, so that nothing is left of it if this
    /// process is killed.
    fn create(folder: &OwnedFd, mode: Mode) -> io::Result<(File, Option<String>)> {
        #[cfg(target_os = "linux")]
        if Path::new("/proc/self/fd").exists() {
            let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
            if let Ok(file) = openat(folder, ".", flags, mode) {
                return Ok((file.into(), None));
            }
        }
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (file, name) = with_a_name(|name| openat(folder, name, flags, mode))?;
        Ok((file.into(), Some(name)))
    }

    /// Tries random names until one is free.
    fn with_a_name<T>(
        mut attempt: impl FnMut(&str) -> Result<T, Errno>,
    ) -> io::Result<(T, String)> {
        let mut tried = 0;
        loop {
            let name = name_of_chance();
            tried += 1;
            match attempt(&name) {
                Err(Errno::EXIST) if tried < TRIES => {}
                outcome => return Ok((outcome?, name)),
            }
        }
    }

    /// Takes over owner, group and mode. If the group cannot be taken over, the new group gets only the permissions of
    /// everybody else.
    fn inherit(file: &File, former: &Metadata) -> io::Result<()> {
        let new = file.metadata()?;
        let (owner, group) = (Uid::from_raw(former.uid()), Gid::from_raw(former.gid()));
        let owner_stays = new.uid() == former.uid() || fchown(file, Some(owner), None).is_ok();
        let group_stays = new.gid() == former.gid() || fchown(file, None, Some(group)).is_ok();
        let mut mode = former.mode() & 0o777;
        if !group_stays {
            mode = (mode & !0o070) | ((mode & 0o007) << 3);
        }
        if !owner_stays {
            // If the owner is another one, the writer at least keeps access to the file.
            mode |= 0o600;
        }
        file.set_permissions(Permissions::from_mode(mode))
    }
}

#[cfg(not(unix))]
use portable as system;

#[cfg(not(unix))]
mod portable {
    use std::fs::{self, File};
    use std::io;
    use std::path::{Path, PathBuf};

    use crate::files::name_of_chance;

    #[derive(Debug)]
    pub(super) struct Replacement {
        path: PathBuf,
        file: File,
        draft: Option<PathBuf>,
    }

    impl Replacement {
        pub(super) fn of(path: &Path) -> io::Result<Self> {
            let path = match fs::symlink_metadata(path) {
                Ok(found) if found.is_symlink() => path.canonicalize()?,
                _ => path.to_owned(),
            };
            let draft = path.with_file_name(name_of_chance());
            let file = File::create_new(&draft)?;
            Ok(Replacement {
                path,
                file,
                draft: Some(draft),
            })
        }

        pub(super) fn file(&self) -> &File {
            &self.file
        }

        pub(super) fn keep(mut self) -> io::Result<()> {
            if let Some(draft) = &self.draft {
                fs::rename(draft, &self.path)?;
            }
            self.draft = None;
            Ok(())
        }
    }

    impl Drop for Replacement {
        /// Deletes a draft that was not kept.
        fn drop(&mut self) {
            if let Some(draft) = &self.draft {
                let _ = fs::remove_file(draft);
            }
        }
    }
}
