//! `wallow_schema!`: wallow.toml to typed Rust, when the program is compiled.
//!
//! What enters: the path of a schema. What leaves: items over `wallow`'s private module, or the
//! file's errors as compile errors beside stubs. The macro reads files and writes none.

mod expand;
mod input;
mod locate;
mod stub;

use proc_macro::TokenStream;

// Not as doctests here: the examples need the facade, and a macro that depended on it, if only for tests, would have cargo
// build diesel twice, with features that do not fit each other. The facade runs them.
#[cfg_attr(not(doctest), doc = include_str!("wallow_schema.md"))]
#[proc_macro]
pub fn wallow_schema(input: TokenStream) -> TokenStream {
    match syn::parse::<input::Input>(input) {
        Ok(input) => locate::expand(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
