//! From the path in the call to the text of the schema, and from its errors to compile errors.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use wallow_schema::{Diagnostics, LoadError};

use crate::expand;
use crate::input::Input;
use crate::stub;

/// The whole expansion of a call.
pub(crate) fn expand(input: &Input) -> TokenStream {
    let given = input.path.value();
    let path = absolute(&given);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(source) => {
            let error = LoadError::Io { path, source };
            let message = format!(
                "{error}\n= help: the path is relative to the folder of Cargo.toml; \
                 `wallow init` writes a first schema",
            );
            return failed(input, &[message], &stub::empty(), &TokenStream::new());
        }
    };
    let tracked = tracked(&given);
    match wallow_schema::parse(&text, &given) {
        Ok(schema) => {
            let items = expand::Context::new(&schema, &text, &given, &input.facade).items();
            match items {
                Ok(items) => quote!(#tracked #items),
                Err(message) => failed(input, &[message], &stub::empty(), &tracked),
            }
        }
        Err(diagnostics) => {
            let messages = messages(&diagnostics);
            failed(input, &messages, &stub::schema(&text), &tracked)
        }
    }
}

fn messages(diagnostics: &Diagnostics) -> Vec<String> {
    diagnostics.iter().map(ToString::to_string).collect()
}

/// One compile error for each problem, and stubs, so that no use of a missing type is an error too.
fn failed(
    input: &Input,
    messages: &[String],
    stub: &stub::Stub,
    tracked: &TokenStream,
) -> TokenStream {
    let span = input.path.span();
    let errors = messages
        .iter()
        .map(|message| quote_spanned!(span=> ::core::compile_error!(#message);));
    let items = stub.items(&input.facade);
    quote!(#(#errors)* #tracked #items)
}

/// Makes cargo build the crate anew when the schema changes.
fn tracked(given: &str) -> TokenStream {
    if Path::new(given).is_absolute() {
        quote!(
            const _: &::core::primitive::str = ::core::include_str!(#given);
        )
    } else {
        quote! {
            const _: &::core::primitive::str = ::core::include_str!(
                ::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #given)
            );
        }
    }
}

fn absolute(given: &str) -> PathBuf {
    // Cargo sets it; without Cargo the working directory has to do.
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default()
        .join(given)
}

/// The place of generated names: their uses resolve where the macro is called.
pub(crate) fn here() -> Span {
    Span::call_site()
}
