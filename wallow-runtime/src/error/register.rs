//! What `register` answers when it cannot.

use std::fmt;

use super::{Error, ErrorKind};

/// The error of a registration: for a duplicate, with the run that is there already.
///
/// `?` turns it into [`Error`] (kind [`ErrorKind::Duplicate`], with the run's uuid).
pub struct RegisterError<R> {
    error: Error,
    existing: Option<Box<R>>,
}

impl<R> RegisterError<R> {
    pub(crate) fn duplicate(existing: R, uuid: &str) -> Self {
        let message = format!(
            "this run is registered already (uuid {uuid}); \
             use another `OnDuplicate` policy to return, skip or overwrite it",
        );
        RegisterError {
            error: Error::new(ErrorKind::Duplicate, message).with_uuid(uuid),
            existing: Some(Box::new(existing)),
        }
    }

    /// The same, with what else is to be said.
    pub(crate) fn context(mut self, context: impl std::fmt::Display) -> Self {
        self.error = self.error.context(context);
        self
    }

    /// The run that is registered already, where that is the error.
    pub fn existing(&self) -> Option<&R> {
        self.existing.as_deref()
    }

    /// The same, by value.
    pub fn into_existing(self) -> Option<R> {
        self.existing.map(|run| *run)
    }

    /// What went wrong, in a word.
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
