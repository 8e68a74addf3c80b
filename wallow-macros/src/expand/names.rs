//! Names: identifiers of fields, and names of methods that must not clash.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Ident;
use wallow_schema::{Field, Schema};

use crate::locate::here;

/// The identifier of a field; raw if it is a keyword of any edition.
pub(super) fn ident(name: &str) -> Ident {
    match syn::parse_str::<Ident>(name) {
        // `gen` is a keyword since edition 2024.
        Ok(_) if name != "gen" => Ident::new(name, here()),
        _ => Ident::new_raw(name, here()),
    }
}

/// The names of the items of each field. Most have the name of the field itself.
pub(super) struct Names {
    /// Accessors of `Identifying`.
    accessors: NameMap,
    /// Setters of the builder.
    builder: NameMap,
    /// `clear_…` of the builder.
    builder_clears: NameMap,
    /// Setters of `Annotating`.
    setters: NameMap,
    /// `clear_…` of `Annotating`.
    clears: NameMap,
    /// Columns in the module `runs`; their SQL names stay the fields'.
    columns: NameMap,
}

/// Names by field.
type NameMap = BTreeMap<String, String>;

impl Names {
    pub(super) fn new(schema: &Schema) -> Self {
        let key = &schema.identifying;
        let patch = &schema.annotating;
        // A required field `build` keeps its name: its setter does not exist any more when `build()` does.
        let optional_build = key
            .iter()
            .any(|field| field.name == "build" && !is_required(field));
        let taken: &[&str] = if optional_build { &["build"] } else { &[] };
        let builder = around(key.iter(), taken, |name| format!("set_{name}"));
        let setters = around(patch.iter(), &["new"], |name| format!("set_{name}"));
        Names {
            accessors: around(
                key.iter(),
                &["builder", "from_config", "to_builder"],
                |name| format!("get_{name}"),
            ),
            builder_clears: clears(key, &builder),
            builder,
            clears: clears(patch, &setters),
            setters,
            // diesel's own names in the module.
            columns: around(schema.fields(), &["star", "runs"], |name| {
                format!("{name}_")
            }),
        }
    }

    pub(super) fn accessor(&self, field: &str) -> Ident {
        found(&self.accessors, field)
    }

    pub(super) fn builder(&self, field: &str) -> Ident {
        found(&self.builder, field)
    }

    pub(super) fn builder_clear(&self, field: &str) -> Ident {
        found(&self.builder_clears, field)
    }

    pub(super) fn setter(&self, field: &str) -> Ident {
        found(&self.setters, field)
    }

    pub(super) fn clear(&self, field: &str) -> Ident {
        found(&self.clears, field)
    }

    pub(super) fn column(&self, column: &str) -> Ident {
        found(&self.columns, column)
    }
}

fn found(names: &BTreeMap<String, String>, field: &str) -> Ident {
    ident(names.get(field).map_or(field, String::as_str))
}

/// The name of each field; if that is `taken`, another one that no field has.
fn around<'a>(
    fields: impl Iterator<Item = &'a Field>,
    taken: &[&str],
    other: impl Fn(&str) -> String,
) -> NameMap {
    let fields = fields.collect::<Vec<_>>();
    let mut used = fields
        .iter()
        .map(|field| field.name.clone())
        .collect::<BTreeSet<_>>();
    let name = |field: &Field| {
        let name = if taken.contains(&field.name.as_str()) {
            unused(other(&field.name), &mut used)
        } else {
            field.name.clone()
        };
        (field.name.clone(), name)
    };
    fields.into_iter().map(name).collect()
}

/// Whether a key cannot be built without a value for this identifying field.
pub(super) fn is_required(field: &Field) -> bool {
    field.default.is_none() && !field.is_optional()
}

/// `clear_<name>` of the fields that may have no value, beside the setters.
fn clears(fields: &[Field], setters: &NameMap) -> NameMap {
    let mut used = setters.values().cloned().collect::<BTreeSet<_>>();
    let nullable = fields.iter().filter(|field| field.nullable);
    nullable
        .map(|field| {
            let name = unused(format!("clear_{}", field.name), &mut used);
            (field.name.clone(), name)
        })
        .collect()
}

/// The name, with `_` appended until it is unused.
fn unused(mut name: String, used: &mut BTreeSet<String>) -> String {
    while !used.insert(name.clone()) {
        name.push('_');
    }
    name
}
