//! Rows, orders and groups by names that are known only at run time.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use wallow_runtime::OnDuplicate;
use wallow_runtime::dynamic::{Fields, Measure, Row, Store, Value, order};

fn store() -> Store {
    let text = "[project]\nname = 'a'\n\
                [identifying.model]\ntype = 'string'\n[identifying.seed]\ntype = 'int'\n\
                [annotating.loss]\ntype = 'float'\n[annotating.runs]\ntype = 'int'\n\
                [annotating.curve]\ntype = 'json'\n";
    let schema = wallow_schema::parse(text, "wallow.toml").unwrap();
    let store = Store::open(&schema, ":memory:").unwrap();
    for (model, seed, loss) in [
        ("b", 0, Some(2.0)),
        ("a", 0, Some(1.0)),
        ("a", 1, Some(3.0)),
        ("a", 2, None),
    ] {
        let key = Fields::new().with("model", model).with("seed", seed);
        let fields = Fields::new().with("loss", loss);
        store.register(&key, &fields, OnDuplicate::Error).unwrap();
    }
    store
}

fn display(row: &Row) -> String {
    let values = row.iter().map(|(name, value)| match value {
        Value::Null => format!("{name}=null"),
        Value::Int(value) => format!("{name}={value}"),
        Value::Float(value) => format!("{name}={value:.1}"),
        Value::Text(value) => format!("{name}={value}"),
        value => format!("{name}={value:?}"),
    });
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_query_reads_the_columns_it_is_asked_for() {
    let store = store();
    let query = store.query().columns(&["seed", "id", "seed"]).unwrap();
    let sorted = order(store.schema(), "-loss").unwrap();
    let expected = [
        "seed=0 id=1 seed=0",
        "seed=0 id=2 seed=0",
        "seed=1 id=3 seed=1",
        "seed=2 id=4 seed=2",
    ];
    let all = query.all().unwrap();
    assert_eq!(all.iter().map(display).collect::<Vec<_>>(), expected);
    let streamed = query.iter().map(|row| display(&row.unwrap()));
    assert_eq!(streamed.collect::<Vec<_>>(), expected);
    let sorted = query.clone().order_by(sorted).all().unwrap();
    let ids = sorted.iter().map(|row| row.get("id").unwrap().clone());
    assert_eq!(ids.collect::<Vec<_>>(), [3, 1, 2, 4].map(Value::from));
    // Each call chooses from all columns.
    let query = query.columns(&["id"]).unwrap();
    assert_eq!(display(&query.first().unwrap().unwrap()), "id=1");
    let query = query.columns(&["loss"]).unwrap();
    assert!(display(&query.first().unwrap().unwrap()).starts_with("loss="));
}

#[test]
fn names_that_are_not_there_are_reported() {
    let store = store();
    let report = |error: wallow_runtime::Error| error.to_string();
    assert_eq!(
        report(store.query().columns(&["los"]).unwrap_err()),
        "there is no column `los`; did you mean `loss`?"
    );
    assert_eq!(
        report(order(store.schema(), "-curve").unwrap_err()),
        "`curve` is of type json, which has no order; name a part of it, such as `curve[0].loss`"
    );
    let mean = |field| Measure::new(wallow_runtime::dynamic::Function::Mean, field);
    assert_eq!(
        report(
            store
                .query()
                .group(&["model"], &[mean("model")])
                .unwrap_err()
        ),
        "`model` is of type string, which has no mean"
    );
    assert_eq!(
        report(store.query().group(&["curve"], &[]).unwrap_err()),
        "`curve` is of type json, by which runs cannot be grouped; name a part of it, such as `curve[0].loss`"
    );
    assert!("mode:loss".parse::<Measure>().unwrap_err().contains("std"));
    assert!("loss".parse::<Measure>().is_err());
}

#[test]
fn groups_have_a_row_each() {
    let store = store();
    let measures = [
        "mean:loss",
        "std:loss",
        "n:loss",
        "max:seed",
        "sum:seed",
        "min:model",
    ];
    let measures = measures.map(|text| text.parse::<Measure>().unwrap());
    let groups = store.query().group(&["model"], &measures).unwrap();
    assert_eq!(
        groups.rows.iter().map(display).collect::<Vec<_>>(),
        [
            "model=a runs=3 mean:loss=2.0 std:loss=1.4 n:loss=2 max:seed=2 sum:seed=3 min:model=a",
            "model=b runs=1 mean:loss=2.0 std:loss=null n:loss=1 max:seed=0 sum:seed=0 min:model=b",
        ]
    );
    let columns = groups.columns.iter().map(|column| column.name.as_str());
    assert!(columns.eq(groups.rows[0].iter().map(|(name, _)| name)));
    let one = store.query().group::<&str>(&[], &measures[..1]).unwrap();
    assert_eq!(display(&one.rows[0]), "runs=4 mean:loss=2.0");
    let taken = store.query().group(&["runs"], &[]).unwrap();
    assert_eq!(display(&taken.rows[0]), "runs=null n:runs=4");
}
