//! A SQLite database, named by a path, by `sqlite://PATH`, or by a `file:` URI.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wallow_schema::redact;

use super::{decoded, is_path, mistaken, refused};
use crate::backend::sqlite::{Target, is_writable, refuse_name_of_wal, wal_of};
use crate::error::Error;
use crate::error::advice::NO_SUCH_FILE;

/// A file, or a database in memory.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct File {
    /// `None` in memory.
    path: Option<PathBuf>,
    /// The query part of a URI; `None` for a path.
    query: Option<String>,
    /// For a database in memory, the name by which the stores of a process share it.
    shared: Option<String>,
}

impl File {
    /// The file at a path.
    pub(super) fn plain(path: &str) -> Result<Self, Error> {
        if path.contains('\0') {
            return Err(refused(format_args!(
                "cannot open {path:?}: a path has no NUL character"
            )));
        }
        Ok(File {
            path: Some(PathBuf::from(path)),
            query: None,
            shared: None,
        })
    }

    /// The file at a path that a person typed: a path that looks like something else is refused.
    pub(super) fn named(path: &str) -> Result<Self, Error> {
        let may_be_url = !is_path(path) || path.starts_with("//");
        let odd = may_be_url
            .then(|| mistaken::credentials_in_path(path))
            .flatten();
        match odd.or_else(|| mistaken::parameters_of_path(path)) {
            Some(error) => Err(error),
            None => File::plain(path),
        }
    }

    /// A database in memory that only one store can use.
    pub(super) fn memory() -> Self {
        File {
            path: None,
            query: None,
            shared: None,
        }
    }

    /// The text after `sqlite://`: a path in which nothing is escaped.
    pub(super) fn of_url(path: &str) -> Result<Self, Error> {
        match path {
            // The first form is SQLAlchemy's.
            "/:memory:" | ":memory:" => Ok(File::memory()),
            "" => Err(refused(
                "the name of the database is empty; give a path such as `runs.db`, or `:memory:`",
            )),
            _ => match path.strip_prefix("file:") {
                Some(uri) => File::of_uri(uri),
                None => File::named(path),
            },
        }
    }

    /// The text after the `://` of a URL with a Python driver: there three slashes begin a relative path, and four an
    /// absolute one.
    pub(super) fn of_sqlalchemy(scheme: &str, rest: &str) -> Result<Self, Error> {
        match rest.strip_prefix('/') {
            None if rest.is_empty() => Ok(File::memory()),
            Some("" | ":memory:") => Ok(File::memory()),
            Some(path) if path.starts_with('/') => File::named(path),
            Some(path) if path.contains('?') => Err(refused(format_args!(
                "`{}` has parameters of SQLAlchemy; write the path of the file alone",
                redact::database(&format!("{scheme}://{rest}"))
            ))),
            Some(path) => Err(refused(format_args!(
                "`{scheme}:///{path}` is a relative path in SQLAlchemy, and would be an absolute one here; write \
                 `./{path}`, or `/{path}` if that was meant"
            ))),
            None => Err(refused(format_args!(
                "`{}` names a server or a key, and SQLite has neither; write the path of the file alone",
                redact::database(&format!("{scheme}://{rest}"))
            ))),
        }
    }

