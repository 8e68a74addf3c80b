//! What is emitted, as a person would read it: `tests/<name>.toml` beside `tests/<name>.txt`.
//!
//! After a change: `UPDATE_EXPECT=1 cargo test --package wallow-macros`, and read the diff.

use expect_test::{ExpectFile, expect_file};

use super::Context;

/// The items of a schema, formatted.
fn emitted(text: &str) -> String {
    let schema = wallow_schema::parse(text, "wallow.toml").unwrap();
    let facade = syn::parse_quote!(::wallow);
    let context = Context::new(&schema, text, "wallow.toml", &facade);
    let items = syn::parse2(context.items().unwrap()).unwrap();
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
