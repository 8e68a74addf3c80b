//! Filters as text: parsing, printing, and running on SQLite.

use std::sync::OnceLock;

use wallow::{OnDuplicate, Query};
use wallow_runtime::dynamic::{self, Fields, Row, Store};
use wallow_schema::Schema;

use super::{EMPTY, check_problems, kinds};
use crate::Target;
use crate::random::Random;

pub(super) const TARGET: Target = Target {
    name: "expression",
    about: "filters as text, printed and run",
    words: &[
        " and ",
        " or ",
        "not ",
        "(",
        ")",
        "n == 1",
        "lr < 0.1",
        "text contains \"a\"",
        " between ",
        "is not null",
        " in [",
        "]",
        "extra.a[0] > 1",
        "extra.\"x.y\"",
        "`in` == 1",
        "at < \"2026-01-31\"",
        "on",
        "true",
        "inf",
        "nan",
    ],
    generate,
    check,
    in_tests: 400,
    ..EMPTY
};

/// The schema with every type.
const SCHEMA: &str = include_str!("../../../schemas/query.toml");

/// A store with a few runs.
pub(super) fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(|| {
        let opened =
            wallow_schema::parse(SCHEMA, "query.toml").map_err(|problems| problems.to_string());
        let opened = opened.and_then(|schema| filled(&schema).map_err(|error| error.to_string()));
        match opened {
            Ok(store) => store,
            Err(error) => panic!("no store: {error}"),
        }
    })
}

fn filled(schema: &Schema) -> Result<Store, wallow::Error> {
    let store = Store::open(schema, ":memory:")?;
    for n in 0..4_i64 {
        let json =
            format!("{{\"a\": [{n}, {{\"b\": \"x\"}}], \"x.y\": {{\"é\": null}}, \"t\": true}}");
        let json =
            wallow::serde_json::from_str::<wallow::serde_json::Value>(&json).unwrap_or_default();
        let fields = if n == 0 {
            Fields::new()
        } else {
            Fields::new()
                .with("text", "a%_\"é\\")
                .with("score", 0.5)
                .with("extra", json)
        };
        store.register(&Fields::new().with("n", n), &fields, OnDuplicate::Error)?;
    }
    Ok(store)
}

fn generate(random: &mut Random) -> Vec<u8> {
    let mut text = String::new();
    expression(random, &mut text, 4);
    if random.one_in(200) {
        let depth = random.below(30_000);
        let (before, after) = *random.pick(&[
            &("not ", ""),
            &("(", ")"),
            &("n == 1 and ", ""),
            &("n == 1 and (", ")"),
        ]);
        text = format!("{}{text}{}", before.repeat(depth), after.repeat(depth));
    }
    text.into_bytes()
}

fn expression(random: &mut Random, text: &mut String, depth: usize) {
    match if depth == 0 { 5 } else { random.below(8) } {
        0 | 1 => {
            let word = *random.pick(&[&" and ", &" or "]);
            expression(random, text, depth - 1);
            text.push_str(word);
            expression(random, text, depth - 1);
        }
        2 => {
            text.push_str("not ");
            expression(random, text, depth - 1);
        }
        3 => {
            text.push('(');
            expression(random, text, depth - 1);
            text.push(')');
        }
        4 => text.push_str(random.pick(&["true", "false"])),
        _ => test(random, text),
    }
}

fn test(random: &mut Random, text: &mut String) {
    const COLUMNS: [&str; 18] = [
        "n",
        "lr",
        "name",
        "flag",
        "text",
        "score",
        "count",
        "on",
        "at",
        "file",
        "`in`",
        "status",
        "id",
        "uuid",
        "created_at",
        "extra.a[0]",
        "extra.a[1].b",
        "extra.\"x.y\".\"é\"",
    ];
    text.push_str(random.pick(&COLUMNS));
    match random.below(8) {
        0..4 => {
            text.push_str(random.pick(&[" == ", " != ", " < ", " <= ", " > ", " >= "]));
            text.push_str(&literal(random));
        }
        4 => {
            text.push_str(random.pick(&[" in [", " not in ["]));
            let literals = (0..random.below(4)).map(|_| literal(random));
            text.push_str(&literals.collect::<Vec<_>>().join(", "));
            text.push(']');
        }
        5 => text.extend([" between ", &literal(random), " and ", &literal(random)]),
        6 => text.push_str(random.pick(&[" is null", " is not null"])),
        _ => {
            text.push_str(random.pick(&[" contains ", " starts with ", " ends with "]));
            text.push_str(&literal(random));
        }
    }
}

fn literal(random: &mut Random) -> String {
    match random.below(7) {
        0 => random.int().to_string(),
        1 => format!("{:e}", random.float()),
        2 => format!("{:?}", random.float()),
        3 => random.one_in(2).to_string(),
        4 => "\"2026-01-31 10:00\"".to_owned(),
        5 => wallow::serde_json::Value::from(random.text()).to_string(),
        _ => format!("'{}'", random.text()),
    }
}

fn check(input: &[u8]) -> String {
    let text = String::from_utf8_lossy(input);
    let store = store();
    let expression = match dynamic::parse(store.schema(), &text) {
        Ok(expression) => expression,
        Err(problems) => {
            check_problems(&problems, &text);
            return kinds(&problems);
        }
    };
    let printed = expression.to_string();
    let again = match dynamic::parse(store.schema(), &printed) {
        Ok(again) => again,
        Err(problems) => panic!("it prints what does not parse: {printed}\n{problems}"),
    };
    assert_eq!(
        again.to_string(),
        printed,
        "it prints otherwise the second time"
    );
    let count = |query: Query<Row>| query.count().map_err(|error| error.to_string());
    let counts = [expression, again].map(|expression| count(store.query().filter(expression)));
    assert_eq!(counts[0], counts[1], "{printed}");
    match &counts[0] {
        Ok(count) => {
            let words = printed
                .split_whitespace()
                .filter(|word| word.chars().all(char::is_alphabetic));
            let words = words.collect::<std::collections::BTreeSet<_>>();
            format!("{count}: {words:?}")
        }
        Err(error) => panic!("it does not run: {error}\n{printed}"),
    }
}
