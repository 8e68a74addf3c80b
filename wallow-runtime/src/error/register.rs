//! The error of a registration.

use std::fmt;

use super::advice::OTHER_POLICY;
use super::{Error, ErrorKind};

/// The error of a registration. For a duplicate it has the run that exists.
///
/// `?` turns it into [`Error`] (kind [`ErrorKind::Duplicate`], with the run's uuid).
///
/// # Look at the run that exists
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{ErrorKind, OnDuplicate};
///
/// store.register(&key, &Annotating::new().val_loss(0.4), OnDuplicate::Error)?;
/// let error = store.register(&key, &Annotating::new(), OnDuplicate::Error).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Duplicate);
/// assert_eq!(error.existing().and_then(|run| run.val_loss), Some(0.4));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RegisterError<R> {
    error: Error,
    existing: Option<Box<R>>,
}

impl<R> RegisterError<R> {
    pub(crate) fn duplicate(existing: R, uuid: &str) -> Self {
        let message = format!(
            "this run is registered already (uuid {uuid}); {}",
            OTHER_POLICY.program
        );
        RegisterError {
            error: Error::new(ErrorKind::Duplicate, message).with_uuid(uuid),
            existing: Some(Box::new(existing)),
        }
    }

    /// This error with `context` before its text.
    pub(crate) fn context(mut self, context: impl std::fmt::Display) -> Self {
        self.error = self.error.context(context);
        self
    }

    /// The run that is registered already, if this is the error of a duplicate.
    pub fn existing(&self) -> Option<&R> {
        self.existing.as_deref()
    }

    /// The run that exists already, by value.
    pub fn into_existing(self) -> Option<R> {
        self.existing.map(|run| *run)
    }

    /// The kind of the error, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.error.kind()
    }

    /// The error without the run.
    pub fn error(&self) -> &Error {
        &self.error
    }
}

impl<R> From<Error> for RegisterError<R> {
    fn from(error: Error) -> Self {
        RegisterError {
            error,
            existing: None,
        }
    }
}

impl<R> From<RegisterError<R>> for Error {
    fn from(error: RegisterError<R>) -> Self {
        error.error
    }
}

impl<R> fmt::Display for RegisterError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

/// As of [`Error`]: `{:?}` reads like the text, `{:#?}` has the details.
impl<R> fmt::Debug for RegisterError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<R> std::error::Error for RegisterError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}
