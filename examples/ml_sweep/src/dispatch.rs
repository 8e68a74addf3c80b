//! One combination: done already, or trained now and recorded. All that the sweep writes to the registry is here.
//!
//! The run is claimed before the work begins and says `completed` only after the artefacts are on the disk. So whatever
//! kills the program leaves a run that does not say `completed`, and the next sweep takes it up again. This is for one
//! dispatcher at a time: a run that says `running` is taken for the remains of a dead one (`Reclaim::Immediately`).

use wallow::{ClaimOutcome, Reclaim};

use crate::registry::{Annotating, Identifying, Run, Store};

/// What became of one combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dispatched {
    /// The work was done and recorded.
    Trained,
    /// An earlier sweep had done it.
    AlreadyComplete,
    /// The work failed, which is recorded too.
    Failed(String),
    /// The work was broken off, and the run is `pending` again; or another part of this program has it.
    Left,
}

/// Why the work on a run gave nothing to record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WorkError {
    /// Somebody asked the program to stop.
    Interrupted,
    /// It went wrong.
    Failed(String),
}

/// Does `work` for a combination unless it is complete: what it returns is recorded with the run.
///
/// `starting` is recorded when the work begins.
///
/// # Errors
/// Only if the registry cannot be read or written; failing work is no error here.
pub(crate) fn dispatch(
    store: &Store,
    key: &Identifying,
    starting: &Annotating,
    work: impl FnOnce(&Run) -> Result<Annotating, WorkError>,
) -> Result<Dispatched, wallow::Error> {
    let claim = match store.claim(key, Reclaim::Immediately)? {
        ClaimOutcome::Claimed(claim) => claim,
        ClaimOutcome::AlreadyCompleted(_) => return Ok(Dispatched::AlreadyComplete),
        ClaimOutcome::HeldByAnother(_) => return Ok(Dispatched::Left),
    };
    // What an earlier attempt recorded is cleared, so that no run mixes two attempts.
    let starting = starting
        .clone()
        .clear_best_checkpoint()
        .clear_train_loss()
        .clear_val_loss()
        .clear_val_accuracy()
        .clear_training_curve();
    claim.annotate(starting)?;
    match work(claim.run()) {
        Ok(result) => claim.complete(result).map(|_| Dispatched::Trained),
        Err(WorkError::Failed(reason)) => claim.fail(&reason).map(|_| Dispatched::Failed(reason)),
        Err(WorkError::Interrupted) => claim.release().map(|_| Dispatched::Left),
    }
}

/// Whether a combination is complete, without beginning it.
///
/// # Errors
/// If the registry cannot be read.
pub(crate) fn already_complete(store: &Store, key: &Identifying) -> Result<bool, wallow::Error> {
    let run = store.find(key)?;
    Ok(run.is_some_and(|run| run.status.as_deref() == Some("completed")))
}

#[cfg(test)]
mod tests {
    use wallow::OnDuplicate;

    use super::*;

    fn key() -> Identifying {
        Identifying::builder()
            .architecture("linear")
            .optimiser("sgd")
            .learning_rate(0.1)
            .batch_size(8)
            .build()
    }

    fn dispatched(store: &Store, result: Result<Annotating, WorkError>) -> (Dispatched, Run) {
        let answer = dispatch(store, &key(), &Annotating::new().host("lab"), |run| {
            assert_eq!(run.architecture, "linear");
            let row = store.find(&key()).unwrap().unwrap();
            assert_eq!(row.status.as_deref(), Some("running"));
            assert_eq!((row.val_loss, row.error_excerpt), (None, None));
            result
        });
        (answer.unwrap(), store.find(&key()).unwrap().unwrap())
    }

    #[test]
    fn work_is_done_once() {
        let store = Store::open(":memory:").unwrap();
        let (answer, run) = dispatched(&store, Ok(Annotating::new().val_loss(0.5)));
        assert_eq!(answer, Dispatched::Trained);
        assert_eq!(run.status.as_deref(), Some("completed"));
        assert_eq!(run.host.as_deref(), Some("lab"));
        assert_eq!(run.val_loss, Some(0.5));
        assert!(run.completed_at >= run.started_at && run.wallclock_seconds.is_some());

        let again = dispatch(&store, &key(), &Annotating::new(), |_| panic!("done twice"));
        assert_eq!(again.unwrap(), Dispatched::AlreadyComplete);
        assert_eq!(store.find(&key()).unwrap().unwrap(), run);
        assert!(already_complete(&store, &key()).unwrap());
    }

    #[test]
    fn failed_and_interrupted_work_is_tried_again() {
        let store = Store::open(":memory:").unwrap();
        let long = "é".repeat(3000);
        let (answer, run) = dispatched(&store, Err(WorkError::Failed(long.clone())));
        assert_eq!(answer, Dispatched::Failed(long));
        assert_eq!(run.status.as_deref(), Some("failed"));
        assert_eq!(run.error_excerpt.unwrap().chars().count(), 1000);

        let (answer, run) = dispatched(&store, Err(WorkError::Interrupted));
        assert_eq!(answer, Dispatched::Left);
        assert_eq!(run.status.as_deref(), Some("pending"));
        assert_eq!((run.error_excerpt, run.started_at), (None, None));
        assert!(!already_complete(&store, &key()).unwrap());

        let (answer, _) = dispatched(&store, Ok(Annotating::new()));
        assert_eq!(answer, Dispatched::Trained);
    }

    #[test]
    fn what_a_killed_dispatcher_left_is_taken_up() {
        let store = Store::open(":memory:").unwrap();
        let left = Annotating::new().status("running").val_loss(9.0);
        let registered = store.register(&key(), &left, OnDuplicate::Error);
        assert!(registered.unwrap().was_inserted());
        let (answer, run) = dispatched(&store, Ok(Annotating::new()));
        assert_eq!(answer, Dispatched::Trained);
        assert_eq!(run.val_loss, None);
    }
}
