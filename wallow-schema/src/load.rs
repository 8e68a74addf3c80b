//! The entry points of the crate: from a text, and from files. Only this module reads files.

mod bounded;
mod migrations;

pub use bounded::read_file;
pub use migrations::{MigrationsError, load_migrations, other_versions};

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check;
use crate::diagnostic::{Diagnostics, Reported};
use crate::parse::document;
use crate::schema::Schema;
use crate::source::{Source, Span};

/// Reads a schema from the text of a `wallow.toml`; `origin` is the path that messages show.
///
/// # Errors
///
/// Every mistake of the text at once. If the text is not TOML, only the syntax errors.
///
/// ```
/// let problems = wallow_schema::parse("[project]\n", "demo/wallow.toml").unwrap_err();
/// let messages: Vec<&str> = problems.iter().map(|problem| problem.message()).collect();
/// assert_eq!(messages, ["`[project]` has no `name`", "no identifying field"]);
/// ```
pub fn parse(text: &str, origin: &str) -> Result<Schema, Diagnostics> {
    let source = Arc::new(Source::new(text, origin));
    let mut out = Diagnostics::new(Arc::clone(&source));
    let schema = schema(&source, &mut out);
    out.finish(schema)
}

fn schema(source: &Source, out: &mut Diagnostics) -> Result<Schema, Reported> {
    let raw = document(source, out)?;
    check::schema(&raw, out)
}

/// Reads a schema from a file.
///
/// # Errors
///
/// [`LoadError::Io`] if the file cannot be read, [`LoadError::Invalid`] with every mistake if it is not a valid schema.
///
/// ```
/// use wallow_schema::LoadError;
///
/// let error = wallow_schema::load("nowhere/wallow.toml".as_ref()).unwrap_err();
/// assert!(matches!(error, LoadError::Io { .. }));
/// assert_eq!(error.to_string(), "cannot read the schema `nowhere/wallow.toml`");
/// ```
pub fn load(path: &Path) -> Result<Schema, LoadError> {
    let bytes = read_file(path).map_err(|source| LoadError::Io {
        path: path.to_owned(),
        source,
    })?;
    let origin = path.display().to_string();
    let text = decode(&bytes, &origin);
    text.and_then(|text| parse(text, &origin))
        .map_err(LoadError::Invalid)
}

/// The text of a file, for [`parse`]: TOML is UTF-8 by definition.
///
/// # Errors
///
/// One mistake, at the first byte that is not UTF-8.
///
/// ```
/// let problems = wallow_schema::decode(b"# caf\xe9", "wallow.toml").unwrap_err();
/// assert_eq!(problems.iter().next().unwrap().column(), 6);
/// ```
pub fn decode<'a>(bytes: &'a [u8], origin: &str) -> Result<&'a str, Diagnostics> {
    str::from_utf8(bytes).map_err(|error| {
        // Up to the invalid byte, the text is the same as in the file.
        let source = Source::new(&String::from_utf8_lossy(bytes), origin);
        let mut out = Diagnostics::new(Arc::new(source));
        let place = Span::from(error.valid_up_to()..error.valid_up_to());
        out.error(place, "the file is not UTF-8 text")
            .help("save it with the encoding UTF-8");
        out
    })
}

/// Why [`load`] has no schema.
pub enum LoadError {
    /// The file cannot be read.
    Io {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is not a valid schema.
    Invalid(Diagnostics),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "cannot read the schema `{}`", path.display()),
            Self::Invalid(problems) => problems.fmt(f),
        }
    }
}

/// `{:?}` is the text followed by the reason, because that is what `fn main() -> Result<(), Box<dyn Error>>` prints;
/// `{:#?}` has the details.
impl fmt::Debug for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, f.alternate()) {
            (Self::Io { source, .. }, false) => write!(f, "{self}: {source}"),
            (Self::Invalid(problems), false) => fmt::Debug::fmt(problems, f),
            (Self::Io { path, source }, true) => f
                .debug_struct("Io")
                .field("path", path)
                .field("source", source)
                .finish(),
            (Self::Invalid(problems), true) => f.debug_tuple("Invalid").field(problems).finish(),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            // The text already says everything.
            Self::Invalid(_) => None,
        }
    }
}
