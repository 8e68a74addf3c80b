//! The check of a schema in a build script: `wallow_schema::build::check("wallow.toml")`.
//!
//! It reads files and prints lines for cargo; it writes nothing.

use std::path::{Path, PathBuf};

use crate::diff::{Hints, Refusal, diff};
use crate::load::{LoadError, load};
use crate::migration::{self, History};

/// Checks a schema, given relative to the package.
///
/// A broken one ends the build with the same text as the macro's. One that has moved on without a migration is a warning.
/// Cargo runs the script again when the schema or its migrations change.
pub fn check(path: impl AsRef<Path>) {
    Check::new(path).run();
}

/// The check, with what it is strict about.
#[derive(Debug, Clone)]
#[must_use = "nothing is checked until `run`"]
pub struct Check {
    path: PathBuf,
    deny_pending: bool,
}

impl Check {
    /// Of a schema, given relative to the package.
    pub fn new(path: impl AsRef<Path>) -> Self {
        Self {
            path: path.as_ref().to_path_buf(),
            deny_pending: false,
        }
    }

    /// A schema that has moved on without a migration ends the build.
    pub const fn deny_pending(mut self) -> Self {
        self.deny_pending = true;
        self
    }

    /// Checks; ends the build script where that fails.
    pub fn run(&self) {
        let (lines, failed) = self.answer();
        for line in lines {
            println!("{line}");
        }
        if let Some(message) = failed {
            eprintln!("{message}");
            std::process::exit(1);
        }
    }

    /// The lines for cargo, and what ends the build.
    fn answer(&self) -> (Vec<String>, Option<String>) {
        let shown = self.path.display();
        let mut lines = vec![format!("cargo::rerun-if-changed={shown}")];
        let schema = match load(&self.path) {
            Ok(schema) => schema,
            Err(LoadError::Invalid(problems)) => return (lines, Some(problems.to_string())),
            Err(error @ LoadError::Io { .. }) => return (lines, Some(format!("error: {error}"))),
        };
        let folder = self
            .path
            .parent()
            .unwrap_or(Path::new(""))
            .join(&schema.database.migrations);
        if !folder.exists() {
            // A file that is not there would make cargo run the script at every build.
            return (lines, None);
        }
        lines.push(format!("cargo::rerun-if-changed={}", folder.display()));
        let history = match migration::load(&folder) {
            Ok(history) => history,
            Err(error) => return (lines, Some(format!("error: {error}"))),
        };
        let Some(message) = moved_on(&history, &schema) else {
            return (lines, None);
        };
        if self.deny_pending {
            return (lines, Some(format!("error: {message}")));
        }
        lines.push(format!("cargo::warning={message}"));
        (lines, None)
    }
}

fn moved_on(history: &History, schema: &crate::Schema) -> Option<String> {
    let steps = match diff(
        history.head().map(|head| &head.schema),
        schema,
        &Hints::default(),
    ) {
        Ok(steps) if steps.is_empty() => return None,
        Ok(steps) => steps.iter().map(ToString::to_string).collect::<Vec<_>>(),
        Err(refusals) => refusals.iter().map(Refusal::message).collect(),
    };
    Some(format!(
        "the schema has moved on without a migration ({}); run `wallow migrate generate \"what changes\"`",
        steps.join("; ")
    ))
}
