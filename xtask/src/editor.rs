//! `cargo xtask editor`: what an editor shows of generated code. A real rust-analyzer opens the
//! example; every field is hovered over and completed at every place where its name is used.
//!
//! Not part of `cargo xtask test`: it needs rust-analyzer, which few machines have.

mod analyser;
mod document;
mod lsp;
mod schema;
mod session;

use crate::cargo::{self, root};
use analyser::Analyser;
use document::{PLACES, Place};
use schema::Field;
use session::{Session, Shown};

/// A crate that calls `wallow_schema!` in its module `registry`, and the file above that module:
/// there, only what is public is offered.
const PACKAGE: &str = "ml_sweep";
const SCHEMA: &str = "examples/ml_sweep/wallow.toml";
const FILE: &str = "examples/ml_sweep/src/main.rs";

/// What the server says of a type that it does not know.
const UNKNOWN: &str = "{unknown}";

/// Runs every check, and prints a line for each.
pub(crate) fn check() -> Result<(), String> {
    let analyser = Analyser::get()?;
    let fields = schema::fields(&root().join(SCHEMA))?;
    println!(
        "{}, library in {}",
        analyser.version,
        analyser.library.display()
    );
    // The server works offline; what it needs is fetched and built here, in sight.
    cargo::run(&["check", "--package", PACKAGE])?;
    let mut session = Session::open(&analyser, root(), PACKAGE, &root().join(FILE))?;
    let mut failed = 0;
    let mut report = |check: String, problems: Vec<String>| {
        failed += usize::from(!problems.is_empty());
        println!(
            "{} {check}",
            if problems.is_empty() {
                "ok    "
            } else {
                "FAILED"
            }
        );
        for problem in problems {
            println!("       {problem}");
        }
    };
    for place in &PLACES {
        let here = fields.iter().filter(|field| (place.takes)(field));
        let here = here.collect::<Vec<_>>();
        let what = format!("{} {}", here.len(), place.title);
        report(format!("no error: {what}"), session.problems(place, &here)?);
        report(format!("hover: {what}"), hover(&mut session, place, &here)?);
        report(
            format!("completion: {what}"),
            complete(&mut session, place, &here)?,
        );
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} of {} checks failed", 3 * PLACES.len()))
    }
}

fn hover(session: &mut Session, place: &Place, fields: &[&Field]) -> Result<Vec<String>, String> {
    let shown = session.hover(place, fields)?;
    let problems = fields.iter().zip(shown).filter_map(|(field, shown)| {
        let signature = (place.signature)(field);
        let name = (place.name)(field);
        missing(field, &[&name, signature], &shown)
    });
    Ok(problems.collect())
}

fn complete(
    session: &mut Session,
    place: &Place,
    fields: &[&Field],
) -> Result<Vec<String>, String> {
    let offers = session.complete(place, fields)?;
    let problems =
        fields
            .iter()
            .zip(offers)
            .filter_map(|(field, offers)| match offers.as_slice() {
                [shown] => missing(field, &[(place.signature)(field)], shown),
                several => {
                    let (name, times) = ((place.name)(field), several.len());
                    Some(format!("`{name}` is offered {times} times, not once"))
                }
            });
    Ok(problems.collect())
}

/// What of the field's facts is not shown.
fn missing(field: &Field, signature: &[&str], shown: &Shown) -> Option<String> {
    let role = if field.identifying {
        "identifying"
    } else {
        "annotating"
    };
    let default = field.default.as_ref();
    let facts = [
        field.doc.clone(),
        default.map(|default| format!("default `{default}`")),
        Some(format!("`{}`", field.ty)),
        Some(role.to_owned()),
        Some(format!("wallow.toml:{}", field.line)),
    ];
    let facts = facts
        .into_iter()
        .flatten()
        .filter(|fact| !shown.docs.contains(fact));
    let parts = signature
        .iter()
        .filter(|part| !shown.signature.contains(**part));
    let unknown = shown
        .signature
        .contains(UNKNOWN)
        .then(|| "a known type".to_owned());
    let missing = facts
        .chain(parts.map(|&part| part.to_owned()))
        .chain(unknown);
    let missing = missing.collect::<Vec<_>>();
    (!missing.is_empty()).then(|| {
        let (name, Shown { signature, docs }) = (&field.name, shown);
        format!("`{name}` does not show {missing:?}: {signature:?}, {docs:?}")
    })
}
