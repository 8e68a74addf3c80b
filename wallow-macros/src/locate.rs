//! From the path in the call to the text of the schema, and from its errors to compile errors.

use std::path::{Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use wallow_schema::migration::{self, History};
use wallow_schema::{Diagnostics, LoadError, Schema};

use crate::expand::Context;
use crate::input::Input;
use crate::stub;

/// The whole expansion of a call.
pub(crate) fn expand(input: &Input) -> TokenStream {
    let given = input.path.value();
    let path = absolute(&given);
    let bytes = match wallow_schema::read_file(&path) {
        Ok(bytes) => bytes,
        Err(source) => {
            let message = unreadable(&given, path, source);
            return failed(input, &[message], &stub::items("", input));
        }
    };
    let tracked = tracked(&given);
    let items = match read(&bytes, &given) {
        Ok((schema, text)) => valid(&schema, text, &path, input),
        Err(problems) => {
            let messages = messages(&problems);
            let text = String::from_utf8_lossy(&bytes);
            failed(input, &messages, &stub::items(&text, input))
        }
    };
    quote!(#tracked #items)
}

fn read<'a>(bytes: &'a [u8], given: &str) -> Result<(Schema, &'a str), Diagnostics> {
    let text = wallow_schema::decode(bytes, given)?;
    Ok((wallow_schema::parse(text, given)?, text))
}

fn valid(schema: &Schema, text: &str, path: &Path, input: &Input) -> TokenStream {
    let given = input.path.value();
    let context = Context::new(schema, text, &given, &input.facade);
    if let Err(message) = context.check_width() {
        return failed(input, &[message], &context.items());
    }
    // A missing folder means that there are no migrations.
    let beside = path.parent().unwrap_or(Path::new(""));
    let history = migration::load(&beside.join(&schema.database.migrations));
    let others = schema.database.other_migrations.as_ref();
    let others = others.map_or(Ok(Vec::new()), |others| {
        migration::other_versions(&beside.join(others))
    });
    match (history, others) {
        (Ok(history), Ok(others)) => {
            let tracked = history_tracked(&given, schema, &history);
            let items = context.with_migrations(history, others).items();
            quote!(#tracked #items)
        }
        (Err(error), _) | (_, Err(error)) => failed(input, &[error.to_string()], &context.items()),
    }
}

/// Makes cargo rebuild the crate when a migration changes. New migrations are noticed only by a build script.
fn history_tracked(given: &str, schema: &Schema, history: &History) -> TokenStream {
    let folder = Path::new(given).parent().unwrap_or(Path::new(""));
    let folder = folder.join(&schema.database.migrations);
    let files = history.migrations().iter().flat_map(|entry| {
        let name = entry.name();
        let scripts = ["up.sql", "down.sql"].map(|file| format!("sqlite/{name}/{file}"));
        let snapshot = history.snapshot_path(name).map(str::to_owned);
        scripts.into_iter().chain(snapshot)
    });
    files
        .map(|file| tracked(&folder.join(file).to_string_lossy()))
        .collect()
}

/// The messages without their `error: `, because rustc writes its own.
fn messages(problems: &Diagnostics) -> Vec<String> {
    problems
        .iter()
        .map(|problem| {
            let drawing = problem.to_string();
            drawing
                .strip_prefix("error: ")
                .map_or(drawing.clone(), str::to_owned)
        })
        .collect()
}

fn unreadable(given: &str, path: PathBuf, source: std::io::Error) -> String {
    let reason = source.to_string();
    let error = LoadError::Io { path, source };
    let relative = if Path::new(given).is_relative() {
        "the path is relative to the folder of Cargo.toml; "
    } else {
        ""
    };
    format!("{error}: {reason}\n  |\n  = help: {relative}`wallow init` writes a first schema")
}

/// One compile error for each problem, and stubs, so that the uses of missing types are not errors, too.
fn failed(input: &Input, messages: &[String], stubs: &TokenStream) -> TokenStream {
    let span = input.path.span();
    let errors = messages
        .iter()
        .map(|message| quote_spanned!(span=> ::core::compile_error!(#message);));
    quote!(#(#errors)* #stubs)
}

/// The absolute path of a file, as an expression of the program.
pub(crate) fn path(given: &str) -> TokenStream {
    if Path::new(given).is_absolute() {
        quote!(#given)
    } else {
        quote!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), "/", #given))
    }
}

/// Makes cargo rebuild the crate when the schema changes.
fn tracked(given: &str) -> TokenStream {
    let path = path(given);
    quote! {
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    }
}

fn absolute(given: &str) -> PathBuf {
    // Cargo sets this variable. Without Cargo, the working directory is used.
    std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default()
        .join(given)
}

/// The span of generated names: they resolve at the place of the macro call.
pub(crate) fn here() -> Span {
    Span::call_site()
}
