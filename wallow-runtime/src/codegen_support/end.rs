//! How a closure ends a run without a result.

/// What the closure of [`run_lifecycle`](crate::Store::run_lifecycle) or [`work`](crate::Store::work) returns in the place
/// of a result: `Ok(End::Release)` gives the run back, `pending`, for whoever comes next. For work that was preempted or
/// interrupted, and is neither done nor failed.
///
/// `End::Release` is a value of the schema's own `Annotating`, so that `Ok(End::Release)` and `Ok(annotating)` can stand in
/// one closure, and a closure that only fails needs no annotation of types. As a patch it sets nothing.
pub trait End: Sized {
    /// The run goes back to the queue: `pending`, as if it had not been begun.
    #[expect(
        non_upper_case_globals,
        reason = "it stands beside `Ok` and `Err`, as a variant would"
    )]
    const Release: Self;
}
