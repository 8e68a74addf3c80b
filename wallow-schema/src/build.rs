//! For build scripts: a broken schema fails the build before the compiler starts, and a change of the schema without a
//! migration is reported.
//!
//! ```no_run
//! // build.rs
//! wallow_schema::build::check("wallow.toml");
//! ```
//!
//! The script runs again when the schema or its migrations folder changes, and the crate is compiled again with it:
//! this keeps embedded migrations up to date. Problems are written to stderr in the same form as by the macro and the
//! command; cargo shows that text unchanged.

use std::path::{Path, PathBuf};
use std::process;

use crate::diff::{Hints, diff};
use crate::load;
use crate::schema::Schema;

/// Checks a schema from a build script; `schema` is relative to the folder of `Cargo.toml`.
///
/// A broken schema ends the build script, and the build. A change of the schema that has no migration yet is a warning;
/// [`Check::deny_pending`] makes it an error.
pub fn check(schema: impl AsRef<Path>) {
    Check::new(schema).run();
}

/// A check with settings.
///
/// ```no_run
/// // build.rs
/// wallow_schema::build::Check::new("wallow.toml").deny_pending().run();
/// ```
#[derive(Debug, Clone)]
#[must_use = "a check does nothing before `run`"]
pub struct Check {
    schema: PathBuf,
    deny_pending: bool,
}

impl Check {
    /// A check of this schema; the path is relative to the folder of `Cargo.toml`.
    pub fn new(schema: impl AsRef<Path>) -> Self {
        Self {
            schema: schema.as_ref().to_owned(),
            deny_pending: false,
        }
    }

    /// Fails the build also if a change of the schema has no migration yet.
    pub const fn deny_pending(mut self) -> Self {
        self.deny_pending = true;
        self
    }

    /// Runs the check, and ends the process with status 1 if the build must not go on.
    pub fn run(self) {
        let Report { lines, failure } = self.report();
        for line in lines {
            println!("cargo::{line}");
        }
        if let Some(failure) = failure {
            eprintln!("{failure}");
            process::exit(1);
        }
    }

    fn report(&self) -> Report {
        let mut lines = vec![format!("rerun-if-changed={}", self.schema.display())];
        let schema = match load::load(&self.schema) {
            Ok(schema) => schema,
            Err(error) => {
                let failure = Some(failure_of(&error));
                return Report { lines, failure };
            }
        };
        let beside = self.schema.parent().unwrap_or(Path::new(""));
        let folder = beside.join(&schema.database.migrations);
        let others = schema.database.other_migrations.as_ref();
        let others = others.map(|others| beside.join(others));
        for folder in [Some(&folder), others.as_ref()].into_iter().flatten() {
            // If the path did not exist, cargo would run the script before every build.
            if folder.exists() {
                lines.push(format!("rerun-if-changed={}", folder.display()));
            }
        }
        let pending = pending(&self.schema, &schema, &folder);
        if self.deny_pending && !pending.is_empty() {
            let failures = pending.iter().map(|problem| format!("error: {problem}"));
            let failure = Some(failures.collect::<Vec<_>>().join("\n"));
            return Report { lines, failure };
        }
        lines.extend(pending.iter().map(|problem| format!("warning={problem}")));
        Report {
            lines,
            failure: None,
        }
    }
}

/// The output for cargo, and the reason why the build must not go on, if there is one.
#[derive(Debug, PartialEq, Eq)]
struct Report {
    /// Lines for cargo, without their `cargo::`.
    lines: Vec<String>,
    failure: Option<String>,
}

fn failure_of(error: &load::LoadError) -> String {
    match error {
        load::LoadError::Io { source, .. } => format!("error: {error}: {source}"),
        load::LoadError::Invalid(problems) => problems.to_string(),
    }
}

