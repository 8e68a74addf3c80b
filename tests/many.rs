//! Registration in bulk has the same results as one by one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod registry {
    wallow::wallow_schema!("tests/schemas/query.toml");
}

use std::ops::ControlFlow;
use std::time::Duration;

use registry::{Annotating, Identifying, Store, fields};
use test_support::{Kind, on_every_kind};
use wallow::{ErrorKind, OnDuplicate, RegisterCounts};

on_every_kind! {
    a_grid_is_registered_once,
    existing_runs_are_overwritten_or_claimed_by_the_policy,
    every_kind_of_field_is_written_as_by_a_single_registration,
    patches_of_different_shapes_are_each_written,
    a_key_that_comes_twice_is_a_duplicate_the_second_time,
    a_key_that_comes_twice_is_written_in_its_order,
    a_refusal_says_where_and_leaves_what_came_before,
    a_grid_can_be_broken_off_and_taken_up_again,
}

fn key(n: i64) -> Identifying {
    Identifying::builder().n(n).build()
}

fn pairs(range: std::ops::Range<i64>) -> impl Iterator<Item = (Identifying, Annotating)> {
    range.map(|n| (key(n), Annotating::new().count(n)))
}

fn counts(inserted: u64, updated: u64, existing: u64, skipped: u64) -> RegisterCounts {
    RegisterCounts {
        inserted,
        updated,
        existing,
        skipped,
    }
}

fn a_grid_is_registered_once(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let first = store.register_many(pairs(0..2_500), OnDuplicate::Skip);
    assert_eq!(first.unwrap(), counts(2_500, 0, 0, 0));
    let again = store.register_many(pairs(0..2_600), OnDuplicate::Skip);
    assert_eq!(again.unwrap(), counts(100, 0, 0, 2_500));
    let returned = store.register_many(pairs(2_599..2_601), OnDuplicate::ReturnExisting);
    assert_eq!(returned.unwrap(), counts(1, 0, 1, 0));
    assert_eq!(store.count().unwrap(), 2_601);
    let nothing = store.register_many([], OnDuplicate::Error);
    assert_eq!(nothing.unwrap(), RegisterCounts::default());
}

fn existing_runs_are_overwritten_or_claimed_by_the_policy(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let _ = store
        .register(&key(1), &Annotating::new().text("kept"), OnDuplicate::Error)
        .unwrap();
    let written = store.register_many(pairs(0..3), OnDuplicate::Overwrite);
    assert_eq!(written.unwrap(), counts(2, 1, 0, 0));
    let run = store.find(&key(1)).unwrap().unwrap();
    assert_eq!((run.text.as_deref(), run.count), (Some("kept"), Some(1)));
    let hour = OnDuplicate::ClaimIfStale(Duration::from_secs(3_600));
    assert_eq!(
        store.register_many(pairs(0..4), hour).unwrap(),
        counts(1, 0, 0, 3)
    );
    let at_once = OnDuplicate::ClaimIfStale(Duration::ZERO);
    assert_eq!(
        store.register_many(pairs(0..4), at_once).unwrap(),
        counts(0, 4, 0, 0)
    );
}

/// The n-th run: with odd values in every kind of field, or with no values.
fn odd(n: i64) -> (Identifying, Annotating) {
    let at = std::time::UNIX_EPOCH + Duration::from_micros(1_790_000_000_123_457);
    let key = Identifying::builder()
        .n(n)
        .lr([-0.5, f64::INFINITY][usize::try_from(n % 2).unwrap()])
        .name("{\"a\", NULL}\\ é ''")
        .flag(n % 3 == 0)
        .build();
    let patch = Annotating::new();
    let patch = match n % 3 {
        0 => patch
            .text("NULL")
            .score(f64::NEG_INFINITY)
            .count(i64::MIN)
            .at(at)
            .on(true)
            .file("a b")
            .extra(serde_json::json!({"a": [1, null, "\\{,}"]})),
        1 => patch.text("").clear_score().at(at),
        _ => patch,
    };
    (key, patch)
}

