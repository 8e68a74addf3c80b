//! Groups and their aggregates.

use test_support::{Kind, on_every_kind};
use wallow::{OnDuplicate, count};

use super::registry::{Annotating, Identifying, Store, fields};

on_every_kind! {
    mean_and_spread_over_seeds_per_setting,
    one_key_one_aggregate_and_a_filter,
    the_spread_of_large_numbers_is_not_lost,
}

fn seeds(kind: Kind) -> Store {
    let store = Store::open(kind.fresh()).unwrap();
    for (name, lr, n, score) in [
        ("a", 0.1, 0, Some(1.0)),
        ("a", 0.1, 1, Some(2.0)),
        ("a", 0.1, 2, Some(4.0)),
        ("a", 0.2, 0, Some(5.0)),
        ("b", 0.1, 0, None),
    ] {
        let key = Identifying::builder().name(name).lr(lr).n(n).build();
        let patch = score.map_or(Annotating::new(), |score| {
            Annotating::new().score(score).count(n)
        });
        let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    store
}

fn mean_and_spread_over_seeds_per_setting(kind: Kind) {
    let groups = seeds(kind)
        .query()
        .group_by((fields::name, fields::lr))
        .aggregate((
            count(),
            fields::score.mean(),
            fields::score.std_dev(),
            fields::score.min(),
            fields::score.max(),
            fields::count.sum(),
        ))
        .unwrap();
    let [first, second, third] = &groups[..] else {
        panic!("{groups:?}")
    };
    assert_eq!(first.0, ("a".to_owned(), 0.1));
    let (runs, mean, spread, min, max, sum) = first.1;
    assert_eq!(
        (runs, mean, min, max, sum),
        (3, Some(7.0 / 3.0), Some(1.0), Some(4.0), Some(3))
    );
    let expected = (7.0_f64 / 3.0).sqrt();
    assert!((spread.unwrap() - expected).abs() < 1e-12);
    assert_eq!(
        second.1,
        (1, Some(5.0), None, Some(5.0), Some(5.0), Some(0))
    );
    assert_eq!(third.0, ("b".to_owned(), 0.1));
    assert_eq!(third.1, (1, None, None, None, None, None));
}

fn one_key_one_aggregate_and_a_filter(kind: Kind) {
    let groups = seeds(kind)
        .query()
        .group_by(fields::score)
        .filter(fields::name.eq("a") | fields::score.is_null())
        .aggregate(count())
        .unwrap();
    let expected = [
        (Some(1.0), 1),
        (Some(2.0), 1),
        (Some(4.0), 1),
        (Some(5.0), 1),
        (None, 1),
    ];
    assert_eq!(groups, expected, "ordered by the key, NULL last");
    let store = seeds(kind);
    let none = store
        .filter(fields::n.gt(99))
        .group_by(fields::name)
        .aggregate(fields::n.max())
        .unwrap();
    assert_eq!(none, []);
}

fn the_spread_of_large_numbers_is_not_lost(kind: Kind) {
    let store = Store::open(kind.fresh()).unwrap();
    for n in 0..3_i32 {
        let key = Identifying::builder().n(n).build();
        let patch = Annotating::new().score(1e15 + f64::from(n));
        let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    let groups = store
        .query()
        .group_by(fields::flag)
        .aggregate(fields::score.std_dev())
        .unwrap();
    assert_eq!(groups, [(false, Some(1.0))]);
}
