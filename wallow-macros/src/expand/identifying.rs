//! `Identifying`: the key.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{Field, FieldType};

use super::closed_sets::is_closed;
use super::reader::Reader;
use super::{Context, allowances, names};

impl Context<'_> {
    pub(super) fn identifying(&self) -> TokenStream {
        let key = &self.schema.identifying;
        let docs = format!(
            "The key of a run of `{}`: two runs with equal keys are one run.\n\n\
             Floats are canonical ({} significant digits) from `build()` on.",
            self.schema.project.name, self.schema.project.float_precision,
        );
        let members = key.iter().map(|field| {
            let (ident, ty) = (names::ident(&field.name), self.key_type(field));
            quote!(#ident: #ty)
        });
        let accessors = key.iter().map(|field| self.accessor(field));
        let (private, facade) = (&self.private, self.facade);
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            #[derive(
                ::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq, ::core::cmp::Eq,
                ::core::hash::Hash, ::core::cmp::PartialOrd, ::core::cmp::Ord,
            )]
            pub struct Identifying {
                #(#members,)*
            }

            #allow
            impl Identifying {
                #(#accessors)*

                /// The key that a configuration is: a struct or a map that serde can write.
                ///
                /// Members of members are joined by `_` (`optim.lr` is the field `optim_lr`), an enum is the name of its
                /// variant, and `None` is a value that is left out: the field has its default, or an optional one is absent.
                ///
                /// # Errors
                /// If a value of the configuration is no identifying field: the error names all of them. What does not
                /// matter for the result can be listed in the schema: `[project]` `ignored = ["path.to.value"]`. If a
                /// field without a default has no value, or a value does not fit.
                pub fn from_config(
                    __config: &impl #private::serde::Serialize,
                ) -> ::core::result::Result<Self, #facade::Error> {
                    #private::from_config::<Run>(__config)
                }
            }
        }
    }

    pub(super) fn key_implementations(&self) -> TokenStream {
        [self.key_trait(), self.key_display(), self.key_serde()]
            .into_iter()
            .collect()
    }

    fn key_type(&self, field: &Field) -> TokenStream {
        let private = &self.private;
        let ty = match field.ty {
            FieldType::Float => quote!(#private::KeyFloat),
            _ => self.held(field),
        };
        if field.is_optional() {
            quote!(::core::option::Option<#ty>)
        } else {
            ty
        }
    }

    fn accessor(&self, field: &Field) -> TokenStream {
        let private = &self.private;
        let (ident, method) = (names::ident(&field.name), self.names.accessor(&field.name));
        let docs = self.field_docs(field);
        let (ty, value) = match field.ty {
            _ if is_closed(field) => (self.rust_field(field), quote!(self.#ident)),
            FieldType::Float => (
                self.rust(field.ty),
                quote!(#private::KeyFloat::get(self.#ident)),
            ),
            FieldType::Int => (
                self.rust(field.ty),
                quote!(#private::AnyInt::get(self.#ident)),
            ),
            FieldType::Bool => (self.rust(field.ty), quote!(self.#ident)),
            _ => (quote!(&::core::primitive::str), quote!(&self.#ident)),
        };
        let (ty, value) = if field.is_optional() {
            self.optional_access(field)
        } else {
            (ty, value)
        };
        quote! {
            #[doc = #docs]
            #[must_use]
            pub fn #method(&self) -> #ty {
                #value
            }
        }
    }

    /// Type and value of the accessor of an optional field.
    fn optional_access(&self, field: &Field) -> (TokenStream, TokenStream) {
        let (private, ident) = (&self.private, names::ident(&field.name));
        let map = quote!(::core::option::Option::map);
        let (ty, value) = match field.ty {
            _ if is_closed(field) => (self.rust_field(field), quote!(self.#ident)),
            FieldType::Float => (
                self.rust(field.ty),
                quote!(#map(self.#ident, #private::KeyFloat::get)),
            ),
            FieldType::Int => (
                self.rust(field.ty),
                quote!(#map(self.#ident, #private::AnyInt::get)),
            ),
            FieldType::Bool => (self.rust(field.ty), quote!(self.#ident)),
            _ => (
                quote!(&::core::primitive::str),
                quote!(::core::option::Option::as_deref(&self.#ident)),
            ),
        };
        (quote!(::core::option::Option<#ty>), value)
    }

    fn key_trait(&self) -> TokenStream {
        let private = &self.private;
        let values = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            if field.is_optional() {
                let view = match field.ty {
                    FieldType::Float => {
                        quote!(|__value| #private::Value::Float(#private::KeyFloat::get(*__value)))
                    }
                    _ => self.view_of_held(field),
                };
                return quote!(#private::Value::of(&self.#ident, #view));
            }
            match field.ty {
                FieldType::Float => {
                    quote!(#private::Value::Float(#private::KeyFloat::get(self.#ident)))
                }
                FieldType::Int => quote!(#private::AnyInt::value(self.#ident)),
                ty => self.value(ty, Some(field), &quote!(self.#ident)),
            }
        });
        quote! {
            impl #private::Key for Identifying {
                fn with_values<'a, __T>(
                    &'a self,
                    __work: impl ::core::ops::FnOnce(&[#private::Value<'a>]) -> __T,
                ) -> __T {
                    __work(&[#(#values),*])
                }
            }
        }
    }

    /// `architecture="mlp", learning_rate=0.001, momentum=none, seed=0`.
    fn key_display(&self) -> TokenStream {
        let private = &self.private;
        let parts = self
            .schema
            .identifying
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let ident = names::ident(&field.name);
                let separator = if index == 0 { "" } else { ", " };
                let shape = format!("{separator}{}={{:?}}", field.name);
                let displayed = match (is_closed(field), field.is_optional()) {
                    (true, true) => {
                        let ty = self.rust_field(field);
                        quote!(#private::OrNone(::core::option::Option::map(self.#ident, #ty::as_str)))
                    }
                    (true, false) => quote!(self.#ident.as_str()),
                    (false, true) => {
                        quote!(#private::OrNone(::core::option::Option::as_ref(&self.#ident)))
                    }
                    (false, false) => quote!(self.#ident),
                };
                quote! {
                    ::core::fmt::Formatter::write_fmt(__f, ::core::format_args!(#shape, #displayed))?;
                }
            });
        quote! {
            impl ::core::fmt::Display for Identifying {
                fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    #(#parts)*
                    ::core::result::Result::Ok(())
                }
            }
        }
    }

    /// Serde: written as a map, absent fields as null. Reading fills in defaults, takes an optional field that is null or
    /// left out as absent, and refuses unknown names.
    fn key_serde(&self) -> TokenStream {
        let private = &self.private;
        let key = &self.schema.identifying;
        let members = key.iter().map(|field| {
            let ident = names::ident(&field.name);
            let value = match field.ty {
                FieldType::Float => quote!(&self.#ident),
                _ => quote!(&#private::ToWrite(&self.#ident)),
            };
            (field.name.as_str(), value)
        });
        let serialize = self.serialize_struct(&names::ident("Identifying"), members.collect());
        let idents = key
            .iter()
            .map(|field| names::ident(&field.name))
            .collect::<Vec<_>>();
        let parts = key.iter().zip(&idents).map(|(field, ident)| {
            let ty = self.held(field);
            quote!(#ident: ::core::option::Option<#ty>)
        });
        let steps = key
            .iter()
            .zip(&idents)
            .enumerate()
            .map(|(index, (field, ident))| {
                let read = quote!(#private::serde::de::MapAccess::next_value);
                if field.is_optional() {
                    let ty = self.held(field);
                    let read = quote!(#read::<#private::WasRead<::core::option::Option<#ty>>>);
                    return quote!(#index => self.#ident = #read(__map)?.0,);
                }
                let value = match field.ty {
                    FieldType::Float => quote!(#read::<#private::WrittenFloat>(__map)?.0),
                    _ => {
                        let ty = self.held(field);
                        quote!(#read::<#private::WasRead<#ty>>(__map)?.0)
                    }
                };
                quote!(#index => self.#ident = ::core::option::Option::Some(#value),)
            });
        let finish = key.iter().zip(&idents).map(|(field, ident)| {
            let name = &field.name;
            let precision = self.schema.project.float_precision;
            if field.is_optional() {
                return match field.ty {
                    FieldType::Float => {
                        let checked = quote! {
                            ::core::option::Option::transpose(::core::option::Option::map(
                                self.#ident,
                                |__value| #private::not_nan(__value, #name),
                            ))?
                        };
                        let float = self.key_float(field, &checked, precision);
                        quote!(#ident: #float)
                    }
                    _ => quote!(#ident: self.#ident),
                };
            }
            let value = match &field.default {
                Some(default) => self.or_default(&quote!(self.#ident), field, default),
                None => quote!(#private::required(self.#ident, #name)?),
            };
            match field.ty {
                FieldType::Float => quote! {
                    #ident: #private::KeyFloat::new(#private::not_nan(#value, #name)?, #precision)
                },
                _ => quote!(#ident: #value),
            }
        });
        let read = self.read_fields(&Reader {
            ident: &names::ident("__Fields"),
            output: &names::ident("Identifying"),
            names: key.iter().map(|field| field.name.as_str()).collect(),
            steps: steps.collect(),
            finish: quote!(Identifying { #(#finish,)* }),
        });
        quote! {
            #serialize

            impl<'de> #private::serde::Deserialize<'de> for Identifying {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #[derive(::core::default::Default)]
                    struct __Fields {
                        #(#parts,)*
                    }

                    #read

                    #private::read_fields::<__Fields, __D>(__deserializer)
                }
            }
        }
    }
}
