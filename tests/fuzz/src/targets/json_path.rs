//! Paths into JSON, in the form in which programs write them: `a.b[0].c`.

use std::fmt::Write as _;

use wallow_runtime::dynamic;

use super::{EMPTY, kind_of};
use crate::Target;
use crate::random::Random;

wallow::wallow_schema!("../schemas/query.toml");

pub(super) const TARGET: Target = Target {
    name: "json_path",
    about: "paths into json fields, printed, read back and run",
    words: &[
        ".",
        "[",
        "]",
        "[0]",
        "a",
        "b.c",
        "\"",
        "\\",
        "[-1]",
        "[18446744073709551615]",
        "'",
        "$",
        "#",
        "-",
    ],
    generate,
    check,
    in_tests: 1_000,
    ..EMPTY
};

fn generate(random: &mut Random) -> Vec<u8> {
    let mut path = if random.one_in(4) {
        "[1]".to_owned()
    } else {
        "a".to_owned()
    };
    for _ in 0..random.below(6) {
        // Writing to a text does not fail.
        let _ = match random.below(3) {
            0 => write!(path, "[{}]", random.int()),
            1 => write!(path, ".{}", random.text()),
            _ => write!(path, ".k{}[0]", random.below(10)),
        };
    }
    path.into_bytes()
}

fn check(input: &[u8]) -> String {
    let path = String::from_utf8_lossy(input);
    let expression =
        fields::extra.json_path(&*path).eq(1) | fields::extra.json_path(&*path).is_null();
    let store = super::expression::store();
    let printed = expression.to_string();
    let again = match dynamic::parse(store.schema(), &printed) {
        Ok(again) => again,
        // An invalid path cannot be printed as one, and a query with it is refused.
        Err(problems) => {
            let refused = typed().filter(expression).count();
            let error = refused.err().map(|error| error.to_string());
            let error = error.unwrap_or_else(|| panic!("it prints {printed}\n{problems}"));
            return kind_of(&error);
        }
    };
    assert_eq!(again.to_string(), printed);
    let counts = [
        typed()
            .filter(expression)
            .count()
            .map_err(|error| error.to_string()),
        store
            .query()
            .filter(again)
            .count()
            .map(|_| 0)
            .map_err(|error| error.to_string()),
    ];
    assert_eq!(counts, [Ok(0), Ok(0)], "{printed}");
    let steps = printed.chars().filter(|char| ".[\"\\'".contains(*char));
    format!("steps {}", steps.take(8).collect::<String>())
}

/// A store without runs.
fn typed() -> Store {
    static STORE: std::sync::OnceLock<Store> = std::sync::OnceLock::new();
    let store = STORE.get_or_init(|| match Store::open(":memory:") {
        Ok(store) => store,
        Err(error) => panic!("no store: {error}"),
    });
    store.clone()
}
