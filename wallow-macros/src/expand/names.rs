//! Names: identifiers of fields, and methods that must not meet each other.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Ident;
use wallow_schema::Schema;

use crate::locate::here;

/// The identifier of a field: raw where it is a keyword.
pub(super) fn ident(name: &str) -> Ident {
    syn::parse_str::<Ident>(name).map_or_else(
        |_| Ident::new_raw(name, here()),
        |_| Ident::new(name, here()),
    )
}

/// The names of methods, by field: mostly the field's own.
pub(super) struct Names {
    /// Accessors of `Identifying`.
    accessors: BTreeMap<String, String>,
    /// Setters of the builder.
    builder: BTreeMap<String, String>,
    /// Setters of `Annotating`.
    setters: BTreeMap<String, String>,
    /// `clear_…` of `Annotating`.
    clears: BTreeMap<String, String>,
}

impl Names {
    pub(super) fn new(schema: &Schema) -> Self {
        let key = schema
            .identifying
            .iter()
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>();
        let patch = schema
            .annotating
            .iter()
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>();
        // A required field `build` needs no other name: its setter is gone before `build()` comes.
        let optional_build = schema
            .identifying
            .iter()
            .any(|field| field.name == "build" && field.default.is_some());
        let taken: &[&str] = if optional_build { &["build"] } else { &[] };
        let setters = free(&patch, "set_", &["new"]);
        let used = setters.values().map(String::as_str).collect::<Vec<_>>();
        let nullable = schema.annotating.iter().filter(|field| field.nullable);
        let clears = nullable
            .map(|field| {
                let mut name = format!("clear_{}", field.name);
                while used.contains(&name.as_str()) {
                    name.push('_');
                }
                (field.name.clone(), name)
            })
            .collect();
        Names {
            accessors: free(&key, "get_", &["builder"]),
            builder: free(&key, "set_", taken),
            setters,
            clears,
        }
    }

    pub(super) fn accessor(&self, field: &str) -> Ident {
        found(&self.accessors, field)
    }

    pub(super) fn builder(&self, field: &str) -> Ident {
        found(&self.builder, field)
    }

    pub(super) fn setter(&self, field: &str) -> Ident {
        found(&self.setters, field)
    }

    pub(super) fn clear(&self, field: &str) -> Ident {
        found(&self.clears, field)
    }
}

fn found(names: &BTreeMap<String, String>, field: &str) -> Ident {
    ident(names.get(field).map_or(field, String::as_str))
}

/// A method name for each field: its own, or with `prefix` where that is wallow's (`taken`).
fn free(fields: &[&str], prefix: &str, taken: &[&str]) -> BTreeMap<String, String> {
    let used = fields.iter().copied().collect::<BTreeSet<_>>();
    let name = |field: &str| {
        if !taken.contains(&field) {
            return field.to_owned();
        }
        let mut name = format!("{prefix}{field}");
        while used.contains(name.as_str()) {
            name.push('_');
        }
        name
    };
    fields
        .iter()
        .map(|field| ((*field).to_owned(), name(field)))
        .collect()
}