    /// The text after `file:`, which is a URI of SQLite.
    pub(super) fn of_uri(uri: &str) -> Result<Self, Error> {
        let place = uri.split('#').next().unwrap_or(uri);
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        if let Some(error) = mistaken::key_of_file(place, query) {
            return Err(error);
        }
        let path = match place.strip_prefix("//") {
            None => place,
            Some(rest) => {
                let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                if !host.is_empty() && host != "localhost" {
                    return Err(refused(format_args!(
                        "`{}` names a host, and SQLite has none; write `file:///PATH` for an absolute path, or \
                         `file:PATH` for a relative one",
                        redact::database(&format!("file:{uri}"))
                    )));
                }
                path
            }
        };
        let Some(path) = decoded(path).filter(|path| !path.contains('\0')) else {
            return Err(refused(format_args!(
                "cannot read the path in `file:{place}`: a `%` is followed by two digits of a byte in UTF-8; write \
                 `%25` for `%` itself"
            )));
        };
        let value = |name: &str| {
            let parts = query.split('&').filter_map(|part| part.split_once('='));
            parts
                .rev()
                .find(|(part, _)| *part == name)
                .map(|(_, value)| value)
        };
        for (name, known) in [
            ("mode", &["ro", "rw", "rwc", "memory"][..]),
            ("cache", &["shared", "private"]),
        ] {
            if let Some(value) = value(name).filter(|value| !known.contains(value)) {
                return Err(refused(format_args!(
                    "`{name}={value}` in `{}` means nothing to SQLite; write one of {}, or leave it out",
                    redact::database(&format!("file:{uri}")),
                    known.join(", ")
                )));
            }
        }
        if path == ":memory:" || value("mode") == Some("memory") {
            let is_shared = value("cache") == Some("shared");
            return Ok(File {
                shared: is_shared.then_some(path),
                ..File::memory()
            });
        }
        if path.is_empty() {
            return Err(refused(
                "the name of the database is empty; give a path such as `file:runs.db`",
            ));
        }
        Ok(File {
            path: Some(path.into()),
            query: Some(query.to_owned()),
            shared: None,
        })
    }

    /// Refuses a path that a person typed and that would be another file than the one that is meant, or none for long.
    pub(super) fn refuse_odd_path(&self) -> Result<(), Error> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let text = path.to_string_lossy();
        match mistaken::unexpanded(&text).or_else(|| mistaken::folder(&text)) {
            Some(error) => Err(error),
            None => refuse_name_of_wal(path),
        }
    }

    /// The path, if the database is not in memory.
    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Places a relative path below this folder; returns the new text to show, if the path changed.
    pub(super) fn move_below(&mut self, folder: &Path) -> Option<String> {
        let path = self.path.as_mut()?;
        if !path.is_relative() || folder == Path::new(".") {
            return None;
        }
        *path = folder.join(&path);
        let path = path.to_string_lossy().into_owned();
        Some(match self.query.as_deref() {
            None => path,
            Some(query) => redact::database(&uri(Path::new(&path), query)),
        })
    }

    /// Whether the URI asks for a read-only database.
    fn is_read_only(&self) -> bool {
        self.is_immutable() || self.says("mode", |value| value == "ro")
    }

    /// Whether the URI says that nobody writes the file.
    fn is_immutable(&self) -> bool {
        self.says("immutable", |value| {
            !matches!(value, "0" | "no" | "off" | "false")
        })
    }

    fn says(&self, parameter: &str, is_meant: impl Fn(&str) -> bool) -> bool {
        let query = self.query.as_deref().unwrap_or_default();
        let mut pairs = query.split('&').filter_map(|part| part.split_once('='));
        pairs.any(|(name, value)| name == parameter && is_meant(value))
    }

    /// What to open, with which options.
    pub(super) fn target(&self, read_only: bool) -> Result<Target, Error> {
        let Some(path) = &self.path else {
            let name = self.shared.as_ref().map_or_else(own_memory, |name| {
                format!(
                    "file:/wallow-{}?vfs=memdb",
                    escaped(&format!("shared-{name}"))
                )
            });
            return Ok(Target {
                name,
                file: None,
                read_only,
                quiet: None,
                opened: Arc::default(),
            });
        };
        refuse_name_of_wal(path)?;
        if let Ok(path) = path.canonicalize() {
            // SQLite follows links.
            refuse_name_of_wal(&path)?;
        }
        let read_only = read_only || self.is_read_only();
        let is_there = match path.try_exists() {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                return Err(refused(format_args!(
                    "cannot open `{}`: {error}; have the right to enter its folder given to you, or copy it into a \
                     folder of your own",
                    path.display()
                )));
            }
            found => found.unwrap_or(false),
        };
        if let Ok(found) = path.metadata()
            && !found.is_file()
            && !found.is_dir()
        {
            return Err(refused(format_args!(
                "cannot open `{}`: it is a pipe or a device, and SQLite needs a file",
                path.display()
            )));
        }
        if read_only && !is_there {
            let advice = if self.is_read_only() {
                "; leave `mode=ro` and `immutable=1` out of the URI to make it"
            } else {
                ""
            };
            return Err(refused(format_args!(
                "cannot open `{}`: {}{advice}",
                path.display(),
                NO_SUCH_FILE.program
            )));
        }
        if self.is_immutable()
            && let Some(error) = unread_wal(path)
        {
            return Err(error);
        }
        // Further connections are opened later, when the program may be in another working directory.
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let name = match (&self.query, read_only) {
            (None, false) => whole.to_string_lossy().into_owned(),
            (None, true) => uri(&whole, read_mode(path)),
            (Some(query), false) => uri(&whole, query),
            (Some(query), true) => uri(&whole, &with_mode(query, read_mode(path))),
        };
        let leaves_wal = !self.is_immutable() && read_only && !is_writable(path);
        let quiet = leaves_wal.then(|| {
            let query = self.query.as_deref().unwrap_or_default();
            uri(
                &whole,
                &format!("{}&immutable=1", with_mode(query, "mode=ro")),
            )
        });
        Ok(Target {
            name,
            file: Some(path.clone()),
            read_only,
            quiet,
            opened: Arc::default(),
        })
    }
}

