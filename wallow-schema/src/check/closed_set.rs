//! A closed set: the texts that a string field may have.

use super::identifier::is_identifier;
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::raw::{self, Field, Value};
use crate::schema::{FieldType, LIFECYCLE, camel_case, enum_name};
use crate::source::Spanned;
use crate::suggest;

const EXAMPLE: &str = "write the values like `values = [\"adamw\", \"sgd\"]`";

/// The values of the field; empty if any text is allowed.
pub(super) fn values(field: &Field, out: &mut Diagnostics) -> Result<Vec<String>, Reported> {
    let Some(written) = &field.values else {
        return Ok(Vec::new());
    };
    let name = quoted(&field.name.value);
    let Value::Array(elements) = &written.value else {
        let message = format!(
            "`values` must be an array of strings, found {}",
            written.value.kind()
        );
        return Err(out.error(written.span, message).help(EXAMPLE).reported());
    };
    let ty = field.ty?;
    if ty.value != FieldType::String {
        let message = format!(
            "only a string field has `values`, and {name} is of type `{}`",
            ty.value
        );
        let problem = out.error(written.span, message);
        problem.label(ty.span, "declared here");
        problem.help("remove `values`, or make the field a `string`");
        return Err(problem.reported());
    }
    if elements.is_empty() {
        let message = format!("`values` of {name} is empty, so that no value would be left");
        let problem = out.error(written.span, message);
        problem.help("name every value that the field may have, or remove `values`");
        return Err(problem.reported());
    }
    let mut seen: Vec<(&str, &Spanned<Value>)> = Vec::new();
    // Every value is checked, so that all mistakes are reported, before the first invalid one ends the check.
    let checked = elements
        .iter()
        .map(|element| value(element, &name, &mut seen, out));
    let checked = checked.collect::<Vec<_>>();
    let values = checked.into_iter().collect::<Result<Vec<_>, _>>()?;
    default_is_one_of(&values, field, out)?;
    Ok(values)
}

fn value<'r>(
    element: &'r Spanned<Value>,
    field: &str,
    seen: &mut Vec<(&'r str, &'r Spanned<Value>)>,
    out: &mut Diagnostics,
) -> Result<String, Reported> {
    let Value::String(text) = &element.value else {
        let message = format!(
            "a value of {field} must be a string, found {}",
            element.value.kind()
        );
        return Err(out.error(element.span, message).help(EXAMPLE).reported());
    };
    let variant = camel_case(text);
    let (message, help, other) = if text.is_empty() {
        (
            "is empty".to_owned(),
            "give it a name, or remove it".to_owned(),
            None,
        )
    } else if text.contains('\0') {
        let help = r"remove `\u0000`: databases do not keep it";
        ("contains a NUL character".to_owned(), help.to_owned(), None)
    } else if let Some((_, other)) = seen.iter().find(|(known, _)| known == text) {
        (
            "stands twice".to_owned(),
            "remove one of them".to_owned(),
            Some(*other),
        )
    } else if !is_identifier(&variant) {
        let message = "makes no name of a Rust variant";
        let help = "a value needs a letter or a digit, and only letters that Rust takes in names";
        (message.to_owned(), help.to_owned(), None)
    } else if let Some((known, other)) = seen.iter().find(|(known, _)| camel_case(known) == variant)
    {
        let message = format!(
            "and {} would both be the variant `{variant}`",
            quoted(known)
        );
        (message, "rename one of them".to_owned(), Some(*other))
    } else {
        seen.push((text, element));
        return Ok(text.clone());
    };
    let problem = out.error(
        element.span,
        format!("value {} of {field} {message}", quoted(text)),
    );
    if let Some(other) = other {
        problem.label(other.span, "first here");
    }
    Err(problem.help(help).reported())
}

fn default_is_one_of(
    values: &[String],
    field: &Field,
    out: &mut Diagnostics,
) -> Result<(), Reported> {
    let Some(Spanned {
        value: Value::String(default),
        span,
    }) = &field.default
    else {
        return Ok(());
    };
    if values.contains(default) {
        return Ok(());
    }
    let message = format!("default {} is none of the `values`", quoted(default));
    let near = suggest::near(default, values.iter().map(String::as_str));
    let help = near.map_or_else(
        || "add it to `values`, or take one of them".to_owned(),
        |near| format!("did you mean `{near}`?"),
    );
    Err(out.error(*span, message).help(help).reported())
}

/// Rules over all fields: wallow itself writes the status of a lifecycle, and each enum needs a name of its own.
pub(super) fn check(raw: &raw::Schema, out: &mut Diagnostics) {
    let declared = |name: &str| raw.fields().find(|field| field.name.value == name);
    let has_lifecycle = LIFECYCLE.iter().all(|(name, _)| declared(name).is_some());
    if let Some(values) = declared("status").and_then(|status| status.values.as_ref())
        && has_lifecycle
    {
        let message = "the `status` of a lifecycle takes no `values`";
        let help = "remove `values`: wallow writes `pending`, `running`, `completed` and `failed` there (in a program, \
                    `wallow::RunStatus`)";
        out.error(values.span, message).help(help);
    }
    let mut seen: Vec<(String, &Field)> = Vec::new();
    for field in raw.fields().filter(|field| field.values.is_some()) {
        let name = enum_name(&field.name.value);
        if let Some((_, other)) = seen.iter().find(|(known, _)| *known == name) {
            let message = format!(
                "the enums of {} and {} would both be called `{name}`",
                quoted(&other.name.value),
                quoted(&field.name.value)
            );
            let problem = out.error(field.name.span, message);
            problem.label(other.name.span, "first here");
            problem.help("rename one of the fields");
        }
        seen.push((name, field));
    }
}
