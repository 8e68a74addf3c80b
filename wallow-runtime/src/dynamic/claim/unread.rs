//! What `wallow work` writes for a claim: values of fields, and a curve whose text it has already. The run is not read
//! back.

use wallow_schema::ddl::Dialect;

use super::Claim;
use crate::dynamic::{Fields, Store};
use crate::error::Error;
use crate::lifecycle::{UnreadEnd, is_refused};
use crate::value::Value as Borrowed;

/// Values of annotating fields on their way to a run.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// Values.
    pub fields: &'a Fields,
    /// A json field, and the text of its value as [`json_for`](crate::value::json_for) makes it.
    pub json: Option<(&'a str, &'a str)>,
}

/// How a command ends its run.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum RunEnd<'a> {
    /// `completed`
    Completed,
    /// `failed`, for this reason
    Failed(&'a str),
    /// `pending` again
    Released,
}

impl Store {
    /// The kind of the database.
    #[doc(hidden)]
    pub fn dialect(&self) -> Dialect {
        self.engine.table().dialect()
    }

    /// Why this kind of database cannot store texts of these fields.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a field is unknown.
    #[doc(hidden)]
    pub fn refused_texts(&self, annotating: &Fields) -> Result<Vec<Error>, Error> {
        Ok(self.engine.refused_texts(&self.patch(annotating)?))
    }
}

impl Claim {
    /// Writes intermediate results, as [`annotate`](Claim::annotate) does; the run is not read back.
    ///
    /// # Errors
    /// As [`annotate`](Claim::annotate).
    #[doc(hidden)]
    pub fn annotate_unread(&self, written: Written<'_>) -> Result<(), Error> {
        let values = self.values(written)?;
        let patience = self.held.patience_with(self.stop.as_deref());
        self.held.annotate_unread(patience, &values)
    }

    /// Ends the run with values in one write; the run is not read back. If some of the values of a completed run cannot be
    /// stored, it is `failed`, with the reason and the values that can be stored; at another end these are stored, and a
    /// warning names the others.
    ///
    /// # Errors
    /// As [`complete`](Claim::complete).
    #[doc(hidden)]
    pub fn end_unread(mut self, end: RunEnd<'_>, written: Written<'_>) -> Result<(), Error> {
        let stop = self.stop.clone();
        let patience = self.held.patience_with(stop.as_deref());
        let (values, unknown) = match self.values(written) {
            Ok(values) => (values, None),
            Err(error) => (Vec::new(), Some(error)),
        };
        let is_completed = matches!(end, RunEnd::Completed);
        let end = match end {
            RunEnd::Completed => UnreadEnd::Complete,
            RunEnd::Failed(reason) => UnreadEnd::Fail(reason),
            RunEnd::Released => UnreadEnd::Release,
        };
        let ended = match unknown {
            Some(error) => Err(error),
            None => self.held.end_unread(patience, end, &values),
        };
        match ended {
            Err(error) if is_refused(&error) && is_completed => {
                self.held.refuse(patience, &error.to_string(), &values);
                Err(error)
            }
            // The end of the run is more important than values that cannot be stored.
            Err(error) if is_refused(&error) && !values.is_empty() => {
                tracing::warn!(%error, uuid = self.held.uuid(), "the last values of a run cannot be stored");
                let storable = self.held.storable(&values);
                let ended = self.held.end_unread(patience, end, &storable);
                // The database may refuse one of these values, too, without saying which.
                match ended {
                    Err(error) if is_refused(&error) => self.held.end_unread(patience, end, &[]),
                    ended => ended,
                }
            }
            ended => ended,
        }
    }

    fn values<'a>(&self, written: Written<'a>) -> Result<Vec<Option<Borrowed<'a>>>, Error> {
        let mut values = self.store.patch(written.fields)?;
        if let Some((field, text)) = written.json {
            let mut names = self.store.schema().annotating.iter();
            if let Some(index) = names.position(|known| known.name == field) {
                values[index] = Some(Borrowed::JsonText(text));
            }
        }
        Ok(values)
    }
}
