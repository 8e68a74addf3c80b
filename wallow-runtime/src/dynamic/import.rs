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
//! let run = ImportedRun {
//!     identifying: Fields::new().with("seed", 7),
//!     annotating: Fields::new().with("loss", 0.5),
//!     uuid: Some("8fa740691a0a".into()),
//!     ..ImportedRun::default()
//! };
//! let outcomes = store.import(|import| {
//!     let outcomes = import.take(&[run.clone()], OnConflict::Leave)?;
//!     Ok::<_, Error>(Ending::Keep(outcomes))
//! })?;
//! assert!(matches!(outcomes[..], [ImportOutcome::Inserted]));
//! assert!(store.find_by_uuid("8fa740691a0a")?.is_some());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};

use super::{Fields, Store};
use crate::engine::{Attempt, AttemptOutcome, BuiltIns, ImportTransaction, Imported};
pub use crate::engine::{ImportOutcome, OnConflict, PageError};
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
    transaction: &'a mut ImportTransaction<'g>,
}

impl fmt::Debug for Import<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Import").finish_non_exhaustive()
    }
}

/// The values of a run in the order of the schema.
struct Values<'a> {
    key: Vec<Value>,
    patch: Vec<Option<crate::value::Value<'a>>>,
    only_new: Vec<bool>,
    built_ins: BuiltIns,
}

impl<'a> Values<'a> {
    fn new(store: &Store, run: &'a ImportedRun) -> Result<Self, Error> {
        let annotating = store.engine.table().annotating().iter();
        let only_new = annotating.map(|column| run.only_new.contains(&column.name));
        Ok(Values {
            key: store.key(&run.identifying)?,
            patch: store.patch(&run.annotating)?,
            only_new: only_new.collect(),
            built_ins: run.built_ins(),
        })
    }
}

impl Import<'_, '_> {
    /// Imports runs, with the same outcomes as if they were imported one after the other. A server takes many of them at
    /// once.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the import cannot continue. A problem with a run itself is reported
    /// by its [`ImportOutcome`].
    pub fn take(
        &mut self,
        runs: &[ImportedRun],
        on_conflict: OnConflict,
    ) -> Result<Vec<ImportOutcome>, PageError> {
        let mut outcomes = BTreeMap::new();
        let mut values = Vec::with_capacity(runs.len());
        for (index, run) in runs.iter().enumerate() {
            match Values::new(self.store, run) {
                Ok(run) => values.push((index, run)),
                Err(error) => drop(outcomes.insert(index, ImportOutcome::Refused(error))),
            }
        }
        let keys = values.iter();
        let keys = keys.map(|(_, run)| run.key.iter().map(Value::borrow).collect::<Vec<_>>());
        let keys = keys.collect::<Vec<_>>();
        let imported = values.iter().zip(&keys).map(|((_, run), key)| Imported {
            key,
            patch: &run.patch,
            only_new: &run.only_new,
            built_ins: &run.built_ins,
        });
        let taken = self
            .transaction
            .take_page(&imported.collect::<Vec<_>>(), on_conflict);
        let taken = taken.map_err(|stopped| PageError {
            index: values[stopped.index].0,
            ..stopped
        })?;
        outcomes.extend(values.iter().map(|(index, _)| *index).zip(taken));
        Ok(outcomes.into_values().collect())
    }
}

impl Import<'_, '_> {
    /// Gives runs the attempts that they have in another database, if they have the same uuids here and were never claimed
    /// here. The attempts are those of whole histories, one after the other, each in the order of its numbers. Those that
    /// go on are `lost`: nobody holds a claim here. Returns how many came along; none for a schema without a history.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the import cannot continue.
    pub fn take_attempts(
        &mut self,
        mut attempts: Vec<Attempt>,
        now: DateTime<Utc>,
    ) -> Result<usize, Error> {
        for attempt in attempts
            .iter_mut()
            .filter(|attempt| attempt.outcome.is_none())
        {
            attempt.outcome = Some(AttemptOutcome::Lost);
            attempt.ended_at = Some(now.max(attempt.started_at));
        }
        self.transaction.take_attempts(attempts)
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
            |transaction| {
                work(&mut Import {
                    store: self,
                    transaction,
                })
            },
            |ending| matches!(ending, Ending::Keep(_)),
        );
        ending.map(Ending::into_inner)
    }
}