/// The error if a log beside the file contains runs: with `immutable`, SQLite would ignore the log, and the runs would
/// be silently missing.
fn unread_wal(path: &Path) -> Option<Error> {
    let wal = wal_of(path)?;
    Some(refused(format_args!(
        "cannot open `{}` as `immutable`: what was written last stands in `{}` and would be missing; copy both files \
         into a folder of your own, and open the copy",
        path.display(),
        wal.display()
    )))
}

/// The URI that opens a file which nobody writes to.
#[cfg(unix)]
pub(crate) fn immutable(file: &Path) -> String {
    let path = file.canonicalize();
    uri(path.as_deref().unwrap_or(file), "immutable=1")
}

/// The name of a database in memory that only the connections of one pool share.
fn own_memory() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/wallow-{}-{number}?vfs=memdb", std::process::id())
}

/// A path as a `file:` URI with these parameters.
fn uri(path: &Path, query: &str) -> String {
    let path = escaped(&path.to_string_lossy());
    // `file://` would be followed by a host.
    let slashes = if path.starts_with("//") { "//" } else { "" };
    let mark = if query.is_empty() { "" } else { "?" };
    format!("file:{slashes}{path}{mark}{query}")
}

/// A path in a URI: every character that SQLite could interpret is escaped.
fn escaped(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                uri.push(char::from(byte));
            }
            // Writing to a String cannot fail.
            _ => drop(write!(uri, "%{byte:02X}")),
        }
    }
    uri
}

/// How to open a file read-only: a mode of SQLite that does not create a database.
///
/// With `ro`, SQLite would leave the auxiliary files that it needs beside the database, because a connection opened in
/// that mode may not remove them. So the mode is `rw`, and the connection itself refuses to write. On a file system
/// that cannot be written there is no room for these files, and nobody writes the database, so SQLite works without
/// them there.
fn read_mode(file: &Path) -> &'static str {
    if is_on_read_only_disk(file) && wal_of(file).is_none() {
        "mode=ro&immutable=1"
    } else {
        "mode=rw"
    }
}

#[cfg(unix)]
fn is_on_read_only_disk(file: &Path) -> bool {
    use rustix::fs::StatVfsMountFlags;
    rustix::fs::statvfs(file).is_ok_and(|disk| disk.f_flag.contains(StatVfsMountFlags::RDONLY))
}

#[cfg(not(unix))]
fn is_on_read_only_disk(_: &Path) -> bool {
    false
}

/// Adds this mode to the parameters, unless they have one.
fn with_mode(query: &str, mode: &str) -> String {
    let says_mode = query.split('&').any(|part| part.starts_with("mode="));
    match (says_mode, query.is_empty()) {
        (true, _) => query.to_owned(),
        (false, true) => mode.to_owned(),
        (false, false) => format!("{query}&{mode}"),
    }
}
