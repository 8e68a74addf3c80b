//! What wallow.toml says of each field, read here a second time without wallow: the checks must
//! not take the macro's word for it.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// A field as its author wrote it.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) identifying: bool,
    pub(crate) ty: String,
    pub(crate) nullable: bool,
    pub(crate) default: Option<String>,
    pub(crate) doc: Option<String>,
    /// The line of its header.
    pub(crate) line: usize,
}

/// The fields of a schema whose tables are all written as `[identifying.name]`, in the order of the file.
pub(crate) fn fields(path: &Path) -> Result<Vec<Field>, String> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let tree = text
        .parse::<Table>()
        .map_err(|error| format!("{shown}: {error}"))?;
    let headers = text.lines().zip(1..).filter_map(|(line, number)| {
        let (table, name) = line.strip_prefix('[')?.strip_suffix(']')?.split_once('.')?;
        Some((table, name, number))
    });
    let fields = headers.map(|(table, name, line)| {
        let field = tree.get(table).and_then(|table| table.get(name));
        let key = |key: &str| field.and_then(|field| field.get(key));
        let text = |name: &str| key(name).and_then(Value::as_str).map(str::to_owned);
        let identifying = table == "identifying";
        let nullable = key("nullable").and_then(Value::as_bool).unwrap_or(true);
        Field {
            name: name.to_owned(),
            identifying,
            ty: text("type").unwrap_or_default(),
            nullable: !identifying && nullable,
            default: key("default").map(ToString::to_string),
            doc: text("doc"),
            line,
        }
    });
    Ok(fields.collect())
}
