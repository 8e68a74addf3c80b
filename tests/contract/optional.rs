//! Optional fields of the key: absent is a value like any other, equal to itself and to nothing else.

#[path = "optional/plans.rs"]
mod plans;
#[path = "optional/values.rs"]
mod values;

use std::collections::BTreeSet;
use std::time::Duration;

use test_support::{Place, on_every_database};
use wallow::query::count;
use wallow::{
    Claim, ClaimOptions, ClaimOutcome, ErrorKind, Expr, OnDuplicate, Reclaim, RegisterOutcome,
    RunStatus,
};

use crate::database::Database as _;
use crate::schemas::optional::{
    Annotating, Identifying, Optimiser, Run, Schedule, Store, fields, runs,
};

on_every_database! {
    absent_is_one_value,
    a_stand_in_is_another_value,
    every_policy_knows_the_run,
    many_are_registered_as_one_by_one,
    reads_and_writes_find_the_run,
    claims_are_of_the_run,
    a_queue_has_each_run_once,
    queries_tell_absent_runs,
    run_time_rows_are_the_same_runs,
    a_folder_of_artefacts_names_absence,
    raw_diesel_reads_options,
    nothing_is_written_after_a_field_became_required,
    a_table_with_another_stand_in_does_not_fit,
}

/// A key without any optional field, one with all of them, and those with one of them, each with the value that stands
/// for absence in the index, and with another.
fn keys() -> Vec<Identifying> {
    let bare = || Identifying::builder().optimiser(Optimiser::Sgd);
    let all = |momentum: f64| {
        let some = bare().momentum(momentum).warmup(5).tag("none");
        some.schedule(Schedule::Linear).nesterov(true).build()
    };
    vec![
        bare().build(),
        bare().momentum(0.0).build(),
        bare().momentum(0.9).build(),
        bare().warmup(0).build(),
        bare().warmup(-3).build(),
        bare().tag("").build(),
        bare().tag("NULL").build(),
        bare().nesterov(false).build(),
        bare().nesterov(true).build(),
        bare().schedule(Schedule::Cosine).build(),
        all(0.0),
        all(0.5),
        bare().seed(1).build(),
    ]
}

fn bare() -> Identifying {
    Identifying::builder().optimiser(Optimiser::Sgd).build()
}

fn filled(place: &Place) -> Store {
    let store = place.open::<Run>();
    for (loss, key) in (0..).map(f64::from).zip(keys()) {
        let patch = Annotating::new().val_loss(loss);
        store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    store
}

fn absent_is_one_value(place: &Place) {
    let store = place.open::<Run>();
    let register = || store.register(&bare(), &Annotating::new(), OnDuplicate::Error);
    let RegisterOutcome::Inserted(first) = register().unwrap() else {
        panic!("it is new");
    };
    let again = register().unwrap_err();
    assert_eq!(again.existing(), Some(&first));
    assert_eq!(first.identifying(), bare());
    // The database itself refuses a second one, whoever writes it.
    let copy = "INSERT INTO runs (uuid, created_at, updated_at, optimiser, seed) \
                SELECT 'another', created_at, updated_at, optimiser, seed FROM runs";
    assert!(place.try_execute(&store, copy).is_err());
    assert_eq!(store.count().unwrap(), 1);
}

fn a_stand_in_is_another_value(place: &Place) {
    let store = filled(place);
    let keys = keys();
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len());
    for (loss, key) in (0..).map(f64::from).zip(&keys) {
        let run = store.find(key).unwrap().unwrap();
        assert_eq!((run.val_loss, &run.identifying()), (Some(loss), key));
    }
    let other = Identifying::builder().optimiser(Optimiser::Adamw).build();
    assert_eq!(store.find(&other).unwrap(), None);
}

fn every_policy_knows_the_run(place: &Place) {
    let store = filled(place);
    for key in keys() {
        let register = |policy| {
            let patch = Annotating::new().val_loss(-1.0);
            store.register(&key, &patch, policy).unwrap()
        };
        let before = store.find(&key).unwrap().unwrap();
        let existing = register(OnDuplicate::ReturnExisting);
        assert_eq!(existing, RegisterOutcome::Existing(before.clone()));
        assert_eq!(register(OnDuplicate::Skip), RegisterOutcome::Skipped);
        let hour = Duration::from_secs(3_600);
        let fresh = register(OnDuplicate::ClaimIfStale(hour));
        assert_eq!(fresh, RegisterOutcome::Fresh(before.clone()));
        let stale = register(OnDuplicate::ClaimIfStale(Duration::ZERO));
        assert!(stale.was_updated());
        let written = register(OnDuplicate::Overwrite).into_run().unwrap();
        assert_eq!((written.id, written.val_loss), (before.id, Some(-1.0)));
    }
    assert_eq!(store.count().unwrap(), keys().len() as u64);
}

