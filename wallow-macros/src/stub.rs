//! What stands in for the types of a schema with errors, so that one mistake gives one error.

use proc_macro2::TokenStream;
use quote::quote;

/// The items that take the place of the real ones.
pub(crate) struct Stub;

/// Of a schema that could not be read at all.
pub(crate) fn empty() -> Stub {
    Stub
}

/// Of a schema with errors.
pub(crate) fn schema(_text: &str) -> Stub {
    Stub
}

impl Stub {
    pub(crate) fn items(&self, _facade: &syn::Path) -> TokenStream {
        quote! {}
    }
}
