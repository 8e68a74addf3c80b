//! Queries by example: terminal methods, orders, raw diesel, and invalid queries.

use chrono::{TimeZone, Utc};
use serde_json::json;
use test_support::{Kind, on_every_kind};
use wallow::diesel::prelude::*;
use wallow::{ErrorKind, Expr, OnDuplicate, dynamic};

use super::registry::{Annotating, Run, Store, fields, runs};
use super::{key, store_of};

on_every_kind! {
    the_example_of_the_readme_holds,
    lists_of_several_kinds_compare_each_with_its_own,
    long_conditions_are_answered,
    nulls_come_last_in_both_directions,
    equal_runs_have_an_order_too,
    limit_and_offset_cut_the_answer_but_not_the_count,
    one_wants_exactly_one,
    first_and_exists_answer_about_nothing_too,
    text_is_matched_literally_and_case_counts,
    a_long_list_is_as_good_as_a_short_one,
    a_long_chain_is_as_good_as_a_short_one,
    a_deep_expression_is_refused_and_ends_no_stack,
    what_cannot_be_evaluated_is_an_error_and_not_an_empty_answer,
    times_of_any_zone_and_identifying_floats_compare_as_stored,
}

fn numbers(runs: &[Run]) -> Vec<i64> {
    runs.iter().map(|run| run.n).collect()
}

fn scored(kind: Kind, scores: &[Option<f64>]) -> Store {
    store_of(
        kind,
        scores.iter().map(|score| match score {
            Some(score) => Annotating::new().score(*score),
            None => Annotating::new(),
        }),
    )
}

fn the_example_of_the_readme_holds(kind: Kind) {
    let store = store_of(
        kind,
        [
            Annotating::new().text("completed").score(0.9),
            Annotating::new().text("completed").score(0.7),
            Annotating::new().text("failed"),
            Annotating::new().text("completed"),
        ],
    );
    let top = store
        .filter(
            fields::text.eq("completed") & fields::n.is_in([0, 1, 3]) & !fields::score.is_null(),
        )
        .order_by(fields::score.desc())
        .order_by(fields::n.asc())
        .limit(10)
        .all()
        .unwrap();
    assert_eq!(numbers(&top), [0, 1]);
}

fn nulls_come_last_in_both_directions(kind: Kind) {
    let store = scored(kind, &[None, Some(2.0), None, Some(1.0)]);
    let sorted = |order| numbers(&store.query().order_by(order).all().unwrap());
    assert_eq!(sorted(fields::score.asc()), [3, 1, 0, 2]);
    assert_eq!(sorted(fields::score.desc()), [1, 3, 2, 0]);
}

fn equal_runs_have_an_order_too(kind: Kind) {
    let store = scored(kind, &[Some(1.0), Some(1.0), Some(0.0)]);
    let sorted = |order| numbers(&store.query().order_by(order).all().unwrap());
    assert_eq!(sorted(fields::score.asc()), [2, 0, 1]);
    assert_eq!(sorted(fields::score.desc()), [1, 0, 2]);
}

fn limit_and_offset_cut_the_answer_but_not_the_count(kind: Kind) {
    let store = scored(kind, &[None; 5]);
    assert_eq!(numbers(&store.query().limit(2).all().unwrap()), [0, 1]);
    assert_eq!(numbers(&store.query().offset(3).all().unwrap()), [3, 4]);
    assert_eq!(
        numbers(&store.query().limit(2).offset(4).all().unwrap()),
        [4]
    );
    assert_eq!(
        numbers(&store.query().limit(0).all().unwrap()),
        [] as [i64; 0]
    );
    assert_eq!(store.query().limit(2).offset(4).count().unwrap(), 5);
    assert_eq!(store.count().unwrap(), 5);
}

fn one_wants_exactly_one(kind: Kind) {
    let store = scored(kind, &[Some(1.0), Some(2.0), Some(2.0)]);
    assert_eq!(store.filter(fields::score.eq(1.0)).one().unwrap().n, 0);
    let none = store.filter(fields::score.eq(3.0)).one().unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    assert_eq!(none.to_string(), "no run where score == 3.0");
    let several = store.filter(fields::score.eq(2.0)).one().unwrap_err();
    assert_eq!(several.kind(), ErrorKind::MultipleFound);
    assert!(several.to_string().contains("use `first`"), "{several}");
}

