//! The document that is edited: a file of the example with a function behind it, never written to
//! the disk, and the places in it where names of fields are used.

use super::schema::Field;

/// A position as the protocol counts: lines and columns from 0.
#[derive(Clone, Copy)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// The file, and behind it a function in which the example's types and a `run` are in scope and
/// which has these statements; where each of them ends.
pub(crate) fn with_statements(file: &str, statements: &[String]) -> (String, Vec<Position>) {
    let mut text = format!("{file}\nfn probe(run: &registry::Run) {{\n    use registry::*;\n");
    let first = text.lines().count();
    let ends = statements
        .iter()
        .enumerate()
        .map(|(index, statement)| Position {
            line: first + index,
            column: statement.chars().count(),
        });
    let ends = ends.collect();
    for statement in statements {
        text.push_str(statement);
        text.push('\n');
    }
    text.push_str("}\n");
    (text, ends)
}

/// A place where names of fields are used.
pub(crate) struct Place {
    /// What it is called in the output.
    pub(crate) title: &'static str,
    /// What stands before the name.
    pub(crate) before: &'static str,
    /// The name that a field has there.
    pub(crate) name: fn(&Field) -> String,
    /// What stands behind the name.
    pub(crate) after: fn(&Field) -> &'static str,
    /// Whether a field can stand there.
    pub(crate) takes: fn(&Field) -> bool,
    /// A part of the signature that a field must have there.
    pub(crate) signature: fn(&Field) -> &'static str,
}

/// Every place.
pub(crate) const PLACES: [Place; 7] = [
    Place {
        title: "constants `fields::…`",
        before: "fields::",
        name: plain,
        after: nothing,
        takes: |_| true,
        signature: rust_type,
    },
    Place {
        title: "setters of `Identifying::builder()`",
        before: "Identifying::builder().",
        name: plain,
        after: argument,
        takes: |field| field.identifying,
        signature: rust_type,
    },
    Place {
        title: "accessors of `Identifying`",
        before: "run.identifying().",
        name: plain,
        after: |_| "()",
        takes: |field| field.identifying,
        signature: |field| match field.ty.as_str() {
            "string" => "str",
            _ => rust_type(field),
        },
    },
    Place {
        title: "setters of `Annotating`",
        before: "Annotating::new().",
        name: plain,
        after: argument,
        takes: |field| !field.identifying,
        signature: |field| match field.ty.as_str() {
            "datetime" => "IntoUtc",
            _ => rust_type(field),
        },
    },
    Place {
        title: "`clear_…` of `Annotating`",
        before: "Annotating::new().",
        name: |field| format!("clear_{}", field.name),
        after: |_| "()",
        takes: |field| field.nullable,
        signature: nothing,
    },
    Place {
        title: "fields of `Run`",
        before: "run.",
        name: plain,
        after: |_| ".clone()",
        takes: |_| true,
        signature: rust_type,
    },
    Place {
        title: "columns of `runs`",
        before: "runs::columns::",
        name: plain,
        after: nothing,
        takes: |_| true,
        signature: nothing,
    },
];

fn plain(field: &Field) -> String {
    field.name.clone()
}

fn nothing(_: &Field) -> &'static str {
    ""
}

/// The last part of the Rust type's path.
fn rust_type(field: &Field) -> &'static str {
    match field.ty.as_str() {
        "int" => "i64",
        "float" => "f64",
        "bool" => "bool",
        "datetime" => "DateTime",
        "json" => "Value",
        "path" => "PathBuf",
        _ => "String",
    }
}

/// Some value of the field's type, in parentheses.
fn argument(field: &Field) -> &'static str {
    match field.ty.as_str() {
        "int" => "(1)",
        "float" => "(1.0)",
        "bool" => "(true)",
        "datetime" => "(std::time::SystemTime::now())",
        "json" => "(serde_json::Value::Null)",
        _ => "(\"\")",
    }
}
