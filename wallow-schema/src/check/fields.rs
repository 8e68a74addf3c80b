//! The rules of a field, by its role.

use super::{closed_set, defaults};
use crate::diagnostic::{Diagnostics, Reported, listed, quoted};
use crate::raw;
use crate::schema::{Field, FieldType, Role};

/// The valid fields of one role.
pub(super) fn fields(
    raw: &Result<raw::Fields, Reported>,
    out: &mut Diagnostics,
) -> Result<Vec<Field>, Reported> {
    let raw = raw.as_ref().map_err(|&reported| reported)?;
    // Every field is checked before the first error ends this function, so that all errors are reported.
    let fields: Vec<_> = raw.fields.iter().map(|raw| field(raw, out)).collect();
    fields.into_iter().collect()
}

fn field(raw: &raw::Field, out: &mut Diagnostics) -> Result<Field, Reported> {
    if raw.role == Role::Identifying {
        identifying_type(raw, out);
        identifying_not_nullable(raw, out);
    }
    let default = defaults::default_value(raw, out);
    let values = closed_set::values(raw, out)?;
    let default = default?;
    Ok(Field {
        name: raw.name.value.clone(),
        role: raw.role,
        ty: raw.ty?.value,
        default,
        doc: raw.doc.as_ref().map(|doc| doc.value.clone()),
        indexed: raw
            .indexed
            .map_or(raw.role == Role::Identifying, |indexed| indexed.value),
        nullable: raw
            .nullable
            .map_or(raw.role == Role::Annotating, |nullable| nullable.value),
        values,
        line: out.source().position(raw.name.span.start).line,
    })
}

/// Without a key every run would be the same run.
pub(super) fn at_least_one_identifying(raw: &raw::Schema, out: &mut Diagnostics) {
    let Ok(identifying) = &raw.identifying else {
        return;
    };
    if identifying.fields.is_empty() {
        out.error(identifying.place, "no identifying field").help(
            "add what tells two runs apart, like a line `[identifying.seed]` and below it `type = \"int\"`",
        );
    }
}

/// The database compares keys, so equal values must have only one text. The same JSON, moment or path can be written in
/// many ways.
fn identifying_type(field: &raw::Field, out: &mut Diagnostics) {
    let Ok(ty) = field.ty else { return };
    if ty.value.may_identify() {
        return;
    }
    let fitting = FieldType::ALL.into_iter().filter(|ty| ty.may_identify());
    let message = format!("identifying field cannot be of type `{}`", ty.value);
    out.error(ty.span, message)
        .label(field.name.span, "declared identifying here")
        .help(format!(
            "use {}, or move the field under `[annotating]`",
            listed(fitting.map(FieldType::as_str), "or")
        ));
}

/// An identifying field must not be nullable: NULLs never collide, so they would break deduplication.
fn identifying_not_nullable(field: &raw::Field, out: &mut Diagnostics) {
    let Some(nullable) = field.nullable.filter(|nullable| nullable.value) else {
        return;
    };
    let message = format!(
        "identifying field {} cannot be nullable",
        quoted(&field.name.value)
    );
    out.error(nullable.span, message)
        .label(field.name.span, "declared identifying here")
        .help("remove `nullable`, or move the field under `[annotating]`");
}
