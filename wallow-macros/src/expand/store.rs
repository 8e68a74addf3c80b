//! `Store`: wallow's store for this schema.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, allowances};

impl Context<'_> {
    pub(super) fn store(&self) -> TokenStream {
        let facade = self.facade;
        let docs = format!("A database of runs of `{}`.", self.schema.project.name);
        let allow = allowances();
        quote! {
            #[doc = #docs]
            #allow
            pub type Store = #facade::Store<Run>;
        }
    }
}
