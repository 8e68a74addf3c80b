//! `wallow_schema!`: wallow.toml to typed Rust, when the program is compiled.
//!
//! What enters: the path of a schema. What leaves: items over `wallow`'s private module, or the
//! file's errors as compile errors beside stubs. The macro reads files and writes none.

mod expand;
mod input;
mod locate;
mod stub;

use proc_macro::TokenStream;

/// Reads a `wallow.toml` and emits its types: `Run`, `Identifying`, `Annotating`, `fields`, `runs`
/// and `Store`.
///
/// The path is relative to the folder of the crate's `Cargo.toml`. Wrap the call in a module to
/// have several schemas in one crate. Where `wallow` has another name in your `Cargo.toml`, say so:
///
/// ```text
/// wallow_schema!("wallow.toml");
/// wallow_schema!("wallow.toml", crate = my_wallow);
/// ```
#[proc_macro]
pub fn wallow_schema(input: TokenStream) -> TokenStream {
    match syn::parse::<input::Input>(input) {
        Ok(input) => locate::expand(&input).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
