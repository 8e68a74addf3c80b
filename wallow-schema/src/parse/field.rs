//! One field: `[identifying.<name>]` or `[annotating.<name>]`.

use super::reader::{Hint, Reader};
use crate::diagnostic::{Diagnostics, Reported, listed, quoted};
use crate::raw::{Entry, Field, Table, Value};
use crate::schema::{FieldType, Role};
use crate::source::Spanned;
use crate::suggest;

/// The keys of a field.
pub(crate) const KEYS: [&str; 7] = [
    "type", "default", "indexed", "nullable", "optional", "doc", "values",
];

/// Reads one field, even a broken one, because its name is declared in any case.
pub(super) fn field(role: Role, entry: Entry, out: &mut Diagnostics) -> Field {
    let name = entry.key;
    match entry
        .value
        .and_then(|value| own_table(role, &name, value, out))
    {
        Ok(table) => described(role, name, table, out),
        Err(reported) => Field {
            role,
            name,
            ty: Err(reported),
            default: None,
            doc: None,
            indexed: None,
            nullable: None,
            optional: None,
            values: None,
        },
    }
}

fn described(role: Role, name: Spanned<String>, table: Table, out: &mut Diagnostics) -> Field {
    let title = format!("field {}", quoted(&name.value));
    let hint = |entry: &Entry| inner_table(&name.value, entry);
    let mut reader = Reader::new(&title, name.span, table, &KEYS, hint, out);
    let help = format!("add a line like `type = \"float\"`; {}", types(role));
    Field {
        role,
        ty: reader
            .required("type", &help, out)
            .and_then(|written| field_type(role, written, out)),
        default: reader.optional("default", out),
        doc: reader.optional("doc", out),
        indexed: reader.optional("indexed", out),
        nullable: reader.optional("nullable", out),
        optional: reader.optional("optional", out),
        values: reader.optional("values", out),
        name,
    }
}

/// The table of a field. A field has to be a table, because it has more properties than its type.
fn own_table(
    role: Role,
    name: &Spanned<String>,
    value: Spanned<Value>,
    out: &mut Diagnostics,
) -> Result<Table, Reported> {
    let ty = match &value.value {
        Value::String(written) => suggest::near_type(written)
            .filter(|&ty| fits(ty, role))
            .unwrap_or(FieldType::Float),
        _ => FieldType::Float,
    };
    match value.value {
        Value::Table(table) => Ok(table),
        other => {
            let message = format!(
                "field {} must be a table, found {}",
                quoted(&name.value),
                other.kind()
            );
            let header = header(role, &name.value);
            let help = format!("write a line `{header}` and below it `type = \"{ty}\"`");
            Err(out.error(value.span, message).help(help).reported())
        }
    }
}

/// The line that begins a field.
pub(super) fn header(role: Role, name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        format!("[{role}.{name}]")
    } else {
        format!("[{role}.\"{}\"]", name.escape_debug())
    }
}

fn field_type(
    role: Role,
    written: Spanned<Value>,
    out: &mut Diagnostics,
) -> Result<Spanned<FieldType>, Reported> {
    let Spanned { value, span } = written;
    let Value::String(name) = value else {
        let message = format!("`type` must be a string, found {}", value.kind());
        return Err(out.error(span, message).help(types(role)).reported());
    };
    if let Ok(value) = name.parse() {
        return Ok(Spanned { value, span });
    }
    let near = suggest::near_type(&name).filter(|&ty| fits(ty, role));
    let help = near.map_or_else(|| types(role), |near| format!("did you mean `{near}`?"));
    let message = format!("unknown type {}", quoted(&name));
    Err(out.error(span, message).help(help).reported())
}

/// Advice for a table within a field. Fields do not nest, so it is a group of fields, or a default without its key.
fn inner_table(field: &str, entry: &Entry) -> Option<Hint> {
    let Ok(Value::Table(_)) = entry.value.as_ref().map(|value| &value.value) else {
        return None;
    };
    let name = quoted(&format!("{field}_{}", entry.key.value));
    Some(Hint {
        help: format!("fields do not nest; a field of its own could be called {name}"),
        excuses: Some("type"),
    })
}

fn types(role: Role) -> String {
    let fitting = FieldType::ALL.into_iter().filter(|&ty| fits(ty, role));
    format!("a type is {}", listed(fitting.map(FieldType::as_str), "or"))
}

/// Whether a field of this role may have this type. Only such types are suggested.
fn fits(ty: FieldType, role: Role) -> bool {
    role == Role::Annotating || ty.may_identify()
}
