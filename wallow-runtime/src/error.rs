//! The error of wallow: a kind to branch on, a text for people, and the details as data.

pub(crate) mod advice;
mod register;

use std::any::Any;
use std::fmt;

#[doc(hidden)]
pub use advice::for_command;
pub use register::RegisterError;

/// The end of the text of a lost connection, unless it is known that nothing was done.
const UNKNOWN: &str =
    "; whether a write in that moment was done is not known: look, or register again";

/// A `Result` with wallow's [`Error`].
///
/// # Return it from a function
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// use registry::Store;
///
/// fn completed(store: &Store) -> wallow::Result<u64> {
///     store.filter(registry::fields::status.eq("completed")).count()
/// }
/// assert_eq!(completed(&Store::open(":memory:")?)?, 0);
/// # Ok::<(), wallow::Error>(())
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The kind of an error, to branch on.
///
/// # Tell a missing run from other errors
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use wallow::ErrorKind;
///
/// let error = store.heartbeat(&key).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// # Ok::<(), wallow::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The schema itself is wrong.
    Schema,
    /// A value cannot be stored in its field.
    Validation,
    /// The run is registered already, and the policy is `OnDuplicate::Error`.
    Duplicate,
    /// There is no such run.
    NotFound,
    /// There are several runs, and exactly one was expected.
    MultipleFound,
    /// The database is behind the schema of the program.
    PendingMigration,
    /// The database is newer than the program.
    DatabaseAhead,
    /// The table lacks what the schema declares.
    SchemaMismatch,
    /// Another worker has taken the run over.
    ClaimLost,
    /// The database was locked by others for longer than the busy timeout.
    Busy,
    /// Any other error of the database.
    Database,
    /// A file or folder could not be used.
    Io,
}

/// An error of wallow.
///
/// `to_string()` says what happened and what to do; [`kind`](Error::kind) is for branching, and
/// the accessors give the details without parsing text.
///
/// # Branch on the kind, and use the details
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{ErrorKind, OnDuplicate};
///
/// let patch = Annotating::new().val_loss(f64::NAN); // SQLite cannot store it
/// let result = store.register(&key, &patch, OnDuplicate::Error);
/// let error = wallow::Error::from(result.unwrap_err());
/// match error.kind() {
///     ErrorKind::Validation => assert_eq!(error.field(), Some("val_loss")),
///     ErrorKind::Busy => println!("try again later"),
///     _ => return Err(error),
/// }
/// # Ok::<(), wallow::Error>(())
/// ```
pub struct Error(Box<Inner>);

#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of an error, each asked for by one place"
)]
struct Inner {
    kind: ErrorKind,
    message: String,
    details: Details,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
    unwritten: Option<Box<dyn Any + Send + Sync>>,
    lost_connection: bool,
    nothing_changed: bool,
    changed_table: bool,
    in_trouble: bool,
    refused_write: bool,
}

