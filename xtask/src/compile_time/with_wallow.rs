//! The crate that uses wallow.

use std::fmt::Write;

use super::model::Field;

/// wallow.toml.
pub(crate) fn schema(fields: &[Field]) -> String {
    let mut text = "[project]\nname = \"experiment\"\n".to_owned();
    for field in fields {
        let table = if field.identifying {
            "identifying"
        } else {
            "annotating"
        };
        // Writing to a `String` cannot fail.
        let _ = write!(
            text,
            "\n[{table}.{}]\ntype = \"{}\"\ndoc = \"{}\"\n",
            field.name, field.ty, field.doc,
        );
        if let Some(default) = field.default {
            let _ = writeln!(text, "default = {default}");
        }
    }
    text
}

/// src/lib.rs: the types, and what every program does with them.
pub(crate) const SOURCE: &str = r#"//! Experiments.

wallow::wallow_schema!("wallow.toml");

use wallow::{OnDuplicate, RegisterOutcome, RegisterError};

/// Inserts a run.
pub fn add(store: &Store, key: &Identifying, notes: &Annotating) -> Result<RegisterOutcome<Run>, RegisterError<Run>> {
    store.register(key, notes, OnDuplicate::Error)
}

/// Finds a run by its key.
pub fn find(store: &Store, key: &Identifying) -> wallow::Result<Option<Run>> {
    store.find(key)
}

/// Changes what is recorded.
pub fn change(store: &Store, key: &Identifying, notes: &Annotating) -> Result<RegisterOutcome<Run>, RegisterError<Run>> {
    store.register(key, notes, OnDuplicate::Overwrite)
}

/// The best runs first.
pub fn best(store: &Store) -> wallow::Result<Vec<Run>> {
    store
        .filter(fields::note_0.eq("completed"))
        .order_by(fields::note_1.desc())
        .limit(10)
        .all()
}
"#;
