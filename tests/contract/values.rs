//! JSON, times and paths on their way to the database and back.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde_json::{Value, json};
use test_support::{Place, on_every_database};
use wallow::{Error, ErrorKind, OnDuplicate, Store};

use crate::database::Database as _;
use crate::schemas::strict;
use crate::schemas::types::{Annotating, Identifying, Run, fields, key};

on_every_database! {
    json_of_any_shape_is_kept,
    a_json_null_is_null,
    a_json_null_is_itself_where_null_is_not_allowed,
    json_nested_deeper_than_it_can_be_read_is_refused,
    large_json_is_stored_with_a_warning,
    times_of_any_zone_are_one_instant,
    times_are_cut_to_microseconds,
    times_beyond_four_digits_of_a_year_are_refused,
    paths_are_kept_as_they_are,
    numbers_of_every_type_are_taken,
    an_integer_that_no_field_holds_is_refused_by_name,
}

/// Writes to one run and reads it again. Both must give the same run.
fn write(store: &Store<Run>, patch: &Annotating) -> Result<Run, Error> {
    let outcome = store.register(&key("value"), patch, OnDuplicate::Overwrite)?;
    let written = outcome.into_run().unwrap();
    assert_eq!(store.find(&key("value"))?.as_ref(), Some(&written));
    Ok(written)
}

/// JSON within JSON.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

fn json_of_any_shape_is_kept(db: &Place) {
    let store = db.open();
    for value in [
        json!({}),
        json!([]),
        json!(""),
        json!(0),
        json!(1.0),
        json!(-0.5e-300),
        json!(true),
        json!("null"),
        json!("NaN"),
        json!("1"),
        json!([null, [null], {"a": null}]),
        json!({"": {"a.b[0]": ["\"quoted\"", "\\", "\u{1}", "\u{1f437}", "e\u{301}", "é"]}}),
        json!([
            1e15,
            1e16,
            -1.5e300,
            12.0,
            1e-7,
            f64::MAX,
            f64::MIN_POSITIVE
        ]),
        json!({"min": i64::MIN, "max": u64::MAX, "tiny": 5e-324, "sum": 0.1 + 0.2}),
        nested(100),
    ] {
        let run = write(&store, &Annotating::new().extra(value.clone())).unwrap();
        assert_eq!(run.extra, Some(value));
    }
}

fn a_json_null_is_null(db: &Place) {
    let store = db.open();
    let run = write(&store, &Annotating::new().extra(json!(1))).unwrap();
    assert!(run.extra.is_some());
    let run = write(&store, &Annotating::new().extra(Value::Null)).unwrap();
    assert_eq!(run.extra, None);
    db.execute(&store, "UPDATE runs SET note = 'NULL' WHERE extra IS NULL");
    let run = store.find(&key("value")).unwrap().unwrap();
    assert_eq!(run.note.as_deref(), Some("NULL"));
}

fn a_json_null_is_itself_where_null_is_not_allowed(db: &Place) {
    let store = db.open::<strict::Run>();
    let patch = strict::Annotating::new().owner("me").tags(Value::Null);
    let outcome = store.register(&strict::key("a"), &patch, OnDuplicate::Error);
    assert_eq!(outcome.unwrap().into_run().unwrap().tags, Value::Null);
}