#[derive(Debug, Default)]
struct Details {
    field: Option<String>,
    expected: Option<String>,
    actual: Option<String>,
    uuid: Option<String>,
    current: Option<String>,
    head: Option<String>,
    differences: Vec<String>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            message: message.into(),
            details: Details::default(),
            source: None,
            unwritten: None,
            lost_connection: false,
            nothing_changed: false,
            changed_table: false,
            in_trouble: false,
            refused_write: false,
        }))
    }

    pub(crate) fn validation(field: &str, message: impl fmt::Display) -> Self {
        let mut error = Error::new(ErrorKind::Validation, format!("field `{field}`: {message}"));
        error.0.details.field = Some(field.to_owned());
        error
    }

    /// This error with `context` (for example, what was being done) before its text.
    pub(crate) fn context(mut self, context: impl fmt::Display) -> Self {
        self.0.message = format!("{context}: {}", self.0.message);
        self
    }

    pub(crate) fn advice(mut self, advice: impl fmt::Display) -> Self {
        self.0.message = format!("{}; {advice}", self.0.message);
        self
    }

    pub(crate) fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_field(mut self, field: &str) -> Self {
        self.0.details.field = Some(field.to_owned());
        self
    }

    pub(crate) fn with_types(mut self, expected: &str, actual: &str) -> Self {
        self.0.details.expected = Some(expected.to_owned());
        self.0.details.actual = Some(actual.to_owned());
        self
    }

    pub(crate) fn with_revisions(mut self, current: &str, head: &str) -> Self {
        self.0.details.current = Some(current.to_owned());
        self.0.details.head = Some(head.to_owned());
        self
    }

    pub(crate) fn with_uuid(mut self, uuid: &str) -> Self {
        self.0.details.uuid = Some(uuid.to_owned());
        self
    }

    pub(crate) fn with_differences(mut self, differences: Vec<String>) -> Self {
        self.0.details.differences = differences;
        self
    }

    pub(crate) fn with_unwritten(mut self, patch: impl Any + Send + Sync) -> Self {
        self.0.unwritten = Some(Box::new(patch));
        self
    }

    /// This error, marked as that of a lost connection: the database may have done what it was asked.
    #[cfg(feature = "postgres")]
    pub(crate) fn of_lost_connection(mut self) -> Self {
        self.0.lost_connection = true;
        self.0.message.push_str(UNKNOWN);
        self
    }

    /// This error, marked as that of a connection that could not be opened.
    #[cfg(feature = "postgres")]
    pub(crate) fn of_no_connection(mut self) -> Self {
        self.0.lost_connection = true;
        self.0.nothing_changed = true;
        self
    }

    /// This error, marked with the knowledge that the database has not done what it was asked, so that it may be asked
    /// again.
    pub(crate) fn of_nothing_changed(mut self) -> Self {
        if self.0.lost_connection && !self.0.nothing_changed {
            self.0.nothing_changed = true;
            if let Some(text) = self.0.message.strip_suffix(UNKNOWN) {
                self.0.message = format!("{text}; nothing was changed: try again");
            }
        }
        self
    }

    /// Whether the connection was lost and the database is known not to have done what it was asked.
    pub(crate) fn has_changed_nothing(&self) -> bool {
        self.0.lost_connection && self.0.nothing_changed
    }

    /// A copy of the error for another caller that meets the same problem.
    pub(crate) fn repeated(&self) -> Self {
        let mut error = Error::new(self.kind(), self.0.message.clone());
        error.0.lost_connection = self.0.lost_connection;
        error.0.nothing_changed = self.0.nothing_changed;
        error.0.in_trouble = self.0.in_trouble;
        error
    }

    /// The error of a statement that found its table changed. The pool then looks at the table and reports what has
    /// changed.
    pub(crate) fn of_changed_table() -> Self {
        let message =
            "the table `runs` is being changed again and again; try again when that is over";
        let mut error = Error::new(ErrorKind::SchemaMismatch, message);
        error.0.changed_table = true;
        error
    }

    /// Whether a statement found its table changed.
    pub(crate) fn is_of_changed_table(&self) -> bool {
        self.0.changed_table
    }

    /// This error, marked as that of a database that refuses writes for a while: its disk is full, or it is a
    /// standby that has not been promoted.
    pub(crate) fn of_database_in_trouble(mut self) -> Self {
        self.0.in_trouble = true;
        self
    }

    /// This error, marked as that of a database that refuses this value or row, but would accept another.
    pub(crate) fn of_refused_write(mut self) -> Self {
        self.0.refused_write = true;
        self
    }

    /// Whether the database refuses only what is written, not every write.
    pub(crate) fn is_refused_write(&self) -> bool {
        self.0.refused_write
    }

    /// Whether the same write, unchanged, may succeed later.
    pub(crate) fn may_pass(&self) -> bool {
        self.is_busy() || self.is_lost_connection() || self.0.in_trouble
    }

    /// Whether the server went away, or does not answer.
    pub(crate) fn is_lost_connection(&self) -> bool {
        self.0.lost_connection
    }

    /// What a claim could not write, because it was lost ([`ErrorKind::ClaimLost`]) or the database
    /// failed: the `Annotating` of the schema, so that it can be kept elsewhere.
    pub fn unwritten<A: 'static>(&self) -> Option<&A> {
        self.0.unwritten.as_ref()?.downcast_ref()
    }

    /// The error of diesel, of the file system or of another crate that led to this one, to be downcast.
    pub fn underlying(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// The kind of an error, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The field that the error is about.
    pub fn field(&self) -> Option<&str> {
        self.0.details.field.as_deref()
    }

    /// What was expected of the field.
    pub fn expected(&self) -> Option<&str> {
        self.0.details.expected.as_deref()
    }

    /// What was found instead.
    pub fn actual(&self) -> Option<&str> {
        self.0.details.actual.as_deref()
    }

    /// The uuid of the run that the error is about.
    pub fn uuid(&self) -> Option<&str> {
        self.0.details.uuid.as_deref()
    }

    /// The revision the database has ([`ErrorKind::PendingMigration`], [`ErrorKind::DatabaseAhead`]).
    pub fn current_revision(&self) -> Option<&str> {
        self.0.details.current.as_deref()
    }

    /// The revision the program expects ([`ErrorKind::PendingMigration`], [`ErrorKind::DatabaseAhead`]).
    pub fn head_revision(&self) -> Option<&str> {
        self.0.details.head.as_deref()
    }

    /// The differences between the table and the schema, one line each ([`ErrorKind::SchemaMismatch`]).
    pub fn differences(&self) -> &[String] {
        &self.0.details.differences
    }

    /// Whether a value cannot be stored in its field.
    pub fn is_validation(&self) -> bool {
        self.kind() == ErrorKind::Validation
    }

    /// Whether the run is registered already.
    pub fn is_duplicate(&self) -> bool {
        self.kind() == ErrorKind::Duplicate
    }

    /// Whether there is no such run.
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// Whether the database stayed locked for longer than the busy timeout; trying again is fine.
    pub fn is_busy(&self) -> bool {
        self.kind() == ErrorKind::Busy
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

/// `{:?}` reads like the text, because that is what `fn main() -> Result<(), Box<dyn Error>>` prints; `{:#?}` has the
/// details.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return f.write_str(&self.0.message);
        }
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("message", &self.0.message)
            .field("details", &self.0.details)
            .field("source", &self.0.source)
            .finish()
    }
}

/// The source is the cause of the error, unless the text contains it already, so that printing an error with all its
/// sources repeats nothing. [`Error::underlying`] always returns it.
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let mut source: Option<&(dyn std::error::Error + 'static)> = None;
        if let Some(first) = &self.0.source {
            source = Some(first.as_ref());
        }
        while let Some(error) = source {
            if !self.0.message.contains(&error.to_string()) {
                return Some(error);
            }
            source = error.source();
        }
        None
    }
}
