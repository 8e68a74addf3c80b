//! Runs that were registered elsewhere, imported with their uuids and times, all or none.
//!
//! ```
//! use wallow_runtime::dynamic::import::{ImportedRun, Ending, ImportOutcome, OnConflict};
//! use wallow_runtime::dynamic::{Fields, Store};
//! # use wallow_runtime::Error;
//!
//! # let schema = wallow_schema::parse(
//! #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
//! #     "wallow.toml",
//! # )?;
//! let store = Store::open(&schema, ":memory:")?;
//! let arrival = ImportedRun {
//!     identifying: Fields::new().with("seed", 7),
//!     annotating: Fields::new().with("loss", 0.5),
//!     uuid: Some("8fa740691a0a".into()),
//!     ..ImportedRun::default()
//! };
//! let fate = store.import(|import| {
//!     let fate = import.take(&arrival, OnConflict::Leave)?;
//!     Ok::<_, Error>(Ending::Keep(fate))
//! })?;
//! assert!(matches!(fate, ImportOutcome::Inserted));
//! assert!(store.find_by_uuid("8fa740691a0a")?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;

use chrono::{DateTime, Utc};

use super::{Fields, Store};
use crate::engine::{Attempt, AttemptOutcome, BuiltIns, ImportTransaction, Imported};
pub use crate::engine::{ImportOutcome, OnConflict};
use crate::error::Error;
use crate::value::owned::Value;

/// A run as it was in another database.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ImportedRun {
    /// Its key; fields with a default may be left out.
    pub identifying: Fields,
    /// Its annotating fields; a new run gets the defaults of those that are left out.
    pub annotating: Fields,
    /// Its uuid; a new one if `None`.
    pub uuid: Option<String>,
    /// The annotating fields that only a new run gets: they do not overwrite those of one that is there.
    pub only_new: Vec<String>,
    /// When it was registered; now if `None`.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was last written to; now if `None`.
    pub updated_at: Option<DateTime<Utc>>,
}

impl ImportedRun {
    fn built_ins(&self) -> BuiltIns {
        BuiltIns {
            uuid: self.uuid.clone(),
            created_at: self.created_at.or(self.updated_at),
            updated_at: self.updated_at,
        }
    }
}

/// How an import ends.
#[derive(Debug)]
pub enum Ending<T> {
    /// All runs are kept.
    Keep(T),
    /// Nothing is changed.
    Undo(T),
}

impl<T> Ending<T> {
    fn into_inner(self) -> T {
        match self {
            Ending::Keep(value) | Ending::Undo(value) => value,
        }
    }
}

/// An import in progress.
pub struct Import<'a, 'g> {
    store: &'a Store,
    gate: &'a mut ImportTransaction<'g>,
}

impl fmt::Debug for Import<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").finish_non_exhaustive()
    }
}

impl Import<'_, '_> {
    /// Imports a run.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the import cannot continue. A problem with the run itself is
    /// reported by its [`ImportOutcome`].
    pub fn take(
        &mut self,
        arrival: &ImportedRun,
        present: OnConflict,
    ) -> Result<ImportOutcome, Error> {
        let values = self.store.key(&arrival.identifying);
        let values = values.and_then(|key| Ok((key, self.store.patch(&arrival.annotating)?)));
        let (key, patch) = match values {
            Ok(values) => values,
            Err(error) => return Ok(ImportOutcome::Refused(error)),
        };
        let key = key.iter().map(Value::borrow).collect::<Vec<_>>();
        let annotating = self.store.engine.table().annotating().iter();
        let only_new = annotating.map(|column| arrival.only_new.contains(&column.name));
        let only_new = only_new.collect::<Vec<_>>();
        let imported = Imported {
            key: &key,
            patch: &patch,
            only_new: &only_new,
        };
        self.gate.take(imported, &arrival.built_ins(), present)
    }
}

impl Import<'_, '_> {
    /// Gives a run the attempts that it has in another database, in the order of their numbers, if it has the same uuid
    /// here and was never claimed here. Those that go on are `lost`: nobody holds a claim here. Returns whether it did;
    /// never for a schema without a history.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the import cannot continue.
    pub fn take_attempts(
        &mut self,
        attempts: &mut [Attempt],
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        for attempt in attempts
            .iter_mut()
            .filter(|attempt| attempt.outcome.is_none())
        {
            attempt.outcome = Some(AttemptOutcome::Lost);
            attempt.ended_at = Some(now.max(attempt.started_at));
        }
        self.gate.take_attempts(attempts)
    }
}

impl Store {
    /// Checks that a run can be stored, as far as possible without the database. Returns its key as it would be stored,
    /// in the order of the schema. Runs with equal keys are the same run.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation): a field that is missing or unknown, or a value that it cannot
    /// hold.
    #[doc(hidden)]
    pub fn check_import(&self, run: &ImportedRun) -> Result<Vec<Value>, Error> {
        let key = self.key(&run.identifying)?;
        let patch = self.patch(&run.annotating)?;
        let borrowed = key.iter().map(Value::borrow).collect::<Vec<_>>();
        self.engine.check(&borrowed, &patch)?;
        run.built_ins().checked()?;
        Ok(key)
    }

    /// Imports runs in one transaction: others see all of them or none, even after a crash. `work` is called again if
    /// the database was busy, or if the database itself refused a run.
    ///
    /// # Errors
    /// The errors of `work`, [`Busy`](crate::ErrorKind::Busy) and [`Database`](crate::ErrorKind::Database); nothing has
    /// changed then.
    #[doc(hidden)]
    pub fn import<T, E: From<Error>>(
        &self,
        mut work: impl FnMut(&mut Import<'_, '_>) -> Result<Ending<T>, E>,
    ) -> Result<T, E> {
        let ending = self.engine.import_transaction(
            |gate| work(&mut Import { store: self, gate }),
            |ending| matches!(ending, Ending::Keep(_)),
        );
        ending.map(Ending::into_inner)
    }
}
