//! The rules of `[project]` and `[database]`.

use super::layout;
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::raw::{self, Value};
use crate::schema::{Database, Layout, Project, Schema};
use crate::source::Spanned;

/// The `[project]` table; `declared` are the names of all fields, for the layout.
pub(super) fn project(
    raw: &raw::Project,
    declared: &[&str],
    out: &mut Diagnostics,
) -> Result<Project, Reported> {
    let artefacts_layout = match &raw.artefacts_layout {
        Some(written) => layout::layout(written, declared, out),
        None => Layout::default(),
    };
    if let Ok(name) = &raw.name {
        not_blank("name", name, out);
    }
    if let Some(root) = &raw.artefacts_root {
        not_blank("artefacts_root", root, out);
    }
    Ok(Project {
        float_precision: float_precision(raw.float_precision, out)?,
        name: raw.name.clone()?.value,
        description: text(raw.description.as_ref()),
        artefacts_root: text(raw.artefacts_root.as_ref()),
        artefacts_layout,
        attempts: raw.attempts.is_some_and(|attempts| attempts.value),
        ignored: ignored(raw.ignored.as_ref(), out)?,
    })
}

/// A history of attempts is one of claims, which only a schema with the lifecycle has.
pub(super) fn attempts_have_a_lifecycle(raw: &raw::Schema, schema: &Schema, out: &mut Diagnostics) {
    let Some(asked) = raw.project.as_ref().ok().and_then(|raw| raw.attempts) else {
        return;
    };
    if asked.value && !schema.has_lifecycle() {
        out.error(asked.span, "`attempts = true` needs the lifecycle")
            .help("add the line `lifecycle = true` above it, which declares the five fields of the lifecycle");
    }
}

/// The `[database]` table.
pub(super) fn database(
    raw: &Result<raw::Database, Reported>,
    out: &mut Diagnostics,
) -> Result<Database, Reported> {
    let raw = raw.as_ref().map_err(|&reported| reported)?;
    if let Some(url) = &raw.url {
        not_blank("url", url, out);
    }
    if let Some(migrations) = &raw.migrations {
        not_blank("migrations", migrations, out);
    }
    if let Some(others) = &raw.other_migrations {
        not_blank("other_migrations", others, out);
    }
    let migrations = text(raw.migrations.as_ref());
    Ok(Database {
        url: text(raw.url.as_ref()),
        migrations: migrations.unwrap_or_else(|| Database::DEFAULT_MIGRATIONS.to_owned()),
        other_migrations: text(raw.other_migrations.as_ref()),
    })
}

/// Paths of values in a configuration.
fn ignored(
    written: Option<&Spanned<Value>>,
    out: &mut Diagnostics,
) -> Result<Vec<String>, Reported> {
    const HELP: &str = "write the paths of values in the configuration like `ignored = [\"logging.level\", \"workers\"]`";
    let Some(written) = written else {
        return Ok(Vec::new());
    };
    let Value::Array(elements) = &written.value else {
        let message = format!(
            "`ignored` must be an array of strings, found {}",
            written.value.kind()
        );
        return Err(out.error(written.span, message).help(HELP).reported());
    };
    let path = |element: &Spanned<Value>, out: &mut Diagnostics| match &element.value {
        Value::String(path) if path.split('.').all(|part| !part.trim().is_empty()) => {
            Ok(path.clone())
        }
        Value::String(path) => {
            let message = format!("`ignored` has {}, which is no path", quoted(path));
            Err(out.error(element.span, message).help(HELP).reported())
        }
        other => {
            let message = format!(
                "a path in `ignored` must be a string, found {}",
                other.kind()
            );
            Err(out.error(element.span, message).help(HELP).reported())
        }
    };
    let paths = elements.iter().map(|element| path(element, out));
    let paths = paths.collect::<Vec<_>>();
    paths.into_iter().collect()
}

/// A blank name, folder or database means nothing. To get the default, the key has to be left out.
fn not_blank(key: &str, written: &Spanned<String>, out: &mut Diagnostics) {
    if !written.value.trim().is_empty() {
        return;
    }
    let help = match key {
        "name" => "name the project, like `name = \"my_project\"`",
        _ => "write a value, or remove the line",
    };
    out.error(written.span, format!("`{key}` is empty"))
        .help(help);
}

/// With no digit all floats would be equal, and a float has no more than 17 digits.
fn float_precision(written: Option<Spanned<i64>>, out: &mut Diagnostics) -> Result<u32, Reported> {
    let Some(Spanned { value, span }) = written else {
        return Ok(Project::DEFAULT_FLOAT_PRECISION);
    };
    u32::try_from(value)
        .ok()
        .filter(|&digits| digits >= 1)
        .ok_or_else(|| {
            let message = if value < 1 {
                format!("`float_precision` must be at least 1, found {value}")
            } else {
                format!("`float_precision` is too large: {value}")
            };
            out.error(span, message)
                .help("it counts the significant digits of identifying floats: 12 is usual, 17 keeps every digit")
                .reported()
        })
}

fn text(written: Option<&Spanned<String>>) -> Option<String> {
    written.map(|written| written.value.clone())
}
