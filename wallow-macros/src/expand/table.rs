//! `runs`: the diesel table.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Index;
use wallow_schema::{ATTEMPT, BUILT_IN, FieldType};

use super::{Column, Context};

/// The maximum number of members of diesel's tuples, with its default features.
const TUPLE: usize = 32;

/// The maximum number of columns of a table: a tuple of tuples.
const MOST: usize = TUPLE * TUPLE;

impl Context<'_> {
    pub(super) fn table(&self) -> TokenStream {
        let private = &self.private;
        let columns = self.table_columns();
        let lines = columns.iter().enumerate().map(|(index, column)| {
            let (docs, name) = (self.column_docs(column), column.name);
            let (ident, sql_type) = (self.names.column(name), self.sql_type(column));
            let number = number(index);
            let is_numeric = matches!(column.ty, FieldType::Int | FieldType::Float);
            let numeric = is_numeric.then(|| quote!(, numeric));
            quote!(#[doc = #docs] #ident = #name: #sql_type, #number #numeric;)
        });
        let lines = lines.collect::<Vec<_>>();
        let groups = lines.chunks(TUPLE).map(|lines| quote!({ #(#lines)* }));
        let (attempt, last) = (self.names.column(ATTEMPT), number(lines.len()));
        quote! {
            #private::runs_table! {
                #(#groups)*
                /// How often the run was claimed: wallow's fence against workers that were given up.
                // The column has 32 bits on PostgreSQL. On SQLite the width does not matter.
                own #attempt = #ATTEMPT: #private::diesel::sql_types::Integer, #last;
            }
        }
    }

    fn sql_type(&self, column: &Column<'_>) -> TokenStream {
        let private = &self.private;
        let sql_types = quote!(#private::diesel::sql_types);
        let ty = match column.ty {
            FieldType::Int => quote!(#sql_types::BigInt),
            FieldType::Float => quote!(#sql_types::Double),
            FieldType::String | FieldType::Path => quote!(#sql_types::Text),
            FieldType::Bool => quote!(#sql_types::Bool),
            FieldType::Json => quote!(#private::sql_types::Json),
            FieldType::Datetime => quote!(#private::sql_types::Utc),
        };
        if column.nullable {
            quote!(#sql_types::Nullable<#ty>)
        } else {
            ty
        }
    }

    /// The columns of `Run` that the table has: all of them, or, after an error of [`check_width`](Self::check_width),
    /// as many as it can have.
    pub(super) fn table_columns(&self) -> Vec<Column<'_>> {
        let mut columns = self.columns();
        // One column is the fence.
        columns.truncate(MOST - 1);
        columns
    }

    /// Whether diesel can hold the table.
    ///
    /// # Errors
    /// If it cannot: what to do, as text.
    pub(crate) fn check_width(&self) -> Result<(), String> {
        let fields = self.schema.fields().count();
        // The columns of `Run`, and the fence.
        let count = BUILT_IN.len() + 1 + fields;
        if count <= MOST {
            return Ok(());
        }
        Err(format!(
            "the table has {count} columns ({fields} fields and {} of wallow's own), and {MOST} are the most\n \
             --> {}\n  |\n  = help: put what belongs together into one field of type `json`",
            count - fields,
            self.origin,
        ))
    }
}

/// One tuple, or a tuple of tuples if there are more members than one tuple can have.
pub(super) fn tuple(members: &[TokenStream]) -> TokenStream {
    if members.len() <= TUPLE {
        return quote!((#(#members,)*));
    }
    let groups = members.chunks(TUPLE).map(tuple);
    quote!((#(#groups,)*))
}

/// Where a member of such a tuple is: `.7`, or `.1.7`.
pub(super) fn place(index: usize, count: usize) -> TokenStream {
    if count <= TUPLE {
        let index = Index::from(index);
        return quote!(.#index);
    }
    let (group, index) = (Index::from(index / TUPLE), Index::from(index % TUPLE));
    quote!(.#group.#index)
}

/// The position of a column as ten bits, lowest first. A macro of the runtime makes a type of them.
fn number(index: usize) -> TokenStream {
    let bits = (0..10).map(|bit| {
        if index >> bit & 1 == 1 {
            quote!(One)
        } else {
            quote!(Zero)
        }
    });
    quote!([#(#bits)*])
}
