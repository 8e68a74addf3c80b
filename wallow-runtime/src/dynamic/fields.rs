//! Values by the names of their fields.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::value::owned::Value;

/// Values by field name.
///
/// # Values by name
///
/// ```
/// # let schema = wallow::schema::parse(
/// #     "[project]\nname = 'a'\n[identifying.seed]\ntype = 'int'\n[annotating.loss]\ntype = 'float'\n",
/// #     "wallow.toml",
/// # )?;
/// use wallow::dynamic::{Fields, Value};
///
/// let fields = Fields::new().with("seed", 7).with("model", "mlp");
/// assert_eq!(fields.get("seed"), Some(&Value::Int(7)));
/// let same: Fields = [("seed", Value::Int(7)), ("model", "mlp".into())].into_iter().collect();
/// assert_eq!(fields, same);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Fields(pub(super) BTreeMap<String, Value>);

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// These fields with one more.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.0.insert(name.into(), value.into());
        self
    }

    /// The value under a name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(super) fn refuse_unknown(&self, role: &str, known: &[&str]) -> Result<(), Error> {
        match self.0.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let message = format!("no such {role} field; the schema has: {}", known.join(", "));
                Err(Error::validation(name, message))
            }
        }
    }
}

impl<N: Into<String>, V: Into<Value>> FromIterator<(N, V)> for Fields {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Fields(
            fields
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