fn first_and_exists_answer_about_nothing_too(kind: Kind) {
    let store = scored(kind, &[]);
    assert_eq!(store.query().first().unwrap(), None);
    assert!(!store.query().exists().unwrap());
    assert_eq!(store.all().unwrap(), []);
    let store = scored(kind, &[Some(1.0)]);
    assert_eq!(store.query().first().unwrap().map(|run| run.n), Some(0));
    assert!(store.query().exists().unwrap());
}

fn text_is_matched_literally_and_case_counts(kind: Kind) {
    let store = store_of(
        kind,
        ["100%", "100x", "a_b", "axb", "Adam", "adam"].map(|text| Annotating::new().text(text)),
    );
    let found = |expr| numbers(&store.filter(expr).all().unwrap());
    assert_eq!(found(fields::text.contains("0%")), [0]);
    assert_eq!(found(fields::text.starts_with("a_")), [2]);
    assert_eq!(found(fields::text.ends_with("dam")), [4, 5]);
    assert_eq!(found(fields::text.starts_with("A")), [4]);
    assert_eq!(found(fields::text.contains("")), [0, 1, 2, 3, 4, 5]);
}

fn a_long_list_is_as_good_as_a_short_one(kind: Kind) {
    let store = scored(kind, &[None; 3]);
    let many = (1..100_000_i64).collect::<Vec<_>>();
    assert_eq!(
        store.filter(fields::n.is_in(many.clone())).count().unwrap(),
        2
    );
    assert_eq!(store.filter(fields::n.not_in(many)).count().unwrap(), 1);
    let texts = (0..50_000).map(|n| format!("'\"{n}\\"));
    assert_eq!(store.filter(fields::uuid.is_in(texts)).count().unwrap(), 0);
    let none: [i64; 0] = [];
    assert_eq!(store.filter(fields::n.is_in(none)).count().unwrap(), 0);
}

#[test]
fn expressions_fold_and_print() {
    let filters = vec![
        fields::n.gt(0),
        fields::text.eq("it's \"so\""),
        !fields::on.eq(true),
    ];
    let all = Expr::all(filters.clone());
    assert_eq!(
        all.to_string(),
        r#"n > 0 and text == "it's \"so\"" and not (on == true)"#
    );
    let folded = filters.into_iter().reduce(|all, next| all & next).unwrap();
    assert_eq!(all, folded);
    assert_eq!(format!("{:?}", Expr::<Run>::any([])), "Expr(false)");
    let store = scored(Kind::SqliteMemory, &[None; 2]);
    assert_eq!(store.filter(Expr::all([])).count().unwrap(), 2);
    assert_eq!(store.filter(Expr::any([])).count().unwrap(), 0);
}

fn what_cannot_be_evaluated_is_an_error_and_not_an_empty_answer(kind: Kind) {
    let store = scored(kind, &[Some(1.0)]);
    for expr in [
        fields::score.eq(f64::NAN),
        fields::lr.is_in([0.1, f64::NAN]),
        fields::extra.json_path("a..b").eq(1),
        !(fields::n.eq(1) | fields::score.between(f64::NAN, 1.0)),
    ] {
        let error = store.filter(expr.clone()).all().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{expr}");
        assert!(
            store
                .query()
                .filter(expr.clone())
                .iter()
                .next()
                .unwrap()
                .is_err()
        );
        assert!(
            store
                .with_sqlite(|conn| runs::table.filter(expr).count().get_result::<i64>(conn))
                .is_err()
        );
    }
}

fn times_of_any_zone_and_identifying_floats_compare_as_stored(kind: Kind) {
    let noon = Utc.with_ymd_and_hms(2026, 11, 25, 12, 0, 0).unwrap();
    let store = store_of(kind, [Annotating::new().at(noon)]);
    let east = noon.with_timezone(&chrono::FixedOffset::east_opt(7200).unwrap());
    assert!(store.filter(fields::at.eq(east)).exists().unwrap());
    assert!(
        store
            .filter(fields::at.between(noon, std::time::SystemTime::from(noon)))
            .exists()
            .unwrap()
    );
    assert!(store.filter(fields::lr.eq(0.100_000_1)).exists().unwrap());
    assert!(
        store
            .filter(fields::created_at.gt(noon) | fields::id.eq(1))
            .exists()
            .unwrap()
    );
}