fn many_are_registered_as_one_by_one(place: &Place) {
    let store = place.open::<Run>();
    let pairs = |loss: f64| {
        let keys = keys().into_iter();
        keys.map(move |key| (key, Annotating::new().val_loss(loss)))
    };
    let total = keys().len() as u64;
    let new = store.register_many(pairs(1.0), OnDuplicate::Error).unwrap();
    assert_eq!(new.inserted, total);
    let skipped = store.register_many(pairs(2.0), OnDuplicate::Skip).unwrap();
    assert_eq!((skipped.inserted, skipped.skipped), (0, total));
    let written = store.register_many(pairs(3.0), OnDuplicate::Overwrite);
    assert_eq!(written.unwrap().updated, total);
    let zero = OnDuplicate::ClaimIfStale(Duration::ZERO);
    let claimed = store.register_many(pairs(4.0), zero).unwrap();
    assert_eq!((claimed.inserted, claimed.updated), (0, total));
    let losses = store.query().select(fields::val_loss).all().unwrap();
    assert_eq!(losses, vec![Some(4.0); keys().len()]);
    // Twice in one call is once in the table.
    let twice = (0..2).map(|_| bare().to_builder().seed(7).build());
    let twice = twice.map(|key| (key, Annotating::new()));
    let counts = store.register_many(twice, OnDuplicate::Skip).unwrap();
    assert_eq!((counts.inserted, counts.skipped), (1, 1));
}

