//! `Identifying::builder()`: a required field is a type parameter until it is set, so that leaving
//! one out does not compile, and the message names it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use wallow_schema::{Field, FieldType};

use super::{Context, allowances, names, types};
use crate::locate::here;

/// A required field and its type parameter.
struct Required<'a> {
    field: &'a Field,
    parameter: Ident,
}

impl Context<'_> {
    pub(super) fn builder(&self) -> TokenStream {
        let private = &self.private;
        let required = self.required();
        let parameters = required
            .iter()
            .map(|required| &required.parameter)
            .collect::<Vec<_>>();
        let unset = required
            .iter()
            .map(|_| quote!(#private::Unset))
            .collect::<Vec<_>>();
        let members = self.builder_members(&required);
        let start = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            match field.default {
                None => quote!(#ident: #private::Unset),
                Some(_) => quote!(#ident: ::core::option::Option::None),
            }
        });
        let setters = self
            .schema
            .identifying
            .iter()
            .map(|field| self.builder_setter(field, &required));
        let (traits, build) = (self.required_traits(&required), self.build(&required));
        let allow = allowances();
        quote! {
            /// Builds an [`Identifying`], field by field; see [`Identifying::builder`].
            #allow
            #[derive(::core::fmt::Debug, ::core::clone::Clone)]
            #[must_use = "a builder does nothing until `build()`"]
            pub struct IdentifyingBuilder<#(#parameters = #private::Unset),*> {
                #(#members,)*
            }

            #allow
            impl Identifying {
                /// Starts a key. Fields with a default may be left out.
                pub fn builder() -> IdentifyingBuilder<#(#unset),*> {
                    IdentifyingBuilder { #(#start,)* }
                }
            }

            #(#setters)*
            #traits
            #build
        }
    }

    fn required(&self) -> Vec<Required<'_>> {
        let fields = self
            .schema
            .identifying
            .iter()
            .filter(|field| field.default.is_none());
        fields
            .enumerate()
            .map(|(index, field)| Required {
                field,
                parameter: format_ident!("__F{index}", span = here()),
            })
            .collect()
    }

    fn builder_members(&self, required: &[Required<'_>]) -> Vec<TokenStream> {
        let member = |field: &Field| {
            let ident = names::ident(&field.name);
            match parameter(required, field) {
                Some(parameter) => quote!(#ident: #parameter),
                None => {
                    let ty = self.rust(field.ty);
                    quote!(#ident: ::core::option::Option<#ty>)
                }
            }
        };
        self.schema.identifying.iter().map(member).collect()
    }

    fn builder_setter(&self, field: &Field, required: &[Required<'_>]) -> TokenStream {
        let private = &self.private;
        let (ident, method) = (names::ident(&field.name), self.names.builder(&field.name));
        let (docs, ty) = (self.field_docs(field), self.rust(field.ty));
        let before = required.iter().map(
            |Required {
                 parameter,
                 field: other,
             }| {
                // The setter of a required `build` is gone once it is set: `build()` has its name then.
                if other.name == field.name && field.name == "build" {
                    quote!(#private::Unset)
                } else {
                    quote!(#parameter)
                }
            },
        );
        let after = required.iter().map(
            |Required {
                 parameter,
                 field: other,
             }| {
                if other.name == field.name {
                    quote!(#private::Set<#ty>)
                } else {
                    quote!(#parameter)
                }
            },
        );
        let generics = required
            .iter()
            .filter(|required| required.field.name != field.name || field.name != "build")
            .map(|required| &required.parameter);
        let value = match field.default {
            None => quote!(#private::Set(::core::convert::Into::into(__value))),
            Some(_) => quote!(::core::option::Option::Some(::core::convert::Into::into(
                __value
            ))),
        };
        let members = self.schema.identifying.iter().map(|other| {
            let other_ident = names::ident(&other.name);
            if other.name == field.name {
                quote!(#ident: #value)
            } else {
                quote!(#other_ident: self.#other_ident)
            }
        });
        let allow = allowances();
        quote! {
            #allow
            impl<#(#generics),*> IdentifyingBuilder<#(#before),*> {
                #[doc = #docs]
                pub fn #method(
                    self,
                    __value: impl ::core::convert::Into<#ty>,
                ) -> IdentifyingBuilder<#(#after),*> {
                    IdentifyingBuilder { #(#members,)* }
                }
            }
        }
    }

    /// One trait for each required field: its message is what the compiler says when it is missing.
    fn required_traits(&self, required: &[Required<'_>]) -> TokenStream {
        let private = &self.private;
        let traits = required.iter().map(|Required { field, .. }| {
            let (ident, ty) = (names::ident(&field.name), self.rust(field.ty));
            let message = format!("the identifying field `{}` is not set", field.name);
            let label = format!("`{}` is missing", field.name);
            let note = format!(
                "call `.{}(…)` before `.build()`, or give the field a `default` at {}:{}",
                self.names.builder(&field.name),
                self.origin,
                field.line,
            );
            quote! {
                #[diagnostic::on_unimplemented(message = #message, label = #label, note = #note)]
                pub trait #ident {
                    /// The value that was set.
                    fn __take(self) -> #ty;
                }

                impl #ident for #private::Set<#ty> {
                    fn __take(self) -> #ty {
                        self.0
                    }
                }
            }
        });
        let allow = allowances();
        quote! {
            /// Which fields a key cannot do without.
            #[doc(hidden)]
            #allow
            pub mod __required {
                #(#traits)*
            }
        }
    }

    fn build(&self, required: &[Required<'_>]) -> TokenStream {
        let private = &self.private;
        let precision = self.schema.project.float_precision;
        let members = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            let value = match &field.default {
                None => quote!(__required::#ident::__take(self.#ident)),
                Some(default) => {
                    let default = types::key_default(default);
                    quote!(::core::option::Option::unwrap_or_else(self.#ident, || #default))
                }
            };
            match field.ty {
                FieldType::Float => quote!(#ident: #private::KeyFloat::new(#value, #precision)),
                _ => quote!(#ident: #value),
            }
        });
        let is_build = |required: &&Required<'_>| required.field.name == "build";
        let generics = required
            .iter()
            .filter(|r| !is_build(r))
            .map(|required| &required.parameter);
        let arguments = required.iter().map(|required| {
            if is_build(&required) {
                let ty = self.rust(required.field.ty);
                quote!(#private::Set<#ty>)
            } else {
                let parameter = &required.parameter;
                quote!(#parameter)
            }
        });
        let bounds =
            required
                .iter()
                .filter(|r| !is_build(r))
                .map(|Required { field, parameter }| {
                    let ident = names::ident(&field.name);
                    quote!(#parameter: __required::#ident)
                });
        let allow = allowances();
        quote! {
            #allow
            impl<#(#generics),*> IdentifyingBuilder<#(#arguments),*> {
                /// The key. Every field without a default has to be set before.
                #[must_use]
                pub fn build(self) -> Identifying
                where
                    #(#bounds,)*
                {
                    Identifying { #(#members,)* }
                }
            }
        }
    }
}

fn parameter<'a>(required: &'a [Required<'_>], field: &Field) -> Option<&'a Ident> {
    let found = required
        .iter()
        .find(|required| required.field.name == field.name);
    found.map(|required| &required.parameter)
}
