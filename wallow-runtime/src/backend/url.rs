//! The text that names a database: its meaning, and what may be shown of it.
//!
//! What enters: a text that a person typed, or that was found in a file. What leaves: a SQLite file or a PostgreSQL
//! server, or an error that names the right spelling. Invariants: a text that looks like a URL or a connection string
//! is never a file; neither `Display` nor `Debug` nor an error contains a password.

mod mistaken;
mod postgres;
mod sqlite;

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use wallow_schema::ddl::Dialect;
use wallow_schema::redact;

use super::Target;
use crate::error::{Error, ErrorKind};
use postgres::Server;
use sqlite::File;

#[cfg(unix)]
pub(crate) use sqlite::immutable;

/// The database that a text names: a path, `:memory:`, `sqlite://PATH`, a `file:` URI, `postgres://…`, or a connection
/// string of libpq (`host=… dbname=…`). `./NAME` is always a file.
///
/// `Display` and `Debug` hide the password:
///
/// ```
/// use wallow::DatabaseUrl;
///
/// let url = DatabaseUrl::parse("postgresql+psycopg2://me:s3cret@db/runs")?;
/// assert_eq!(url.to_string(), "postgresql+psycopg2://me:…@db/runs");
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    /// The text as it may be shown.
    displayed: String,
    kind: Kind,
}

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Sqlite(File),
    Postgres(Server),
}

impl DatabaseUrl {
    /// Parses the text that names a database.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if it does not name a database that wallow knows, or if it looks like something else was
    /// meant; the error names the right spelling.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let kind = kind(text)?;
        if let Kind::Sqlite(file) = &kind {
            file.refuse_odd_path()?;
        }
        let displayed = match &kind {
            // In a path, what looks like a password is part of the name.
            Kind::Sqlite(_) if !text.contains("://") => text.to_owned(),
            // How many slashes begin a relative path differs from program to program, so the path itself is shown.
            Kind::Sqlite(file) => match file.path().filter(|_| is_of_sqlite(text)) {
                Some(path) => path.display().to_string(),
                None => redact::database(text),
            },
            Kind::Postgres(_) => redact::database(trimmed(text)),
        };
        Ok(DatabaseUrl { displayed, kind })
    }

    /// Whether a text that is no name of a database, but of another file or of a folder, looks like the path of one.
    #[doc(hidden)]
    pub fn is_like_path(text: &str) -> bool {
        match kind(text) {
            Ok(Kind::Sqlite(file)) => file.path() == Some(Path::new(text)),
            Ok(Kind::Postgres(_)) | Err(_) => false,
        }
    }

    /// The file at a path, whatever its name looks like.
    ///
    /// # Errors
    /// [`Io`](ErrorKind::Io) if the path is not UTF-8.
    pub fn of_path(path: &Path) -> Result<Self, Error> {
        let Some(text) = path.to_str() else {
            return Err(refused(format_args!(
                "cannot open `{}`: SQLite takes paths in UTF-8 only; rename the file or its folder",
                path.display()
            )));
        };
        Ok(DatabaseUrl {
            displayed: text.to_owned(),
            kind: Kind::Sqlite(File::plain(text)?),
        })
    }

    /// Places a relative path below this folder; anything else stays as it is.
    #[must_use]
    pub fn below(mut self, folder: &Path) -> Self {
        if let Kind::Sqlite(file) = &mut self.kind
            && let Some(displayed) = file.move_below(folder)
        {
            self.displayed = displayed;
        }
        self
    }

    /// The file, if the database is one.
    pub fn file(&self) -> Option<&Path> {
        match &self.kind {
            Kind::Sqlite(file) => file.path(),
            Kind::Postgres(_) => None,
        }
    }

    /// Whether the database is in memory, so that it ends with the process.
    pub fn is_memory(&self) -> bool {
        matches!(&self.kind, Kind::Sqlite(file) if file.path().is_none())
    }

    /// The kind of database.
    pub fn dialect(&self) -> Dialect {
        match self.kind {
            Kind::Sqlite(_) => Dialect::Sqlite,
            Kind::Postgres(_) => Dialect::Postgres,
        }
    }

    /// A text, such as a message of libpq, without the passwords of this database and of any other.
    #[cfg(feature = "postgres")]
    pub(crate) fn redact(&self, text: &str) -> String {
        match &self.kind {
            Kind::Sqlite(_) => redact::text(text),
            Kind::Postgres(server) => redact::text(&server.redact(text)),
        }
    }

    /// A parameter of a PostgreSQL server that the text names.
    #[cfg(feature = "postgres")]
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        match &self.kind {
            Kind::Sqlite(_) => None,
            Kind::Postgres(server) => server.parameter(name),
        }
    }

    /// The parameters for libpq: those in the text, followed by these of wallow's. If a name occurs twice, libpq uses
    /// the last value.
    #[cfg(feature = "postgres")]
    pub(crate) fn complete(&self, more: &[(&str, String)]) -> String {
        match &self.kind {
            Kind::Sqlite(_) => String::new(),
            Kind::Postgres(server) => server.complete(more),
        }
    }

    /// What to open, with which options.
    pub(crate) fn target(&self, read_only: bool) -> Result<Target, Error> {
        match &self.kind {
            Kind::Sqlite(file) => file.target(read_only).map(Target::Sqlite),
            Kind::Postgres(_) => self.server(read_only),
        }
    }

    #[cfg(feature = "postgres")]
    #[expect(clippy::unnecessary_wraps, reason = "as without PostgreSQL")]
    fn server(&self, read_only: bool) -> Result<Target, Error> {
        let target = super::postgres::Target::new(self.clone(), read_only);
        Ok(Target::Postgres(target))
    }

    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_self, reason = "as with PostgreSQL")]
    fn server(&self, _: bool) -> Result<Target, Error> {
        let message = format!(
            "this program has no PostgreSQL support: {}",
            crate::error::advice::WITH_POSTGRES.program
        );
        Err(Error::new(ErrorKind::Database, message))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.displayed)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({:?})", self.displayed)
    }
}

