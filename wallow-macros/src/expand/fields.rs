//! `fields`: one typed constant for each column.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, allowances};

impl Context<'_> {
    pub(super) fn fields(&self) -> TokenStream {
        let facade = self.facade;
        let columns = self.columns();
        let constants = columns.iter().map(|column| {
            let (docs, ident) = (self.column_docs(column), &column.ident);
            let (ty, name) = (self.rust(column.ty), column.name);
            quote! {
                #[doc = #docs]
                pub const #ident: #facade::Field<super::Run, #ty> = #facade::Field::new(#name);
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
