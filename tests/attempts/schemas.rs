//! The table of the history, and the schema that declares it.

use test_support::{Place, on_shared_databases};
use wallow::{ErrorKind, dynamic};

use super::registry::{Annotating, Store};
use super::{claimed, execute, key, open};

mod without {
    wallow::wallow_schema!("tests/schemas/lifecycle.toml");
}

on_shared_databases! {
    a_database_without_the_table_is_refused,
    a_table_that_goes_is_noticed,
    a_schema_without_attempts_says_so,
}

fn a_database_without_the_table_is_refused(place: &Place) {
    let store = open(place);
    execute(&store, "DROP TABLE _wallow_attempts");
    let error = Store::open(place.url()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(error.differences(), ["table `_wallow_attempts` is missing"]);
    let text = error.to_string();
    assert!(text.contains("wallow migrate push"), "{text}");
}

fn a_table_that_goes_is_noticed(place: &Place) {
    let store = open(place);
    let claim = claimed(&store, 0);
    execute(&store, "DROP TABLE _wallow_attempts");
    let error = store.claim(&key(1), wallow::Reclaim::Immediately);
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DatabaseAhead, "{error}");
    assert!(error.to_string().contains("_wallow_attempts"), "{error}");
    assert!(store.find(&key(1)).unwrap().is_none(), "it was not claimed");
    assert!(claim.complete(Annotating::new()).is_err());
    let run = store.find(&key(0)).unwrap().unwrap();
    assert_eq!(run.status.as_deref(), Some("running"));
}

fn a_schema_without_attempts_says_so(place: &Place) {
    let store = without::Store::open(place.url()).unwrap();
    let key = without::Identifying::builder().seed(0).build();
    let error = store.attempts(&key).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Schema);
    assert!(error.to_string().contains("attempts = true"), "{error}");
    let schema = wallow::schema::load("tests/schemas/attempts.toml".as_ref()).unwrap();
    let fits = dynamic::Store::open(&schema, place.url());
    assert_eq!(fits.unwrap_err().kind(), ErrorKind::SchemaMismatch);
}
