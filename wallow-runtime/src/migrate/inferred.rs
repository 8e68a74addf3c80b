//! The schema that a table implies.
//!
//! What enters: the table as a database has it, and what is known beside it: a wallow.toml that may differ from it, and
//! the renames between both. What leaves: a schema that describes the table, and a line for each thing that a table
//! does not say. Pure: the same table always gives the same schema.

use wallow_schema::ddl::{Dialect, IndexTerm, KEY_INDEX};
use wallow_schema::{
    ATTEMPT, BUILT_IN, Database, Field, FieldType, Layout, Project, Role, Schema, is_field_name,
};

use super::{adoption, default, drift};
use crate::backend::{IndexedColumn, LiveColumn, LiveIndex, LiveTable};
use crate::error::{Error, ErrorKind};

/// What is said of a table of the Python package from before 0.2.
const WITHOUT_UUIDS: &str = "the uuids of its runs, which it has none of: those that are shown are made of the ids, \
                             until a project with a wallow.toml gives each run one";

/// A schema that was read off a table.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Inferred {
    /// The schema. Where a table leaves something open, it is as in a file that does not say it.
    pub schema: Schema,
    /// What the table does not say, or what the schema leaves out of it, one line each.
    pub notes: Vec<String>,
}

/// What is known beside a table.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The schema that the table is meant to get.
    pub schema: &'a Schema,
    /// Fields of the table that have another name there: the name in the table, and the new one.
    pub renames: &'a [(String, String)],
}

/// The schema of a table. What no table says (the precision of keys, `path` beside `string`, JSON that SQLite stores as
/// text) is taken from `known`, so that it never counts as a change.
///
/// # Errors
/// [`ErrorKind::SchemaMismatch`] if nothing in the table tells which columns make the key, or if one of them can be no
/// field.
pub fn inferred(
    table: &LiveTable,
    dialect: Dialect,
    known: Option<Known<'_>>,
) -> Result<Inferred, Error> {
    let key = key(table)?;
    let reader = Reader {
        table,
        dialect,
        known,
        key: &key,
    };
    let (mut identifying, mut annotating, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for column in &table.columns {
        if BUILT_IN.contains(&&*column.name) || column.name == ATTEMPT {
            continue;
        }
        match reader.field(column, &mut notes) {
            Ok(field) if field.role == Role::Identifying => identifying.push(field),
            Ok(field) => annotating.push(field),
            Err(reason) if key.iter().any(|own| own.name == column.name) => {
                let message = format!(
                    "the column `{}` of the table `runs` is part of its key, and {reason}; write a wallow.toml with the \
                     type that it should have, and `wallow status` says how it gets it",
                    column.name
                );
                return Err(Error::new(ErrorKind::SchemaMismatch, message));
            }
            Err(reason) => notes.push(format!("column `{}` is left out: {reason}", column.name)),
        }
    }
    let schema = Schema {
        project: reader.project(),
        identifying,
        annotating,
        database: Database::default(),
    };
    notes.splice(0..0, open(&schema, dialect));
    if table.column("uuid").is_none() {
        notes.push(WITHOUT_UUIDS.to_owned());
    }
    Ok(Inferred { schema, notes })
}

/// The index over the key: the one of wallow's name, else a unique one over columns that are not wallow's own.
fn key(table: &LiveTable) -> Result<Vec<IndexedColumn>, Error> {
    let is_own = |name: &str| BUILT_IN.contains(&name) || name == ATTEMPT;
    let key = |index: &LiveIndex| {
        let columns = index.key_columns()?;
        let mut names = columns.iter().map(|column| &*column.name);
        let are_fields = names.all(|name| !is_own(name) && table.column(name).is_some());
        (are_fields && !columns.is_empty()).then_some((index.name == KEY_INDEX, columns))
    };
    let mut keys = table.indexes.iter().filter_map(key).collect::<Vec<_>>();
    // The one of wallow's name comes first.
    keys.sort_by_key(|(is_named, _)| !is_named);
    let first = keys.into_iter().next();
    first.map(|(_, columns)| columns).ok_or_else(|| {
        let message = "no unique index or constraint of the table `runs` tells which columns make its key; make one with \
                       `CREATE UNIQUE INDEX uq_runs_identifying ON runs (…)`, over the columns that tell runs apart";
        Error::new(ErrorKind::SchemaMismatch, message)
    })
}

/// Reads columns.
struct Reader<'a> {
    table: &'a LiveTable,
    dialect: Dialect,
    known: Option<Known<'a>>,
    key: &'a [IndexedColumn],
}

