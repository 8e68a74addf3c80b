//! Closed sets: enums in Rust, texts in the database. Nothing else can be written in any way.

use test_support::{Place, on_every_database};
use wallow::dynamic::{self, Fields};
use wallow::query::count;
use wallow::{Error, ErrorKind, Expr, OnDuplicate};

use crate::database::Database as _;
use crate::schemas::closed::{
    Annotating, Grade, Identifying, LrSchedule, Optimiser, Run, Run_, StopReason, Store, fields,
    runs,
};

on_every_database! {
    values_are_texts_in_the_database,
    queries_take_the_enum,
    a_row_with_another_text_is_an_error_that_names_row_and_field,
    rows_of_other_values_are_kept_and_found,
    run_time_rows_take_no_other_text,
    raw_diesel_reads_the_enums,
}

fn key(optimiser: Optimiser) -> Identifying {
    Identifying::builder().optimiser(optimiser).build()
}

fn filled(place: &Place) -> Store {
    let store = place.open::<Run>();
    for (optimiser, reason) in Optimiser::ALL.into_iter().zip(StopReason::ALL) {
        let patch = Annotating::new().stop_reason(reason).run(Run_::Self_);
        store
            .register(&key(optimiser), &patch, OnDuplicate::Error)
            .unwrap();
    }
    store
}

fn values_are_texts_in_the_database(place: &Place) {
    let store = filled(place);
    let text = "SELECT optimiser || ' ' || lr_schedule || ' ' || stop_reason || ' ' || grade || ' ' || run \
                FROM runs WHERE id = 3";
    assert_eq!(place.text(&store, text), "16-bit adam cosine budget b self");
    let run = store.find(&key(Optimiser::V16BitAdam)).unwrap().unwrap();
    assert_eq!(run.optimiser, Optimiser::V16BitAdam);
    assert_eq!(run.lr_schedule, LrSchedule::Cosine);
    assert_eq!(
        (run.stop_reason, run.grade),
        (Some(StopReason::Budget), Grade::B)
    );
    assert_eq!(run.identifying(), key(Optimiser::V16BitAdam));
    assert_eq!(run.identifying().optimiser(), Optimiser::V16BitAdam);
    assert_eq!(
        run.identifying().to_string(),
        r#"optimiser="16-bit adam", lr_schedule="cosine", seed=0"#
    );
    let cleared = store.update(
        &key(Optimiser::Sgd),
        &Annotating::new().clear_stop_reason().grade(Grade::A),
    );
    let cleared = cleared.unwrap().unwrap();
    assert_eq!((cleared.stop_reason, cleared.grade), (None, Grade::A));
}

fn queries_take_the_enum(place: &Place) {
    let store = filled(place);
    let found = |expr| store.filter(expr).count().unwrap();
    assert_eq!(found(fields::optimiser.eq(Optimiser::Sgd)), 1);
    assert_eq!(
        found(fields::optimiser.is_in([Optimiser::Sgd, Optimiser::Adamw])),
        2
    );
    assert_eq!(found(fields::stop_reason.ne(StopReason::Budget)), 2);
    assert_eq!(found(fields::stop_reason.is_null()), 0);
    let reasons = store
        .query()
        .order_by(fields::stop_reason.asc())
        .select((fields::optimiser, fields::stop_reason))
        .all()
        .unwrap();
    assert_eq!(
        reasons[0],
        (Optimiser::V16BitAdam, Some(StopReason::Budget))
    );
    let groups = store
        .query()
        .group_by(fields::optimiser)
        .aggregate(count())
        .unwrap();
    assert_eq!(groups.len(), 3);
    assert!(groups.contains(&(Optimiser::Adamw, 1)));
}

fn a_row_with_another_text_is_an_error_that_names_row_and_field(place: &Place) {
    let store = filled(place);
    place.execute(&store, "UPDATE runs SET stop_reason = 'tired' WHERE id = 2");
    let error = store.find(&key(Optimiser::Sgd)).unwrap_err();
    let message = error.to_string();
    for part in ["stop_reason", "tired", "`converged`, `diverged`, `budget`"] {
        assert!(message.contains(part), "{message}");
    }
    let uuid = place.text(&store, "SELECT uuid FROM runs WHERE id = 2");
    assert!(message.contains(&uuid), "{message}");
    // The other rows of a query are not affected.
    assert_eq!(
        store
            .filter(fields::optimiser.ne(Optimiser::Sgd))
            .all()
            .unwrap()
            .len(),
        2
    );
}

