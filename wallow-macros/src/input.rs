//! What is written between the parentheses: a path, and the name of the facade.

use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// The arguments of `wallow_schema!`.
pub(crate) struct Input {
    pub(crate) path: LitStr,
    /// The facade, `::wallow` where nothing is said.
    pub(crate) facade: syn::Path,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path: LitStr = input.parse().map_err(|error| {
            let hint =
                "wallow_schema! takes the path of a schema: `wallow_schema!(\"wallow.toml\")`";
            syn::Error::new(error.span(), hint)
        })?;
        let mut facade = syn::parse_quote!(::wallow);
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            input.parse::<Token![crate]>().map_err(|error| {
                let hint = "the only other argument is `crate = NAME`, for a wallow that is renamed in Cargo.toml";
                syn::Error::new(error.span(), hint)
            })?;
            input.parse::<Token![=]>()?;
            facade = input.parse()?;
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Input { path, facade })
    }
}