impl Reader<'_> {
    fn project(&self) -> Project {
        let attempts = !self.table.attempts.is_empty();
        match self.known {
            Some(known) => Project {
                name: known.schema.project.name.clone(),
                float_precision: known.schema.project.float_precision,
                attempts,
                ..unnamed()
            },
            None => Project {
                attempts,
                ..unnamed()
            },
        }
    }

    /// The field of a column, or why there is none.
    fn field(&self, column: &LiveColumn, notes: &mut Vec<String>) -> Result<Field, String> {
        let name = &column.name;
        if !is_field_name(name) {
            return Err("no field can have this name".to_owned());
        }
        let folded = name.to_lowercase();
        let mut twins = self.table.columns.iter().map(|column| &column.name);
        if twins.any(|other| other < name && other.to_lowercase() == folded) {
            return Err("another column has the same name in another case".to_owned());
        }
        let key = self.key.iter().find(|column| column.name == *name);
        let is_optional =
            key.is_some_and(|key| key.optional || column.nullable && self.may_be_absent(name));
        let role = match key {
            Some(_) => Role::Identifying,
            None => Role::Annotating,
        };
        let ty = field_type(&column.ty).ok_or_else(|| match &*column.ty {
            "" => "it has no type".to_owned(),
            ty => format!("no field has the type `{ty}`"),
        })?;
        if role == Role::Identifying && !ty.may_identify() {
            return Err(format!("no identifying field has the type {ty}"));
        }
        let ty = self.known_type(name, role, ty);
        let default = column.default.as_deref().and_then(|sql| {
            let value = default::value(sql, ty);
            if value.is_none() && !default::is_null(sql) {
                notes.push(format!(
                    "the default of `{name}` is left out, because it is no constant: {sql}"
                ));
            }
            value
        });
        if role == Role::Identifying && column.nullable && !is_optional {
            notes.push(format!(
                "`{name}` is part of the key, and the table allows NULL in it, which is never the same as another NULL"
            ));
        }
        let is_own_index = |index: &LiveIndex| {
            index.name == format!("ix_runs_{name}")
                && index.terms == [IndexTerm::Column(name.clone())]
        };
        Ok(Field {
            name: name.clone(),
            role,
            ty,
            default,
            doc: None,
            indexed: self.table.indexes.iter().any(is_own_index),
            nullable: is_optional || role == Role::Annotating && column.nullable,
            values: Vec::new(),
            line: 0,
        })
    }

    /// Whether the known schema says that a run may lack this field of the key, or that the field leaves the key. A table
    /// may allow that, too, without an index that knows absence; adoption makes this one.
    fn may_be_absent(&self, name: &str) -> bool {
        self.known.is_some_and(|known| {
            let renamed = known.renames.iter().find(|(from, _)| from == name);
            let field = known.schema.field(renamed.map_or(name, |(_, to)| to));
            field.is_some_and(|field| field.is_optional() || field.role == Role::Annotating)
        })
    }

    /// The type that the known schema says, if the table cannot say it: the two are stored in the same way.
    fn known_type(&self, name: &str, role: Role, ty: FieldType) -> FieldType {
        let Some(known) = self.known else { return ty };
        let fits = |field: &&Field| is_stored_like(field.ty, ty, self.dialect);
        let renamed = known.renames.iter().find(|(from, _)| from == name);
        let now = renamed.map_or(name, |(_, to)| to);
        if let Some(field) = known.schema.field(now) {
            return if fits(&field) { field.ty } else { ty };
        }
        // A field that is gone may be one of those that are new, and is asked about only if their types are the same.
        let is_new = |field: &&Field| {
            field.role == role
                && self.table.column(&field.name).is_none()
                && !known.renames.iter().any(|(_, to)| *to == field.name)
        };
        let candidates = known.schema.fields().filter(is_new).filter(fits);
        let candidates = candidates.map(|field| field.ty).collect::<Vec<_>>();
        match candidates.first() {
            Some(other) if !candidates.contains(&ty) => *other,
            _ => ty,
        }
    }
}

