//! Closed sets: an enum for each string field whose values the schema lists.

use std::collections::BTreeSet;

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wallow_schema::Field;

use super::{Context, allowances, names};

/// Whether the schema lists the values of a field.
pub(super) fn is_closed(field: &Field) -> bool {
    !field.values.is_empty()
}

/// The enum of a field.
pub(super) fn enum_ident(field: &Field) -> Ident {
    names::ident(&field.enum_name())
}

/// The fields with an enum. While the schema is invalid, two of them may have the same enum name; only the first one
/// counts.
fn closed<'a>(fields: impl Iterator<Item = &'a Field>) -> impl Iterator<Item = &'a Field> {
    let mut seen = BTreeSet::new();
    fields.filter(move |field| is_closed(field) && seen.insert(field.enum_name()))
}

impl Context<'_> {
    pub(super) fn closed_sets(&self) -> TokenStream {
        closed(self.schema.fields())
            .map(|field| self.closed_set(field))
            .collect()
    }

    fn closed_set(&self, field: &Field) -> TokenStream {
        let (ident, count) = (enum_ident(field), field.values.len());
        let docs = format!(
            "The values of the field `{}`, in the order of `{}`. In the database each is its text.",
            field.name, self.origin,
        );
        let docs = format!("{docs}\n\n{}", self.field_docs(field));
        let variants = variants(field);
        let texts = &field.values;
        let value_docs = texts.iter().map(|text| format!("`{text}`"));
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            #[derive(
                ::core::fmt::Debug, ::core::clone::Clone, ::core::marker::Copy, ::core::cmp::PartialEq,
                ::core::cmp::Eq, ::core::hash::Hash, ::core::cmp::PartialOrd, ::core::cmp::Ord,
            )]
            pub enum #ident {
                #(#[doc = #value_docs] #variants,)*
            }

            #allow
            impl #ident {
                /// Every value, in the order of the file.
                pub const ALL: [Self; #count] = [#(Self::#variants),*];

                /// The text in the database.
                #[must_use]
                pub const fn as_str(self) -> &'static ::core::primitive::str {
                    match self {
                        #(Self::#variants => #texts,)*
                    }
                }
            }
        }
    }

    pub(super) fn closed_set_implementations(&self) -> TokenStream {
        let (private, facade) = (&self.private, self.facade);
        let fields = closed(self.schema.fields());
        fields
            .map(|field| {
                let (ident, name) = (enum_ident(field), &field.name);
                let texts = field.values.iter().map(|text| format!("`{text}`"));
                let expected = format!("one of {}", texts.collect::<Vec<_>>().join(", "));
                quote! {
                    impl #private::ClosedSet for #ident {
                        const FIELD: &'static ::core::primitive::str = #name;
                        const EXPECTED: &'static ::core::primitive::str = #expected;
                        const VALUES: &'static [Self] = &Self::ALL;

                        fn text(self) -> &'static ::core::primitive::str {
                            self.as_str()
                        }
                    }

                    impl ::core::fmt::Display for #ident {
                        fn fmt(&self, __f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                            ::core::fmt::Formatter::pad(__f, self.as_str())
                        }
                    }

                    impl ::core::str::FromStr for #ident {
                        type Err = #facade::Error;

                        fn from_str(
                            __text: &::core::primitive::str,
                        ) -> ::core::result::Result<Self, Self::Err> {
                            #private::closed_set(__text)
                        }
                    }

                    impl #private::serde::Serialize for #ident {
                        fn serialize<__S: #private::serde::Serializer>(
                            &self,
                            __serializer: __S,
                        ) -> ::core::result::Result<__S::Ok, __S::Error> {
                            #private::Portable::write(self, __serializer)
                        }
                    }

                    impl<'de> #private::serde::Deserialize<'de> for #ident {
                        fn deserialize<__D: #private::serde::Deserializer<'de>>(
                            __deserializer: __D,
                        ) -> ::core::result::Result<Self, __D::Error> {
                            #private::Portable::read(__deserializer)
                        }
                    }
                }
            })
            .collect()
    }
}

/// The variants of the enum of a field.
pub(super) fn variants(field: &Field) -> Vec<Ident> {
    field.variants().map(|name| names::ident(&name)).collect()
}
