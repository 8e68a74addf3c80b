//! The queue of a schema that is known at run time.

use super::{Fields, Row, Store, Value};
use crate::engine::RegisterCounts;
use crate::error::{Error, ErrorKind};
use crate::lifecycle::ClaimOptions;
use crate::store::by_chunks;
use crate::value::RunState;
use std::ops::ControlFlow;

impl Store {
    /// Adds new runs as `pending`, as [`Store::enqueue`](crate::Store::enqueue) does; runs that exist stay as they are.
    ///
    /// # Fill the queue of any schema
    ///
    /// ```
    /// use wallow::dynamic::{Fields, Store};
    ///
    /// let schema = wallow::schema::parse(
    ///     "[project]\nname = 'a'\nlifecycle = true\n[identifying.seed]\ntype = 'int'\n",
    ///     "wallow.toml",
    /// )?;
    /// let store = Store::open(&schema, ":memory:")?;
    /// let counts = store.enqueue((0..3).map(|seed| Fields::new().with("seed", seed)))?;
    /// assert_eq!(counts.inserted, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) if the schema has no lifecycle, otherwise as [`register`](Store::register). At most
    /// a thousand keys are in one transaction; those before it stay.
    pub fn enqueue(&self, keys: impl IntoIterator<Item = Fields>) -> Result<RegisterCounts, Error> {
        let enqueue = |chunk: &[Fields], _| {
            let keys = chunk.iter().map(|key| self.key(key));
            self.enqueue_chunk(&keys.collect::<Result<Vec<_>, _>>()?)
        };
        by_chunks(keys, enqueue, |_| ControlFlow::Continue(()))
    }

    /// Adds runs in one transaction, for keys whose values are in the order of the schema, with canonical floats.
    #[doc(hidden)]
    pub fn enqueue_chunk(&self, keys: &[Vec<Value>]) -> Result<RegisterCounts, Error> {
        self.require_lifecycle()?;
        self.engine
            .enqueue_chunk(keys.iter().map(|key| borrowed(key)).collect())
    }

    /// How many runs that these options select have a status that wallow does not know, or results and no status
    /// (`RunState::Unknown`). No worker claims them.
    ///
    /// # See which runs are left when nothing is pending
    ///
    /// ```
    /// use wallow::dynamic::{Fields, Store};
    /// use wallow::{ClaimOptions, Reclaim};
    ///
    /// let schema = wallow::schema::parse(
    ///     "[project]\nname = 'a'\nlifecycle = true\n[identifying.seed]\ntype = 'int'\n",
    ///     "wallow.toml",
    /// )?;
    /// let store = Store::open(&schema, ":memory:")?;
    /// store.enqueue([Fields::new().with("seed", 0)])?;
    /// let all = wallow::dynamic::parse(&schema, "true")?;
    /// store.update_where(all, &Fields::new().with("status", "pruned"))?;
    /// let options = ClaimOptions::new(Reclaim::Immediately);
    /// assert!(store.claim_next(&options)?.is_none());
    /// assert_eq!(store.count_unknown(&options)?, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Schema`](ErrorKind::Schema) if the schema has no lifecycle, otherwise as [`claim_next`](Store::claim_next).
    pub fn count_unknown(&self, options: &ClaimOptions<Row>) -> Result<u64, Error> {
        self.require_lifecycle()?;
        self.engine.unknown(&options.request)
    }

    /// How many runs that the filter of the options selects are pending.
    #[doc(hidden)]
    pub fn count_pending(&self, options: &ClaimOptions<Row>) -> Result<u64, Error> {
        self.require_lifecycle()?;
        self.engine.pending(&options.request)
    }

    /// How many runs that the filter of the options selects are running.
    #[doc(hidden)]
    pub fn count_running(&self, options: &ClaimOptions<Row>) -> Result<u64, Error> {
        self.require_lifecycle()?;
        self.engine.running(&options.request)
    }

    /// The states of keys whose values are in the order of the schema, with canonical floats. Writes nothing.
    #[doc(hidden)]
    pub fn states(&self, keys: &[Vec<Value>]) -> Result<Vec<RunState>, Error> {
        self.require_lifecycle()?;
        let keys = keys.iter().map(|key| borrowed(key));
        self.engine.states(&keys.collect::<Vec<_>>())
    }

    /// An error if no run of this schema waits in a queue.
    pub(super) fn require_lifecycle(&self) -> Result<(), Error> {
        if self.schema().has_lifecycle() {
            return Ok(());
        }
        let message = "the schema has no lifecycle, so no run waits in a queue; write `lifecycle = true` below \
                       `[project]` in wallow.toml, and bring the database to it: `wallow status` says how";
        Err(Error::new(ErrorKind::Schema, message))
    }
}

fn borrowed(key: &[Value]) -> Vec<crate::value::Value<'_>> {
    key.iter().map(Value::borrow).collect()
}
