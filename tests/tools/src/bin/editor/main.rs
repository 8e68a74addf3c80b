//! What an editor shows for generated code. A real rust-analyzer opens the example, and every field is hovered over and
//! completed at every place where its name is used.

mod analyser;
mod lsp;
mod places;
mod schema;
mod session;

use analyser::Analyser;
use places::Place;
use schema::Field;
use session::{Session, Shown};
use tool_checks::{Result, root, run};

/// A crate that calls `wallow_schema!` in its module `registry`, and the file above that module, in which only public
/// items are offered.
const PACKAGE: &str = "ml_sweep";
const SCHEMA: &str = "examples/ml_sweep/wallow.toml";
const FILE: &str = "examples/ml_sweep/src/main.rs";

/// The server's text for a type that it does not know.
const UNKNOWN: &str = "{unknown}";

/// Runs every check, and prints a line for each.
fn main() -> Result<()> {
    let analyser = Analyser::get()?;
    let fields = schema::fields(&root().join(SCHEMA))?;
    println!(
        "{}, library in {}",
        analyser.version,
        analyser.library.display()
    );
    // The server works offline, so what it needs is fetched and built here, with visible output.
    run("cargo", &format!("check --package {PACKAGE}"))?;
    let mut session = Session::open(&analyser, root(), PACKAGE, &root().join(FILE))?;
    let mut failed = 0;
    for place in places::all() {
        let here = fields
            .iter()
            .filter(|field| place.takes(field))
            .collect::<Vec<_>>();
        let checks = [
            ("no error", session.problems(&place, &here)?),
            ("hover", hover(&mut session, &place, &here)?),
            ("completion", complete(&mut session, &place, &here)?),
        ];
        for (check, problems) in checks {
            let verdict = if problems.is_empty() {
                "ok    "
            } else {
                "FAILED"
            };
            println!("{verdict} {check}: {} {}", here.len(), place.title);
            for problem in &problems {
                println!("       {problem}");
            }
            failed += usize::from(!problems.is_empty());
        }
    }
    if failed == 0 {
        Ok(())
    } else {
        Err(format!("{failed} checks failed").into())
    }
}

fn hover(session: &mut Session, place: &Place, fields: &[&Field]) -> Result<Vec<String>> {
    let displayed = session.hover(place, fields)?;
    let problems = fields
        .iter()
        .zip(displayed)
        .filter_map(|(field, displayed)| {
            missing(
                field,
                &[&place.name(field), place.signature(field)],
                &displayed,
            )
        });
    Ok(problems.collect())
}

fn complete(session: &mut Session, place: &Place, fields: &[&Field]) -> Result<Vec<String>> {
    let offers = session.complete(place, fields)?;
    let problems =
        fields
            .iter()
            .zip(offers)
            .filter_map(|(field, offers)| match offers.as_slice() {
                [displayed] => missing(field, &[place.signature(field)], displayed),
                several => Some(format!(
                    "`{}` is offered {} times, not once",
                    place.name(field),
                    several.len()
                )),
            });
    Ok(problems.collect())
}

/// The facts of the field that are not shown, if any.
fn missing(field: &Field, signature: &[&str], displayed: &Shown) -> Option<String> {
    let doc = field.text("doc").map(str::to_owned);
    let default = field
        .key("default")
        .map(|default| format!("default `{default}`"));
    let always = [
        format!("`{}`", field.ty()),
        field.table.clone(),
        format!("wallow.toml:{}", field.line),
    ];
    let facts = doc.into_iter().chain(default).chain(always);
    let mut missing = facts
        .filter(|fact| !displayed.docs.contains(fact))
        .collect::<Vec<_>>();
    let parts = signature
        .iter()
        .filter(|part| !displayed.signature.contains(**part));
    missing.extend(parts.map(|&part| part.to_owned()));
    if displayed.signature.contains(UNKNOWN) {
        missing.push("a known type".to_owned());
    }
    let Shown { signature, docs } = displayed;
    (!missing.is_empty()).then(|| {
        format!(
            "`{}` does not show {missing:?}: {signature:?}, {docs:?}",
            field.name
        )
    })
}
