//! Groups and their aggregates.

use test_support::{Kind, on_every_kind};
use wallow::{OnDuplicate, count};

use super::registry::{Annotating, Identifying, Store, fields};

on_every_kind! {
    mean_and_spread_over_seeds_per_setting,
    one_key_one_aggregate_and_a_filter,
    the_spread_of_large_numbers_is_not_lost,
    intervals_and_percentiles_are_those_of_scipy_and_numpy,
    percentiles_without_keys_and_with_a_filter,
    infinities_have_no_spread,
    no_measure_of_finite_values_overflows_or_cancels,
    means_and_sums_are_rounded_once,
    a_sum_beyond_the_largest_int_is_an_error_that_says_what_to_do,
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

fn scores(kind: Kind, scores: &[f64]) -> Store {
    let store = Store::open(kind.fresh()).unwrap();
    for (n, score) in (0..).zip(scores) {
        let key = Identifying::builder().n(n).build();
        let patch = Annotating::new().score(*score).count(n);
        let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    store
}

/// `numpy.median`, `scipy.stats.sem`, half of `scipy.stats.t.interval(0.95, 5, mean, sem)`, `numpy.percentile` of the six
/// scores, by numpy 2.4 and `SciPy` 1.17.
fn intervals_and_percentiles_are_those_of_scipy_and_numpy(kind: Kind) {
    let store = scores(kind, &[0.31, 0.28, 0.4, 0.35, 0.29, 0.33]);
    let none = Identifying::builder().n(9).name("none").build();
    let _ = store
        .register(&none, &Annotating::new(), OnDuplicate::Error)
        .unwrap();
    let one = Identifying::builder().n(9).name("one").build();
    let _ = store
        .register(&one, &Annotating::new().score(0.5), OnDuplicate::Error)
        .unwrap();
    let groups = store
        .query()
        .group_by(fields::name)
        .aggregate((
            fields::score.median(),
            fields::score.sem(),
            fields::score.ci(),
            fields::score.percentile(5),
            fields::score.percentile(95),
            fields::score.mean(),
            fields::count.median(),
            count(),
        ))
        .unwrap();
    let [six, none, one] = &groups[..] else {
        panic!("{groups:?}")
    };
    let (median, sem, ci, low, high, mean, middle, runs) = six.1;
    for (found, expected) in [
        (median, 0.32),
        (sem, 0.018_012_341_448_141_733),
        (ci, 0.046_302_197_743_872_23),
        (low, 0.282_500_000_000_000_03),
        (high, 0.3875),
        (mean, 0.326_666_666_666_666_66),
        (middle, 2.5),
    ] {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}");
    }
    assert_eq!(runs, 6);
    assert_eq!(none.1, (None, None, None, None, None, None, None, 1));
    let half = Some(0.5);
    assert_eq!(one.1, (half, None, None, half, half, half, None, 1));
    let error = store
        .query()
        .group_by(fields::name)
        .aggregate(fields::score.percentile(101))
        .unwrap_err();
    assert_eq!(error.kind(), wallow::ErrorKind::Validation);
    assert!(error.to_string().contains("0 to 100"), "{error}");
}

fn percentiles_without_keys_and_with_a_filter(kind: Kind) {
    let store = scores(kind, &[4.0, 1.0, 3.0, 2.0, 100.0]);
    let groups = store
        .filter(fields::score.lt(50.0))
        .group_by(fields::flag)
        .aggregate((fields::score.median(), fields::score.percentile(100)))
        .unwrap();
    assert_eq!(groups, [(false, (Some(2.5), Some(4.0)))]);
}

/// Both databases give the same results, although SQLite has no NaN.
fn infinities_have_no_spread(kind: Kind) {
    let infinity = f64::INFINITY;
    let store = scores(kind, &[infinity, -infinity, 1.0]);
    let of = |least: f64| {
        let groups = store
            .filter(fields::score.ge(least))
            .group_by(fields::flag)
            .aggregate((
                fields::score.mean(),
                fields::score.ci(),
                fields::score.median(),
                fields::score.percentile(75),
                fields::score.sum(),
            ))
            .unwrap();
        groups[0].1
    };
    let (mean, ci, median, upper, sum) = of(-infinity);
    assert!(mean.unwrap().is_nan() && ci.unwrap().is_nan() && sum.unwrap().is_nan());
    assert_eq!((median, upper), (Some(1.0), Some(infinity)));
    let (mean, ci, median, _, sum) = of(1.0);
    assert_eq!((mean, sum), (Some(infinity), Some(infinity)));
    assert!(ci.unwrap().is_nan());
    assert_eq!(median, Some(infinity));
}

/// Mean, spread and sum of floats.
fn measures(kind: Kind, values: &[f64]) -> (f64, f64, f64) {
    let groups = scores(kind, values)
        .query()
        .group_by(fields::flag)
        .aggregate((
            fields::score.mean(),
            fields::score.std_dev(),
            fields::score.sum(),
        ))
        .unwrap();
    let (mean, std_dev, sum) = groups[0].1;
    (mean.unwrap(), std_dev.unwrap(), sum.unwrap())
}

/// The expected values are those of exact fractions.
fn no_measure_of_finite_values_overflows_or_cancels(kind: Kind) {
    let near = |found: f64, expected: f64| {
        assert!(
            (found / expected - 1.0).abs() < 1e-14,
            "{found}, not {expected}"
        );
    };
    for power in [1e250, 1e-200] {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0].map(|value: f64| value * power);
        let (mean, std_dev, sum) = measures(kind, &values);
        near(mean, 3.0 * power);
        near(std_dev, 2.5_f64.sqrt() * power);
        near(sum, 15.0 * power);
    }
    let infinity = f64::INFINITY;
    for (value, sum) in [(0.1, 4.5), (1.7e308, infinity), (f64::MIN, -infinity)] {
        assert_eq!(measures(kind, &[value; 45]), (value, 0.0, sum), "{value}");
    }
    let (_, std_dev, _) = measures(kind, &[1e9, 1e9 + 0.000_000_25, 1e9 + 0.000_000_5]);
    near(std_dev, 2.384_185_791_015_625e-7);
    let (mean, std_dev, _) = measures(kind, &[0.5, 1.5, 1e200]);
    near(mean, 1e200 / 3.0);
    near(std_dev, 1e200 / 3_f64.sqrt());
    assert_eq!(measures(kind, &[f64::MAX, f64::MIN]), (0.0, infinity, 0.0));
    assert_eq!(measures(kind, &[1e300, 2.0, -1e300]).0, 2.0 / 3.0);
}