/// What a database can be named by when a store is opened: a text that [`DatabaseUrl::parse`] accepts, or the path of a
/// file.
///
/// # Take a database as an argument
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use wallow::IntoDatabaseUrl;
/// use registry::Store;
///
/// fn open(database: impl IntoDatabaseUrl) -> wallow::Result<Store> {
///     Store::options().read_only(false).open(database)
/// }
/// assert_eq!(open(":memory:")?.count()?, 0);
/// assert_eq!(open(String::from(":memory:"))?.count()?, 0);
/// # Ok::<(), wallow::Error>(())
/// ```
pub trait IntoDatabaseUrl {
    /// Converts the argument.
    ///
    /// # Errors
    /// As [`DatabaseUrl::parse`].
    fn into_database_url(self) -> Result<DatabaseUrl, Error>;
}

impl IntoDatabaseUrl for String {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::parse(&self)
    }
}

impl IntoDatabaseUrl for PathBuf {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::of_path(&self)
    }
}

impl IntoDatabaseUrl for DatabaseUrl {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        Ok(self)
    }
}

impl IntoDatabaseUrl for &str {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::parse(self)
    }
}

impl IntoDatabaseUrl for &String {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::parse(self)
    }
}

impl IntoDatabaseUrl for &Cow<'_, str> {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::parse(self)
    }
}

impl IntoDatabaseUrl for &Path {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::of_path(self)
    }
}

impl IntoDatabaseUrl for &PathBuf {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        DatabaseUrl::of_path(self)
    }
}

impl IntoDatabaseUrl for &DatabaseUrl {
    fn into_database_url(self) -> Result<DatabaseUrl, Error> {
        Ok(self.clone())
    }
}

fn kind(text: &str) -> Result<Kind, Error> {
    let url = trimmed(text);
    if url.is_empty() {
        return Err(refused(
            "the name of the database is empty; give a path such as `runs.db`, or `postgres://…`",
        ));
    }
    if is_path(url) {
        return File::named(text).map(Kind::Sqlite);
    }
    if let Some((scheme, rest)) = scheme(url) {
        let scheme = scheme.to_ascii_lowercase();
        let (base, driver) = scheme
            .split_once('+')
            .map_or((&*scheme, None), |(base, driver)| (base, Some(driver)));
        return match (base, driver) {
            ("postgres" | "postgresql", _) => Server::of_url(url, rest).map(Kind::Postgres),
            ("sqlite", None) => File::of_url(rest).map(Kind::Sqlite),
            ("sqlite", Some(_)) => File::of_sqlalchemy(&scheme, rest).map(Kind::Sqlite),
            ("file", None) => File::of_uri(&url["file:".len()..]).map(Kind::Sqlite),
            _ => Err(mistaken::unknown_scheme(&scheme, rest)),
        };
    }
    if let Some(path) = without(url, "sqlite:") {
        return File::of_url(path).map(Kind::Sqlite);
    }
    if let Some(uri) = without(url, "file:") {
        return File::of_uri(uri).map(Kind::Sqlite);
    }
    if url == ":memory:" {
        return Ok(Kind::Sqlite(File::memory()));
    }
    if mistaken::is_connection_string(url) {
        return Server::of_pairs(url).map(Kind::Postgres);
    }
    match mistaken::meant_otherwise(url) {
        Some(error) => Err(error),
        None => File::named(text).map(Kind::Sqlite),
    }
}

/// Whether it is a URL that names a path of SQLite, not a URI.
fn is_of_sqlite(text: &str) -> bool {
    without(trimmed(text), "sqlite").is_some_and(|rest| !rest.contains("file:"))
}

/// A text without surrounding blanks and without a byte order mark.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Whether a text begins like a path, so that it cannot be anything else.
fn is_path(text: &str) -> bool {
    // A drive letter is not enough, because `u:pw@host` begins with a letter and a colon, too.
    let drive = text.as_bytes().first_chunk::<3>();
    let drive = drive.is_some_and(|[letter, colon, slash]| {
        letter.is_ascii_alphabetic() && *colon == b':' && matches!(slash, b'/' | b'\\')
    });
    drive || text.starts_with(['/', '.', '\\', '~'])
}

/// The scheme of a URL, and what follows its `://`.
fn scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+.-_".contains(&byte);
    let name = without(scheme, "jdbc:").unwrap_or(scheme);
    (!name.is_empty() && name.bytes().all(is_scheme)).then_some((scheme, rest))
}

/// The rest of a text that begins with these letters, in upper or lower case.
fn without<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// A text with each `%XX` decoded; `None` if a `%` is followed by something else, or if the bytes are not UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            bytes.push(u8::from_str_radix(hex, 16).ok().filter(|_| is_hex)?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

/// The error of a text that names no database.
fn refused(message: impl fmt::Display) -> Error {
    Error::new(ErrorKind::Io, message.to_string())
}

#[cfg(test)]
mod tests;
