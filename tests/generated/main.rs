//! What `wallow_schema!` emits, used as a program uses it. (`hostile` and `strict` are crates of their own.)
#![deny(warnings)]
#![expect(
    clippy::float_cmp,
    reason = "floats of a key are canonical, and the others keep every bit"
)]

mod annotating;
mod identifying;
mod two_schemas;
mod wide;

/// Every type, with and without a default, nullable and not.
mod every_type {
    wallow::wallow_schema!("tests/schemas/every_type.toml");
}

/// Names that became keywords with this edition.
mod keywords {
    wallow::wallow_schema!("tests/generated/hostile/schemas/keywords_key.toml");
}