/// In floats the large values take half of the digits. The expected values are those of Python's `fractions`.
fn means_and_sums_are_rounded_once(kind: Kind) {
    let small = [0.1, 0.2, 0.7, 1e-9, -7.25, 0.0, 4.656_612_873_077_393e-10];
    let large = [123_456.789, 3e11, -299_999_999_999.99];
    let (mean, _, sum) = measures(kind, &[&small[..], &large].concat());
    assert_eq!((mean, sum), (12_345.054_900_976_71, 123_450.549_009_767_1));
}

fn counts(kind: Kind, counts: &[i64]) -> Store {
    let store = Store::open(kind.fresh()).unwrap();
    for (n, count) in (0..).zip(counts) {
        let key = Identifying::builder().n(n).build();
        let patch = Annotating::new().count(*count);
        let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    store
}

fn a_sum_beyond_the_largest_int_is_an_error_that_says_what_to_do(kind: Kind) {
    let large = 9_007_199_254_740_993;
    let store = counts(kind, &[large, large + 2, large + 4, large + 6, large + 8]);
    let groups = store
        .query()
        .group_by(fields::flag)
        .aggregate((
            fields::count.std_dev(),
            fields::count.mean(),
            fields::count.sum(),
        ))
        .unwrap();
    let expected = (
        Some(10_f64.sqrt()),
        Some(9_007_199_254_740_997.0),
        Some(5 * (large + 4)),
    );
    assert_eq!(groups, [(false, expected)]);
    let store = counts(kind, &[i64::MAX, i64::MAX - 1]);
    let of_flag = || store.query().group_by(fields::flag);
    let found = of_flag()
        .aggregate((fields::count.mean(), fields::count.std_dev()))
        .unwrap();
    let mean = 9_223_372_036_854_775_807.0;
    assert_eq!(found, [(false, (Some(mean), Some(0.5_f64.sqrt())))]);
    let error = of_flag().aggregate(fields::count.sum()).unwrap_err();
    assert_eq!(error.kind(), wallow::ErrorKind::Validation);
    assert_eq!(error.field(), Some("count"));
    assert!(error.to_string().contains("`mean:count`"), "{error}");
}
