//! No text makes the crate panic, and every answer can be rendered, has places and is sorted.

use std::error::Error;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wallow_schema::ddl::{Dialect, create_table};

/// Parses a text and uses the whole answer, and reads the fallback of its schema, too.
fn answer(text: &str) {
    let fallback = wallow_schema::fallback(text);
    for role in [&fallback.schema.identifying, &fallback.schema.annotating] {
        let mut names: Vec<&str> = role.iter().map(|field| field.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), role.len(), "a name is there twice");
    }
    match wallow_schema::parse(text, "wallow.toml") {
        Ok(schema) => {
            assert!(!schema.identifying.is_empty());
            for dialect in Dialect::ALL {
                assert!(!create_table(&schema, dialect).is_empty());
            }
        }
        Err(problems) => {
            let mut last = (1, 1);
            for problem in &problems {
                let place = (problem.line(), problem.column());
                assert!(last <= place, "not sorted: {last:?} before {place:?}");
                last = place;
                assert!(problem.helps().next().is_some(), "no help: {problem}");
                let drawn = format!("--> wallow.toml:{}:{}\n", place.0, place.1);
                assert!(
                    problem.to_string().contains(&drawn),
                    "{drawn} is not in {problem}"
                );
            }
            let drawing = problems.to_string();
            assert!(drawing.starts_with("error: "), "{drawing}");
            assert!(!drawing.ends_with('\n'), "{drawing}");
            assert!(!problems.render_coloured().is_empty());
        }
    }
}

fn fixture(name: &str) -> Result<String, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/valid");
    Ok(fs::read_to_string(folder.join(name))?)
}

/// What a mutation writes over a range of the file.
fn scraps() -> impl Strategy<Value = String> {
    let words = [
        "",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "\0",
        "[",
        "]",
        "[[",
        "{",
        "}",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "=",
        ".",
        ",",
        "#",
        "-",
        "_",
        "\\",
        "/",
        "..",
        "nan",
        "inf",
        "-0.0",
        "1e999",
        "9223372036854775808",
        "true",
        "type",
        "uuid",
        "ß",
        "e\u{301}",
        "\u{feff}",
        "\u{202e}",
        "🦀",
        "[project]",
        "[identifying.x]\n",
        "type = \"json\"\n",
        "default = 1\n",
        "1979-05-27",
        "1979-05-27T07:32:00Z",
        "23:59:60",
    ];
    prop_oneof![
        proptest::sample::select(words.to_vec()).prop_map(str::to_owned),
        any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ]
}

/// The words of TOML, in any order.
fn toml_words() -> impl Strategy<Value = String> {
    let words = r#"[ ] [[ ]] { } " ' """ ''' = == . , # _ \ 0 1 9 a e nan inf + - type name project
        identifying annotating seed int"#;
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.extend([" ", "\n", "\n", "\r\n", "\t"]);
    proptest::sample::select(words).prop_map(str::to_owned)
}

/// The text with a range of characters replaced.
fn replaced(text: &str, at: usize, length: usize, scrap: &str) -> String {
    let total = text.chars().count();
    let at = at % (total + 1);
    let start = text.chars().take(at);
    let end = text.chars().skip(at + length);
    start.chain(scrap.chars()).chain(end).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answer(&text);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        answer(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_toml_like_text_is_answered(
        words in proptest::collection::vec(toml_words(), 0..60),
    ) {
        let text = words.concat();
        answer(&text);
    }

    #[test]
    fn any_mutation_of_a_schema_is_answered(
        name in proptest::sample::select(vec!["minimal.toml", "every_setting.toml", "keywords.toml"]),
        changes in proptest::collection::vec((any::<usize>(), 0_usize..12, scraps()), 1..6),
    ) {
        let text = fixture(name).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let changed = changes
            .iter()
            .fold(text, |text, (at, length, scrap)| replaced(&text, *at, *length, scrap));
        answer(&changed);
    }
}

/// A text of any depth is parsed without exhausting the stack.
#[test]
fn a_text_of_any_depth_is_answered() {
    const HEAD: &str = "[project]\nname = \"x\"\n[identifying.seed]\ntype = \"int\"\n[annotating.j]\ntype = \"json\"\n";
    for depth in [10, 100, 1000, 20_000] {
        for text in [
            format!("{HEAD}default = {}{}", "[".repeat(depth), "]".repeat(depth)),
            format!(
                "{HEAD}default = {}1{}",
                "{a = ".repeat(depth),
                "}".repeat(depth)
            ),
            format!("{HEAD}default = {}", "[".repeat(depth)),
            format!("{HEAD}default = {}", "{a = ".repeat(depth)),
            format!("{HEAD}default.{}a = 1", "a.".repeat(depth)),
            format!("{HEAD}[annotating.{}a]\ntype = \"int\"", "a.".repeat(depth)),
            format!("{HEAD}[{}a]\ntype = \"int\"", "a.".repeat(depth)),
            format!("{}a = 1\n{HEAD}", "a.".repeat(depth)),
        ] {
            answer(&text);
        }
    }
}
