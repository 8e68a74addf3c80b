//! The tables `[project]` and `[database]`.

use super::reader::Reader;
use crate::diagnostic::{Diagnostics, Reported};
use crate::raw::{Database, Project};
use crate::source::Span;

/// The keys of `[project]`.
pub(super) const KEYS: [&str; 8] = [
    "name",
    "description",
    "float_precision",
    "artefacts_root",
    "artefacts_layout",
    "lifecycle",
    "attempts",
    "ignored",
];

const DATABASE_KEYS: [&str; 3] = ["url", "migrations", "other_migrations"];

const PROJECT_HELP: &str = "write a line `[project]` and below it one like `name = \"my_project\"`";

const DATABASE_HELP: &str = "write a line `[database]` and below it one like `url = \"runs.db\"`";

const NAME_HELP: &str = "add a line like `name = \"my_project\"`";

/// `[project]`, which must be there.
pub(super) fn project(root: &mut Reader, out: &mut Diagnostics) -> Result<Project, Reported> {
    let Some((place, table)) = root.table("project", PROJECT_HELP, out)? else {
        let missing = out.error(Span::START, "no `[project]` table");
        return Err(missing.help(PROJECT_HELP).reported());
    };
    let mut reader = Reader::new("`[project]`", place, table, &KEYS, |_| None, out);
    Ok(Project {
        name: reader.required("name", NAME_HELP, out),
        description: reader.optional("description", out),
        float_precision: reader.optional("float_precision", out),
        artefacts_root: reader.optional("artefacts_root", out),
        artefacts_layout: reader.optional("artefacts_layout", out),
        lifecycle: reader.optional("lifecycle", out),
        attempts: reader.optional("attempts", out),
        ignored: reader.optional("ignored", out),
    })
}

/// `[database]`, which may be left out.
pub(super) fn database(root: &mut Reader, out: &mut Diagnostics) -> Result<Database, Reported> {
    let Some((place, table)) = root.table("database", DATABASE_HELP, out)? else {
        return Ok(Database::default());
    };
    let mut reader = Reader::new("`[database]`", place, table, &DATABASE_KEYS, |_| None, out);
    Ok(Database {
        url: reader.optional("url", out),
        migrations: reader.optional("migrations", out),
        other_migrations: reader.optional("other_migrations", out),
    })
}
