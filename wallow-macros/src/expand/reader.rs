//! How a map of fields is read: the same for a key, a patch and a run.

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::Context;

/// A type that collects fields one by one.
pub(super) struct Reader<'a> {
    /// The name of the type.
    pub(super) ident: &'a Ident,
    /// The type of the final value.
    pub(super) output: &'a Ident,
    pub(super) names: Vec<&'a str>,
    /// For each field, the arm that takes its value out of `__map`.
    pub(super) steps: Vec<TokenStream>,
    /// The expression that makes the output from `self`.
    pub(super) finish: TokenStream,
}

impl Context<'_> {
    pub(super) fn read_fields(&self, reader: &Reader<'_>) -> TokenStream {
        let private = &self.private;
        let Reader {
            ident,
            output,
            names,
            steps,
            finish,
        } = reader;
        let what = output.to_string();
        quote! {
            impl<'de> #private::ReadFields<'de> for #ident {
                type Output = #output;

                const WHAT: &'static ::core::primitive::str = #what;
                const NAMES: &'static [&'static ::core::primitive::str] = &[#(#names),*];

                fn read<__A: #private::serde::de::MapAccess<'de>>(
                    &mut self,
                    __index: ::core::primitive::usize,
                    __map: &mut __A,
                ) -> ::core::result::Result<(), __A::Error> {
                    match __index {
                        #(#steps)*
                        _ => {}
                    }
                    ::core::result::Result::Ok(())
                }

                fn finish<__E: #private::serde::de::Error>(
                    self,
                ) -> ::core::result::Result<#output, __E> {
                    ::core::result::Result::Ok(#finish)
                }
            }
        }
    }
}