#[test]
fn an_expression_filters_a_raw_diesel_query() {
    let store = store_of(
        Kind::SqliteMemory,
        [
            Annotating::new().text("a").extra(json!({"k": [1, 2]})),
            Annotating::new().text("b"),
        ],
    );
    let expr = fields::text.starts_with("a") & fields::extra.json_path("k[1]").eq(2);
    let found: Vec<(i64, Option<String>)> = store
        .with_sqlite(|conn| {
            runs::table
                .filter(expr.clone())
                .filter(runs::n.ge(0))
                .order(runs::id.desc())
                .select((runs::n, runs::text))
                .load(conn)
        })
        .unwrap();
    assert_eq!(found, [(0, Some("a".to_owned()))]);
    let boxed: Vec<Run> = store
        .with_sqlite(|conn| {
            runs::table
                .into_boxed()
                .filter(expr.clone())
                .select(Run::as_select())
                .load(conn)
        })
        .unwrap();
    assert_eq!(numbers(&boxed), [0]);
    let deleted = store
        .with_sqlite(|conn| wallow::diesel::delete(runs::table.filter(expr)).execute(conn))
        .unwrap();
    assert_eq!(deleted, 1);
}

#[test]
fn a_row_that_is_no_json_spoils_no_query_over_others() {
    let store = store_of(
        Kind::SqliteMemory,
        [Annotating::new().extra(json!({"a": 1})), Annotating::new()],
    );
    store
        .with_sqlite(|conn| {
            wallow::diesel::sql_query("UPDATE runs SET extra = '{\"a\": NaN' WHERE n = 1")
                .execute(conn)
        })
        .unwrap();
    let found = store
        .filter(fields::extra.json_path("a").eq(1))
        .all()
        .unwrap();
    assert_eq!(numbers(&found), [0]);
    let items = store.query().iter().collect::<Vec<_>>();
    assert!(items[0].is_err() || items.iter().any(Result::is_err));
    let error = store.filter(fields::n.eq(1)).one().unwrap_err();
    assert_eq!(error.field(), Some("extra"));
}

#[test]
fn queries_of_a_run_time_schema_are_the_same() {
    let text = include_str!("../schemas/query.toml");
    let schema = wallow::schema::parse(text, "query.toml").unwrap();
    let store = dynamic::Store::open(&schema, ":memory:").unwrap();
    for n in 0..5 {
        let key = dynamic::Fields::new().with("n", n);
        let patch = dynamic::Fields::new().with("score", f64::from(n) / 2.0);
        let _ = store.register(&key, &patch, OnDuplicate::Error).unwrap();
    }
    let expr = dynamic::parse(&schema, "score between 0.5 and 1.5").unwrap();
    assert_eq!(store.query().filter(expr).limit(2).all().unwrap().len(), 2);
    let _ = key(0);
}

fn a_long_chain_is_as_good_as_a_short_one(kind: Kind) {
    let store = scored(kind, &[Some(0.5), None]);
    let terms = || (0..3_000).map(|n| fields::n.eq(n));
    let any = terms().reduce(|all, one| all | one).unwrap();
    assert_eq!(store.filter(any.clone()).count().unwrap(), 2);
    let none = terms().map(|term| !term).reduce(|all, one| all & one);
    assert_eq!(store.filter(none.unwrap()).count().unwrap(), 0);
    let query = terms().fold(store.query(), |query, term| query.filter(!term));
    assert!(!query.exists().unwrap());
    // A list may be borrowed or owned.
    let numbers = vec![0, 7];
    let one = |expr: Expr<Run>| assert_eq!(store.filter(expr).count().unwrap(), 1);
    one(fields::n.is_in(&numbers));
    one(fields::n.is_in(numbers.iter()) & fields::score.is_in([0.5].iter()));
    one(fields::n.is_in(numbers) & (fields::text.is_in(["a", "b"].iter()) | fields::text.is_null()));
}

