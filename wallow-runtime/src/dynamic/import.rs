//! Runs that were registered elsewhere, brought in as they were: with uuid and times, and all or none.
//!
//! ```
//! use wallow_runtime::dynamic::import::{Arrival, Ending, Fate, Present};
//! use wallow_runtime::dynamic::{Fields, Store};
//! # use wallow_runtime::Error;
//!
//! # let schema = wallow_schema::parse(
//! #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
//! #     "wallow.toml",
//! # )?;
//! let store = Store::open(&schema, ":memory:")?;
//! let arrival = Arrival {
//!     identifying: Fields::new().with("seed", 7),
//!     annotating: Fields::new().with("loss", 0.5),
//!     uuid: Some("8fa740691a0a".into()),
//!     ..Arrival::default()
//! };
//! let fate = store.import(|import| {
//!     let fate = import.take(&arrival, Present::Leave)?;
//!     Ok::<_, Error>(Ending::Keep(fate))
//! })?;
//! assert!(matches!(fate, Fate::Inserted));
//! assert!(store.find_by_uuid("8fa740691a0a")?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Fields, Store, Value};
use crate::engine::Gate;
use crate::error::Error;
use crate::value::year_fits;

/// What happens to a run that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Present {
    /// It stays as it is.
    Leave,
    /// The annotating fields that have a value are written. A NULL erases nothing.
    Overwrite,
    /// The one that arrives is refused.
    Refuse,
}

/// A run as it was elsewhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrival {
    /// Its key; fields with a default may be left out.
    pub identifying: Fields,
    /// What is known of it; a new run gets the default of what is left out.
    pub annotating: Fields,
    /// Its uuid, else a new one.
    pub uuid: Option<String>,
    /// When it was registered, else now.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last written to, else now.
    pub updated_at: Option<DateTime<Utc>>,
}

impl Arrival {
    fn built_ins(&self) -> BuiltIns {
        BuiltIns {
            uuid: self.uuid.clone(),
            created_at: self.created_at.or(self.updated_at),
            updated_at: self.updated_at,
        }
    }
}

/// What came of one run.
#[derive(Debug)]
pub enum Fate {
    /// It is new.
    Inserted,
    /// It was there, and has been written.
    Updated,
    /// It was there, and is as it was.
    Existing,
    /// It cannot be stored, for this reason.
    Refused(Error),
}

/// How an import ends.
#[derive(Debug)]
pub enum Ending<T> {
    /// What arrived stays.
    Keep(T),
    /// Nothing has happened.
    Undo(T),
}

impl<T> Ending<T> {
    fn into_inner(self) -> T {
        match self {
            Ending::Keep(value) | Ending::Undo(value) => value,
        }
    }
}

/// An import that is under way.
pub struct Import<'a, 'g> {
    store: &'a Store,
    gate: &'a mut Gate<'g>,
}

impl fmt::Debug for Import<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").finish_non_exhaustive()
    }
}

impl Import<'_, '_> {
    /// Takes a run.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) where the import cannot go on. What is wrong with the run itself
    /// is its [`Fate`].
    pub fn take(&mut self, arrival: &Arrival, present: Present) -> Result<Fate, Error> {
        let values = self.store.key(&arrival.identifying);
        let values = values.and_then(|key| Ok((key, self.store.patch(&arrival.annotating)?)));
        let (key, patch) = match values {
            Ok(values) => values,
            Err(error) => return Ok(Fate::Refused(error)),
        };
        let key = key.iter().map(Value::borrow).collect::<Vec<_>>();
        self.gate.take(&key, &patch, &arrival.built_ins(), present)
    }
}

impl Store {
    /// Whether a run can be stored, as far as that is known without the database; its key as it would be stored, in the
    /// order of the schema. Two runs with the same key are one.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation): a field that is missing or unknown, or a value that it cannot hold.
    #[doc(hidden)]
    pub fn check_import(&self, run: &Arrival) -> Result<Vec<Value>, Error> {
        let key = self.key(&run.identifying)?;
        let patch = self.patch(&run.annotating)?;
        let borrowed = key.iter().map(Value::borrow).collect::<Vec<_>>();
        self.engine.check(&borrowed, &patch)?;
        run.built_ins().checked()?;
        Ok(key)
    }

    /// Brings runs in within one transaction: others see all of them or none, also after a crash. Where others keep
    /// the database busy, `work` may begin anew.
    ///
    /// # Errors
    /// What `work` returns, [`Busy`](crate::ErrorKind::Busy) and [`Database`](crate::ErrorKind::Database); nothing
    /// has changed then.
    #[doc(hidden)]
    pub fn import<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut Import<'_, '_>) -> Result<Ending<T>, E>,
    ) -> Result<T, E> {
        let ending = self.engine.arrivals(
            |gate| work(&mut Import { store: self, gate }),
            |ending| matches!(ending, Ending::Keep(_)),
        );
        ending.map(Ending::into_inner)
    }
}

/// What wallow itself knows of a run.
#[derive(Debug, Clone)]
pub(crate) struct BuiltIns {
    pub(crate) uuid: Option<String>,
    pub(crate) created_at: Option<DateTime<Utc>>,
    pub(crate) updated_at: Option<DateTime<Utc>>,
}

impl BuiltIns {
    /// The same, where it can be stored.
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
