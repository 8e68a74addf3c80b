//! The built-in columns of an imported run.

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::value::year_fits;

/// The values of the built-in columns of an imported run.
#[derive(Debug, Clone)]
pub(crate) struct BuiltIns {
    pub(crate) uuid: Option<String>,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

impl BuiltIns {
    /// Checks that the values can be stored.
    pub(crate) fn checked(&self) -> Result<&Self, Error> {
        if let Some(uuid) = self.uuid.as_deref().filter(|uuid| !is_uuid(uuid)) {
            return Err(Error::validation(
                "uuid",
                format_args!("{uuid:?} is not 12 lower-case hexadecimal characters"),
            ));
        }
        let times = [
            ("created_at", self.created_at),
            ("updated_at", self.updated_at),
        ];
        for (name, time) in times {
            if let Some(time) = time.filter(|time| !year_fits(time)) {
                return Err(Error::validation(
                    name,
                    format_args!("the time {time} is outside the years 1 to 9999"),
                ));
            }
        }
        Ok(self)
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 12
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}
