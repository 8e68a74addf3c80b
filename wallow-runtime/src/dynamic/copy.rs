//! Runs as a database has them, to be carried into another one: with ids, uuids, times and attempts.
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
    /// [`Database`](crate::ErrorKind::Database) if the table cannot be looked at.
    #[doc(hidden)]
    pub fn raw_runs(&self) -> Result<RawRuns<'_>, Error> {
        Ok(RawRuns {
            store: self,
            statements: self.engine.copies()?,
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

    /// The first `most` runs whose ids are within these, in the order of ids.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if a value cannot be read: of which run, and which field.
    pub fn page(&self, ids: RangeInclusive<i64>, most: usize) -> Result<Vec<RawRun>, Error> {
        self.store.engine.raw_runs(&self.statements, &ids, most)
    }

    /// Sees to it that no new run gets an id up to `last`. SQLite gives new runs ids above all others
    /// anyway; PostgreSQL counts by itself.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) if the database refuses.
    pub fn reserve_ids(&self, last: i64) -> Result<(), Error> {
        self.store.engine.reserve_ids(last)
    }

    /// Writes all of it in one transaction, and says so; or nothing, where an id, a uuid or a key is taken, or a
    /// run has been written to since it was seen.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) if a value cannot be stored: of which run, and which
    /// field. [`Busy`](crate::ErrorKind::Busy) and [`Database`](crate::ErrorKind::Database). Nothing is written
    /// then.
    pub fn write(&self, page: &[CopyOp<'_>]) -> Result<bool, Error> {
        self.store.engine.apply_copy(&self.statements, page)
    }
}
