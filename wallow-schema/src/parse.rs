//! Reads the text of a schema file into the tree `raw`: known tables and keys, values of the right TOML type.
//!
//! A text that is not TOML yields only its syntax errors, because everything after such an error is a guess. Otherwise
//! every table is read to its end, even if it has mistakes.

mod field;
mod lifecycle;
mod project;
mod reader;
mod recovery;
mod snapshot;
mod syntax;
mod tree;

use crate::diagnostic::{Diagnostics, Reported};
use crate::raw::{Entry, Fields, Schema, Value};
use crate::schema::Role;
use crate::source::{Source, Span};
pub(crate) use field::KEYS as FIELD_KEYS;
pub(crate) use lifecycle::DOCS as LIFECYCLE_DOCS;
use reader::{Hint, Reader};
pub(crate) use recovery::recovered;
pub(crate) use snapshot::snapshot;

/// The tables of the file, in the order in which messages list them.
pub(crate) const TABLES: [&str; 4] = ["project", "identifying", "annotating", "database"];

/// Reads the whole file.
pub(crate) fn document(source: &Source, out: &mut Diagnostics) -> Result<Schema, Reported> {
    let root = tree::read(source, out)?;
    let end = source.text().trim_end().len();
    let mut root = Reader::root(root, &TABLES, stray, out);
    let project = project::project(&mut root, out);
    let identifying = fields(&mut root, Role::Identifying, end, out);
    let mut annotating = fields(&mut root, Role::Annotating, end, out);
    lifecycle::declare(&project, &identifying, &mut annotating, out);
    Ok(Schema {
        project,
        identifying,
        annotating,
        database: project::database(&mut root, out),
    })
}

/// The fields of one role. Without the table there are none, and the place to add some is the end of the file.
fn fields(
    root: &mut Reader,
    role: Role,
    end: usize,
    out: &mut Diagnostics,
) -> Result<Fields, Reported> {
    let help = format!("write a line like `[{role}.seed]` for every field, and its `type` below");
    let Some((place, table)) = root.table(role.as_str(), &help, out)? else {
        return Ok(Fields {
            place: Span::from(end..end),
            fields: Vec::new(),
        });
    };
    let fields = table
        .0
        .into_iter()
        .map(|entry| field::field(role, entry, out))
        .collect();
    Ok(Fields { place, fields })
}

/// Advice for an entry at the top of the file that belongs into a table.
fn stray(entry: &Entry) -> Option<Hint> {
    let name = entry.key.value.as_str();
    match entry.value.as_ref().map(|value| &value.value) {
        Ok(Value::Table(table)) if table.has("type") => Some(Hint {
            help: format!(
                "a field stands under `{}` or `{}`",
                field::header(Role::Identifying, name),
                field::header(Role::Annotating, name)
            ),
            excuses: Some("identifying"),
        }),
        Ok(Value::Table(_)) => None,
        _ if project::KEYS.contains(&name) => Some(Hint {
            help: "put it below the line `[project]`".to_owned(),
            excuses: Some("project"),
        }),
        _ => None,
    }
}
