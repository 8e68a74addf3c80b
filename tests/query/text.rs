//! Expressions as text: the language, and the messages for mistakes.

use wallow::Expr;

use super::registry::{Run, fields};

fn parsed(text: &str) -> Expr<Run> {
    Expr::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn report(text: &str) -> String {
    Expr::<Run>::parse(text).unwrap_err().to_string()
}

#[test]
fn text_is_the_same_as_typed_constants() {
    for (text, expr) in [
        ("n == 1", fields::n.eq(1)),
        ("n = 1", fields::n.eq(1)),
        ("score < 1", fields::score.lt(1)),
        ("score <= -1.5e-3", fields::score.le(-1.5e-3)),
        (
            "score > inf or score > -inf",
            fields::score.gt(f64::INFINITY) | fields::score.gt(f64::NEG_INFINITY),
        ),
        ("lr == 0.30000000000000004", fields::lr.eq(0.3)),
        ("text != 'it''s'", fields::text.ne("it's")),
        (r#"text == "a\nb\u00e9""#, fields::text.eq("a\nbé")),
        (
            "flag == true and not on = false",
            fields::flag.eq(true) & !fields::on.eq(false),
        ),
        ("n in [1, 2,]", fields::n.is_in([1, 2])),
        ("n not in []", Expr::all([])),
        (
            "n between 1 and 3 and n is not null",
            fields::n.between(1, 3) & fields::n.is_not_null(),
        ),
        (
            "text contains '%' or text starts with 'a'",
            fields::text.contains("%") | fields::text.starts_with("a"),
        ),
        ("file ends with '.bin'", fields::file.ends_with(".bin")),
        (
            "extra.a.b[0].c > 1",
            fields::extra.json_path("a.b[0].c").gt(1),
        ),
        (
            r#"extra."a.b" == "x""#,
            fields::extra.json_path(["a.b"]).eq("x"),
        ),
        ("extra[0] is null", fields::extra.json_path("[0]").is_null()),
        ("`in` == 3", fields::r#in.eq(3)),
        (
            "at >= '2026-11-25'",
            fields::at.ge("2026-11-25T00:00:00Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()),
        ),
        (
            "not (n == 1 or n == 2)",
            !(fields::n.eq(1) | fields::n.eq(2)),
        ),
        (
            "n == 1 or n == 2 and n == 3",
            fields::n.eq(1) | (fields::n.eq(2) & fields::n.eq(3)),
        ),
        ("((n == 1))", fields::n.eq(1)),
    ] {
        assert_eq!(parsed(text), expr, "{text}");
    }
}

#[test]
fn a_misspelt_field_is_reported_with_the_right_one() {
    assert_eq!(
        report("n == 1 and scroe < 0.3"),
        "\
error: unknown field `scroe`
 --> expression:1:12
  |
1 | n == 1 and scroe < 0.3
  |            ^^^^^
  |
  = help: did you mean `score`?"
    );
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    for (text, column, words) in [
        ("", 1, "expected the name of a field, found the end"),
        ("n", 2, "expected an operator"),
        ("n == ", 6, "expected a value, found the end"),
        (
            "n == 'x'",
            6,
            "expected a value for `n` (int), found the text \"x\"",
        ),
        ("n == 1.5", 6, "the number 1.5"),
        ("text == 1", 9, "expected a value for `text` (string)"),
        ("score == nan", 1, "NaN"),
        ("at > 'soon'", 6, "expected a value for `at` (datetime)"),
        ("n contains 'x'", 3, "is of type int"),
        ("n.a == 1", 1, "has no parts"),
        ("extra == 1", 10, "expected a value for `extra` (json)"),
        ("n == 1 n == 2", 8, "after a complete condition"),
        ("(n == 1", 8, "expected `)`"),
        ("n == 1 && n == 2", 8, "`&` means nothing here"),
        ("score > 1e400", 9, "no float is near `1e400`"),
        ("score in [0.5, -1e-400]", 16, "no float is near `-1e-400`"),
        ("text == \"open", 9, "not closed"),
        ("n is 3", 6, "expected `null`"),
        ("n not 3", 7, "expected `in`"),
        ("n between 1 or 2", 13, "expected `and`"),
        ("n in 1", 6, "expected `[`"),
        ("text starts 'a'", 13, "expected `with`"),
        ("in == 3", 1, "expected the name of a field"),
        (
            "n == 99999999999999999999",
            6,
            "the number 99999999999999999999",
        ),
    ] {
        let problem = Expr::<Run>::parse(text).unwrap_err();
        let problem = problem.iter().next().unwrap();
        assert!(
            problem.message().contains(words),
            "{text}: {}",
            problem.message()
        );
        assert_eq!(problem.column(), column, "{text}: {problem}");
    }
}

/// specs 5.9
#[test]
fn a_field_with_the_name_of_a_keyword_is_written_in_backquotes() {
    for text in [
        "in == 3",
        "in in [3]",
        "n == 1 and in == 3",
        "not in == 3",
        "(in > 3)",
    ] {
        let problem = Expr::<Run>::parse(text).unwrap_err().to_string();
        assert!(
            problem.contains("`in` is a word of this language, too; the field is written in backquotes: `` `in` ``"),
            "{text}: {problem}"
        );
    }
    assert!(Expr::<Run>::parse("`in` == 3 and not `in` in [4]").is_ok());
    // No field has the name of this one, so the usual advice stays.
    let problem = Expr::<Run>::parse("null == 3").unwrap_err().to_string();
    assert!(problem.contains("fields: "), "{problem}");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let deep = format!("{}n == 1{}", "(".repeat(50_000), ")".repeat(50_000));
    assert!(report(&deep).contains("too deeply nested"));
    for depth in [1, 100, 101, 20_000] {
        let deep = format!("{}n == 1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(Expr::<Run>::parse(&deep).is_ok(), depth <= 100, "{depth}");
        let deep = format!(
            "{}n == 1{}",
            "not (n == 2 and ".repeat(depth),
            ")".repeat(depth)
        );
        assert_eq!(Expr::<Run>::parse(&deep).is_ok(), depth <= 50, "{depth}");
    }
    let negated = format!("{}n == 1", "not ".repeat(50_001));
    assert_eq!(parsed(&negated), !fields::n.eq(1));
}
