//! `runs`: the diesel table.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{ATTEMPT, BUILT_IN, FieldType};

use super::{Column, Context};

/// So many columns diesel's tuples can hold with the largest of its features.
const MOST: usize = 128;

impl Context<'_> {
    pub(super) fn table(&self) -> TokenStream {
        let private = &self.private;
        let columns = self.table_columns();
        let mut lines = columns
            .iter()
            .map(|column| {
                (
                    self.column_docs(column),
                    column.name,
                    self.sql_type(column),
                    column.ty,
                )
            })
            .collect::<Vec<_>>();
        let attempt = (
            "How often the run was claimed: wallow's fence against workers that were given up."
                .into(),
            ATTEMPT,
            quote!(#private::diesel::sql_types::BigInt),
            FieldType::String,
        );
        lines.insert(BUILT_IN.len(), attempt);
        let lines = lines
            .into_iter()
            .enumerate()
            .map(|(index, (docs, name, sql_type, ty))| {
                let (ident, number) = (self.names.column(name), number(index));
                let numeric =
                    matches!(ty, FieldType::Int | FieldType::Float).then(|| quote!(, numeric));
                quote!(#[doc = #docs] #ident = #name: #sql_type, #number #numeric;)
            });
        quote!(#private::runs_table! { #(#lines)* })
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

    /// The columns of `Run` that the table has: all of them, or beside the error of
    /// [`check_width`](Self::check_width) as many as it can have.
    pub(super) fn table_columns(&self) -> Vec<Column<'_>> {
        let mut columns = self.columns();
        // One is the fence.
        columns.truncate(limit() - 1);
        columns
    }

    /// Whether diesel can hold the table, as it is compiled here.
    ///
    /// # Errors
    /// Which feature would do, as text.
    pub(crate) fn check_width(&self) -> Result<(), String> {
        self.fits(limit())
    }

    pub(super) fn fits(&self, limit: usize) -> Result<(), String> {
        let fields = self.schema.fields().count();
        // Those of `Run`, and the fence.
        let count = BUILT_IN.len() + 1 + fields;
        if count <= limit {
            return Ok(());
        }
        let own = count - fields;
        let bound = if count > MOST {
            format!("the most that diesel can have is {MOST}")
        } else {
            format!("diesel is compiled for {limit} here")
        };
        let help = match count {
            ..=64 => enable("64-column-tables"),
            65..=MOST => enable("128-column-tables"),
            _ => "put what belongs together into one field of type `json`".to_owned(),
        };
        Err(format!(
            "the table has {count} columns ({fields} fields and {own} of wallow's own); {bound}\n \
             --> {}\n  |\n  = help: {help}",
            self.origin,
        ))
    }
}

/// How many columns diesel's tuples can hold here.
fn limit() -> usize {
    if cfg!(feature = "128-column-tables") {
        MOST
    } else if cfg!(feature = "64-column-tables") {
        64
    } else {
        32
    }
}

fn enable(feature: &str) -> String {
    format!("enable wallow's feature `{feature}` in Cargo.toml: `features = [\"{feature}\"]`")
}

/// The position of a column as seven bits, lowest first: the macro in the runtime makes a type of them.
fn number(index: usize) -> TokenStream {
    let bits = (0..7).map(|bit| {
        if index >> bit & 1 == 1 {
            quote!(One)
        } else {
            quote!(Zero)
        }
    });
    quote!([#(#bits)*])
}
