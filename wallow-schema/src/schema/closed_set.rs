//! The Rust names of a closed set: an enum named after the field, and a variant for each value.

use super::Field;

/// The names that the macro emits besides the enums of closed sets.
const EMITTED: [&str; 5] = [
    "Annotating",
    "Identifying",
    "IdentifyingBuilder",
    "Run",
    "Store",
];

impl Field {
    /// The name of the enum of a closed set: that of the field in `CamelCase`. A name that wallow emits already, or
    /// that Rust reserves, gets a `_` appended.
    ///
    /// ```
    /// # let text = "
    /// #     [project]
    /// #     name = 'sweep'
    /// #     [identifying.lr_schedule]
    /// #     type = 'string'
    /// #     values = ['cosine', 'step-10']
    /// # ";
    /// let schema = wallow_schema::parse(text, "wallow.toml")?;
    /// let field = &schema.identifying[0];
    /// assert_eq!(field.enum_name(), "LrSchedule");
    /// assert_eq!(field.variants().collect::<Vec<_>>(), ["Cosine", "Step10"]);
    /// # Ok::<(), wallow_schema::Diagnostics>(())
    /// ```
    pub fn enum_name(&self) -> String {
        enum_name(&self.name)
    }

    /// The variants of a closed set, in the order of its values.
    pub fn variants(&self) -> impl Iterator<Item = String> {
        self.values.iter().map(|value| camel_case(value))
    }
}

/// The name of the enum of a field.
pub(crate) fn enum_name(field: &str) -> String {
    let name = camel_case(field);
    if EMITTED.contains(&name.as_str()) {
        name + "_"
    } else {
        name
    }
}

/// Splits a text at everything that is not a letter or digit, and gives each word a capital; a `V` is put before a
/// leading digit.
pub(crate) fn camel_case(text: &str) -> String {
    let mut name = String::with_capacity(text.len());
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        let mut chars = word.chars();
        name.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        name.push_str(chars.as_str());
    }
    if name.starts_with(|c: char| c.is_numeric()) {
        name.insert(0, 'V');
    }
    // `Self` cannot be a raw identifier with `r#`.
    if name == "Self" {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_camel_case() {
        for (text, name) in [
            ("adamw", "Adamw"),
            ("mlp-16", "Mlp16"),
            ("16x16", "V16x16"),
            ("lr_schedule", "LrSchedule"),
            ("ResNet 50 (wide)", "ResNet50Wide"),
            ("größe", "Größe"),
            ("self", "Self_"),
            ("--", ""),
        ] {
            assert_eq!(camel_case(text), name, "{text}");
        }
        assert_eq!(enum_name("run"), "Run_");
    }
}