fn json_nested_deeper_than_it_can_be_read_is_refused(db: &Place) {
    let store = db.open();
    let run = write(&store, &Annotating::new().extra(nested(127))).unwrap();
    let error = write(&store, &Annotating::new().extra(nested(128))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(error.field(), Some("extra"));
    let objects = (0..128).fold(json!(1), |inner, _| json!({"a": inner}));
    let error = write(&store, &Annotating::new().extra(objects)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert_eq!(store.find(&key("value")).unwrap(), Some(run));
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicUsize>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

fn large_json_is_stored_with_a_warning(db: &Place) {
    let store = db.open();
    let warnings = Warnings::default();
    let count = || warnings.0.load(Ordering::Relaxed);
    tracing::subscriber::with_default(warnings.clone(), || {
        let small = json!("x".repeat(900_000));
        write(&store, &Annotating::new().extra(small)).unwrap();
        assert_eq!(count(), 0);
        let large = json!({"curve": "x".repeat(2_000_000)});
        let run = write(&store, &Annotating::new().extra(large.clone())).unwrap();
        assert_eq!(run.extra, Some(large));
        assert_eq!(count(), 1);
    });
}

fn times_of_any_zone_are_one_instant(db: &Place) {
    let store = db.open();
    let utc: DateTime<Utc> = "2026-03-29T00:30:00Z".parse().unwrap();
    for hours in [-12, -5, 0, 1, 14] {
        let zone = FixedOffset::east_opt(hours * 3600).unwrap();
        let local = utc.with_timezone(&zone);
        let run = write(&store, &Annotating::new().seen_at(local)).unwrap();
        assert_eq!(run.seen_at, Some(utc), "{local}");
    }
    let system = SystemTime::UNIX_EPOCH + Duration::from_micros(1);
    let run = write(&store, &Annotating::new().seen_at(system)).unwrap();
    assert_eq!(run.seen_at, DateTime::from_timestamp_micros(1));
}

fn times_are_cut_to_microseconds(db: &Place) {
    let store = db.open();
    for (given, kept) in [
        (
            "2026-01-01T00:00:00.123456789Z",
            "2026-01-01T00:00:00.123456Z",
        ),
        ("2026-01-01T00:00:00.000000999Z", "2026-01-01T00:00:00Z"),
        (
            "2026-12-31T23:59:59.999999999Z",
            "2026-12-31T23:59:59.999999Z",
        ),
        (
            "1969-12-31T23:59:59.999999999Z",
            "1969-12-31T23:59:59.999999Z",
        ),
        ("0001-01-01T00:00:00.000001Z", "0001-01-01T00:00:00.000001Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ] {
        let given: DateTime<Utc> = given.parse().unwrap();
        let run = write(&store, &Annotating::new().seen_at(given)).unwrap();
        assert_eq!(run.seen_at, Some(kept.parse().unwrap()), "{given}");
    }
}

fn times_beyond_four_digits_of_a_year_are_refused(db: &Place) {
    let store = db.open();
    for year in [10_000, 0, -1, 200_000, -200_000] {
        let date = NaiveDate::from_ymd_opt(year, 6, 1).unwrap();
        let time = date.and_hms_opt(0, 0, 0).unwrap().and_utc();
        let error = write(&store, &Annotating::new().seen_at(time)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{time}");
        assert_eq!(error.field(), Some("seen_at"));
    }
    for extreme in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
        let error = write(&store, &Annotating::new().seen_at(extreme)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{extreme}");
    }
    assert_eq!(store.find(&key("value")).unwrap(), None);
}

fn paths_are_kept_as_they_are(db: &Place) {
    let store = db.open();
    for path in [
        "",
        ".",
        "../a//b/",
        "/",
        "C:\\a",
        "a b?#%",
        "日本/🐷",
        "e\u{301}",
    ] {
        let run = write(&store, &Annotating::new().file(path)).unwrap();
        let file = run.file.unwrap();
        assert_eq!(file.as_os_str(), path, "{path:?}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt as _;
        let path = PathBuf::from(std::ffi::OsString::from_vec(b"a\xff\xfeb".to_vec()));
        let error = write(&store, &Annotating::new().file(path)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        assert_eq!(error.field(), Some("file"));
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}

fn numbers_of_every_type_are_taken(db: &Place) {
    let store: Store<Run> = db.open();
    let patch = Annotating::new().count(7_u64).score(0.1_f32);
    let key = || Identifying::builder().label("numbers");
    let first = key().step(5_usize).rate(0.1_f32).build();
    store.register(&first, &patch, OnDuplicate::Error).unwrap();
    for same in [
        key().step(5_u8).rate(0.1).build(),
        key().step(NonZeroU32::new(5).unwrap()).rate(0.1).build(),
        key().step(5_i128).rate(0.1_f32).build(),
    ] {
        assert_eq!(same, first);
        let run = store.find(&same).unwrap().unwrap();
        assert_eq!((run.step, run.count), (5, Some(7)));
        assert_eq!((Some(run.rate), run.score), (Some(0.1), Some(0.1)));
    }
    let whole = [key().rate(1_u64).build(), key().rate(-2).build()];
    assert_eq!(
        whole.map(|key| key.rate().to_bits()),
        [1.0, -2.0].map(f64::to_bits)
    );
    let counts = [
        fields::rate.eq(0.1_f32),
        fields::score.is_in([0.1_f32]),
        fields::step.between(5_u64, 6_usize),
        fields::count.ge(7_i128),
    ]
    .map(|expr| store.filter(expr).count().unwrap());
    assert_eq!(counts, [1; 4]);
}

fn an_integer_that_no_field_holds_is_refused_by_name(db: &Place) {
    let store: Store<Run> = db.open();
    let large = Identifying::builder().label("large").step(u64::MAX).build();
    let nothing = Annotating::new();
    let refused = [
        (
            "step",
            store
                .register(&large, &nothing, OnDuplicate::Error)
                .unwrap_err()
                .into(),
        ),
        ("step", store.find(&large).unwrap_err()),
        ("step", store.delete(&large).unwrap_err()),
        (
            "count",
            write(&store, &Annotating::new().count(1_u64 << 63)).unwrap_err(),
        ),
        (
            "count",
            write(&store, &Annotating::new().count(i128::MIN)).unwrap_err(),
        ),
        (
            "step",
            store.filter(fields::step.lt(u64::MAX)).count().unwrap_err(),
        ),
        (
            "count",
            store
                .filter(fields::count.is_in([1_u64, 1 << 63]))
                .count()
                .unwrap_err(),
        ),
    ];
    for (field, error) in refused {
        let error: Error = error;
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        let message = error.to_string();
        assert!(message.contains(field), "{message}");
        assert!(message.contains("an int field holds"), "{message}");
    }
    assert_eq!(store.count().unwrap(), 0);
    // The largest integer that fits is stored.
    let run = write(&store, &Annotating::new().count(i64::MAX as u64)).unwrap();
    assert_eq!(run.count, Some(i64::MAX));
}
