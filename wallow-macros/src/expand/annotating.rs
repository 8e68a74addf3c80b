//! `Annotating`: a patch of what is recorded about a run.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::Field;

use super::reader::Reader;
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
            let (ident, ty) = (names::ident(&field.name), self.held(field));
            quote!(#ident: #private::Slot<#ty>)
        });
        let methods = fields.iter().map(|field| self.patch_methods(field));
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            #[derive(::core::clone::Clone, ::core::cmp::PartialEq, ::core::default::Default)]
            #[must_use = "a patch does nothing until it is given to a store"]
            pub struct Annotating {
                #(#members,)*
                _wallow_release: ::core::primitive::bool,
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
        [self.patch_trait(), self.patch_debug(), self.patch_serde()]
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
            pub fn #setter(mut self, __value: #bound) -> Self {
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
            let view = self.view_of_held(field);
            quote!(#private::Slot::value(&self.#ident, #view))
        });
        let unset = self.schema.annotating.iter().map(|field| {
            let ident = names::ident(&field.name);
            quote!(#ident: #private::Slot::Unset)
        });
        quote! {
            impl #private::End for Annotating {
                const Release: Self = Self {
                    #(#unset,)*
                    _wallow_release: true,
                };
            }

            impl #private::Patch for Annotating {
                fn is_release(&self) -> ::core::primitive::bool {
                    self._wallow_release
                }

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

    /// `Debug` with the fields alone, without internal members.
    fn patch_debug(&self) -> TokenStream {
        let write = self.schema.annotating.iter().map(|field| {
            let (ident, name) = (names::ident(&field.name), &field.name);
            quote!(::core::fmt::DebugStruct::field(&mut __out, #name, &self.#ident);)
        });
        quote! {
            impl ::core::fmt::Debug for Annotating {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    if self._wallow_release {
                        return ::core::fmt::Formatter::write_str(__f, "End::Release");
                    }
                    let mut __out = ::core::fmt::Formatter::debug_struct(__f, "Annotating");
                    #(#write)*
                    ::core::fmt::DebugStruct::finish(&mut __out)
                }
            }
        }
    }

    /// Serde: a map of the fields that are set; `null` clears a nullable field.
    fn patch_serde(&self) -> TokenStream {
        let private = &self.private;
        let fields = &self.schema.annotating;
        let write = fields.iter().map(|field| {
            let (ident, name) = (names::ident(&field.name), &field.name);
            let write = if field.nullable {
                quote!(serialize_nullable)
            } else {
                quote!(serialize_entry)
            };
            quote!(#private::Slot::#write(&self.#ident, #name, &mut __map)?;)
        });
        let said = fields.iter().map(|field| {
            let ident = names::ident(&field.name);
            quote!(#private::Slot::is_said(&self.#ident))
        });
        let steps = fields.iter().enumerate().map(|(index, field)| {
            let (ident, ty) = (names::ident(&field.name), self.held(field));
            let value = quote!(#private::serde::de::MapAccess::next_value);
            if field.nullable {
                quote! {
                    #index => self.#ident = ::core::convert::From::from(
                        #value::<#private::WasRead<::core::option::Option<#ty>>>(__map)?.0
                    ),
                }
            } else {
                quote! {
                    #index => self.#ident = #private::Slot::Set(
                        #value::<#private::WasRead<#ty>>(__map)?.0
                    ),
                }
            }
        });
        let read = self.read_fields(&Reader {
            ident: &names::ident("Annotating"),
            output: &names::ident("Annotating"),
            names: fields.iter().map(|field| field.name.as_str()).collect(),
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
                        __serializer,
                        ::core::option::Option::Some(#private::count_said(&[#(#said),*])),
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
                    #private::read_map::<Self, __D>(__deserializer)
                }
            }
        }
    }
}
