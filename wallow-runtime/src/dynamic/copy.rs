//! Runs as a database has them, to be carried into another one: with ids, uuids, times and attempts.
//!
//! ```
//! use wallow_runtime::dynamic::copy::Writing;
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
//! let (from, to) = (laptop.originals()?, server.originals()?);
//! let page = from.page(0..=from.last_id()?, 100)?;
//! let writings: Vec<Writing<'_>> = page.iter().map(Writing::New).collect();
//! assert!(to.write(&writings)?);
//! assert_eq!(to.page(0..=i64::MAX, 100)?, page);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::ops::RangeInclusive;

use super::{Row, Store, Value};
use crate::error::Error;
use crate::plan::{Copies, Plan};
use crate::value::{from_micros, to_micros};

/// A run as a database has it.
#[derive(Debug, Clone)]
pub struct Original {
    id: i64,
    row: Row,
    attempt: i64,
    size: usize,
}

/// Whether it is the same run in the same state, wherever it was read.
impl PartialEq for Original {
    fn eq(&self, other: &Self) -> bool {
        self.row == other.row && self.attempt == other.attempt
    }
}

impl Original {
    pub(crate) fn new(plan: &Plan, mut row: Row, attempt: i64, size: usize) -> Self {
        for (value, column) in row.values_mut().zip(plan.columns()) {
            match value {
                // The Python package writes a JSON `null` where wallow writes NULL.
                Value::Json(serde_json::Value::Null) if column.nullable => *value = Value::Null,
                // What another program wrote beyond the microsecond is not kept.
                Value::Time(time) => *time = from_micros(to_micros(time)),
                _ => {}
            }
        }
        let id = match row.get("id") {
            Some(Value::Int(id)) => *id,
            _ => 0,
        };
        Original {
            id,
            row,
            attempt,
            size,
        }
    }

    /// Its id.
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Its columns: id, uuid, `created_at`, `updated_at`, identifying, annotating.
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// How long its texts are where they were read, in bytes: what it takes in memory, roughly.
    pub fn size(&self) -> usize {
        self.size
    }

    /// How often it was begun; what fences the writes of a claim.
    pub fn attempt(&self) -> i64 {
        self.attempt
    }
}

/// What is to be written of a run.
#[derive(Debug, Clone, Copy)]
pub enum Writing<'r> {
    /// A run that is not there.
    New(&'r Original),
    /// A later state of a run that is there, with the same id, uuid and key.
    Newer {
        /// What is written: everything but id, uuid, `created_at` and key.
        run: &'r Original,
        /// What was seen there.
        than: &'r Original,
    },
}

/// The runs of a store as they are; made by [`Store::originals`].
#[derive(Debug)]
pub struct Originals<'s> {
    store: &'s Store,
    statements: Copies,
}

impl Store {
    /// The runs as they are, to copy them.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) where the table cannot be looked at.
    #[doc(hidden)]
    pub fn originals(&self) -> Result<Originals<'_>, Error> {
        Ok(Originals {
            store: self,
            statements: self.engine.copies()?,
        })
    }
}

impl Originals<'_> {
    /// The highest id; 0 where there is no run.
    ///
    /// # Errors
    /// As [`page`](Originals::page).
    pub fn last_id(&self) -> Result<i64, Error> {
        self.store.engine.last_id()
    }

    /// The first `most` runs whose ids are within these, in the order of ids.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) where a value cannot be read: of which run, and which field.
    pub fn page(&self, ids: RangeInclusive<i64>, most: usize) -> Result<Vec<Original>, Error> {
        self.store.engine.originals(&self.statements, &ids, most)
    }

    /// Sees to it that no new run gets an id up to `last`. SQLite gives new runs ids above all others
    /// anyway; PostgreSQL counts by itself.
    ///
    /// # Errors
    /// [`Database`](crate::ErrorKind::Database) where the database refuses.
    pub fn keep_ids(&self, last: i64) -> Result<(), Error> {
        self.store.engine.keep_ids(last)
    }

    /// Writes all of it in one transaction, and says so; or nothing, where an id, a uuid or a key is taken, or a
    /// run has been written to since it was seen.
    ///
    /// # Errors
    /// [`Validation`](crate::ErrorKind::Validation) where a value cannot be stored: of which run, and which
    /// field. [`Busy`](crate::ErrorKind::Busy) and [`Database`](crate::ErrorKind::Database). Nothing is written
    /// then.
    pub fn write(&self, page: &[Writing<'_>]) -> Result<bool, Error> {
        self.store.engine.write_copies(&self.statements, page)
    }
}
