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
    match raw.role {
        Role::Identifying => {
            identifying_type(raw, out);
            identifying_not_nullable(raw, out);
            optional_without_default(raw, out);
        }
        Role::Annotating => annotating_not_optional(raw, out),
    }
    let may_be_null = match raw.role {
        Role::Identifying => raw.optional,
        Role::Annotating => raw.nullable,
    };
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
        nullable: may_be_null.map_or(raw.role == Role::Annotating, |written| written.value),
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

/// `NULL` says that a value is not known, and unknown values never collide. In a key, only `optional` gives absence a
/// meaning.
fn identifying_not_nullable(field: &raw::Field, out: &mut Diagnostics) {
    let Some(nullable) = field.nullable.filter(|nullable| nullable.value) else {
        return;
    };
    let message = format!(
        "identifying field {} cannot be nullable",
        quoted(&field.name.value)
    );
    let help = if field.optional.is_some_and(|optional| optional.value) {
        "remove `nullable`: `optional = true` says that a run may have no value"
    } else if field.default.is_some() {
        "remove `nullable`: a run that leaves the field out has the `default`; or write `optional = true` in the place of \
         both, if a run may have no value"
    } else {
        "write `optional = true` if a run may have no value, which is then a value of the key like any other; \
         or remove `nullable`, and add a `default` for runs that do not say theirs"
    };
    out.error(nullable.span, message)
        .label(field.name.span, "declared identifying here")
        .help(help);
}

/// With both, leaving the field out would have two meanings.
fn optional_without_default(field: &raw::Field, out: &mut Diagnostics) {
    let Some(optional) = field.optional.filter(|optional| optional.value) else {
        return;
    };
    let Some(default) = &field.default else {
        return;
    };
    let message = format!(
        "optional field {} cannot have a `default`",
        quoted(&field.name.value)
    );
    out.error(default.span, message)
        .label(optional.span, "declared optional here")
        .help(
            "remove one of them: a default is the value of a run that leaves the field out, and means that value; \
             absent is a value of its own, and equals no other",
        );
}

/// Absence of an annotating field is NULL, which is not compared.
fn annotating_not_optional(field: &raw::Field, out: &mut Diagnostics) {
    let Some(optional) = field.optional else {
        return;
    };
    let message = format!(
        "annotating field {} cannot be `optional`",
        quoted(&field.name.value)
    );
    let help = match (optional.value, field.nullable) {
        (true, None) => {
            "remove the line: an annotating field is `nullable` unless the schema says otherwise"
        }
        (true, Some(_)) => {
            "remove the line: `nullable` says whether an annotating field may have no value"
        }
        (false, _) => "write `nullable = false` instead",
    };
    out.error(optional.span, message)
        .label(field.name.span, "declared annotating here")
        .help(help);
}
