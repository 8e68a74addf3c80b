//! Handles one key: it was done already, or it is searched for now and recorded. All writes to the registry are here.
//!
//! The schema has no `completed_at` and no `error_excerpt`, so it does not have wallow's lifecycle; here policies of
//! `register` do the same by hand. Invariants: a run becomes `completed` only after its files are on the disk; and of
//! several programs, only the one that inserted a run, or took over a stale one, works on it.

use std::time::{Duration, Instant};

use chrono::Utc;
use wallow::OnDuplicate;

use crate::registry::{Annotating, Identifying, Run, Store};

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dispatched {
    /// The work was done and recorded.
    New,
    /// It had been done before.
    AlreadyDone,
    /// Another program began it a short time ago.
    Elsewhere,
    /// The work failed. The run is tried again when it is stale.
    Failed(String),
}

/// Does `work` for a key unless it is done, and records the result with the run.
///
/// `origin` is recorded when the work begins. An unfinished run that was written to within `stale_after` belongs to
/// another program.
///
/// # Errors
/// Only if the registry cannot be read or written. Work that fails is no error.
pub(crate) fn dispatch(
    store: &Store,
    key: &Identifying,
    origin: &Annotating,
    stale_after: Duration,
    work: impl FnOnce(&Run) -> Result<Annotating, String>,
) -> Result<Dispatched, wallow::Error> {
    // A read without any lock: on the second start, all 144 end here.
    if store.find(key)?.as_ref().is_some_and(is_completed) {
        return Ok(Dispatched::AlreadyDone);
    }
    // What an earlier attempt recorded is cleared, so that no run mixes two attempts.
    let begun = origin
        .clone()
        .status("running")
        .started_at(Utc::now())
        .clear_wall_clock_sec()
        .clear_val_loss()
        .clear_val_accuracy()
        .clear_artefacts_dir()
        .clear_structural_traj()
        .clear_discovered_T();
    let outcome = store.register(key, &begun, OnDuplicate::ClaimIfStale(stale_after))?;
    let ours = outcome.was_inserted() || outcome.was_updated();
    let Some(run) = outcome.run().filter(|_| ours) else {
        let done = outcome.run().is_some_and(is_completed);
        return Ok(if done {
            Dispatched::AlreadyDone
        } else {
            Dispatched::Elsewhere
        });
    };

    let clock = Instant::now();
    let (ended, dispatched) = match work(run) {
        Ok(found) => (found.status("completed"), Dispatched::New),
        Err(reason) => (
            Annotating::new().status("failed"),
            Dispatched::Failed(reason),
        ),
    };
    let ended = ended.wall_clock_sec(clock.elapsed().as_secs_f64());
    store.register(key, &ended, OnDuplicate::Overwrite)?;
    Ok(dispatched)
}

fn is_completed(run: &Run) -> bool {
    run.status.as_deref() == Some("completed")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn at_once(store: &Store, result: Result<Annotating, String>) -> Dispatched {
        let origin = Annotating::new().host("lab");
        dispatch(store, &grid::keys(0)[0], &origin, Duration::ZERO, |_| {
            result
        })
        .unwrap()
    }

    fn row(store: &Store) -> Run {
        store.find(&grid::keys(0)[0]).unwrap().unwrap()
    }

    fn left_by_another(store: &Store, status: &str) {
        let left = Annotating::new().status(status).val_loss(9.0);
        let registered = store.register(&grid::keys(0)[0], &left, OnDuplicate::Error);
        assert!(registered.unwrap().was_inserted());
    }

    #[test]
    fn work_is_done_once() {
        let store = Store::open(":memory:").unwrap();
        let found = Annotating::new().val_loss(0.5);
        assert_eq!(at_once(&store, Ok(found)), Dispatched::New);
        let run = row(&store);
        assert_eq!(run.status.as_deref(), Some("completed"));
        assert_eq!(
            (run.host.as_deref(), run.val_loss),
            (Some("lab"), Some(0.5))
        );
        assert!(run.started_at.is_some() && run.wall_clock_sec.is_some());

        let unwanted = Ok(Annotating::new().val_loss(0.1));
        assert_eq!(at_once(&store, unwanted), Dispatched::AlreadyDone);
        assert_eq!(row(&store), run);
    }

    #[test]
    fn failed_work_is_tried_again() {
        let store = Store::open(":memory:").unwrap();
        let failed = Dispatched::Failed("no disk".to_owned());
        assert_eq!(at_once(&store, Err("no disk".to_owned())), failed);
        assert_eq!(row(&store).status.as_deref(), Some("failed"));
        assert_eq!(at_once(&store, Ok(Annotating::new())), Dispatched::New);
    }

    #[test]
    fn what_somebody_has_in_hand_is_left_alone_until_it_goes_quiet() {
        let store = Store::open(":memory:").unwrap();
        left_by_another(&store, "running");
        let before = row(&store);
        let work = |_: &Run| panic!("done twice");
        let asked = dispatch(&store, &grid::keys(0)[0], &Annotating::new(), HOUR, work);
        assert_eq!(asked.unwrap(), Dispatched::Elsewhere);
        assert_eq!(row(&store), before);

        assert_eq!(at_once(&store, Ok(Annotating::new())), Dispatched::New);
        assert_eq!(
            row(&store).val_loss,
            None,
            "an earlier attempt shines through"
        );
    }
}
