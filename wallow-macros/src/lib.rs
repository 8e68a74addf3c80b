//! `wallow_schema!`: wallow.toml to typed Rust, when the program is compiled.
//!
//! What enters: the path of a schema. What leaves: items over `wallow`'s private module, or the
//! file's errors as compile errors beside stubs. The macro reads files and writes none.

mod expand;
mod input;
mod locate;
mod stub;

use proc_macro::TokenStream;

// The examples are no doctests here, because they need the facade. If the macro depended on it, even only for tests,
// cargo would build diesel twice, with incompatible features. The facade runs them instead.
#[cfg_attr(not(doctest), doc = include_str!("wallow_schema.md"))]
#[proc_macro]
pub fn wallow_schema(input: TokenStream) -> TokenStream {
    match syn::parse::<input::Input>(input) {
        Ok(input) => locate::expand(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
