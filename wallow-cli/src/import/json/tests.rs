//! Which texts are accepted, what they lose, and which are refused.

use super::*;

fn read(text: &str) -> Result<(Json, Vec<Alteration>), String> {
    let (json, altered) = Node::parse(text)?.json();
    Ok((json, altered.iter().collect()))
}

#[test]
fn what_python_writes_into_json_is_null() {
    let text = r#"{"a": [NaN, -Infinity, Infinity, -1], "NaN": "Infinity \" NaN", "b": "\\"}"#;
    let expected = serde_json::json!(
        {"a": [null, null, null, -1], "NaN": "Infinity \" NaN", "b": "\\"}
    );
    let lost = vec![Alteration::Nan, Alteration::Infinite];
    assert_eq!(read(text), Ok((expected, lost)));
    for text in ["[1, Nan]", "\"NaN", "-NaN", "[Infinity1]", "NaN NaN"] {
        assert!(read(text).is_err(), "{text}");
    }
}

#[test]
fn numbers_lose_nothing_in_silence() {
    for (text, expected, lost) in [
        ("18446744073709551615", "18446744073709551615", None),
        ("-0", "-0.0", None),
        ("-9223372036854775808", "-9223372036854775808", None),
        ("0.1", "0.1", None),
        ("1e400", "null", Some(Alteration::TooLargeForJson)),
        ("1e-400", "0.0", Some(Alteration::TooSmall)),
        (
            "18446744073709551617",
            "1.8446744073709552e+19",
            Some(Alteration::Rounded),
        ),
    ] {
        let (json, altered) = read(text).unwrap();
        assert_eq!(
            (json.to_string().as_str(), altered.first().copied()),
            (expected, lost)
        );
    }
}

#[test]
fn a_member_that_stands_twice_is_refused() {
    let many = (0..40).map(|index| format!("\"m{index}\": 1, "));
    let many = format!("{{{}\"m7\": 2}}", many.collect::<String>());
    for text in [
        r#"{"a": 1, "a": 1}"#,
        r#"[{"b": {"a": 1, "c": 2, "\u0061": 3}}]"#,
        &many,
    ] {
        let refusal = read(text).unwrap_err();
        assert!(refusal.contains("stands twice"), "{refusal}");
    }
    assert!(read(r#"{"a": {"a": 1}, "A": 1}"#).is_ok());
}

#[test]
fn what_is_no_json_is_refused() {
    for text in [
        "",
        " ",
        "nul",
        "01",
        "-",
        "1.",
        ".5",
        "1e",
        "+1",
        "[1,]",
        "[1 2]",
        "[",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "\"\\x\"",
        "\"\\ud800\"",
        "\"a\nb\"",
        "'a'",
        "1 2",
        "--1",
        "\u{feff}1",
        "é",
    ] {
        assert!(read(text).is_err(), "{text}");
        assert!(serde_json::from_str::<Json>(text).is_err(), "{text}");
    }
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&deep(DEEPEST)).is_ok());
    assert!(serde_json::from_str::<Json>(&deep(DEEPEST)).is_ok());
    assert!(read(&deep(100_000)).is_err());
    assert_eq!(
        read("{\"a\": 1").unwrap_err(),
        "character 8: expected `,` or `}`, found the end"
    );
}

#[test]
fn it_reads_what_serde_json_reads() {
    for text in [
        "null",
        " [ ] ",
        "{ }",
        "[[], {\"\": 0}]",
        "\"\\u00e9\\n\\/\\ud83d\\udc37\"",
        "[0, -1, 1.5e-7, 2E+3, true, false]",
        "\"naïve 🐷\"",
        "{\"a\": {\"b\": [null]}}\n",
        "1.7976931348623157e308",
        "5e-324",
        "123456789.123456789",
    ] {
        let expected = serde_json::from_str::<Json>(text).unwrap();
        assert_eq!(read(text), Ok((expected, Vec::new())), "{text}");
    }
}