fn every_kind_of_field_is_written_as_by_a_single_registration(kind: Kind) {
    let (many, single) = (
        Store::open(kind.fresh()).unwrap(),
        Store::open(kind.fresh()).unwrap(),
    );
    let policies = [
        OnDuplicate::Error,
        OnDuplicate::Overwrite,
        OnDuplicate::ClaimIfStale(Duration::ZERO),
        OnDuplicate::Skip,
    ];
    for policy in policies {
        let range = match policy {
            OnDuplicate::Error => 0..20,
            _ => 10..40,
        };
        // A chunk with patches of one shape, and one with all shapes.
        for step in [3, 1] {
            let pairs = || {
                let numbers = range.clone().step_by(step);
                numbers.filter(|n| policy != OnDuplicate::Error || (step == 3) == (n % 3 == 0))
            };
            let _ = many.register_many(pairs().map(odd), policy).unwrap();
            for (key, patch) in pairs().map(odd) {
                let _ = single.register(&key, &patch, policy).unwrap();
            }
        }
        let fields = |store: &Store| {
            let runs = store.query().order_by(fields::n.asc()).all().unwrap();
            let fields = runs.into_iter().map(|run| {
                let key = run.identifying();
                (
                    key, run.text, run.score, run.count, run.at, run.on, run.file, run.extra,
                )
            });
            fields.collect::<Vec<_>>()
        };
        assert_eq!(fields(&many), fields(&single), "{policy:?}");
    }
}

fn patches_of_different_shapes_are_each_written(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let written = store.register_many(pairs(0..4), OnDuplicate::Skip).unwrap();
    assert_eq!(written, counts(4, 0, 0, 0));
    let mixed = [
        (key(1), Annotating::new().text("one")),
        (key(2), Annotating::new()),
        (key(3), Annotating::new().clear_count()),
        (key(9), Annotating::new().text("new")),
    ];
    let written = store.register_many(mixed, OnDuplicate::Overwrite).unwrap();
    assert_eq!(written, counts(1, 3, 0, 0));
    let run = |n| store.find(&key(n)).unwrap().unwrap();
    assert_eq!(
        (run(1).text.as_deref(), run(1).count),
        (Some("one"), Some(1))
    );
    assert_eq!((run(2).text, run(2).count), (None, Some(2)));
    assert_eq!(run(3).count, None);
    assert_eq!(run(9).text.as_deref(), Some("new"));
}

fn a_key_that_comes_twice_is_written_in_its_order(kind: Kind) {
    let twice = || {
        (0..2).flat_map(|round| {
            pairs(0..3).map(move |(key, _)| (key, Annotating::new().count(round)))
        })
    };
    let values = |store: &Store| {
        let runs = store.all().unwrap().into_iter();
        runs.map(|run| run.count).collect::<Vec<_>>()
    };
    for known in [false, true] {
        let store = Store::open(kind.fresh()).unwrap();
        if known {
            let _ = store
                .register_many(pairs(0..3), OnDuplicate::Error)
                .unwrap();
        }
        let new = if known { 0 } else { 3 };
        let written = store
            .register_many(twice(), OnDuplicate::Overwrite)
            .unwrap();
        assert_eq!(written, counts(new, 6 - new, 0, 0));
        assert_eq!(values(&store), [Some(1); 3]);
    }
    let store = Store::open(kind.fresh()).unwrap();
    let hour = OnDuplicate::ClaimIfStale(Duration::from_secs(3_600));
    let written = store.register_many(twice(), hour).unwrap();
    assert_eq!(written, counts(3, 0, 0, 3));
    assert_eq!(values(&store), [Some(0); 3]);
}

