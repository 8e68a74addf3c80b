//! What the text that names a database means.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{self, sqlite::Target};
use crate::error::{Error, ErrorKind};

/// The database that `url` names.
pub(super) fn target(url: &str, read_only: bool) -> Result<backend::Target, Error> {
    if is_postgres(url) {
        return postgres_target(url, read_only);
    }
    sqlite_target(url, read_only).map(backend::Target::Sqlite)
}

#[cfg(feature = "postgres")]
#[expect(clippy::unnecessary_wraps, reason = "as without PostgreSQL")]
fn postgres_target(url: &str, read_only: bool) -> Result<backend::Target, Error> {
    let target = backend::postgres::Target::new(url, read_only);
    Ok(backend::Target::Postgres(target))
}

#[cfg(not(feature = "postgres"))]
fn postgres_target(_: &str, _: bool) -> Result<backend::Target, Error> {
    let message =
        "this program has no PostgreSQL support: enable wallow's cargo feature `postgres`";
    Err(Error::new(ErrorKind::Database, message))
}

/// The SQLite database that `url` names: a path, `sqlite://PATH`, `:memory:`, or a `file:` URI.
fn sqlite_target(url: &str, read_only: bool) -> Result<Target, Error> {
    let path = url
        .strip_prefix("sqlite://")
        .or_else(|| url.strip_prefix("sqlite:"))
        .unwrap_or(url);
    if path == ":memory:" {
        return Ok(Target {
            name: memory(),
            file: None,
            read_only,
        });
    }
    if path.is_empty() {
        let message = "the name of the database is empty; give a path such as `runs.db`";
        return Err(Error::new(ErrorKind::Io, message));
    }
    if let Some((scheme, _)) = path.split_once("://")
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        let message = format!(
            "`{scheme}://` is no database that wallow knows; give the path of a SQLite file, or `postgres://…`"
        );
        return Err(Error::new(ErrorKind::Io, message));
    }
    if path.contains('\0') {
        let message = format!("cannot open {path:?}: a path has no NUL character");
        return Err(Error::new(ErrorKind::Io, message));
    }
    if path.starts_with("file:") {
        let file = uri_path(path);
        return Ok(Target {
            name: if read_only {
                with_mode(path, reading(&file))
            } else {
                path.to_owned()
            },
            file: Some(file),
            read_only,
        });
    }
    let file = PathBuf::from(path);
    if read_only && !file.exists() {
        let message =
            format!("cannot open `{path}`: no such file, and a read-only store creates none");
        return Err(Error::new(ErrorKind::Io, message));
    }
    let name = if read_only {
        with_mode(&uri(&file), reading(&file))
    } else {
        path.to_owned()
    };
    Ok(Target {
        name,
        file: Some(file),
        read_only,
    })
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

/// A database in memory that the connections of one pool share, and no other pool.
fn memory() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("file:/wallow-{}-{number}?vfs=memdb", std::process::id())
}

/// A path as a `file:` URI: whatever SQLite could read as something else is escaped.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.to_string_lossy().bytes() {
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

/// How to open a file that is only read: a mode of SQLite's that creates no database.
///
/// With `ro`, SQLite would leave what it needs beside the database lying there: nothing that it
/// opened so is allowed to tidy up. So it is `rw`, and the connection refuses to write. A file
/// system that cannot be written has no room for it either; there, where nobody writes, it does
/// without.
fn reading(file: &Path) -> &'static str {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let is_logged = std::fs::metadata(log).is_ok_and(|log| log.len() > 0);
    if is_on_read_only_disk(file) && !is_logged {
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

/// The URI with this mode, unless it says one itself.
fn with_mode(uri: &str, mode: &str) -> String {
    // What follows a `#` says nothing to SQLite.
    let uri = uri.split('#').next().unwrap_or(uri);
    let query = uri.split_once('?').map(|(_, query)| query);
    let says =
        |name: &str| query.is_some_and(|query| query.split('&').any(|part| part.starts_with(name)));
    let separator = if query.is_some() { '&' } else { '?' };
    if says("mode=") {
        uri.to_owned()
    } else {
        format!("{uri}{separator}{mode}")
    }
}

/// The path in a `file:` URI, for messages.
fn uri_path(uri: &str) -> PathBuf {
    let path = uri.trim_start_matches("file:");
    PathBuf::from(path.split(['?', '#']).next().unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_paths_are_escaped() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a b?c#d%.db");
        std::fs::write(&path, "").unwrap();
        let target = sqlite_target(path.to_str().unwrap(), true).unwrap();
        assert!(
            target.name.ends_with("/a%20b%3Fc%23d%25.db?mode=rw"),
            "{}",
            target.name
        );
    }

    #[test]
    fn a_uri_that_is_read_creates_nothing() {
        let name = |uri: &str| sqlite_target(uri, true).unwrap().name;
        assert_eq!(name("file:/none"), "file:/none?mode=rw");
        assert_eq!(name("file:/none?a=b#c"), "file:/none?a=b&mode=rw");
        assert_eq!(name("file:/none?mode=ro"), "file:/none?mode=ro");
    }

    #[cfg(not(feature = "postgres"))]
    #[test]
    fn a_password_never_reaches_the_error() {
        let error = target("postgres://me:s3cret@db/runs", false).unwrap_err();
        assert!(!error.to_string().contains("s3cret"));
    }

    #[test]
    fn every_memory_is_its_own() {
        let name = |url| sqlite_target(url, false).unwrap().name;
        assert_ne!(name(":memory:"), name("sqlite://:memory:"));
    }
}
