//! Random changes of a schema, with rows in the table.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wallow_schema::diff::Hints;
use wallow_schema::{DefaultValue, Field, FieldType, Role, Schema, canonical_float};

use crate::schemas;

/// A run: the values of its fields, by name.
pub(crate) type Row = BTreeMap<String, Option<DefaultValue>>;

/// Two schemas, the hints about the change, and runs of the first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pair {
    pub(crate) old: Schema,
    pub(crate) new: Schema,
    pub(crate) hints: Hints,
    pub(crate) rows: Vec<Row>,
    /// Runs that are written after the migration.
    pub(crate) late: Vec<Row>,
}

/// What happens to a field.
#[derive(Debug, Clone, PartialEq)]
enum Outcome {
    Same,
    Changed(Field),
    Renamed(Field),
    Dropped,
}

/// Names that no schema of `schemas` has.
const FRESH: [&str; 4] = ["select", "new_one", "Übung", "a_1"];

pub(crate) fn pairs() -> impl Strategy<Value = Pair> {
    schemas::schemas().prop_flat_map(|old| {
        let outcomes: Vec<_> = old.fields().map(outcome).collect();
        let roles = proptest::collection::vec(any::<bool>(), 0..3);
        let come = roles.prop_flat_map(|roles| {
            let fields = roles.into_iter().zip(FRESH);
            let fields = fields.map(|(identifying, name)| added(name, identifying));
            fields.collect::<Vec<_>>()
        });
        let rows = rows(&old);
        let pairs = (Just(old), outcomes, come, rows).prop_map(pair);
        pairs.prop_flat_map(|pair| {
            let late = self::rows(&pair.new);
            (Just(pair), late).prop_map(|(pair, late)| Pair { late, ..pair })
        })
    })
}

/// A new field, which needs a value for existing runs.
fn added(name: &str, identifying: bool) -> impl Strategy<Value = Field> {
    let role = if identifying {
        Role::Identifying
    } else {
        Role::Annotating
    };
    schemas::field(name.to_owned(), role).prop_flat_map(|field| {
        schemas::values(field.ty).prop_map(move |value| {
            let mut field = field.clone();
            if !field.nullable && field.default.is_none() {
                field.default = Some(value);
            }
            field
        })
    })
}

fn outcome(field: &Field) -> impl Strategy<Value = Outcome> + use<> {
    let changed = changed(field.clone());
    let renamed = changed.clone();
    prop_oneof![
        4 => Just(Outcome::Same),
        4 => changed.prop_map(Outcome::Changed),
        1 => renamed.prop_map(Outcome::Renamed),
        1 => Just(Outcome::Dropped),
    ]
}

/// The same field with other settings: role, default, NULL, index, and a type it can become.
fn changed(field: Field) -> BoxedStrategy<Field> {
    let ty = match field.ty {
        FieldType::Int | FieldType::Float => {
            prop_oneof![Just(FieldType::Int), Just(FieldType::Float)].boxed()
        }
        FieldType::Path => prop_oneof![Just(FieldType::Path), Just(FieldType::String)].boxed(),
        ty => Just(ty).boxed(),
    };
    let role = (ty, any::<bool>()).prop_map(|(ty, identifying)| {
        if identifying && ty.may_identify() {
            (ty, Role::Identifying)
        } else {
            (ty, Role::Annotating)
        }
    });
    role.prop_flat_map(move |(ty, role)| schemas::typed(field.name.clone(), role, ty))
        .boxed()
}

fn pair((old, outcomes, added, rows): (Schema, Vec<Outcome>, Vec<Field>, Vec<Row>)) -> Pair {
    let mut fields = Vec::new();
    let mut hints = Hints {
        allow_drop_identifying: true,
        ..Hints::default()
    };
    for (field, outcome) in old.fields().zip(outcomes) {
        match outcome {
            Outcome::Same => fields.push(field.clone()),
            Outcome::Changed(changed) => fields.push(changed),
            Outcome::Renamed(mut changed) => {
                changed.name = format!("{}_2", field.name);
                let names = (field.name.clone(), changed.name.clone());
                hints.renames.push(names);
                fields.push(changed);
            }
            Outcome::Dropped => hints.drops.push(field.name.clone()),
        }
    }
    fields.extend(added);
    if !fields.iter().any(|field| field.role == Role::Identifying) {
        // A schema needs a key.
        let kept = old.identifying[0].clone();
        fields.retain(|field| {
            field.name != kept.name && !field.name.starts_with(&format!("{}_2", kept.name))
        });
        hints.renames.retain(|(from, _)| *from != kept.name);
        hints.drops.retain(|name| *name != kept.name);
        fields.push(kept);
    }
    let new = schemas::schema(fields, old.project.float_precision);
    Pair {
        old,
        new,
        hints,
        rows,
        late: Vec::new(),
    }
}

/// Runs with different keys.
fn rows(schema: &Schema) -> impl Strategy<Value = Vec<Row>> + use<> {
    let values: Vec<_> = schema.fields().map(value).collect();
    let key: Vec<String> = schema
        .key_columns()
        .into_iter()
        .map(str::to_owned)
        .collect();
    let names: Vec<String> = schema.fields().map(|field| field.name.clone()).collect();
    proptest::collection::vec(values, 0..6).prop_map(move |rows| {
        let rows = rows.into_iter();
        let rows = rows.map(|values| names.iter().cloned().zip(values).collect());
        unique(Vec::new(), rows, &key)
    })
}

/// The existing runs, and those of the others whose keys are new.
pub(crate) fn unique(
    mut unique: Vec<Row>,
    others: impl IntoIterator<Item = Row>,
    key: &[impl AsRef<str>],
) -> Vec<Row> {
    for row in others {
        let is_same = |other: &Row| {
            key.iter()
                .all(|name| other[name.as_ref()] == row[name.as_ref()])
        };
        if !unique.iter().any(is_same) {
            unique.push(row);
        }
    }
    unique
}

fn value(field: &Field) -> impl Strategy<Value = Option<DefaultValue>> + use<> {
    let is_of_the_key = field.role == Role::Identifying;
    let value = schemas::values(field.ty).prop_map(move |value| match value {
        // A float that is canonical with the lowest precision of the schemas is canonical with all of them.
        DefaultValue::Float(value) if is_of_the_key => {
            DefaultValue::Float(canonical_float(value, 1))
        }
        value => value,
    });
    if field.nullable {
        proptest::option::weighted(0.8, value).boxed()
    } else {
        value.prop_map(Some).boxed()
    }
}