/// The changes of the schema that no migration has, one line each. Without any migration there are none.
fn pending(path: &Path, schema: &Schema, folder: &Path) -> Vec<String> {
    let history = match load::load_migrations(folder) {
        Ok(history) => history,
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|source| format!(": {source}"));
            let text = format!("{error}{}", cause.unwrap_or_default());
            return text.lines().map(str::to_owned).collect();
        }
    };
    let Some(head) = history.head() else {
        return Vec::new();
    };
    let moved = format!("`{}` has moved on without a migration", path.display());
    match diff(Some(&head.schema), schema, &Hints::default()) {
        Ok(steps) if steps.is_empty() => Vec::new(),
        Ok(steps) => {
            let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
            let steps = steps.join("; ");
            vec![format!(
                "{moved}: {steps}; run `wallow migrate generate \"what changes\"`"
            )]
        }
        Err(refusals) => {
            let refusals = refusals.iter();
            refusals
                .map(|refusal| format!("{moved}: {refusal}"))
                .collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::fs;

    use super::*;
    use crate::migration::{Migration, write};

    const FIRST: &str = "[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n";

    /// A folder with a schema and its first migration.
    fn project() -> Result<tempfile::TempDir, Box<dyn Error>> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("wallow.toml"), FIRST)?;
        let schema = crate::parse(FIRST, "wallow.toml")?;
        let steps = diff(None, &schema, &Hints::default())?;
        let name = "2026-01-31-120000_initial".parse()?;
        let first = Migration::new(name, None, &schema, &steps);
        write(&folder.path().join("migrations"), &first.files())?;
        Ok(folder)
    }

    fn report(folder: &Path, set: impl Fn(Check) -> Check) -> Report {
        let check = set(Check::new(folder.join("wallow.toml")));
        let mut report = check.report();
        let without =
            |text: &mut String| *text = text.replace(&format!("{}/", folder.display()), "");
        report.lines.iter_mut().for_each(without);
        report.failure.iter_mut().for_each(without);
        report
    }

    #[test]
    fn a_schema_with_its_migrations_is_watched_and_nothing_else() -> Result<(), Box<dyn Error>> {
        let folder = project()?;
        let watched = [
            "rerun-if-changed=wallow.toml",
            "rerun-if-changed=migrations",
        ];
        let fine = Report {
            lines: watched.map(str::to_owned).to_vec(),
            failure: None,
        };
        assert_eq!(report(folder.path(), Check::deny_pending), fine);

        fs::remove_dir_all(folder.path().join("migrations"))?;
        fs::write(
            folder.path().join("wallow.toml"),
            format!("{FIRST}[annotating.a]\ntype = 'int'"),
        )?;
        let unmanaged = report(folder.path(), Check::deny_pending);
        assert_eq!(unmanaged.lines, ["rerun-if-changed=wallow.toml"]);
        assert_eq!(unmanaged.failure, None);
        Ok(())
    }

    #[test]
    fn a_broken_schema_fails_with_the_text_of_the_macro() -> Result<(), Box<dyn Error>> {
        let folder = project()?;
        let text = FIRST.replace("int", "itn");
        fs::write(folder.path().join("wallow.toml"), &text)?;
        let report = report(folder.path(), |check| check);
        let problems = crate::parse(&text, "wallow.toml").unwrap_err();
        assert_eq!(report.failure, Some(problems.to_string()));
        assert_eq!(report.lines, ["rerun-if-changed=wallow.toml"]);

        fs::remove_file(folder.path().join("wallow.toml"))?;
        let missing = Check::new(folder.path().join("wallow.toml"))
            .report()
            .failure;
        assert!(missing.is_some_and(|text| text.starts_with("error: cannot read the schema")));
        Ok(())
    }

    #[test]
    fn a_schema_that_moved_on_is_a_warning_or_an_error() -> Result<(), Box<dyn Error>> {
        let folder = project()?;
        let text = format!("{FIRST}[annotating.a]\ntype = 'int'\nindexed = true\n");
        fs::write(folder.path().join("wallow.toml"), text)?;
        let moved = "`wallow.toml` has moved on without a migration: add the annotating field `a` (int); \
                     index `a`; run `wallow migrate generate \"what changes\"`";
        let warned = report(folder.path(), |check| check);
        assert_eq!(warned.lines[2..], [format!("warning={moved}")]);
        assert_eq!(warned.failure, None);
        let denied = report(folder.path(), Check::deny_pending);
        assert_eq!(denied.lines.len(), 2);
        assert_eq!(denied.failure, Some(format!("error: {moved}")));
        Ok(())
    }

    #[test]
    fn what_no_migration_can_do_is_reported_too() -> Result<(), Box<dyn Error>> {
        let folder = project()?;
        fs::write(
            folder.path().join("wallow.toml"),
            FIRST.replace("int", "string"),
        )?;
        let refused = report(folder.path(), |check| check);
        assert!(refused.lines[2].starts_with(
            "warning=`wallow.toml` has moved on without a migration: field `seed` cannot"
        ));

        fs::write(
            folder
                .path()
                .join("migrations/snapshots/2026-01-31-120000_initial.toml"),
            "",
        )?;
        let edited = report(folder.path(), |check| check);
        assert!(
            edited.lines[2]
                .starts_with("warning=`snapshots/2026-01-31-120000_initial.toml` is no snapshot")
        );
        Ok(())
    }
}
