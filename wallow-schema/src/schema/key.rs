//! The key of a schema, field by field.

use std::fmt;

use super::{Field, FieldType};

/// A field of the key, as the unique index and the diff know it.
///
/// ```
/// let text = "[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n\
///             [identifying.momentum]\ntype = 'float'\noptional = true\n";
/// let schema = wallow_schema::parse(text, "wallow.toml")?;
/// let key: Vec<String> = schema.key().iter().map(ToString::to_string).collect();
/// assert_eq!(key, ["momentum (optional)", "seed"]);
/// # Ok::<(), wallow_schema::Diagnostics>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyField {
    /// Its name.
    pub name: String,
    /// The type of its values, if it is optional: the index has a stand-in of this type for a run without a value.
    pub optional: Option<FieldType>,
}

impl KeyField {
    /// The field of the key that this identifying field is.
    pub fn of(field: &Field) -> Self {
        Self {
            name: field.name.clone(),
            optional: field.is_optional().then_some(field.ty),
        }
    }
}

impl fmt::Display for KeyField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match self.optional {
            Some(_) => f.write_str(" (optional)"),
            None => Ok(()),
        }
    }
}
