//! Runs exactly as a database has them, to copy them into another one: with ids, uuids, times and attempts.
//!
//! ```
//! use wallow_runtime::dynamic::copy::CopyOp;
//! use wallow_runtime::dynamic::{Fields, Store};
//! use wallow_runtime::OnDuplicate;
//!
//! # let schema = wallow_schema::parse(
//! #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n",
//! #     "wallow.toml",
//! # )?;
//! let laptop = Store::open(&schema, ":memory:")?;
//! laptop.register(&Fields::new().with("seed", 7), &Fields::new(), OnDuplicate::Error)?;
//!
//! let server = Store::open(&schema, ":memory:")?;
//! let (from, to) = (laptop.raw_runs()?, server.raw_runs()?);
//! let page = from.page(0..=from.last_id()?, 100)?;
//! let writings: Vec<CopyOp<'_>> = page.iter().map(CopyOp::New).collect();
//! assert!(to.write(&writings)?);
//! assert_eq!(to.page(0..=i64::MAX, 100)?, page);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ops::RangeInclusive;

use super::Store;
use crate::engine::CopyStatements;
pub use crate::engine::{CopyOp, RawRun};
use crate::error::Error;

/// The runs of a store as they are; made by [`Store::raw_runs`].
#[derive(Debug)]
pub struct RawRuns<'s> {
    store: &'s Store,
    statements: CopyStatements,
}

impl Store {
    /// The runs as they are, to copy them.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the table cannot be read.
    #[doc(hidden)]
    pub fn raw_runs(&self) -> Result<RawRuns<'_>, Error> {
        Ok(RawRuns {
            store: self,
            statements: self.engine.copy_statements()?,
        })
    }
}

impl RawRuns<'_> {
    /// The highest id; 0 if there is no run.
    ///
    /// # Errors
    /// As [`page`](RawRuns::page).
    pub fn last_id(&self) -> Result<i64, Error> {
        self.store.engine.last_id()
    }

    /// The first `most` runs with ids in this range, in the order of ids.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if a value cannot be read; the error names the run and the field.
    pub fn page(&self, ids: RangeInclusive<i64>, most: usize) -> Result<Vec<RawRun>, Error> {
        self.store.engine.raw_runs(&self.statements, &ids, most)
    }

    /// Makes sure that no new run gets an id up to `last`. SQLite always gives a new run an id above all others;
    /// PostgreSQL uses a sequence, which has to be moved.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the database refuses.
    pub fn reserve_ids(&self, last: i64) -> Result<(), Error> {
        self.store.engine.reserve_ids(last)
    }

    /// Writes all of the page in one transaction and returns `true`. If an id, a uuid or a key is taken, or if a run
    /// was written to since it was read, it writes nothing and returns `false`.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a value cannot be stored: of which run, and which
    /// field. [`Busy`](crate::ErrorKind::Busy) and [`Database`](crate::ErrorKind::Database). Nothing is written
    /// then.
    pub fn write(&self, page: &[CopyOp<'_>]) -> Result<bool, Error> {
        self.store.engine.apply_copy(&self.statements, page)
    }

    /// The error of a run that nothing is in the way of, if the database takes it and stores nothing. Nothing is kept.
    ///
    /// # Errors
    /// As [`write`](RawRuns::write).
    pub fn swallowed(&self, operation: &CopyOp<'_>) -> Result<Option<Error>, Error> {
        self.store
            .engine
            .swallowed_copy(&self.statements, operation)
    }
}
