//! The arguments of the macro: a path, and the name of the facade.

use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Token};

/// The arguments of `wallow_schema!`.
pub(crate) struct Input {
    pub(crate) path: LitStr,
    /// The facade; `::wallow` by default.
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
            facade = self::facade(input)?;
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Input { path, facade })
    }
}

/// Reads the path of the facade. It has to mean the same in every emitted module, so it starts with a dependency or
/// with `crate`.
fn facade(input: ParseStream<'_>) -> syn::Result<syn::Path> {
    let mut path = input.call(syn::Path::parse_mod_style)?;
    let Some(first) = path.segments.first() else {
        return Ok(path);
    };
    if first.ident == "self" || first.ident == "super" {
        let hint = "write the path from `crate`, or the name of the dependency";
        return Err(syn::Error::new_spanned(first, hint));
    }
    if first.ident != "crate" && path.leading_colon.is_none() {
        path.leading_colon = Some(syn::parse_quote!(::));
    }
    Ok(path)
}
