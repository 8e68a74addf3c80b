//! A snapshot: the tables of a schema, and two more about the migration that it belongs to.

use super::reader::Reader;
use super::{fields, project, tree};
use crate::diagnostic::{Diagnostics, Reported};
use crate::migration::SCRIPTS;
use crate::raw::{Database, Schema, Snapshot};
use crate::schema::Role;
use crate::source::{Source, Span};

const TABLES: [&str; 5] = [
    "migration",
    "checksums",
    "project",
    "identifying",
    "annotating",
];

const KEYS: [&str; 2] = ["name", "parent"];

const HELP: &str = "restore the snapshot from version control";

/// Reads the whole file.
pub(crate) fn snapshot(source: &Source, out: &mut Diagnostics) -> Result<Snapshot, Reported> {
    let root = tree::read(source, out)?;
    let end = source.text().trim_end().len();
    let mut root = Reader::root(root, &TABLES, |_| None, out);
    let Some((place, table)) = root.table("migration", HELP, out)? else {
        let missing = out.error(Span::START, "no `[migration]` table");
        return Err(missing.help(HELP).reported());
    };
    let mut migration = Reader::new("`[migration]`", place, table, &KEYS, |_| None, out);
    let checksums = checksums(&mut root, out)?;
    Ok(Snapshot {
        name: migration.required("name", HELP, out)?,
        parent: migration.optional("parent", out),
        checksums,
        schema: Schema {
            project: project::project(&mut root, out),
            identifying: fields(&mut root, Role::Identifying, end, out),
            annotating: fields(&mut root, Role::Annotating, end, out),
            database: Ok(Database::default()),
        },
    })
}

fn checksums(
    root: &mut Reader,
    out: &mut Diagnostics,
) -> Result<Vec<(&'static str, String)>, Reported> {
    let Some((place, table)) = root.table("checksums", HELP, out)? else {
        return Ok(Vec::new());
    };
    let mut reader = Reader::new("`[checksums]`", place, table, &SCRIPTS, |_| None, out);
    let sums = SCRIPTS.into_iter().filter_map(|path| {
        let sum = reader.optional::<String>(path, out)?;
        Some((path, sum.value))
    });
    Ok(sums.collect())
}