/// This many nested operators, each of another kind than the next.
fn nested(depth: usize) -> Expr<Run> {
    let mut expression = fields::n.ge(0);
    for level in 0..depth {
        expression = match level % 3 {
            0 => expression & fields::n.ge(0),
            1 => expression | fields::n.lt(0),
            _ => !expression,
        };
    }
    expression
}

fn a_deep_expression_is_refused_and_ends_no_stack(kind: Kind) {
    let store = scored(kind, &[None, None]);
    for depth in [1, 50, 99, 100] {
        let expression = nested(depth);
        let count = store.filter(expression.clone()).count().unwrap();
        // Each third operator negates the condition.
        assert_eq!(count, if depth / 3 % 2 == 0 { 2 } else { 0 }, "{depth}");
        let text = expression.to_string();
        assert_eq!(text.parse::<Expr<Run>>().unwrap(), expression, "{depth}");
    }
    for depth in [101, 102, 1_000, 20_000] {
        let expression = nested(depth);
        let error = store.filter(expression.clone()).count().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation, "{depth}");
        assert!(
            error.to_string().contains("stand within each other"),
            "{error}"
        );
        assert_eq!(expression.clone(), expression);
        assert!(format!("{expression:?}").contains("stand within each other"));
    }
    // A flat expression, or one whose negations cancel out, may have any length.
    let many = || (0..20_000).map(|n| fields::n.ne(n + 10));
    for expression in [
        Expr::all(many()),
        many().fold(fields::n.ge(0), |all, one| all & one),
        !!Expr::any((0..20_000).map(|n| fields::n.eq(n))),
        (0..20_000).fold(fields::n.ge(0), |expression, _| !expression),
    ] {
        assert_eq!(store.filter(expression).count().unwrap(), 2);
    }
}

/// A part of JSON may be a number in one run and a text in another.
fn lists_of_several_kinds_compare_each_with_its_own(kind: Kind) {
    let extras = [
        "{\"x\": 1}",
        "{\"x\": \"a\"}",
        "{\"x\": true}",
        "{\"x\": 7.5}",
        "{}",
    ];
    let runs = extras.map(|extra| {
        let extra: serde_json::Value = serde_json::from_str(extra).unwrap();
        Annotating::new().extra(extra)
    });
    let store = store_of(kind, runs);
    for (condition, expected) in [
        ("extra.x in [1, 'a']", vec![0, 1]),
        ("extra.x in ['a', 7.5, true]", vec![1, 2, 3]),
        ("extra.x not in [1, 'b']", vec![1, 3]),
        ("not extra.x in [1, 'b']", vec![1, 3]),
    ] {
        let expr = Expr::<Run>::parse(condition).unwrap();
        let found = store.filter(expr).all().unwrap();
        let found = found.into_iter().map(|run| run.n).collect::<Vec<_>>();
        assert_eq!(found, expected, "{condition}");
    }
}

/// 20,000 conditions side by side, and lists of that length, do not exceed the nesting limit of a parser.
fn long_conditions_are_answered(kind: Kind) {
    let store = store_of(kind, [Annotating::new(), Annotating::new()]);
    let any = Expr::any((1..20_001).map(|n| fields::n.eq(n)));
    assert_eq!(store.filter(any).count().unwrap(), 1);
    let all = Expr::all((1..20_001).map(|n| fields::n.ne(n)));
    assert_eq!(store.filter(all).count().unwrap(), 1);
    let floats = (0..20_000_u32).map(|n| f64::from(n) / 8.0);
    let listed = store.filter(fields::lr.is_in(floats.chain([0.1])));
    assert_eq!(listed.count().unwrap(), 2);
    let mixed = (1..3_001).map(|n| format!("{n}, 'a{n}'"));
    let mixed = format!("extra.x in [{}]", mixed.collect::<Vec<_>>().join(", "));
    let mixed = Expr::<Run>::parse(&mixed).unwrap();
    assert_eq!(store.filter(mixed).count().unwrap(), 0);
}
