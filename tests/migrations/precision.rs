//! A program whose `float_precision` is not that of its newest migration (specification, 7.28).

use test_support::{Place, on_file_and_server};
use wallow::{ErrorKind, OnDuplicate};

use crate::managed;

on_file_and_server! {
    a_program_that_rounds_keys_differently_only_reads,
    it_makes_no_database,
}

mod fewer_digits {
    wallow::wallow_schema!("tests/schemas/managed/fewer_digits.toml");
}

use fewer_digits::Store;

fn a_program_that_rounds_keys_differently_only_reads(database: &Place) {
    let store = managed::Store::open(database.url()).unwrap();
    let key = managed::Identifying::builder()
        .rate(0.123_456_789)
        .seed(0)
        .build();
    let patch = managed::Annotating::new();
    let outcome = store.register(&key, &patch, OnDuplicate::Error);
    assert!(outcome.unwrap().was_inserted());

    let error = Store::open(database.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    assert_eq!(error.differences().len(), 1, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`float_precision` cannot become 4 instead of 12")
            && text.contains("by `rate`; keep `float_precision = 12`")
            && text.contains("`wallow status`"),
        "{text}"
    );
    let unchecked = Store::options().check_schema(false).open(database.url());
    let error = unchecked.unwrap().check_schema().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");

    let reading = Store::options().read_only(true).open(database.url());
    let runs = reading.unwrap().all().unwrap();
    assert_eq!(runs.len(), 1);
    assert!((runs[0].rate - 0.123_456_789).abs() < 1e-12);
}

fn it_makes_no_database(database: &Place) {
    let error = Store::open(database.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch, "{error}");
    // The migrations of the other program find nothing of this one.
    managed::Store::open(database.url()).unwrap();
}
