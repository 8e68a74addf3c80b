//! What is emitted, as a person would read it: `tests/<name>.toml` beside `tests/<name>.txt`.
//!
//! After a change: `UPDATE_EXPECT=1 cargo test --package wallow-macros`, and read the diff.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use expect_test::{ExpectFile, expect, expect_file};

use super::Context;

/// The items of a schema, formatted.
fn emitted(text: &str) -> String {
    let schema = wallow_schema::parse(text, "wallow.toml").unwrap();
    let facade = syn::parse_quote!(::wallow);
    let context = Context::new(&schema, text, "wallow.toml", &facade);
    let items = syn::parse2(context.items()).unwrap();
    prettyplease::unparse(&items)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what `expect_file!` makes is for one use"
)]
fn check(text: &str, expected: ExpectFile) {
    expected.assert_eq(&emitted(text));
}

#[test]
fn the_smallest_schema() {
    check(
        include_str!("tests/minimal.toml"),
        expect_file!["tests/minimal.txt"],
    );
}

#[test]
fn every_type_default_and_nullability() {
    check(
        include_str!("tests/every_type.toml"),
        expect_file!["tests/every_type.txt"],
    );
}

#[test]
fn keywords_and_names_of_our_own() {
    check(
        include_str!("tests/keywords.toml"),
        expect_file!["tests/keywords.txt"],
    );
}

/// What is said of so many fields where diesel is compiled for `limit` columns.
fn width(fields: usize, limit: usize) -> Result<(), String> {
    let mut text = String::from("[project]\nname = \"wide\"\n[identifying]\n");
    for number in 0..fields {
        writeln!(text, "field_{number}.type = \"int\"").unwrap();
    }
    let schema = wallow_schema::parse(&text, "wallow.toml").unwrap();
    let facade = syn::parse_quote!(::wallow);
    Context::new(&schema, &text, "wallow.toml", &facade).fits(limit)
}

#[test]
fn a_table_can_have_as_many_columns_as_diesel_is_compiled_for() {
    assert_eq!(width(27, 32), Ok(()));
    assert_eq!(width(59, 64), Ok(()));
    assert_eq!(width(123, 128), Ok(()));
}

#[test]
fn a_wider_table_says_which_feature_to_enable() {
    expect![[r#"
        the table has 33 columns (28 fields and 5 of wallow's own); diesel is compiled for 32 here
         --> wallow.toml
          |
          = help: enable wallow's feature `64-column-tables` in Cargo.toml: `features = ["64-column-tables"]`"#]]
    .assert_eq(&width(28, 32).unwrap_err());
    for limit in [32, 64] {
        let message = width(60, limit).unwrap_err();
        assert!(
            message.contains("features = [\"128-column-tables\"]"),
            "{message}"
        );
    }
}

#[test]
fn a_table_that_no_feature_makes_possible_says_so() {
    expect![[r"
        the table has 129 columns (124 fields and 5 of wallow's own); the most that diesel can have is 128
         --> wallow.toml
          |
          = help: put what belongs together into one field of type `json`"]]
    .assert_eq(&width(124, 32).unwrap_err());
}

#[test]
fn whatever_is_guessed_is_rust() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../wallow-schema/tests/fixtures/errors");
    let facade = syn::parse_quote!(::wallow);
    for file in fs::read_dir(folder).unwrap() {
        let file = file.unwrap().path();
        if file
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            let text = fs::read_to_string(&file).unwrap();
            let guess = wallow_schema::guess(&text);
            let items = Context::guessed(&guess, &text, "wallow.toml", &facade).items();
            let items = syn::parse2::<syn::File>(items).map_err(|error| error.to_string());
            assert!(
                items.is_ok_and(|items| !items.items.is_empty()),
                "{}",
                file.display()
            );
        }
    }
}
