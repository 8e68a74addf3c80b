//! `runs`: the diesel table.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{ATTEMPT, FieldType, Schema};

use super::{Column, Context};

/// So many columns diesel's tuples hold without a feature.
const DEFAULT_COLUMNS: usize = 32;

impl Context<'_> {
    pub(super) fn table(&self) -> Result<TokenStream, String> {
        self.check_width()?;
        let private = &self.private;
        let columns = self.columns();
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
        lines.insert(wallow_schema::BUILT_IN.len(), attempt);
        let lines = lines
            .into_iter()
            .enumerate()
            .map(|(index, (docs, name, sql_type, ty))| {
                let (ident, number) = (self.names.column(name), number(index));
                let numeric =
                    matches!(ty, FieldType::Int | FieldType::Float).then(|| quote!(, numeric));
                quote!(#[doc = #docs] #ident = #name: #sql_type, #number #numeric;)
            });
        Ok(quote!(#private::runs_table! { #(#lines)* }))
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

    fn check_width(&self) -> Result<(), String> {
        let count = column_count(self.schema);
        let (limit, feature) = if cfg!(feature = "128-column-tables") {
            (128, None)
        } else if cfg!(feature = "64-column-tables") {
            (64, Some("128-column-tables"))
        } else if count <= 64 {
            (DEFAULT_COLUMNS, Some("64-column-tables"))
        } else {
            (DEFAULT_COLUMNS, Some("128-column-tables"))
        };
        if count <= limit {
            return Ok(());
        }
        let way_out = match feature {
            Some(feature) if count <= 128 => format!(
                "enable wallow's feature `{feature}` in Cargo.toml: `wallow = {{ …, features = [\"{feature}\"] }}`"
            ),
            _ => {
                "a diesel table has 128 columns at the most: put some fields into one `json` field"
                    .into()
            }
        };
        Err(format!(
            "{}: the table has {count} columns ({} built-in and {} fields), more than the {limit} that diesel \
             is compiled for here\n= help: {way_out}",
            self.origin,
            count - self.schema.fields().count(),
            self.schema.fields().count(),
        ))
    }
}

/// How many columns the table has: those of `Run`, and the fence.
fn column_count(schema: &Schema) -> usize {
    wallow_schema::BUILT_IN.len() + 1 + schema.fields().count()
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
