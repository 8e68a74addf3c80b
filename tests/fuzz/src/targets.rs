//! The targets: one module for each parser or reader.

#![expect(clippy::panic, reason = "a target reports a broken promise by a panic")]

mod arrow;
mod csv;
mod expression;
mod float;
mod history;
mod json;
mod json_lines;
mod json_path;
mod name;
mod parquet;
mod readers;
mod schema;
mod snapshot;
mod time;
mod url;

use crate::Target;

/// All targets, in the order in which they run.
pub const ALL: &[Target] = &[
    schema::TARGET,
    snapshot::TARGET,
    history::TARGET,
    name::TARGET,
    expression::TARGET,
    json_path::TARGET,
    time::TARGET,
    url::TARGET,
    float::TARGET,
    csv::TARGET,
    json_lines::TARGET,
    json::TARGET,
    parquet::TARGET,
    arrow::TARGET,
];

/// The defaults of a target.
const EMPTY: Target = Target {
    name: "",
    about: "",
    words: &[],
    seeds: Vec::new,
    generate: |random| random.text().into_bytes(),
    check: |_| String::new(),
    in_tests: 1_000,
};

/// The kind of a message: its first line, without the names and numbers that it quotes.
fn kind_of(message: &str) -> String {
    let mut kind = String::new();
    let first = message.lines().next().unwrap_or_default();
    for (index, piece) in first.split('`').enumerate() {
        // Text in backquotes comes from the input.
        if index % 2 == 0 {
            kind.extend(piece.chars().filter(|char| !char.is_ascii_digit()));
        }
    }
    kind
}

/// The kinds of all problems, for [`kind_of`] each.
fn kinds(problems: &wallow_schema::Diagnostics) -> String {
    let kinds = problems.iter().map(|problem| kind_of(problem.message()));
    let kinds = kinds.collect::<std::collections::BTreeSet<_>>();
    kinds.into_iter().collect::<Vec<_>>().join("; ")
}

/// Checks what every list of problems must satisfy: it is not empty, it is sorted, its places are in the text, it has
/// helps, and it can be rendered.
fn check_problems(problems: &wallow_schema::Diagnostics, text: &str) {
    assert!(
        problems.iter().next().is_some(),
        "an error without a problem"
    );
    let lines = u32::try_from(text.lines().count().max(1)).unwrap_or(u32::MAX);
    let mut last = (1, 1);
    for problem in problems {
        let place = (problem.line(), problem.column());
        assert!(last <= place, "not sorted: {last:?} before {place:?}");
        assert!(place.0 <= lines + 1, "line {} of {lines}", place.0);
        last = place;
        assert!(!problem.message().is_empty());
        assert!(problem.helps().all(|help| !help.is_empty()));
    }
    let drawn = problems.to_string();
    assert!(drawn.starts_with("error: "), "{drawn}");
    assert!(!problems.render_coloured().is_empty());
}
