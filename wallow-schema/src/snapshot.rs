//! A schema on disk: writes and reads `migrations/snapshots/<name>.toml`.
//!
//! A snapshot is written with each migration and has the schema as it was after it: everything that matters to a
//! database or for recognising a rename, and nothing else. So a change that does not change the snapshot needs no
//! migration. The next `generate` compares the schema with the newest snapshot. If a person edited that one, the
//! migration would be wrong, so a checksum in its head shows edits.

mod error;
mod read;
mod write;

use std::collections::BTreeMap;

use crate::migration::{Name, Version};
use crate::schema::{Database, Field, Layout, Project, Schema};

pub use error::SnapshotError;
pub use read::from_text;
pub use write::to_text;

/// The newest version of the format. It is increased by every change that an older wallow would not understand.
///
/// 2 has optional fields of the key, 3 a history of attempts. A schema with neither is written as 1, which an older
/// wallow reads, too.
const FORM: u32 = 3;

/// A schema as it was after a migration.
///
/// ```
/// use wallow_schema::snapshot::{self, Snapshot};
///
/// let text = "[project]\nname = \"sweep\"\n[identifying.seed]\ntype = \"int\"\ndoc = \"Of the generator.\"\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let snapshot = Snapshot::new("2026-01-31-120000_initial".parse()?, None, &schema);
/// let text = snapshot::to_text(&snapshot);
/// assert!(text.starts_with("# Written by wallow; do not edit."));
/// assert_eq!(snapshot::from_text(&text, "snapshot")?, snapshot);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The migration it was written with.
    pub name: Name,
    /// The migration before that one.
    pub parent: Option<Version>,
    /// The schema, without docs, places and other things that a database does not know.
    pub schema: Schema,
    /// The checksums of the migration's files, by their place in the dialect's folders: `sqlite/up.sql`.
    pub checksums: BTreeMap<String, String>,
}

impl Snapshot {
    /// The snapshot of a schema, without checksums yet.
    pub fn new(name: Name, parent: Option<Version>, schema: &Schema) -> Self {
        Self {
            name,
            parent,
            schema: essence(schema),
            checksums: BTreeMap::new(),
        }
    }

    /// Its path below the migrations folder.
    pub fn path(&self) -> String {
        format!("snapshots/{}.toml", self.name)
    }
}

/// The part of a schema that matters to a database.
pub(crate) fn essence(schema: &Schema) -> Schema {
    let fields = |fields: &[Field]| {
        let bare = fields.iter().map(|field| Field {
            doc: None,
            values: Vec::new(),
            line: 0,
            ..field.clone()
        });
        bare.collect()
    };
    Schema {
        project: Project {
            name: schema.project.name.clone(),
            description: None,
            float_precision: schema.project.float_precision,
            artefacts_root: None,
            artefacts_layout: Layout::default(),
            attempts: schema.project.attempts,
            ignored: Vec::new(),
        },
        identifying: fields(&schema.identifying),
        annotating: fields(&schema.annotating),
        database: Database::default(),
    }
}
