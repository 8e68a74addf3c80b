//! SQLite's plans for queries: they use indexes.

use super::registry::{Annotating, Store, fields};
use super::store_of;
use test_support::Kind;

fn store() -> Store {
    store_of(
        Kind::SqliteMemory,
        (0..50).map(|n| Annotating::new().score(f64::from(n)).text("a")),
    )
}

#[test]
fn comparisons_on_an_indexed_field_use_its_index() {
    let store = store();
    for (expr, index) in [
        (fields::score.eq(1.0), "ix_runs_score"),
        (fields::score.gt(1.0), "ix_runs_score"),
        (fields::score.between(1.0, 2.0), "ix_runs_score"),
        (fields::score.is_in([1.0, 2.0]), "ix_runs_score"),
        (fields::score.is_null(), "ix_runs_score"),
        (fields::text.eq("a"), "ix_runs_text"),
        (fields::text.starts_with("a"), "ix_runs_text"),
        (
            fields::text.is_in((0..1_000).map(|n| n.to_string())),
            "ix_runs_text",
        ),
        (fields::at.lt(std::time::SystemTime::now()), "ix_runs_at"),
        (fields::lr.eq(0.1), "ix_runs_lr"),
        (fields::uuid.eq("8fa740691a0a"), "uuid"),
        (fields::id.eq(1), "INTEGER PRIMARY KEY"),
    ] {
        let plan = store.filter(expr.clone()).explain().unwrap().join("; ");
        assert!(
            plan.contains("SEARCH runs USING") && plan.contains(index),
            "{expr}: {plan}"
        );
    }
}

#[test]
fn an_order_by_an_indexed_field_with_a_limit_sorts_nothing() {
    let store = store();
    for order in [
        fields::score.desc(),
        fields::score.asc(),
        fields::lr.desc(),
        fields::lr.asc(),
    ] {
        let query = store.query().order_by(order.clone()).limit(10);
        let plan = query.explain().unwrap().join("; ");
        assert!(plan.contains("USING INDEX ix_runs_"), "{order}: {plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{order}: {plan}");
    }
}

#[test]
fn without_an_order_nothing_is_sorted() {
    let plan = store().query().limit(10).explain().unwrap().join("; ");
    assert_eq!(plan, "SCAN runs");
}

/// Nine in ten of 20,000 runs are `kept`. Scores occur repeatedly, and some are missing.
fn many_runs() -> Store {
    use wallow::diesel::connection::SimpleConnection;
    let store = Store::open(":memory:").unwrap();
    let fill = "WITH RECURSIVE c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 19999) \
                INSERT INTO runs (uuid, created_at, updated_at, n, lr, name, flag, text, score, count) \
                SELECT printf('%012x', n), '2026-01-01 00:00:00.000000', \
                '2026-01-01 00:00:00.000000', n, 0.1, '', 0, \
                CASE n % 10 WHEN 3 THEN 'other' WHEN 4 THEN 'rare' ELSE 'kept' END, \
                CASE WHEN n % 7 = 0 THEN NULL ELSE n * 7919 % 1999 / 8.0 END, n % 3 FROM c";
    store.with_sqlite(|conn| conn.batch_execute(fill)).unwrap();
    let rare = "UPDATE runs SET text = 'kept' WHERE text = 'rare' AND n <> 14004";
    store.with_sqlite(|conn| conn.batch_execute(rare)).unwrap();
    store
}

#[test]
fn the_best_of_many_are_found_without_sorting_the_table() {
    let store = many_runs();
    let best = store
        .filter(fields::text.eq("kept") & fields::count.ge(1))
        .order_by(fields::score.desc())
        .limit(10);
    let plan = best.explain().unwrap().join("; ");
    assert!(plan.contains("ix_runs_score"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}

/// The runs are the same that plain Rust chooses, whether they come early in the order, late, or not at all.
#[test]
fn the_best_of_many_are_the_best() {
    let store = many_runs();
    let all = store.all().unwrap();
    for filter in [
        fields::text.eq("kept"),
        fields::text.eq("other") & fields::count.ge(1),
        fields::text.eq("rare"),
        fields::text.eq("nobody"),
        fields::n.lt(50),
    ] {
        let ids = store
            .filter(filter.clone())
            .select(fields::id)
            .all()
            .unwrap();
        let kept = || all.iter().filter(|run| ids.binary_search(&run.id).is_ok());
        for (limit, offset) in [(1, 0), (10, 0), (10, 7), (100, 0), (101, 0)] {
            for descending in [true, false] {
                let order = if descending {
                    fields::score.desc()
                } else {
                    fields::score.asc()
                };
                let query = store.filter(filter.clone()).order_by(order);
                let found = query.limit(limit).offset(offset).all().unwrap();
                let mut expected = kept().collect::<Vec<_>>();
                expected.sort_by(|a, b| {
                    let scores = match (a.score, b.score) {
                        (Some(a), Some(b)) if descending => b.total_cmp(&a),
                        (Some(a), Some(b)) => a.total_cmp(&b),
                        (a, b) => a.is_none().cmp(&b.is_none()),
                    };
                    let ids = if descending {
                        b.id.cmp(&a.id)
                    } else {
                        a.id.cmp(&b.id)
                    };
                    scores.then(ids)
                });
                let expected = expected.into_iter().skip(offset).take(limit);
                assert!(
                    found.iter().eq(expected),
                    "{filter}, {limit} after {offset}"
                );
            }
        }
    }
}