fn unnamed() -> Project {
    Project {
        name: "runs".to_owned(),
        description: None,
        float_precision: Project::DEFAULT_FLOAT_PRECISION,
        artefacts_root: None,
        artefacts_layout: Layout::default(),
        attempts: false,
        ignored: Vec::new(),
    }
}

/// The type of a field that a column of this declared type can be; `None` if there is none.
pub(super) fn field_type(declared: &str) -> Option<FieldType> {
    let is_json = declared.to_ascii_uppercase().contains("JSON");
    Some(match drift::kind(declared) {
        "bool" => FieldType::Bool,
        "time" => FieldType::Datetime,
        "int" => FieldType::Int,
        "text" if is_json => FieldType::Json,
        "text" => FieldType::String,
        "float" => FieldType::Float,
        _ => return None,
    })
}

/// Whether a column of one type may as well be one of the other.
fn is_stored_like(one: FieldType, other: FieldType, dialect: Dialect) -> bool {
    let is_text = |ty| match ty {
        FieldType::String | FieldType::Path => true,
        FieldType::Json => dialect == Dialect::Sqlite,
        _ => false,
    };
    one == other || (is_text(one) && is_text(other))
}

/// What no table says, as far as it matters for this schema.
fn open(schema: &Schema, dialect: Dialect) -> Vec<String> {
    let mut notes = Vec::new();
    let is_float = |field: &Field| field.ty == FieldType::Float;
    if schema.identifying.iter().any(is_float) {
        notes.push(format!(
            "how many digits of an identifying float count (`float_precision`): {} is taken",
            schema.project.float_precision
        ));
    }
    let is_text = |field: &&Field| field.ty == FieldType::String;
    let texts = schema.annotating.iter().filter(is_text);
    let texts = texts.map(|field| format!("`{}`", field.name));
    let texts = texts.collect::<Vec<_>>();
    if !texts.is_empty() {
        let or_json = match dialect {
            Dialect::Sqlite => ", JSON",
            Dialect::Postgres => "",
        };
        notes.push(format!(
            "whether a text is a path{or_json} or one of a closed set; these are taken as strings: {}",
            texts.join(", ")
        ));
    }
    notes
}

/// Whether wallow can work with a table of this schema as it is: only the column that wallow adds by itself may be
/// missing.
pub(super) fn fits(table: &LiveTable, schema: &Schema, dialect: Dialect) -> bool {
    let expected = LiveTable::of(schema, dialect);
    let found = drift::differences(table, &expected, schema);
    let added = format!("column `{ATTEMPT}` is missing");
    found.iter().all(|line| *line == added)
}

/// What adoption adds to a table of this schema and changes in it, one line each.
pub(super) fn lacking(table: &LiveTable, schema: &Schema, dialect: Dialect) -> Vec<String> {
    let own = BUILT_IN.into_iter().chain([ATTEMPT]);
    let missing = own.filter(|name| table.column(name).is_none());
    let mut lines = missing
        .map(|name| format!("add `{name}`, which wallow needs for itself"))
        .collect::<Vec<_>>();
    if !table.keeps_uuids_unique() {
        lines.push("keep uuids unique".to_owned());
    }
    lines.extend(
        adoption::changes(table, schema, dialect)
            .into_iter()
            .map(|change| change.step),
    );
    if table.plain_key(schema).is_some() {
        return lines;
    }
    if table.is_constrained(schema) {
        lines.push("keep the key unique by an index, not by a constraint".to_owned());
    } else if !table.has_key_index() {
        lines.push(format!(
            "keep the key unique by an index of the name `{KEY_INDEX}`"
        ));
    }
    lines
}
