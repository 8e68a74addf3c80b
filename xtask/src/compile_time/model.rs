//! The schema that both crates have: so many fields, three of ten identifying, types in turn.

/// A field.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) identifying: bool,
    /// As in wallow.toml.
    pub(crate) ty: &'static str,
    /// Of an identifying field, as in wallow.toml.
    pub(crate) default: Option<&'static str>,
    pub(crate) doc: String,
}

/// The types of identifying fields, in turn, and what every other one of them defaults to.
const KEY: [(&str, &str); 4] = [
    ("string", "\"plain\""),
    ("float", "0.5"),
    ("int", "7"),
    ("bool", "false"),
];

/// The types of annotating fields, in turn.
const NOTES: [&str; 7] = ["string", "float", "int", "json", "datetime", "path", "bool"];

/// So many fields.
pub(crate) fn fields(count: usize) -> Vec<Field> {
    let keys = count * 3 / 10;
    let key = (0..keys).map(|number| {
        let (ty, default) = KEY[number % KEY.len()];
        Field {
            name: format!("key_{number}"),
            identifying: true,
            ty,
            default: (number % 2 == 1).then_some(default),
            doc: format!("Setting {number} of the experiment."),
        }
    });
    let notes = (0..count - keys).map(|number| Field {
        name: format!("note_{number}"),
        identifying: false,
        ty: NOTES[number % NOTES.len()],
        default: None,
        doc: format!("Result {number} of the experiment."),
    });
    key.chain(notes).collect()
}
