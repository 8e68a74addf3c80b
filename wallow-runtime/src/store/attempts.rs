//! The history of attempts, of a typed store.

use super::Store;
use crate::codegen_support::{Key, Record};
use crate::engine::Attempt;
use crate::error::Error;

impl<R: Record> Store<R> {
    /// The attempts at a run, in order: one for each of its claims since the schema has `attempts = true`; none if there
    /// is no such run.
    ///
    /// # Find the machine that a run was executed on
    ///
    /// ```
    /// # mod registry { wallow::wallow_schema!("../src/guide/attempts.toml"); }
    /// # let store = registry::Store::open(":memory:")?;
    /// # let key = registry::Identifying::builder().seed(7).build();
    /// use registry::Annotating;
    /// use wallow::{LifecycleOptions, Reclaim};
    ///
    /// let options = LifecycleOptions::new(Reclaim::Immediately);
    /// store.run_lifecycle(&key, options, |_| Ok::<_, std::io::Error>(Annotating::new().val_loss(0.3)))?;
    /// for attempt in store.attempts(&key)? {
    ///     println!("attempt {} on {:?}: {:?}", attempt.attempt, attempt.host, attempt.outcome);
    /// }
    /// # assert_eq!(store.attempts(&key)?.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`Schema`](crate::ErrorKind::Schema) if the schema keeps no history of attempts, otherwise as
    /// [`find`](Store::find).
    pub fn attempts(&self, identifying: &R::Identifying) -> Result<Vec<Attempt>, Error> {
        self.engine.attempts(&identifying.values())
    }
}
