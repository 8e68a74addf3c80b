//! What wallow.toml says about each field. It is parsed here without wallow, because the checks must not rely on the
//! macro's own parser.

use std::path::Path;

use toml::{Table, Value};
use tool_checks::{Result, read};

/// A field as its author wrote it.
pub(crate) struct Field {
    pub(crate) name: String,
    /// `identifying` or `annotating`.
    pub(crate) table: String,
    /// The line of its header.
    pub(crate) line: usize,
    keys: Table,
}

/// The fields of a schema whose tables are all written as `[identifying.name]`, in the order of the file.
pub(crate) fn fields(path: &Path) -> Result<Vec<Field>> {
    let text = read(path)?;
    let tree = text.parse::<Table>()?;
    let fields = text.lines().zip(1..).filter_map(|(text, line)| {
        let (table, name) = text.strip_prefix('[')?.strip_suffix(']')?.split_once('.')?;
        let keys = tree.get(table)?.get(name)?.as_table()?.clone();
        Some(Field {
            name: name.to_owned(),
            table: table.to_owned(),
            line,
            keys,
        })
    });
    Ok(fields.collect())
}

impl Field {
    pub(crate) fn key(&self, key: &str) -> Option<&Value> {
        self.keys.get(key)
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.key(key).and_then(Value::as_str)
    }

    pub(crate) fn ty(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    pub(crate) fn is_nullable(&self) -> bool {
        self.table == "annotating"
            && self
                .key("nullable")
                .and_then(Value::as_bool)
                .unwrap_or(true)
    }
}
