//! What SQLite makes of the queries: indexes serve.

use super::place::Place;
use super::registry::{Annotating, Store, fields};
use super::store_of;

fn store() -> Store {
    store_of(
        Place::SqliteMemory,
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
