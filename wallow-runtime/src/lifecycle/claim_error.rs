//! A claim that could not be completed.

use std::any::Any;
use std::fmt;

use super::Claim;
use crate::codegen_support::Lifecycle;
use crate::error::{Error, ErrorKind};

/// The error of [`Claim::complete`]: what went wrong, the claim if it is still held, and the result that was not written.
///
/// `?` and `into()` turn it into [`Error`], which keeps the result ([`Error::unwritten`]); the claim is dropped then.
///
/// # Correct a result that cannot be stored
///
/// ```
/// # mod registry { wallow::wallow_schema!("../src/guide/example.toml"); }
/// # let store = registry::Store::open(":memory:")?;
/// # let key = registry::Identifying::builder().model("mlp").learning_rate(0.1).build();
/// use registry::Annotating;
/// use wallow::{ClaimOutcome, Reclaim};
///
/// let ClaimOutcome::Claimed(claim) = store.claim(&key, Reclaim::Immediately)? else {
///     return Ok(());
/// };
/// let result = Annotating::new().val_loss(f64::NAN).host("lab");
/// if let Err(error) = claim.complete(result) {
///     assert_eq!(error.error().field(), Some("val_loss"));
///     let (_, claim, result) = error.into_parts();
///     let claim = claim.ok_or("the run was given to another worker")?;
///     claim.complete(result.clear_val_loss())?;
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ClaimError<R: Lifecycle>(Box<Parts<R>>);

struct Parts<R: Lifecycle> {
    error: Error,
    claim: Option<Claim<R>>,
    patch: R::Annotating,
}

impl<R: Lifecycle> ClaimError<R> {
    pub(super) fn new(error: Error, claim: Option<Claim<R>>, patch: R::Annotating) -> Self {
        ClaimError(Box::new(Parts {
            error,
            claim,
            patch,
        }))
    }

    /// The kind of the error, to branch on.
    pub fn kind(&self) -> ErrorKind {
        self.0.error.kind()
    }

    /// The error without the claim and the result.
    pub fn error(&self) -> &Error {
        &self.0.error
    }

    /// The claim, if it is still held: `None` if the run was given to another worker.
    pub fn claim(&self) -> Option<&Claim<R>> {
        self.0.claim.as_ref()
    }

    /// The claim by value, to complete it once more or to end it in another way. `None` if it is lost.
    pub fn into_claim(self) -> Option<Claim<R>> {
        self.0.claim
    }

    /// The patch, as [`Error::unwritten`] returns it, for code that handles both errors in the same way.
    pub fn unwritten<A: 'static>(&self) -> Option<&A> {
        let patch: &dyn Any = &self.0.patch;
        patch.downcast_ref()
    }

    /// The result that was not written.
    pub fn patch(&self) -> &R::Annotating {
        &self.0.patch
    }

    /// The patch that was not written, by value.
    pub fn into_patch(self) -> R::Annotating {
        self.0.patch
    }

    /// All three: the error, the claim if it is still held, and the result.
    pub fn into_parts(self) -> (Error, Option<Claim<R>>, R::Annotating) {
        let Parts {
            error,
            claim,
            patch,
        } = *self.0;
        (error, claim, patch)
    }
}

impl<R: Lifecycle> From<ClaimError<R>> for Error {
    fn from(error: ClaimError<R>) -> Self {
        let (error, _, patch) = error.into_parts();
        error.with_unwritten(patch)
    }
}

impl<R: Lifecycle> fmt::Display for ClaimError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.error.fmt(f)
    }
}

/// `{:?}` reads like the text; `{:#?}` has the details.
impl<R: Lifecycle> fmt::Debug for ClaimError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !f.alternate() {
            return self.0.error.fmt(f);
        }
        f.debug_struct("ClaimError")
            .field("error", &self.0.error)
            .field("claim", &self.0.claim)
            .field("patch", &self.0.patch)
            .finish()
    }
}

impl<R: Lifecycle> std::error::Error for ClaimError<R> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.error.source()
    }
}
