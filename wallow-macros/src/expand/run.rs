//! `Run`: one row.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use wallow_schema::{FieldType, Schema};

use super::{Column, Context, allowances, names};
use crate::locate::here;

impl Context<'_> {
    pub(super) fn run(&self) -> TokenStream {
        let columns = self.columns();
        let docs = format!(
            "One run of `{}`: its key, what is recorded about it, and when.\n\nFrom `{}`.",
            self.schema.project.name, self.origin,
        );
        let members = columns.iter().map(|column| {
            let Column {
                ident,
                ty,
                nullable,
                ..
            } = column;
            let (docs, ty) = (self.column_docs(column), self.rust_nullable(*ty, *nullable));
            quote!(#[doc = #docs] pub #ident: #ty)
        });
        let allow = allowances();
        let key = self.run_key();
        let record = self.run_record(&columns);
        let serialize = self.run_serialize(&columns);
        let diesel = self.run_diesel(&columns);
        quote! {
            #[doc = #docs]
            #allow
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
            pub struct Run {
                #(#members,)*
            }

            #key
            #record
            #serialize
            #diesel
        }
    }

    /// `run.identifying()`.
    fn run_key(&self) -> TokenStream {
        let private = &self.private;
        let precision = self.schema.project.float_precision;
        let fields = self.schema.identifying.iter().map(|field| {
            let ident = names::ident(&field.name);
            match field.ty {
                FieldType::Float => {
                    quote!(#ident: #private::KeyFloat::new(self.#ident, #precision))
                }
                _ => quote!(#ident: ::core::clone::Clone::clone(&self.#ident)),
            }
        });
        let allow = allowances();
        quote! {
            #allow
            impl Run {
                /// The key of the run.
                #[must_use]
                pub fn identifying(&self) -> Identifying {
                    Identifying { #(#fields,)* }
                }
            }
        }
    }

    /// How the engine binds and reads a run.
    fn run_record(&self, columns: &[Column<'_>]) -> TokenStream {
        let private = &self.private;
        let read = columns.iter().enumerate().map(
            |(
                index,
                Column {
                    ident, nullable, ..
                },
            )| {
                let read = if *nullable {
                    quote!(nullable)
                } else {
                    quote!(required)
                };
                quote!(#ident: #private::Cells::#read(__cells, #index)?)
            },
        );
        let values = columns.iter().map(
            |Column {
                 ident,
                 ty,
                 nullable,
                 ..
             }| {
                if *nullable {
                    let value = self.value(*ty, &quote!(__value));
                    quote!(#private::Value::of(&self.#ident, |__value| #value))
                } else {
                    self.value(*ty, &quote!((&self.#ident)))
                }
            },
        );
        let (text, origin) = (self.text, self.origin);
        let lifecycle = self
            .schema
            .has_lifecycle()
            .then(|| quote!(impl #private::Lifecycle for Run {}));
        let allow = allowances();
        quote! {
            #allow
            impl #private::Decode for Run {
                fn decode(
                    _: &#private::Plan,
                    __cells: &impl #private::Cells,
                ) -> ::core::result::Result<Self, #private::CellError> {
                    ::core::result::Result::Ok(Self { #(#read,)* })
                }
            }

            #allow
            impl #private::Record for Run {
                type Identifying = Identifying;
                type Annotating = Annotating;

                fn schema() -> &'static #private::EmbeddedSchema {
                    static __SCHEMA: #private::EmbeddedSchema =
                        #private::EmbeddedSchema::new(#origin, #text);
                    &__SCHEMA
                }

                fn values(&self) -> ::std::vec::Vec<#private::Value<'_>> {
                    ::std::vec![#(#values),*]
                }
            }

            #lifecycle

            #allow
            impl #private::Queried for Run {
                fn uuid(&self) -> &::core::primitive::str {
                    &self.uuid
                }
            }
        }
    }

    fn run_serialize(&self, columns: &[Column<'_>]) -> TokenStream {
        let members = columns
            .iter()
            .map(|Column { name, ident, .. }| (*name, quote!(&self.#ident)));
        self.serialize_struct(&names::ident("Run"), members.collect())
    }

    /// `Serialize` of a struct, member by member.
    pub(super) fn serialize_struct(
        &self,
        item: &Ident,
        members: Vec<(&str, TokenStream)>,
    ) -> TokenStream {
        let private = &self.private;
        let (count, name) = (members.len(), item.to_string());
        let write = members.into_iter().map(|(name, value)| {
            quote! {
                #private::serde::ser::SerializeStruct::serialize_field(&mut __state, #name, #value)?;
            }
        });
        let allow = allowances();
        quote! {
            #allow
            impl #private::serde::Serialize for #item {
                fn serialize<__S: #private::serde::Serializer>(
                    &self,
                    __serializer: __S,
                ) -> ::core::result::Result<__S::Ok, __S::Error> {
                    let mut __state = #private::serde::Serializer::serialize_struct(
                        __serializer, #name, #count,
                    )?;
                    #(#write)*
                    #private::serde::ser::SerializeStruct::end(__state)
                }
            }
        }
    }

    /// diesel's `Queryable`, `Selectable` and `Identifiable`.
    fn run_diesel(&self, columns: &[Column<'_>]) -> TokenStream {
        let private = &self.private;
        let types = columns.iter().map(|column| match column.ty {
            FieldType::Path => self.rust_nullable(FieldType::String, column.nullable),
            ty => self.rust_nullable(ty, column.nullable),
        });
        let row = quote!((#(#types,)*));
        let sql_types = (0..columns.len())
            .map(|index| format_ident!("__T{index}", span = here()))
            .collect::<Vec<_>>();
        let sql_types = &sql_types;
        let build = columns.iter().enumerate().map(
            |(
                index,
                Column {
                    ident,
                    ty,
                    nullable,
                    ..
                },
            )| {
                let index = syn::Index::from(index);
                let path = quote!(<::std::path::PathBuf as ::core::convert::From<_>>::from);
                match (ty, nullable) {
                    (FieldType::Path, true) => {
                        quote!(#ident: ::core::option::Option::map(__row.#index, #path))
                    }
                    (FieldType::Path, false) => quote!(#ident: #path(__row.#index)),
                    _ => quote!(#ident: __row.#index),
                }
            },
        );
        let selected = columns.iter().map(|column| {
            let ident = super::table::column_ident(column.name);
            quote!(runs::columns::#ident)
        });
        let selected = quote!((#(#selected,)*));
        let allow = allowances();
        quote! {
            #allow
            impl<__DB, #(#sql_types),*> #private::diesel::deserialize::Queryable<(#(#sql_types,)*), __DB> for Run
            where
                __DB: #private::diesel::backend::Backend,
                #row: #private::diesel::deserialize::FromStaticSqlRow<(#(#sql_types,)*), __DB>,
            {
                type Row = #row;

                fn build(__row: Self::Row) -> #private::diesel::deserialize::Result<Self> {
                    ::core::result::Result::Ok(Self { #(#build,)* })
                }
            }

            #allow
            impl<__DB: #private::diesel::backend::Backend> #private::diesel::expression::Selectable<__DB> for Run {
                type SelectExpression = #selected;

                fn construct_selection() -> Self::SelectExpression {
                    #selected
                }
            }

            #allow
            impl #private::diesel::associations::HasTable for Run {
                type Table = runs::table;

                fn table() -> Self::Table {
                    runs::table
                }
            }

            #allow
            impl<'a> #private::diesel::associations::Identifiable for &'a Run {
                type Id = &'a ::core::primitive::i64;

                fn id(self) -> Self::Id {
                    &self.id
                }
            }
        }
    }
}

/// How many columns the table has: those of `Run`, and the fence.
pub(super) fn column_count(schema: &Schema) -> usize {
    wallow_schema::BUILT_IN.len() + 1 + schema.fields().count()
}
