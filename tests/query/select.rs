//! Some columns of the runs, as typed tuples.

use test_support::{Kind, on_every_kind};
use wallow::diesel::connection::SimpleConnection;
use wallow::{Field, OnDuplicate};

use super::registry::{Annotating, Store, fields};
use super::{key, store_of};

on_every_kind! {
    tuples_come_typed_filtered_and_ordered,
    one_column_alone_needs_no_tuple,
}

fn scored(kind: Kind) -> Store {
    let scores = [0.5, 0.9, 0.1].map(|score| Annotating::new().score(score));
    store_of(kind, scores.into_iter().chain([Annotating::new()]))
}

fn tuples_come_typed_filtered_and_ordered(kind: Kind) {
    let store = scored(kind);
    let best: Vec<(i64, Option<f64>)> = store
        .filter(fields::n.lt(3))
        .order_by(fields::score.desc())
        .limit(2)
        .select((fields::n, fields::score))
        .all()
        .unwrap();
    assert_eq!(best, [(1, Some(0.9)), (0, Some(0.5))]);
    let all = store.query().select((fields::score, fields::n));
    let streamed = all.iter().collect::<Result<Vec<_>, _>>().unwrap();
    assert_eq!(streamed, all.all().unwrap());
    assert_eq!(streamed[3], (None, 3));
    assert_eq!(all.first().unwrap(), Some((Some(0.5), 0)));
}

fn one_column_alone_needs_no_tuple(kind: Kind) {
    let store = scored(kind);
    let by_id: Vec<i64> = store.query().select(fields::n).all().unwrap();
    assert_eq!(by_id, [0, 1, 2, 3]);
    let nothing = store.filter(fields::n.lt(0)).select(fields::n);
    assert_eq!(nothing.first().unwrap(), None);
    let uuids: Vec<String> = store.query().select(fields::uuid).all().unwrap();
    assert!(uuids.iter().all(|uuid| uuid.len() == 12));
}

/// Columns that are not asked for are not read, so damage in them does not matter.
#[test]
fn only_the_columns_are_read() {
    let store = scored(Kind::SqliteMemory);
    let damage = "UPDATE runs SET extra = '{', created_at = 'yesterday' WHERE n = 1";
    store
        .with_sqlite(|conn| conn.batch_execute(damage))
        .unwrap();
    assert!(store.all().is_err());
    let rows = store.query().select((fields::n, fields::score));
    assert_eq!(rows.all().unwrap().len(), 4);
    assert_eq!(rows.iter().flatten().count(), 4);
    let error = store.query().select(fields::extra).all().unwrap_err();
    assert_eq!(error.field(), Some("extra"));
    assert!(error.uuid().is_some());
}

/// `count` and `exists` read no run.
#[test]
fn a_count_reads_no_run() {
    let store = scored(Kind::SqliteMemory);
    let damage = "UPDATE runs SET extra = '{', created_at = 'yesterday', uuid = n";
    store
        .with_sqlite(|conn| conn.batch_execute(damage))
        .unwrap();
    let good = store.filter(fields::score.gt(0.2));
    assert_eq!((store.count().unwrap(), good.count().unwrap()), (4, 2));
    assert!(good.exists().unwrap());
    let skipped = store.register(&key(1), &Annotating::new(), OnDuplicate::Skip);
    assert!(skipped.unwrap().was_skipped());
}

/// Anything generic over a field can select it.
#[test]
fn a_function_can_be_generic_over_the_field() {
    fn column<T, N>(store: &Store, field: Field<super::registry::Run, T, N>) -> usize
    where
        Field<super::registry::Run, T, N>: wallow::query::Columns<super::registry::Run>,
    {
        store.query().select(field).all().unwrap().len()
    }
    let store = scored(Kind::SqliteMemory);
    assert_eq!(column(&store, fields::n) + column(&store, fields::text), 8);
}
