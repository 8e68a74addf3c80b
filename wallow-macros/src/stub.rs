//! Stubs for the types of a schema with errors, so that one mistake gives one error.

use proc_macro2::TokenStream;

use crate::expand::Context;
use crate::input::Input;

/// The items of the schema that the text was probably meant to be.
pub(crate) fn items(text: &str, input: &Input) -> TokenStream {
    let fallback = wallow_schema::fallback(text);
    let origin = input.path.value();
    Context::of_fallback(&fallback, text, &origin, &input.facade).items()
}
