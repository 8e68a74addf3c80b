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
fn optional_fields_of_the_key() {
    check(
        include_str!("tests/optional.toml"),
        expect_file!["tests/optional.txt"],
    );
}

#[test]
fn keywords_and_names_of_our_own() {
    check(
        include_str!("tests/keywords.toml"),
        expect_file!["tests/keywords.txt"],
    );
}

/// For a schema with this many fields: the outcome of the check, and the number of columns of the table.
fn wide(fields: usize) -> (Result<(), String>, usize) {
    let mut text = String::from("[project]\nname = \"wide\"\n[identifying]\n");
    for number in 0..fields {
        writeln!(text, "field_{number}.type = \"int\"").unwrap();
    }
    let schema = wallow_schema::parse(&text, "wallow.toml").unwrap();
    let facade = syn::parse_quote!(::wallow);
    let context = Context::new(&schema, &text, "wallow.toml", &facade);
    let columns = context.table().to_string().matches("# [doc = ").count();
    (context.check_width(), columns)
}

#[test]
fn a_table_has_a_thousand_columns_at_the_most() {
    assert_eq!(wide(1_019), (Ok(()), 1_024));
    let (said, columns) = wide(1_020);
    // The table has as many columns as possible, so that the width is the only error.
    assert_eq!(columns, 1_024);
    expect![[r"
        the table has 1025 columns (1020 fields and 5 of wallow's own), and 1024 are the most
         --> wallow.toml
          |
          = help: put what belongs together into one field of type `json`"]]
    .assert_eq(&said.unwrap_err());
}

#[test]
fn every_fallback_is_rust() {
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
            let fallback = wallow_schema::fallback(&text);
            let items = Context::of_fallback(&fallback, &text, "wallow.toml", &facade).items();
            let items = syn::parse2::<syn::File>(items).map_err(|error| error.to_string());
            assert!(
                items.is_ok_and(|items| !items.items.is_empty()),
                "{}",
                file.display()
            );
        }
    }
}