fn rows_of_other_values_are_kept_and_found(place: &Place) {
    let store = filled(place);
    place.execute(&store, "UPDATE runs SET optimiser = 'lion' WHERE id = 1");
    let text = Expr::<Run>::parse;
    let error = text("optimiser == \"lion\"").unwrap_err().to_string();
    assert!(
        error.contains("`optimiser`: `lion` is none of its values"),
        "{error}"
    );
    assert!(
        error.contains(r#"optimiser between "lion" and "lion""#),
        "{error}"
    );
    let error = text("optimiser in [\"sgd\", \"adamW\"]")
        .unwrap_err()
        .to_string();
    assert!(error.contains("did you mean `adamw`?"), "{error}");
    // The advice leads to these rows.
    let lost = text("optimiser between \"lion\" and \"lion\"").unwrap();
    assert_eq!(store.filter(lost).delete().unwrap(), 1);
}

fn run_time_rows_take_no_other_text(place: &Place) {
    let schema =
        wallow::schema::parse(include_str!("../schemas/closed.toml"), "closed.toml").unwrap();
    let store = dynamic::Store::open(&schema, place.url()).unwrap();
    let refused = |key: Fields, patch: Fields, field: &str, part: &str| {
        let error: Error = store
            .register(&key, &patch, OnDuplicate::Error)
            .unwrap_err()
            .into();
        assert_eq!(error.kind(), ErrorKind::Validation, "{error}");
        assert_eq!(error.field(), Some(field), "{error}");
        assert!(error.to_string().contains(part), "{error}");
    };
    let key = || Fields::new().with("optimiser", "sgd");
    refused(
        Fields::new().with("optimiser", "adam"),
        Fields::new(),
        "optimiser",
        "did you mean `adamw`?",
    );
    refused(
        key(),
        Fields::new().with("grade", "c"),
        "grade",
        "the schema has `a`, `b`",
    );
    refused(
        key(),
        Fields::new().with("stop_reason", ""),
        "stop_reason",
        "none of its values",
    );
    let patch = Fields::new().with("stop_reason", "budget");
    store.register(&key(), &patch, OnDuplicate::Error).unwrap();
    assert_eq!(store.query().count().unwrap(), 1);
}

fn raw_diesel_reads_the_enums(place: &Place) {
    use wallow::diesel::prelude::*;
    let store = filled(place);
    let read = || match place.on_server() {
        None => store.with_sqlite(|conn| runs::table.find(3).select(Run::as_select()).first(conn)),
        #[cfg(feature = "postgres")]
        Some(_) => {
            store.with_postgres(|conn| runs::table.find(3).select(Run::as_select()).first(conn))
        }
        #[cfg(not(feature = "postgres"))]
        Some(_) => unreachable!(),
    };
    assert_eq!(read().unwrap().optimiser, Optimiser::V16BitAdam);
    place.execute(&store, "UPDATE runs SET grade = 'z' WHERE id = 3");
    let error = read().unwrap_err().to_string();
    assert!(
        error.contains("`grade`") && error.contains("`z`"),
        "{error}"
    );
}

#[test]
fn an_enum_is_its_text() {
    assert_eq!(Optimiser::V16BitAdam.to_string(), "16-bit adam");
    assert_eq!("sgd".parse::<Optimiser>().unwrap(), Optimiser::Sgd);
    let error = "adam".parse::<Optimiser>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(
        error.to_string().contains("did you mean `adamw`?"),
        "{error}"
    );
    let json = serde_json::to_string(&key(Optimiser::V16BitAdam)).unwrap();
    assert_eq!(
        json,
        r#"{"optimiser":"16-bit adam","lr_schedule":"cosine","seed":0}"#
    );
    assert_eq!(
        serde_json::from_str::<Identifying>(&json).unwrap(),
        key(Optimiser::V16BitAdam)
    );
    let error = serde_json::from_str::<Identifying>(r#"{"optimiser":"sdg"}"#).unwrap_err();
    assert!(error.to_string().contains("did you mean `sgd`?"), "{error}");
    let patch: Annotating = serde_json::from_str(r#"{"stop_reason":null,"grade":"a"}"#).unwrap();
    assert_eq!(patch, Annotating::new().clear_stop_reason().grade(Grade::A));
    assert!(Optimiser::Adamw < Optimiser::Sgd);
    assert_eq!(
        serde_json::to_value(LrSchedule::Constant).unwrap(),
        "constant"
    );
}
