//! A file that is there whole or not at all: written under no name, or one of chance, and renamed at the end.
//!
//! A link is followed, and what it leads to is replaced: the link stays. It is the system that follows it, so that its
//! rules for links in folders of everybody (`/tmp`) hold. What is replaced hands its mode on, and its owner and group as
//! far as the system allows.

use std::fs::File;
use std::io;
use std::path::Path;

#[cfg(unix)]
use unix as system;

/// A file in the making, which takes the place of another at the end.
#[derive(Debug)]
pub(crate) struct Replacement(system::Replacement);

impl Replacement {
    /// Begins a file that is to stand at this path.
    ///
    /// # Errors
    /// What the system says; also if a file is there that may not be written, or a link that leads nowhere.
    pub(crate) fn of(path: &Path) -> io::Result<Self> {
        system::Replacement::of(path).map(Replacement)
    }

    /// What to write to.
    pub(crate) fn writer(&self) -> io::Result<File> {
        self.0.file().try_clone()
    }

    /// Puts it in its place. Until then, and if that fails, what was there is as it was.
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

    /// How many names are tried before something else must be wrong.
    const TRIES: usize = 8;

    #[derive(Debug)]
    pub(super) struct Replacement {
        /// The folder, held open: nobody can put another in its place.
        folder: OwnedFd,
        /// The name that the file takes in it.
        name: OsString,
        file: File,
        /// The name that it has until then, if it has one.
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
            // Nobody else reads it before it has the rights of what it replaces.
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
            // Dropped with its name, it goes.
            self.draft = renamed.is_err().then_some(draft);
            Ok(renamed?)
        }

        /// Gives a file without a name one of chance.
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
        /// What was not kept is no file of anybody's.
        fn drop(&mut self) {
            if let Some(draft) = &self.draft {
                let _ = unlinkat(&self.folder, draft, AtFlags::empty());
            }
        }
    }

    /// The path without a link at its end, and the file that is there.
    fn target(path: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
        let found = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok((path.to_owned(), None));
            }
            found => found?,
        };
        // The system itself says whether it may be written, and whether the link may be followed.
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

    /// A new file in a folder: without a name where the system has such files, so that nothing is left of it if this
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

    /// Tries names of chance until one is free.
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

    /// Takes owner, group and mode over. What the group may, another group may not: then it gets what all may.
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
            // Whoever writes it can read it, as before.
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
        /// What was not kept is no file of anybody's.
        fn drop(&mut self) {
            if let Some(draft) = &self.draft {
                let _ = fs::remove_file(draft);
            }
        }
    }
}
