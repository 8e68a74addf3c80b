//! `fields`: one typed constant for each column.

use proc_macro2::TokenStream;
use quote::quote;
use wallow_schema::{FieldType, Role};

use super::closed_sets::{enum_ident, is_closed};
use super::{Context, allowances};

impl Context<'_> {
    pub(super) fn fields(&self) -> TokenStream {
        let (facade, private) = (self.facade, &self.private);
        let columns = self.columns();
        let constants = columns.iter().map(|column| {
            let (docs, ident) = (self.column_docs(column), &column.ident);
            let name = column.name;
            let ty = match column.field.filter(|field| is_closed(field)) {
                Some(field) => {
                    let ty = enum_ident(field);
                    quote!(super::#ty)
                }
                None => self.rust(column.ty),
            };
            let nullable = if column.nullable {
                quote!(Nullable)
            } else {
                quote!(NotNull)
            };
            let key_float = column.ty == FieldType::Float
                && column
                    .field
                    .is_some_and(|field| field.role == Role::Identifying);
            let value = if key_float {
                let precision = self.schema.project.float_precision;
                quote!(canonical(#name, #precision))
            } else {
                quote!(new(#name))
            };
            quote! {
                #[doc = #docs]
                pub const #ident: #facade::Field<super::Run, #ty, #private::#nullable> =
                    #facade::Field::#value;
            }
        });
        let docs = format!(
            "The columns of `{}` as typed constants.",
            self.schema.project.name
        );
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            pub mod fields {
                #(#constants)*
            }
        }
    }
}
