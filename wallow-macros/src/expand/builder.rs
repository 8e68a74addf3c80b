//! `Identifying::builder()`: a required field is a type parameter until it is set, so that leaving
//! one out does not compile, and the message names it.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use wallow_schema::{Field, FieldType};

use super::closed_sets::is_closed;
use super::{Context, allowances, names};
use crate::locate::here;

/// A required field and its type parameter.
struct Required<'a> {
    field: &'a Field,
    parameter: Ident,
}

impl Required<'_> {
    /// Whether the field is called `build`. A required one is set by `.build(value)`, a method that does not exist any
    /// more once it is set, so that the final `build()` can have the name.
    fn is_build(&self) -> bool {
        self.field.name == "build"
    }
}

impl Context<'_> {
    pub(super) fn builder(&self) -> TokenStream {
        let private = &self.private;
        let required = self.required();
        let parameters = required
            .iter()
            .map(|required| &required.parameter)
            .collect::<Vec<_>>();
        let unset = vec![quote!(#private::Unset); required.len()];
        let members = self.builder_members(&required);
        let start = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            if names::is_required(field) {
                quote!(#ident: #private::Unset)
            } else {
                quote!(#ident: ::core::option::Option::None)
            }
        });
        let methods = self.methods(&required);
        let set = required.iter().map(|required| {
            let ty = self.held(required.field);
            quote!(#private::Set<#ty>)
        });
        let given = self.schema.identifying.iter().map(|field| {
            let (ident, value) = (names::ident(&field.name), self.held_in_key(field));
            if names::is_required(field) {
                quote!(#ident: #private::Set(#value))
            } else if field.is_optional() {
                quote!(#ident: #value)
            } else {
                quote!(#ident: ::core::option::Option::Some(#value))
            }
        });
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
                /// Starts a key. Fields with a default, and optional ones, may be left out.
                pub fn builder() -> IdentifyingBuilder<#(#unset),*> {
                    IdentifyingBuilder { #(#start,)* }
                }

                /// A builder with the values of this key, to vary it.
                pub fn to_builder(&self) -> IdentifyingBuilder<#(#set),*> {
                    IdentifyingBuilder { #(#given,)* }
                }
            }

            #methods
        }
    }

    fn required(&self) -> Vec<Required<'_>> {
        let fields = self
            .schema
            .identifying
            .iter()
            .filter(|field| names::is_required(field));
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
                    let ty = self.held(field);
                    quote!(#ident: ::core::option::Option<#ty>)
                }
            }
        };
        self.schema.identifying.iter().map(member).collect()
    }

    fn methods(&self, required: &[Required<'_>]) -> TokenStream {
        let private = &self.private;
        let all = required.iter().map(|required| &required.parameter);
        let builder = quote!(IdentifyingBuilder<#(#all),*>);
        let (others, build_fields) = required
            .iter()
            .partition::<Vec<_>, _>(|required| !required.is_build());
        let generics = others
            .iter()
            .map(|required| &required.parameter)
            .collect::<Vec<_>>();
        let optional = self
            .schema
            .identifying
            .iter()
            .filter(|field| !names::is_required(field))
            .map(|field| self.optional_setter(field));
        let setters = others.iter().map(|set| self.required_setter(set, required));
        let (names, build) = (type_names(required), self.build(&others));
        let allow = allowances();
        let Some(set) = build_fields.first() else {
            return quote! {
                #allow
                impl<#(#generics),*> #builder {
                    #(#setters)*
                    #(#optional)*
                }

                #allow
                const _: () = {
                    #names

                    impl<#(#generics),*> #builder {
                        #build
                    }
                };
            };
        };
        let all = required.iter().map(|required| &required.parameter);
        let setter = self.required_setter(set, required);
        let before = arguments(required, set, &quote!(#private::Unset));
        let ty = self.held(set.field);
        let after = arguments(required, set, &quote!(#private::Set<#ty>));
        quote! {
            #allow
            impl<#(#all),*> #builder {
                #(#setters)*
                #(#optional)*
            }

            #allow
            impl<#(#generics),*> IdentifyingBuilder<#(#before),*> {
                #setter
            }

            #allow
            const _: () = {
                #names

                impl<#(#generics),*> IdentifyingBuilder<#(#after),*> {
                    #build
                }
            };
        }
    }

    fn optional_setter(&self, field: &Field) -> TokenStream {
        let (ident, method) = (names::ident(&field.name), self.names.builder(&field.name));
        let docs = self.field_docs(field);
        let (bound, into) = self.taken(field);
        let clear = field.is_optional().then(|| {
            let clear = self.names.builder_clear(&field.name);
            let docs = format!("Leaves `{}` out: the run has none.\n\n{docs}", field.name);
            quote! {
                #[doc = #docs]
                pub fn #clear(mut self) -> Self {
                    self.#ident = ::core::option::Option::None;
                    self
                }
            }
        });
        quote! {
            #[doc = #docs]
            pub fn #method(mut self, __value: #bound) -> Self {
                self.#ident = ::core::option::Option::Some(#into(__value));
                self
            }

            #clear
        }
    }

    /// What a builder holds for this field of a key. An optional one is an `Option`.
    fn held_in_key(&self, field: &Field) -> TokenStream {
        let (private, ident) = (&self.private, names::ident(&field.name));
        match field.ty {
            FieldType::Float if field.is_optional() => {
                quote!(::core::option::Option::map(self.#ident, #private::KeyFloat::get))
            }
            FieldType::Float => quote!(#private::KeyFloat::get(self.#ident)),
            FieldType::Int | FieldType::Bool => quote!(self.#ident),
            _ if is_closed(field) => quote!(self.#ident),
            _ => quote!(::core::clone::Clone::clone(&self.#ident)),
        }
    }

    fn required_setter(&self, set: &Required<'_>, required: &[Required<'_>]) -> TokenStream {
        let (private, field) = (&self.private, set.field);
        let (docs, ty) = (self.field_docs(field), self.held(field));
        let method = self.names.builder(&field.name);
        let (bound, into) = self.taken(field);
        let after = arguments(required, set, &quote!(#private::Set<#ty>));
        let members = self.schema.identifying.iter().map(|other| {
            let ident = names::ident(&other.name);
            if other.name == field.name {
                quote!(#ident: #private::Set(#into(__value)))
            } else {
                quote!(#ident: self.#ident)
            }
        });
        quote! {
            #[doc = #docs]
            pub fn #method(
                self,
                __value: #bound,
            ) -> IdentifyingBuilder<#(#after),*> {
                IdentifyingBuilder { #(#members,)* }
            }
        }
    }

    /// `build()`, which requires that each of these is set.
    fn build(&self, required: &[&Required<'_>]) -> TokenStream {
        let private = &self.private;
        let precision = self.schema.project.float_precision;
        let members = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            let value = match &field.default {
                None if field.is_optional() => quote!(self.#ident),
                None => {
                    let ty = self.held(field);
                    quote!(#private::IsSet::<identifying::#ident, #ty>::given(self.#ident))
                }
                Some(default) => self.or_default(&quote!(self.#ident), field, default),
            };
            match field.ty {
                FieldType::Float => {
                    let float = self.key_float(field, &value, precision);
                    quote!(#ident: #float)
                }
                _ => quote!(#ident: #value),
            }
        });
        let bounds = required.iter().map(|Required { field, parameter }| {
            let (ident, ty) = (names::ident(&field.name), self.held(field));
            quote!(#parameter: #private::IsSet<identifying::#ident, #ty>)
        });
        quote! {
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

/// Types with the names of the fields, so that the compiler's error names the missing ones. They are in a block of
/// their own, because next to the constants an editor would offer each field twice.
fn type_names(required: &[Required<'_>]) -> TokenStream {
    let names = required
        .iter()
        .map(|required| names::ident(&required.field.name));
    quote! {
        pub mod identifying {
            #(pub enum #names {})*
        }
    }
}

/// The type parameters, with another type in place of one of them.
fn arguments(
    required: &[Required<'_>],
    place: &Required<'_>,
    ty: &TokenStream,
) -> Vec<TokenStream> {
    let argument = |Required { field, parameter }: &Required<'_>| {
        if field.name == place.field.name {
            ty.clone()
        } else {
            quote!(#parameter)
        }
    };
    required.iter().map(argument).collect()
}

fn parameter<'a>(required: &'a [Required<'_>], field: &Field) -> Option<&'a Ident> {
    let found = required
        .iter()
        .find(|required| required.field.name == field.name);
    found.map(|required| &required.parameter)
}
