//! `Annotating`: a patch of what is recorded about a run.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::Field;

use super::reading::Reader;
use super::{Context, allowances, names};

impl Context<'_> {
    pub(super) fn annotating(&self) -> TokenStream {
        let private = &self.private;
        let fields = &self.schema.annotating;
        let docs = format!(
            "What to record about a run of `{}`. What is not set is not touched.",
            self.schema.project.name,
        );
        let members = fields.iter().map(|field| {
            let (ident, ty) = (names::ident(&field.name), self.rust(field.ty));
            quote!(#ident: #private::Slot<#ty>)
        });
        let methods = fields.iter().map(|field| self.patch_methods(field));
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            #[derive(
                ::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq,
                ::core::default::Default,
            )]
            #[must_use = "a patch does nothing until it is given to a store"]
            pub struct Annotating {
                #(#members,)*
            }

            #allow
            impl Annotating {
                /// Sets nothing yet.
                pub fn new() -> Self {
                    <Self as ::core::default::Default>::default()
                }

                #(#methods)*
            }
        }
    }

    pub(super) fn patch_implementations(&self) -> TokenStream {
        [self.patch_trait(), self.patch_serde()]
            .into_iter()
            .collect()
    }

    fn patch_methods(&self, field: &Field) -> TokenStream {
        let private = &self.private;
        let (ident, setter) = (names::ident(&field.name), self.names.setter(&field.name));
        let docs = self.field_docs(field);
        let (bound, into) = self.taken(field);
        let clear = field.nullable.then(|| {
            let clear = self.names.clear(&field.name);
            let docs = format!("Writes `NULL` to `{}`.\n\n{docs}", field.name);
            quote! {
                #[doc = #docs]
                pub fn #clear(mut self) -> Self {
                    self.#ident = #private::Slot::Null;
                    self
                }
            }
        });
        quote! {
            #[doc = #docs]
            pub fn #setter(mut self, __value: impl #bound) -> Self {
                self.#ident = #private::Slot::Set(#into(__value));
                self
            }

            #clear
        }
    }

    fn patch_trait(&self) -> TokenStream {
        let private = &self.private;
        let values = self.schema.annotating.iter().map(|field| {
            let ident = names::ident(&field.name);
            let view = self.view(field.ty);
            quote!(#private::Slot::value(&self.#ident, #view))
        });
        quote! {
            impl #private::Patch for Annotating {
                fn with_values<'a, __T>(
                    &'a self,
                    __work: impl ::core::ops::FnOnce(
                        &[::core::option::Option<#private::Value<'a>>],
                    ) -> __T,
                ) -> __T {
                    __work(&[#(#values),*])
                }
            }
        }
    }

    /// A map of what is set; `null` clears a nullable field.
    fn patch_serde(&self) -> TokenStream {
        let private = &self.private;
        let fields = &self.schema.annotating;
        let write = fields.iter().map(|field| {
            let (ident, name) = (names::ident(&field.name), &field.name);
            quote!(#private::Slot::serialize_entry(&self.#ident, #name, &mut __map)?;)
        });
        let steps = fields.iter().enumerate().map(|(index, field)| {
            let (ident, ty) = (names::ident(&field.name), self.rust(field.ty));
            let value = quote!(#private::serde::de::MapAccess::next_value);
            if field.nullable {
                quote! {
                    #index => self.#ident = ::core::convert::From::from(
                        #value::<::core::option::Option<#ty>>(__map)?
                    ),
                }
            } else {
                quote!(#index => self.#ident = #private::Slot::Set(#value(__map)?),)
            }
        });
        let read = self.read_fields(&Reader {
            ident: &names::ident("Annotating"),
            output: &names::ident("Annotating"),
            fields,
            steps: steps.collect(),
            finish: quote!(self),
        });
        quote! {
            impl #private::serde::Serialize for Annotating {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    let mut __map = #private::serde::Serializer::serialize_map(
                        __serializer, ::core::option::Option::None,
                    )?;
                    #(#write)*
                    #private::serde::ser::SerializeMap::end(__map)
                }
            }

            #read

            impl<'de> #private::serde::Deserialize<'de> for Annotating {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #private::read_fields::<Self, __D>(__deserializer)
                }
            }
        }
    }
}