fn reads_and_writes_find_the_run(place: &Place) {
    let store = filled(place);
    for key in keys() {
        let moved = store.heartbeat(&key).unwrap();
        let run = store.find(&key).unwrap().unwrap();
        assert_eq!(run.updated_at, moved);
        let patch = Annotating::new().val_loss(9.0);
        let updated = store.update(&key, &patch).unwrap().unwrap();
        assert_eq!((updated.id, updated.val_loss), (run.id, Some(9.0)));
    }
    for (index, key) in keys().iter().enumerate() {
        let gone = store.delete(key).unwrap().unwrap();
        assert_eq!(&gone.identifying(), key);
        assert_eq!(store.delete(key).unwrap(), None);
        let error = store.heartbeat(key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        let left = keys().len() - index - 1;
        assert_eq!(store.count().unwrap(), left as u64);
    }
}

fn claims_are_of_the_run(place: &Place) {
    let store = place.open::<Run>();
    for key in keys() {
        let claim = |reclaim| store.claim(&key, reclaim).unwrap();
        let ClaimOutcome::Claimed(held) = claim(Reclaim::Immediately) else {
            panic!("it is new");
        };
        let minute = Reclaim::WhenStale(Duration::from_secs(60));
        assert!(matches!(claim(minute), ClaimOutcome::HeldByAnother(_)));
        let done = held.complete(Annotating::new().val_loss(0.1)).unwrap();
        assert_eq!(done.identifying(), key);
        assert!(matches!(claim(minute), ClaimOutcome::AlreadyCompleted(_)));
    }
    assert_eq!(store.count().unwrap(), keys().len() as u64);
}

fn a_queue_has_each_run_once(place: &Place) {
    let store = place.open::<Run>();
    let twice = keys().into_iter().chain(keys());
    let counts = store.enqueue(twice).unwrap();
    assert_eq!(counts.inserted, keys().len() as u64);
    let plan = store.plan(keys()).unwrap();
    assert_eq!(plan.pending.len(), keys().len());
    let sgd = || {
        let options = ClaimOptions::new(Reclaim::Immediately);
        options.filter(fields::momentum.is_null() & fields::status.eq(RunStatus::Pending))
    };
    let mut seen = BTreeSet::new();
    while let Some(claim) = store.claim_next(sgd()).unwrap() {
        assert!(seen.insert(Claim::run(&claim).identifying()));
        claim.complete(Annotating::new()).unwrap();
    }
    let without = keys().into_iter().filter(|key| key.momentum().is_none());
    assert_eq!(seen, without.collect());
}

fn queries_tell_absent_runs(place: &Place) {
    let store = filled(place);
    let found = |expr: Expr<Run>| store.filter(expr).count().unwrap();
    assert_eq!(found(fields::momentum.is_null()), 9);
    assert_eq!(found(fields::momentum.is_not_null()), 4);
    assert_eq!(found(fields::momentum.eq(0.0)), 2);
    // Canonical, as every float of a key.
    assert_eq!(found(fields::momentum.eq(0.1 + 0.8)), 1);
    assert_eq!(found(fields::schedule.eq(Schedule::Cosine)), 1);
    for (text, count) in [
        ("momentum is null", 9),
        ("momentum == 0.9", 1),
        ("momentum != 0.9", 3),
        ("tag == \"\" or warmup is not null", 5),
        ("nesterov == false", 1),
        ("schedule in [\"linear\"]", 2),
    ] {
        let expr = Expr::<Run>::parse(text).unwrap();
        assert_eq!(found(expr.clone()), count, "{text}");
        assert_eq!(
            Expr::<Run>::parse(&expr.to_string()).unwrap().to_string(),
            expr.to_string()
        );
    }
    let groups = store.query().group_by(fields::momentum).aggregate(count());
    let groups = groups.unwrap();
    assert_eq!(groups.len(), 4);
    assert!(groups.contains(&(None, 9)) && groups.contains(&(Some(0.0), 2)));
    let order = store.query().order_by(fields::momentum.desc());
    let order = order.select(fields::momentum).all().unwrap();
    assert_eq!(order[..4], [Some(0.9), Some(0.5), Some(0.0), Some(0.0)]);
    assert_eq!(order[4], None);
}

fn run_time_rows_are_the_same_runs(place: &Place) {
    use wallow::dynamic::{self, Fields, Value};
    if matches!(place, Place::SqliteMemory) {
        return;
    }
    let store = filled(place);
    let schema = include_str!("../schemas/optional.toml");
    let schema = wallow::schema::parse(schema, "optional.toml").unwrap();
    let rows = dynamic::Store::open(&schema, place.url()).unwrap();
    let given = [
        Fields::new().with("optimiser", "sgd"),
        Fields::new()
            .with("optimiser", "sgd")
            .with("momentum", Value::Null),
    ];
    let expected = store.find(&bare()).unwrap().unwrap();
    for key in given {
        let row = rows.find(&key).unwrap().unwrap();
        assert_eq!(row.uuid(), expected.uuid);
        assert_eq!(row.get("momentum"), Some(&Value::Null));
        let skipped = rows.register(&key, &Fields::new(), OnDuplicate::Skip);
        assert_eq!(skipped.unwrap(), RegisterOutcome::Skipped);
    }
    let other = Fields::new().with("optimiser", "adamw").with("momentum", 0);
    let outcome = rows.register(&other, &Fields::new(), OnDuplicate::Error);
    let row = outcome.unwrap().into_run().unwrap();
    let key = Identifying::builder()
        .optimiser(Optimiser::Adamw)
        .momentum(0);
    assert_eq!(store.find(&key.build()).unwrap().unwrap().uuid, row.uuid());
    let unknown = Fields::new()
        .with("optimiser", "sgd")
        .with("schedule", "cosin");
    let error = rows.find(&unknown).unwrap_err().to_string();
    assert!(error.contains("did you mean `cosine`?"), "{error}");
}

fn a_folder_of_artefacts_names_absence(place: &Place) {
    let store = Store::options()
        .artefacts_root("/artefacts")
        .open(place.url())
        .unwrap();
    for (key, folder) in [(bare(), "sgd-none"), (keys().remove(2), "sgd-0.9")] {
        let outcome = store.register(&key, &Annotating::new(), OnDuplicate::Error);
        let run = outcome.unwrap().into_run().unwrap();
        let dir = store.artefacts_dir(&run).unwrap();
        assert!(
            dir.starts_with(format!("/artefacts/{folder}")),
            "{}",
            dir.display()
        );
    }
}

fn raw_diesel_reads_options(place: &Place) {
    use wallow::diesel::prelude::*;
    let store = filled(place);
    let query = runs::table
        .filter(runs::momentum.is_null())
        .select((runs::momentum, runs::warmup))
        .order(runs::id);
    let read: Vec<(Option<f64>, Option<i64>)> = match place.on_server() {
        None => store.with_sqlite(|conn| query.load(conn)).unwrap(),
        #[cfg(feature = "postgres")]
        Some(_) => store.with_postgres(|conn| query.load(conn)).unwrap(),
        #[cfg(not(feature = "postgres"))]
        Some(_) => unreachable!(),
    };
    assert_eq!(read[..2], [(None, None), (None, Some(0))]);
}

/// The index of another program, which was compiled when these fields had values in every run.
const REQUIRED: &str = "momentum, nesterov, optimiser, schedule, seed, tag, warmup";

fn nothing_is_written_after_a_field_became_required(place: &Place) {
    let store = filled(place);
    let index = format!("CREATE UNIQUE INDEX uq_runs_identifying ON runs ({REQUIRED})");
    place.execute(&store, &format!("DROP INDEX uq_runs_identifying; {index}"));
    let new = bare().to_builder().seed(9).build();
    let patch = Annotating::new().val_loss(-7.0);
    for key in [bare(), new.clone()] {
        let pairs = [(key.clone(), patch.clone())];
        let mut errors = vec![
            store
                .register(&key, &patch, OnDuplicate::Overwrite)
                .err()
                .map(wallow::Error::from),
            store
                .register_many(pairs, OnDuplicate::Skip)
                .err()
                .map(Into::into),
            store.claim(&key, Reclaim::Immediately).err(),
            store.enqueue([&key]).err(),
        ];
        // Of a run that is not there these may say just that.
        if key != new {
            errors.extend([
                store.find(&key).err(),
                store.update(&key, &patch).err(),
                store.heartbeat(&key).err(),
                store.delete(&key).err(),
            ]);
        }
        for (operation, error) in errors.into_iter().enumerate() {
            let error = error.unwrap_or_else(|| panic!("operation {operation} of {key}"));
            assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error:?}");
            let reason =
                "now required in the key: `momentum`, `nesterov`, `schedule`, `tag`, `warmup`";
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
    assert_eq!(store.count().unwrap(), keys().len() as u64);
    assert_eq!(store.filter(fields::val_loss.eq(-7.0)).count().unwrap(), 0);
}

/// A statement could not name such an index, so the store is not opened.
fn a_table_with_another_stand_in_does_not_fit(place: &Place) {
    if matches!(place, Place::SqliteMemory) {
        return;
    }
    let store = filled(place);
    let nesterov = if place.on_server().is_some() {
        "false"
    } else {
        "0"
    };
    let terms = format!(
        "(momentum IS NULL), coalesce(momentum, -1.0), (nesterov IS NULL), coalesce(nesterov, {nesterov}), optimiser, \
         (schedule IS NULL), coalesce(schedule, ''), seed, (tag IS NULL), coalesce(tag, ''), (warmup IS NULL), \
         coalesce(warmup, 0)"
    );
    let index = |terms: &str| {
        let index = format!("CREATE UNIQUE INDEX uq_runs_identifying ON runs ({terms})");
        place.execute(&store, &format!("DROP INDEX uq_runs_identifying; {index}"));
    };
    let other =
        "no unique index or constraint over exactly (momentum (optional), nesterov (optional)";
    let required =
        "optional in the schema, but not in the key of the table: `momentum`, `nesterov`";
    let plain = "momentum, nesterov, optimiser, schedule, seed, tag, warmup";
    for (terms, reason) in [(plain, required), (&terms, other)] {
        index(terms);
        let error = Store::open(place.url()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
        assert!(error.to_string().contains(reason), "{error}");
    }
    // An index that was written by hand may have its terms in another order.
    index(
        &terms
            .replace("-1.0", "0.0")
            .replace("optimiser, ", "")
            .replace("seed, ", "optimiser, seed, "),
    );
    let again = Store::open(place.url()).unwrap();
    assert!(again.find(&bare()).unwrap().is_some());
    let skipped = again.register(&bare(), &Annotating::new(), OnDuplicate::Skip);
    assert!(skipped.unwrap().was_skipped());
}
