//! `Run`: one row.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;
use wallow_schema::diff::{Refusal, float_precision};
use wallow_schema::migration::Scripts;
use wallow_schema::snapshot;

use super::closed_sets::is_closed;
use super::reader::Reader;
use super::{Column, Context, allowances, names};
use crate::locate::path;

impl Context<'_> {
    pub(super) fn run(&self) -> TokenStream {
        let docs = format!(
            "One run of `{}`: its key, what is recorded about it, and when.\n\nFrom `{}`.",
            self.schema.project.name, self.origin,
        );
        let members = self.columns().into_iter().map(|column| {
            let (docs, ident) = (self.column_docs(&column), &column.ident);
            let ty = optional(&column, self.rust_column(&column));
            quote!(#[doc = #docs] pub #ident: #ty)
        });
        let key = self.run_key();
        let status = self.run_status();
        let (private, facade) = (&self.private, self.facade);
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            #[derive(::core::fmt::Debug, ::core::clone::Clone, ::core::cmp::PartialEq)]
            pub struct Run {
                #(#members,)*
            }

            #allow
            impl Run {
                /// The key of the run.
                #[must_use]
                pub fn identifying(&self) -> Identifying {
                    Identifying { #(#key,)* }
                }

                #status

                /// The configuration that [`Identifying::from_config`] made the key of.
                ///
                /// # Errors
                /// If `T` wants a value that the key does not have: one that the schema ignores has to be an `Option`, or
                /// have `#[serde(default)]`.
                pub fn config<__T: #private::serde::de::DeserializeOwned>(
                    &self,
                ) -> ::core::result::Result<__T, #facade::Error> {
                    #private::config::<Run, __T>(&self.identifying())
                }
            }
        }
    }

    /// `run.run_status()`, in a schema with the lifecycle.
    fn run_status(&self) -> Option<TokenStream> {
        let (private, facade) = (&self.private, self.facade);
        self.schema.has_lifecycle().then(|| {
            quote! {
                /// The status of the run, as the lifecycle reads `status`. A run without a status is pending as long
                /// as it has no result. `None` if the status is a word that wallow does not know, or if there are
                /// results and no status.
                #[must_use]
                pub fn run_status(&self) -> ::core::option::Option<#facade::RunStatus> {
                    #private::Lifecycle::run_status(self)
                }
            }
        })
    }

    /// The members of `run.identifying()`.
    fn run_key(&self) -> impl Iterator<Item = TokenStream> {
        let private = &self.private;
        let precision = self.schema.project.float_precision;
        self.schema.identifying.iter().map(move |field| {
            let ident = names::ident(&field.name);
            match field.ty {
                FieldType::Float => {
                    let float = self.key_float(field, &quote!(self.#ident), precision);
                    quote!(#ident: #float)
                }
                FieldType::Int if field.is_optional() => {
                    quote!(#ident: ::core::option::Option::map(self.#ident, #private::AnyInt::new))
                }
                FieldType::Int => quote!(#ident: #private::AnyInt::new(self.#ident)),
                FieldType::Bool => quote!(#ident: self.#ident),
                _ if is_closed(field) => quote!(#ident: self.#ident),
                _ => quote!(#ident: ::core::clone::Clone::clone(&self.#ident)),
            }
        })
    }

    /// How the engine binds and reads a run, and its serde.
    pub(super) fn run_implementations(&self) -> TokenStream {
        let private = &self.private;
        let columns = self.columns();
        let read = columns.iter().enumerate().map(|(index, column)| {
            let ident = &column.ident;
            if column.nullable {
                quote!(#ident: #private::Cells::nullable(__cells, #index)?)
            } else {
                quote!(#ident: #private::Cells::required(__cells, #index)?)
            }
        });
        let values = columns.iter().map(|column| self.run_value(column));
        let members = columns
            .iter()
            .map(|Column { name, ident, .. }| (*name, quote!(&#private::ToWrite(&self.#ident))));
        let serialize = self.serialize_struct(&names::ident("Run"), members.collect());
        let (text, origin) = (wallow_schema::embeddable(self.text), self.origin);
        let path = path(origin);
        let lifecycle = self
            .schema
            .has_lifecycle()
            .then(|| quote!(impl #private::Lifecycle for Run {}));
        let migrations = self.migrations();
        let deserialize = self.run_deserialize();
        quote! {
            impl #private::Decode for Run {
                fn decode(
                    _: &#private::RowLayout,
                    __cells: &impl #private::Cells,
                ) -> ::core::result::Result<Self, #private::CellError> {
                    ::core::result::Result::Ok(Self { #(#read,)* })
                }
            }

            impl #private::Record for Run {
                type Identifying = Identifying;
                type Annotating = Annotating;

                fn identifying(&self) -> Identifying {
                    Run::identifying(self)
                }

                fn schema() -> &'static #private::EmbeddedSchema {
                    static __SCHEMA: #private::EmbeddedSchema =
                        #private::EmbeddedSchema::new(#origin, #path, #text);
                    &__SCHEMA
                }

                #migrations

                fn values(&self) -> ::std::vec::Vec<#private::Value<'_>> {
                    ::std::vec![#(#values),*]
                }
            }

            #lifecycle

            impl #private::Queried for Run {
                fn uuid(&self) -> &::core::primitive::str {
                    &self.uuid
                }
            }

            #serialize

            #deserialize
        }
    }

    /// `Deserialize` of a run: every column is required, except nullable ones.
    fn run_deserialize(&self) -> TokenStream {
        let private = &self.private;
        let columns = self.columns();
        let parts = columns.iter().map(|column| {
            let (ident, ty) = (&column.ident, self.rust_column(column));
            quote!(#ident: ::core::option::Option<#ty>)
        });
        let steps = columns.iter().enumerate().map(|(index, column)| {
            let (ident, ty) = (&column.ident, self.rust_column(column));
            let value = quote!(#private::serde::de::MapAccess::next_value);
            if column.nullable {
                quote! {
                    #index => self.#ident =
                        #value::<#private::WasRead<::core::option::Option<#ty>>>(__map)?.0,
                }
            } else {
                quote! {
                    #index => self.#ident =
                        ::core::option::Option::Some(#value::<#private::WasRead<#ty>>(__map)?.0),
                }
            }
        });
        let finish = columns.iter().map(|column| {
            let (ident, name) = (&column.ident, column.name);
            if column.nullable {
                quote!(#ident: self.#ident)
            } else {
                quote!(#ident: #private::required(self.#ident, #name)?)
            }
        });
        let read = self.read_fields(&Reader {
            ident: &names::ident("__Columns"),
            output: &names::ident("Run"),
            names: columns.iter().map(|column| column.name).collect(),
            steps: steps.collect(),
            finish: quote!(Run { #(#finish,)* }),
        });
        quote! {
            impl<'de> #private::serde::Deserialize<'de> for Run {
                fn deserialize<__D: #private::serde::Deserializer<'de>>(
                    __deserializer: __D,
                ) -> ::core::result::Result<Self, __D::Error> {
                    #[derive(::core::default::Default)]
                    struct __Columns {
                        #(#parts,)*
                    }

                    #read

                    #private::read_fields::<__Columns, __D>(__deserializer)
                }
            }
        }
    }

    /// The migrations of the schema, compiled in; `None` if there are none.
    fn migrations(&self) -> Option<TokenStream> {
        let private = &self.private;
        if self.history.migrations().is_empty() {
            return None;
        }
        let scripts = |dialect| {
            let scripts = self.history.migrations().iter().map(move |entry| {
                let (name, version) = (entry.name().to_string(), entry.name().version().diesel());
                let Scripts { up, down, .. } = entry.scripts(dialect);
                quote!(#private::Script::embedded(#version, #name, #up, #down))
            });
            quote!(&[#(#scripts),*])
        };
        let (sqlite, postgres) = (scripts(Dialect::Sqlite), scripts(Dialect::Postgres));
        let others = &self.other_versions;
        let first = self.history.migrations().first();
        let first = first.map(|entry| snapshot::to_text(&entry.snapshot));
        let head = self.history.head();
        let refusal = head.and_then(|head| float_precision(&head.schema, self.schema));
        let other_precision = match refusal {
            Some(Refusal::FloatPrecision { from, .. }) => {
                quote!(::core::option::Option::Some(#from))
            }
            _ => quote!(::core::option::Option::None),
        };
        Some(quote! {
            fn migrations() -> #private::EmbeddedScripts {
                static __SQLITE: &[#private::Script] = #sqlite;
                static __POSTGRES: &[#private::Script] = #postgres;
                #private::EmbeddedScripts {
                    sqlite: __SQLITE,
                    postgres: __POSTGRES,
                    first: #first,
                    other_precision: #other_precision,
                    others: &[#(::std::borrow::Cow::Borrowed(#others)),*],
                }
            }
        })
    }

    fn run_value(&self, column: &Column<'_>) -> TokenStream {
        let (private, ident) = (&self.private, &column.ident);
        if column.nullable {
            let view = self.view(column.ty, column.field);
            quote!(#private::Value::of(&self.#ident, #view))
        } else {
            self.value(column.ty, column.field, &quote!(self.#ident))
        }
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
        quote! {
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
}

/// The type of a column in `Run`.
pub(super) fn optional(column: &Column<'_>, ty: TokenStream) -> TokenStream {
    if column.nullable {
        quote!(::core::option::Option<#ty>)
    } else {
        ty
    }
}
