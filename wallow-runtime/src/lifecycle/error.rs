//! The error of `run_lifecycle`.

use std::fmt;

use crate::error::Error;

/// The error of [`Store::run_lifecycle`](crate::Store::run_lifecycle): the closure's own error, or one of the store.
///
/// There are only these two, so a `match` needs no `_` arm.
///
/// # Tell a failed run from a failed database
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use wallow::{LifecycleError, LifecycleOptions, Reclaim};
///
/// let options = LifecycleOptions::new(Reclaim::Immediately);
/// match store.run_lifecycle(&key, options, |_| Err("diverged")) {
///     Err(LifecycleError::Run(reason)) => assert_eq!(reason, "diverged"),
///     Err(LifecycleError::Store(error)) => return Err(error),
///     Ok(outcome) => println!("{}", outcome.run().uuid),
/// }
/// let run = store.find(&key)?.expect("it is registered");
/// assert_eq!(run.error_excerpt.as_deref(), Some("diverged"));
/// # Ok::<(), wallow::Error>(())
/// ```
pub enum LifecycleError<E> {
    /// The closure returned this error; the run is `failed`.
    Run(E),
    /// The store failed; for example [`ClaimLost`](crate::ErrorKind::ClaimLost), if the run was given to another worker
    /// meanwhile.
    Store(Error),
}

impl<E> From<Error> for LifecycleError<E> {
    fn from(error: Error) -> Self {
        LifecycleError::Store(error)
    }
}

impl From<LifecycleError<Error>> for Error {
    fn from(error: LifecycleError<Error>) -> Self {
        match error {
            LifecycleError::Run(error) | LifecycleError::Store(error) => error,
        }
    }
}

impl<E: fmt::Display> fmt::Display for LifecycleError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LifecycleError::Run(error) => error.fmt(f),
            LifecycleError::Store(error) => error.fmt(f),
        }
    }
}

/// `{:?}` reads like the text, because that is what `fn main() -> Result<(), Box<dyn Error>>` prints; `{:#?}` has the
/// details.
impl<E: fmt::Debug + fmt::Display> fmt::Debug for LifecycleError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return fmt::Display::fmt(self, f);
        }
        match self {
            LifecycleError::Run(error) => f.debug_tuple("Run").field(error).finish(),
            LifecycleError::Store(error) => f.debug_tuple("Store").field(error).finish(),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for LifecycleError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            LifecycleError::Run(_) => None,
            LifecycleError::Store(error) => error.source(),
        }
    }
}
