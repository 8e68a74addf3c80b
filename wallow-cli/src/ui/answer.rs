//! What a request gets: a body of some type, or the reason why not.

use std::io::{self, Write};

use serde_json::{Value as Json, json};
use wallow_runtime::{Error, ErrorKind};
use wallow_schema::{Diagnostics, redact};

use crate::output::{Failure, Status, reason, visible};
use crate::page;

/// A body, with its type.
pub(super) enum Answer {
    Html(Vec<u8>),
    Json(String),
    /// A file that the browser saves; it is written while it is sent.
    Csv(Rows),
}

/// Writes the rows of a file. If it fails, what was sent does not look complete.
pub(super) type Rows = Box<dyn FnOnce(Box<dyn Write + Send>) -> io::Result<()> + Send>;

impl Answer {
    pub(super) fn json(value: &Json) -> Self {
        Answer::Json(page::harmless(value.to_string()))
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The status of HTTP.
    pub(super) status: u16,
    message: String,
    help: String,
    /// The column of the mistake in an expression, counted from 1, in characters.
    column: Option<u32>,
}

impl Refusal {
    pub(super) fn new(status: u16, message: impl Into<String>, help: impl Into<String>) -> Self {
        Refusal {
            status,
            message: message.into(),
            help: help.into(),
            column: None,
        }
    }

    /// A request that the page does not make.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Refusal::new(400, message, "")
    }

    /// The reason for a person, without passwords.
    pub(super) fn text(&self) -> String {
        let help = if self.help.is_empty() {
            String::new()
        } else {
            format!("; {}", self.help)
        };
        format!(
            "{}\n",
            redact::text(&visible(&format!("error: {}{help}", self.message)))
        )
    }

    /// The reason as JSON, without passwords.
    pub(super) fn body(&self) -> String {
        page::harmless(self.as_json().to_string())
    }

    /// The same as a value.
    pub(super) fn as_json(&self) -> Json {
        json!({
            "message": redact::text(&self.message),
            "help": redact::text(&self.help),
            "column": self.column,
        })
    }
}

impl From<Diagnostics> for Refusal {
    fn from(diagnostics: Diagnostics) -> Self {
        let Some(first) = diagnostics.iter().next() else {
            return Refusal::request("this is not an expression");
        };
        let help = first.helps().collect::<Vec<_>>().join("; ");
        Refusal {
            column: Some(first.column()),
            ..Refusal::new(400, first.message(), help)
        }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let status = match failure.status {
            Status::Usage => 400,
            _ => 500,
        };
        Refusal::new(status, failure.to_string(), "")
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Validation => 400,
            ErrorKind::Busy => 503,
            _ => 500,
        };
        Refusal::new(status, reason(&error), "")
    }
}
