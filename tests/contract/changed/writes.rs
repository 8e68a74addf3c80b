//! Every way in which a program writes by a key or a claim.

use std::time::Duration;

use wallow::{ClaimOptions, Error, LifecycleOptions, OnDuplicate, Reclaim, WorkOptions};

use crate::schemas::sweep::{Annotating, Run, Store, fields, key, on};

/// One way: its name, and the write.
pub(super) type Write = (String, Box<dyn Fn(&Store) -> Result<(), Error>>);

const POLICIES: [OnDuplicate; 6] = [
    OnDuplicate::Error,
    OnDuplicate::ReturnExisting,
    OnDuplicate::Overwrite,
    OnDuplicate::Skip,
    OnDuplicate::ClaimIfStale(Duration::ZERO),
    OnDuplicate::ClaimIfStale(Duration::from_secs(60)),
];

const RECLAIMS: [Reclaim; 2] = [
    Reclaim::Immediately,
    Reclaim::WhenStale(Duration::from_millis(1)),
];

/// All ways, for the run with this seed and for the queue.
pub(super) fn of_run(seed: i64) -> Vec<Write> {
    let all = [registrations(seed), by_key(seed), claims(seed), queue()];
    all.into_iter().flatten().collect()
}

fn write(name: impl Into<String>, write: impl Fn(&Store) -> Result<(), Error> + 'static) -> Write {
    (name.into(), Box::new(write))
}

fn registrations(seed: i64) -> Vec<Write> {
    let mut writes = Vec::new();
    for policy in POLICIES {
        writes.push(write(format!("register {seed} {policy:?}"), move |store| {
            Ok(store.register(&key(seed), &on("late"), policy).map(drop)?)
        }));
        let name = format!("register_many {seed} {policy:?}");
        writes.push(write(name, move |store| {
            let pairs = [seed, seed + 10].map(|seed| (key(seed), on("late")));
            store.register_many(pairs, policy)?;
            Ok(())
        }));
    }
    writes.push(write(format!("enqueue {seed}"), move |store| {
        store.enqueue([key(seed), key(seed + 10)]).map(drop)
    }));
    writes
}

fn by_key(seed: i64) -> Vec<Write> {
    vec![
        write(format!("find {seed}"), move |store| {
            store.find(&key(seed)).map(drop)
        }),
        write(format!("update {seed}"), move |store| {
            store.update(&key(seed), &on("late")).map(drop)
        }),
        write(format!("update the query of {seed}"), move |store| {
            let query = store.filter(fields::seed.eq(seed));
            query.update(&on("late")).map(drop)
        }),
        write(
            format!("update the first of the query of {seed}"),
            move |store| {
                let query = store.filter(fields::seed.eq(seed)).limit(1);
                query.update(&Annotating::new()).map(drop)
            },
        ),
        write(format!("delete the query of {seed}"), move |store| {
            store.filter(fields::seed.eq(seed)).delete().map(drop)
        }),
        write(format!("heartbeat {seed}"), move |store| {
            store.heartbeat(&key(seed)).map(drop)
        }),
        write(format!("delete {seed}"), move |store| {
            store.delete(&key(seed)).map(drop)
        }),
    ]
}

fn claims(seed: i64) -> Vec<Write> {
    let mut writes = Vec::new();
    for reclaim in RECLAIMS {
        writes.push(write(format!("claim {seed} {reclaim:?}"), move |store| {
            store.claim(&key(seed), reclaim).map(drop)
        }));
        let name = format!("run_lifecycle {seed} {reclaim:?}");
        writes.push(write(name, move |store| {
            let options = LifecycleOptions::<Run>::new(reclaim)
                .force(true)
                .starting(on("late"));
            let outcome = store.run_lifecycle(&key(seed), options, |_| {
                Ok::<_, Error>(Annotating::new().val_loss(0.25))
            });
            Ok(outcome.map(drop)?)
        }));
    }
    writes
}

fn queue() -> Vec<Write> {
    let mut writes = Vec::new();
    for reclaim in RECLAIMS {
        for most in [None, Some(1), Some(5)] {
            let name = format!("claim_next {reclaim:?} {most:?}");
            writes.push(write(name, move |store| {
                let options = ClaimOptions::new(reclaim);
                let options = match most {
                    Some(most) => options.max_attempts(most),
                    None => options,
                };
                store.claim_next(options).map(drop)
            }));
        }
        writes.push(write(format!("work {reclaim:?}"), move |store| {
            let work = store.work(WorkOptions::new(reclaim), |_| {
                Ok::<_, Error>(Annotating::new().val_loss(0.25))
            });
            work.map(drop)
        }));
    }
    writes
}