fn a_key_that_comes_twice_is_a_duplicate_the_second_time(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let twice = || pairs(0..3).chain(pairs(0..1));
    let skipped = store.register_many(twice(), OnDuplicate::Skip).unwrap();
    assert_eq!(skipped, counts(3, 0, 0, 1));
    let store = Store::open(kind.fresh()).unwrap();
    let error = store
        .register_many(twice(), OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_eq!(
        store.count().unwrap(),
        0,
        "the chunk is registered as a whole"
    );
}

fn a_refusal_says_where_and_leaves_what_came_before(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let _ = store
        .register(&key(1_500), &Annotating::new(), OnDuplicate::Error)
        .unwrap();
    let error = store
        .register_many(pairs(0..3_000), OnDuplicate::Error)
        .unwrap_err();
    assert_eq!(error.existing().unwrap().n, 1_500);
    assert!(
        error
            .to_string()
            .starts_with("pair 1501 (the first 1000 are registered): "),
        "{error}"
    );
    assert_eq!(
        store.filter(fields::n.lt(1_500)).count().unwrap(),
        1_000,
        "the first thousand, and nothing of the second"
    );
    let nan = (
        Identifying::builder().n(0).lr(f64::NAN).build(),
        Annotating::new(),
    );
    let error = store.register_many([nan], OnDuplicate::Skip).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(error.to_string().contains("pair 1"), "{error}");
}

/// Registering a finished grid takes no lock: another connection holds it all the time.
#[test]
fn a_finished_grid_is_only_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("runs.db");
    let store = Store::options()
        .busy_timeout(Duration::from_millis(50))
        .open(path.to_str().unwrap())
        .unwrap();
    store
        .register_many(pairs(0..50), OnDuplicate::Skip)
        .unwrap();
    let holder = Store::open(path.to_str().unwrap()).unwrap();
    holder
        .with_sqlite(|conn| {
            use wallow::diesel::connection::SimpleConnection;
            conn.batch_execute("BEGIN IMMEDIATE")?;
            let skipped = store.register_many(pairs(0..50), OnDuplicate::Skip);
            assert_eq!(skipped.unwrap(), counts(0, 0, 0, 50));
            let blocked = store.register_many(pairs(0..51), OnDuplicate::Skip);
            assert_eq!(blocked.unwrap_err().kind(), ErrorKind::Busy);
            Ok(())
        })
        .unwrap();
}

/// Everything that is reported has been committed: another store sees it at that moment.
#[test]
fn what_is_reported_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("runs.db");
    let store = Store::open(url.to_str().unwrap()).unwrap();
    let other = Store::open(url.to_str().unwrap()).unwrap();
    let mut reported = Vec::new();
    let whole = store.register_many_with(pairs(0..2_500), OnDuplicate::Skip, |counts| {
        assert_eq!(other.count().unwrap(), counts.total());
        reported.push(counts.inserted);
        ControlFlow::Continue(())
    });
    assert_eq!(whole.unwrap(), counts(2_500, 0, 0, 0));
    assert_eq!(reported, [1_000, 2_000, 2_500]);
}

fn a_grid_can_be_broken_off_and_taken_up_again(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    let mut asked = 0;
    let grid = pairs(0..5_000).inspect(|_| asked += 1);
    let part = store.register_many_with(grid, OnDuplicate::Skip, |counts| {
        if counts.total() < 2_000 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    assert_eq!(part.unwrap(), counts(2_000, 0, 0, 0));
    assert_eq!((store.count().unwrap(), asked), (2_000, 2_000));
    let rest = store.register_many(pairs(0..5_000), OnDuplicate::Skip);
    assert_eq!(rest.unwrap(), counts(3_000, 0, 0, 2_000));
}

/// Rows that one statement wrote have the same command number (`cmin`) in their transaction.
#[cfg(feature = "postgres")]
#[test]
fn a_chunk_goes_to_the_server_with_one_statement() {
    use wallow::diesel::RunQueryDsl as _;
    use wallow::diesel::dsl::sql;
    use wallow::diesel::sql_types::BigInt;
    if !Kind::Postgres.is_there() {
        return;
    }
    let store = Store::open(Kind::Postgres.fresh()).unwrap();
    for policy in [
        OnDuplicate::Error,
        OnDuplicate::Overwrite,
        OnDuplicate::ClaimIfStale(Duration::ZERO),
    ] {
        // Patches of one shape, with a value in every field.
        let chunk = (0..60).step_by(3).map(odd);
        let _ = store.register_many(chunk, policy).unwrap();
        let statements = "SELECT count(DISTINCT (xmin::text, cmin::text)) FROM runs";
        let statements =
            store.with_postgres(|conn| sql::<BigInt>(statements).get_result::<i64>(conn));
        assert_eq!(statements.unwrap(), 1, "{policy:?}");
    }
    assert_eq!(store.count().unwrap(), 20);
}
