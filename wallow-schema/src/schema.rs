//! The valid model of a `wallow.toml`: defaults are filled in, and every rule holds.
//!
//! A [`Schema`] has passed `check`, so code that has one need not check anything again.

mod closed_set;
mod field;
mod key;
mod layout;
mod project;

pub(crate) use closed_set::{camel_case, enum_name};
pub use field::{DefaultValue, Field, FieldType, Role, UnknownFieldType};
pub use key::KeyField;
pub use layout::{Layout, LayoutPart};
pub use project::{Database, Project};

/// The columns that every run has beside the declared ones, in the order of `Run`.
///
/// No field may have one of these names, in any case.
pub const BUILT_IN: [&str; 4] = ["id", "uuid", "created_at", "updated_at"];

/// The names that a database keeps for columns of its own, in lower case. No field may have one of them, in any case.
///
/// `SQLite` reads `rowid`, `oid` and `_rowid_` as the number of the row unless a column hides it; `PostgreSQL` refuses a
/// table that declares one of the others.
pub const DATABASE_COLUMNS: [&str; 9] = [
    "rowid", "oid", "_rowid_", "xmin", "xmax", "cmin", "cmax", "ctid", "tableoid",
];

/// The column that fences claims: it counts the attempts of a run. It is not part of `Run`.
pub const ATTEMPT: &str = "_wallow_attempt";

/// The table with the history of attempts, if the project keeps one.
pub const ATTEMPTS: &str = "_wallow_attempts";

/// The prefix of names that are reserved for wallow's own columns, in upper or lower case.
pub(crate) const RESERVED_PREFIX: &str = "_wallow_";

/// A valid schema: the content of one `wallow.toml`.
///
/// ```
/// # let text = "
/// #     [project]
/// #     name = 'sweep'
/// #     [identifying.seed]
/// #     type = 'int'
/// #     [annotating.loss]
/// #     type = 'float'
/// # ";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// assert_eq!(schema.project.name, "sweep");
/// assert_eq!(schema.project.artefacts_layout.to_string(), "{uuid}");
/// let names: Vec<&str> = schema.fields().map(|field| field.name.as_str()).collect();
/// assert_eq!(names, ["seed", "loss"]);
/// assert_eq!(schema.key_columns(), ["seed"]);
/// assert!(schema.field("loss").is_some_and(|field| field.nullable));
/// assert_eq!(schema.field("uuid"), None);
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The `[project]` table.
    pub project: Project,
    /// The fields that make up the key, in the order of the file; never empty.
    pub identifying: Vec<Field>,
    /// The fields that are recorded about a run, in the order of the file.
    pub annotating: Vec<Field>,
    /// The `[database]` table.
    pub database: Database,
}

impl Schema {
    /// Every declared field: the identifying ones, then the annotating ones, each in the order of the file.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.identifying.iter().chain(&self.annotating)
    }

    /// The declared field of this name, if there is one. Built-in columns do not count.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().find(|field| field.name == name)
    }

    /// The names of the identifying fields in alphabetical (byte) order: the columns of the unique index.
    pub fn key_columns(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .identifying
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        names.sort_unstable();
        names
    }

    /// The fields of the key in the order of the unique index, that of [`key_columns`](Self::key_columns).
    pub fn key(&self) -> Vec<KeyField> {
        let mut fields: Vec<KeyField> = self.identifying.iter().map(KeyField::of).collect();
        fields.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        fields
    }

    /// Whether the key has a field that a run may lack. The Python package knows no such key.
    pub fn has_optional_key(&self) -> bool {
        self.identifying.iter().any(Field::is_optional)
    }

    /// Whether the five fields of the lifecycle are declared, with their types, so that runs can be claimed.
    pub fn has_lifecycle(&self) -> bool {
        LIFECYCLE.iter().all(|(name, ty)| {
            let found = self.annotating.iter().find(|field| field.name == *name);
            found.is_some_and(|field| field.ty == *ty && (field.nullable || *name == "status"))
        })
    }
}

/// The annotating fields of the lifecycle, and their types. All except `status` have to be nullable.
pub const LIFECYCLE: [(&str, FieldType); 5] = [
    ("status", FieldType::String),
    ("started_at", FieldType::Datetime),
    ("completed_at", FieldType::Datetime),
    ("wallclock_seconds", FieldType::Float),
    ("error_excerpt", FieldType::String),
];
