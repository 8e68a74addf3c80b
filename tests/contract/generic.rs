//! Code that is generic over the schema, and how a program prints an error.

use std::error::Error as _;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use test_support::{Place, on_every_database};
use wallow::{Error, ErrorKind, Expr, LifecycleError, OnDuplicate, Record, RegisterError, Store};

use crate::database::Database as _;
use crate::schemas::{strict, sweep, types};

on_every_database! {
    a_function_works_with_every_schema,
    an_error_prints_as_a_paragraph,
}

/// What a function can do with any schema.
fn archive<R: Record>(
    store: &Store<R>,
    key: &R::Identifying,
    patch: &R::Annotating,
) -> wallow::Result<u64> {
    let run = store.register(key, patch, OnDuplicate::ReturnExisting)?;
    let run = run.into_run().unwrap();
    assert_eq!(run.identifying(), *key);
    assert_eq!(store.find_by_uuid(run.uuid())?.as_ref(), Some(&run));
    assert_eq!(store.find(key)?, Some(run.clone()));
    assert!(key.to_string().contains('='));
    let text = serde_json::to_string(&run).unwrap();
    assert_eq!(serde_json::from_str::<R>(&text).unwrap(), run);
    store.update(key, &R::Annotating::default())?;
    let all = store.filter(Expr::all([]));
    all.update(patch)?;
    assert_eq!(all.iter().count(), 1);
    all.delete()
}

fn a_function_works_with_every_schema(db: &Place) {
    let store = db.open::<types::Run>();
    let patch = types::Annotating::new().score(0.5);
    assert_eq!(archive(&store, &types::key("a"), &patch).unwrap(), 1);
}

/// Cites specs 3.37.
fn an_error_prints_as_a_paragraph(db: &Place) {
    fn reads_well(error: &(impl Debug + ToString)) {
        let text = error.to_string();
        assert_eq!(format!("{error:?}"), text);
        assert!(!text.contains("Error {"), "{text}");
        let details = format!("{error:#?}");
        assert!(details.contains("kind: "), "{details}");
    }
    let store = db.open::<strict::Run>();
    let patch = strict::Annotating::new().owner("me");
    let _ = store
        .register(&strict::key("a"), &patch, OnDuplicate::Error)
        .unwrap();
    let again = || store.register(&strict::key("a"), &patch, OnDuplicate::Error);
    let error: RegisterError<strict::Run> = again().unwrap_err();
    reads_well(&error);
    reads_well(&Error::from(again().unwrap_err()));
    reads_well(&LifecycleError::<String>::Store(
        again().unwrap_err().into(),
    ));
    let failed = LifecycleError::Run("it diverged".to_owned());
    assert_eq!(format!("{failed:?}"), "it diverged");
    let boxed: Box<dyn std::error::Error> = Box::new(again().unwrap_err());
    assert_eq!(format!("{boxed:?}"), boxed.to_string());
}

#[test]
fn a_mismatch_prints_as_a_paragraph() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("runs.db");
    drop(Store::<strict::Run>::open(&file).unwrap());
    let error = Store::<sweep::Run>::open(&file).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SchemaMismatch);
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn an_error_of_a_schema_prints_as_a_paragraph() {
    let error = wallow::schema::load(Path::new("no-such/wallow.toml")).unwrap_err();
    let displayed = format!("{error:?}");
    assert!(
        displayed.starts_with("cannot read the schema `no-such/wallow.toml`: "),
        "{displayed}"
    );
    let error = wallow::schema::parse("[project]\n", "wallow.toml").unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
}

/// Cites specs 3.37.
#[test]
fn no_error_says_its_source_twice() {
    let store = Store::<sweep::Run>::open(":memory:").unwrap();
    let query = wallow::diesel::sql_query("SELECT 1 FROM nowhere");
    let failed = store.with_sqlite(|conn| wallow::diesel::RunQueryDsl::execute(query, conn));
    let error = failed.unwrap_err();
    assert!(error.to_string().contains("nowhere"), "{error}");
    let mut source = error.source();
    while let Some(cause) = source {
        assert!(!error.to_string().contains(&cause.to_string()), "{error}");
        source = cause.source();
    }
    let diesel = error.underlying().unwrap();
    assert!(diesel.is::<wallow::diesel::result::Error>(), "{diesel:?}");
}

#[test]
fn a_database_is_named_by_a_text_or_a_path() {
    type Sweep = Store<sweep::Run>;
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("runs.db");
    let text: String = path.to_str().unwrap().to_owned();
    let (by_path, by_text): (&Path, &str) = (&path, &text);
    let opened = [
        Sweep::open(by_text),
        Sweep::open(&text),
        Sweep::open(text.clone()),
        Sweep::open(by_path),
        Sweep::open(&path),
        Sweep::open(path.clone()),
        Sweep::options().open(text.clone()),
        Sweep::options().open(path.as_path()),
    ];
    for (number, store) in (0..).zip(opened) {
        assert_eq!(store.unwrap().count().unwrap(), number);
        let store = Sweep::open(&path).unwrap();
        let outcome = store.register(
            &sweep::key(number_of(number)),
            &sweep::on("a"),
            OnDuplicate::Error,
        );
        assert!(outcome.unwrap().was_inserted());
    }
}

fn number_of(number: u64) -> i64 {
    i64::try_from(number).unwrap()
}
