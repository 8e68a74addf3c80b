//! The schema that a broken text was probably meant to be.
//!
//! What enters: any text. What leaves: a [`Fallback`], so that a program still has its types, and the only errors are
//! those of the schema. Nothing is reported here, and the rules of a valid schema need not hold: a name may be in both
//! tables, there may be no identifying field, and of a default only its presence is known.

mod field;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::parse::{LIFECYCLE_DOCS, TABLES, recovered};
use crate::raw::{Entry, Table, Value};
use crate::schema::{Database, Field, LIFECYCLE, Layout, Project, Role, Schema};
use crate::source::{Source, Span};
use crate::suggest;

/// The schema that a text was probably meant to be.
#[derive(Debug, Clone)]
pub struct Fallback {
    /// The schema, as far as it can be read. A default only says that there is one; its value is arbitrary.
    pub schema: Schema,
    /// The names of fields whose type is unknown.
    pub untyped: BTreeSet<String>,
}

/// Reads a schema from the text of a `wallow.toml` that [`parse`](crate::parse) refuses.
///
/// ```
/// use wallow_schema::FieldType;
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.rate]\ntype = \"flaot\"\ndefault = \"none\"\n";
/// assert!(wallow_schema::parse(text, "wallow.toml").is_err());
/// let fallback = wallow_schema::fallback(text);
/// assert_eq!(fallback.schema.identifying[0].ty, FieldType::Float);
/// assert!(fallback.schema.identifying[0].default.is_some());
/// ```
pub fn fallback(text: &str) -> Fallback {
    let source = Arc::new(Source::new(text, ""));
    let mut unread = Diagnostics::new(Arc::clone(&source));
    let root = recovered(&source, &mut unread);
    let mut collector = Collector {
        source: &source,
        fields: Vec::new(),
        untyped: BTreeSet::new(),
    };
    let has_key = root.0.iter().any(|entry| meant(entry) == "identifying");
    let (mut name, mut lifecycle) = (None, None);
    for entry in &root.0 {
        let Some(table) = table(entry) else { continue };
        match meant(entry) {
            "project" => {
                name = name.or(text_of(table, "name"));
                lifecycle = lifecycle.or(asked_for(table, "lifecycle"));
            }
            "identifying" => collector.all(Role::Identifying, table),
            "annotating" => collector.all(Role::Annotating, table),
            // A field at the top of the file.
            _ if table.has("type") && has_key => collector.one(Role::Annotating, entry),
            _ if table.has("type") => collector.one(Role::Identifying, entry),
            _ => {}
        }
    }
    if let Some(place) = lifecycle {
        collector.lifecycle(place);
    }
    collector.finish(name.unwrap_or_default())
}

struct Collector<'a> {
    source: &'a Source,
    fields: Vec<Field>,
    untyped: BTreeSet<String>,
}

impl Collector<'_> {
    fn all(&mut self, role: Role, table: &Table) {
        for entry in &table.0 {
            self.one(role, entry);
        }
    }

    fn one(&mut self, role: Role, entry: &Entry) {
        let Some(read) = field::read(role, entry, self.source) else {
            return;
        };
        let known = |other: &Field| other.role == role && other.name == read.field.name;
        if !self.fields.iter().any(known) {
            if !read.typed {
                self.untyped.insert(read.field.name.clone());
            }
            self.fields.push(read.field);
        }
    }

    /// The fields that `lifecycle = true` at this place declares.
    fn lifecycle(&mut self, place: Span) {
        let line = self.source.position(place.start).line;
        for ((name, ty), doc) in LIFECYCLE.into_iter().zip(LIFECYCLE_DOCS) {
            if self.fields.iter().all(|field| field.name != name) {
                self.fields.push(Field {
                    name: name.to_owned(),
                    role: Role::Annotating,
                    ty,
                    default: None,
                    doc: Some(doc.to_owned()),
                    indexed: name == "status",
                    nullable: true,
                    values: Vec::new(),
                    line,
                });
            }
        }
    }

    fn finish(self, name: String) -> Fallback {
        let (identifying, annotating) = self
            .fields
            .into_iter()
            .partition(|field| field.role == Role::Identifying);
        let project = Project {
            name,
            description: None,
            float_precision: Project::DEFAULT_FLOAT_PRECISION,
            artefacts_root: None,
            artefacts_layout: Layout::default(),
            attempts: false,
            ignored: Vec::new(),
        };
        Fallback {
            schema: Schema {
                project,
                identifying,
                annotating,
                database: Database::default(),
            },
            untyped: self.untyped,
        }
    }
}

/// The name of the table that an entry at the top of the file is, or was meant to be.
fn meant(entry: &Entry) -> &str {
    let written = entry.key.value.as_str();
    suggest::near_key(written, TABLES).unwrap_or(written)
}

fn table(entry: &Entry) -> Option<&Table> {
    match &entry.value.as_ref().ok()?.value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}

fn text_of(table: &Table, key: &str) -> Option<String> {
    let entry = table.0.iter().find(|entry| entry.key.value == key)?;
    match &entry.value.as_ref().ok()?.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// Where a key is set to true.
fn asked_for(table: &Table, key: &str) -> Option<Span> {
    let entry = table.0.iter().find(|entry| entry.key.value == key)?;
    match entry.value.as_ref().ok()?.value {
        Value::Boolean(true) => entry.value.as_ref().ok().map(|value| value.span),
        _ => None,
    }
}
