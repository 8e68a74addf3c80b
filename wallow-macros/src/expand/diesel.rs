//! diesel's `Queryable`, `Selectable` and `Identifiable` of `Run`, so that raw diesel reads runs.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use wallow_schema::FieldType;

use super::closed_sets::{enum_ident, is_closed};
use super::run::optional;
use super::table::{place, tuple};
use super::{Column, Context};
use crate::locate::here;

impl Context<'_> {
    pub(super) fn diesel_implementations(&self) -> TokenStream {
        let private = &self.private;
        let columns = self.table_columns();
        let queryable = self.queryable(&columns);
        let selected = columns.iter().map(|column| {
            let ident = self.names.column(column.name);
            quote!(runs::columns::#ident)
        });
        let selected = tuple(&selected.collect::<Vec<_>>());
        quote! {
            #queryable

            impl<__DB: #private::diesel::backend::Backend> #private::diesel::expression::Selectable<__DB> for Run {
                type SelectExpression = #selected;

                fn construct_selection() -> Self::SelectExpression {
                    #selected
                }
            }

            impl #private::diesel::associations::HasTable for Run {
                type Table = runs::table;

                fn table() -> Self::Table {
                    runs::table
                }
            }

            impl<'a> #private::diesel::associations::Identifiable for &'a Run {
                type Id = &'a ::core::primitive::i64;

                fn id(self) -> Self::Id {
                    &self.id
                }
            }
        }
    }

    fn queryable(&self, columns: &[Column<'_>]) -> TokenStream {
        let private = &self.private;
        // diesel has no `FromSql` for paths and closed sets: they are read as text.
        let types = columns.iter().map(|column| {
            let ty = match column.ty {
                FieldType::Path => self.rust(FieldType::String),
                ty => self.rust(ty),
            };
            optional(column, ty)
        });
        let row = tuple(&types.collect::<Vec<_>>());
        let parameters = (0..columns.len())
            .map(|index| format_ident!("__T{index}", span = here()).into_token_stream())
            .collect::<Vec<_>>();
        let sql_types = tuple(&parameters);
        let members = columns.iter().enumerate().map(|(index, column)| {
            let (ident, place) = (&column.ident, place(index, columns.len()));
            let path = quote!(<::std::path::PathBuf as ::core::convert::From<_>>::from);
            if let Some(field) = column.field.filter(|field| is_closed(field)) {
                let ty = enum_ident(field);
                let read =
                    quote!(|__text: ::std::string::String| #private::closed_set::<#ty>(&__text));
                return if column.nullable {
                    quote! {
                        #ident: ::core::option::Option::transpose(
                            ::core::option::Option::map(__row #place, #read)
                        )?
                    }
                } else {
                    quote!(#ident: (#read)(__row #place)?)
                };
            }
            match (column.ty, column.nullable) {
                (FieldType::Path, true) => {
                    quote!(#ident: ::core::option::Option::map(__row #place, #path))
                }
                (FieldType::Path, false) => quote!(#ident: #path(__row #place)),
                _ => quote!(#ident: __row #place),
            }
        });
        // If the table is too wide, which is an error, some members have no column.
        let build = if columns.len() == self.columns().len() {
            quote!(::core::result::Result::Ok(Self { #(#members,)* }))
        } else {
            quote!(loop {})
        };
        quote! {
            impl<__DB, #(#parameters),*> #private::diesel::deserialize::Queryable<#sql_types, __DB> for Run
            where
                __DB: #private::diesel::backend::Backend,
                #row: #private::diesel::deserialize::FromStaticSqlRow<#sql_types, __DB>,
            {
                type Row = #row;

                fn build(__row: Self::Row) -> #private::diesel::deserialize::Result<Self> {
                    #build
                }
            }
        }
    }
}
