//! What a field may be called: a name becomes a column, an index, a method and a constant.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::identifier::{is_identifier, nearest_identifier};
use crate::diagnostic::{Diagnostics, Reported, quoted};
use crate::raw;
use crate::schema::{BUILT_IN, DATABASE_COLUMNS, RESERVED_PREFIX};
use crate::source::Spanned;

/// PostgreSQL keeps 63 bytes of a name and cuts the rest off silently; an index is called `ix_runs_<field>`.
const LONGEST: usize = 63 - "ix_runs_".len();

/// Checks each name by itself; then the valid ones in order, for clashes with those before.
pub(super) fn check(raw: &raw::Schema, out: &mut Diagnostics) {
    let mut seen: Vec<&raw::Field> = Vec::new();
    for field in raw.fields() {
        let name = &field.name;
        let own = not_reserved(name, out)
            .and_then(|()| identifier(name, raw, out))
            .and_then(|()| not_too_long(name, out));
        if own.is_ok() {
            unique(field, &seen, out);
            seen.push(field);
        }
    }
}

/// wallow has columns of its own in the same table, and databases do not distinguish upper and lower case.
fn not_reserved(name: &Spanned<String>, out: &mut Diagnostics) -> Result<(), Reported> {
    if !is_reserved(&name.value) {
        return Ok(());
    }
    let message = format!("field name {} is reserved", quoted(&name.value));
    let problem = out.error(name.span, message);
    problem.help(format!(
        "wallow has its own `{}` and all that begins with `{RESERVED_PREFIX}`; choose another name",
        BUILT_IN.join("`, `")
    ));
    Err(problem.reported())
}

fn is_reserved(name: &str) -> bool {
    let name = name.to_lowercase();
    BUILT_IN.contains(&name.as_str()) || name.starts_with(RESERVED_PREFIX)
}

/// Reports every field with the name of a column that the database itself adds to each table.
pub(super) fn not_of_a_database(raw: &raw::Schema, out: &mut Diagnostics) {
    for Spanned { value: name, span } in raw.fields().map(|field| &field.name) {
        if !is_of_a_database(name) {
            continue;
        }
        let message = format!("field name {} is reserved", quoted(name));
        let free = free_name(name, raw);
        out.error(*span, message).help(format!(
            "SQLite or PostgreSQL has a column of that name in every table; choose another name, such as `{free}` (if a \
             migration made the column: `wallow migrate generate \"rename {name}\" --rename {name}={free}`)"
        ));
    }
}

/// A name like this one that no field has.
fn free_name(name: &str, raw: &raw::Schema) -> String {
    let mut free = format!("{}_value", name.trim_matches('_').to_lowercase());
    while raw.fields().any(|field| field.name.value == free) {
        free.push('_');
    }
    free
}

/// Whether a field may have this name: it is an identifier in Rust, short enough for the names of indexes, and neither
/// wallow nor a database has a column of it.
///
/// ```
/// use wallow_schema::is_field_name;
///
/// assert!(is_field_name("type") && is_field_name("größe"));
/// assert!(!is_field_name("learning rate") && !is_field_name("uuid") && !is_field_name("ctid"));
/// ```
pub fn is_field_name(name: &str) -> bool {
    is_identifier(name)
        && is_nfc(name)
        && name.len() <= LONGEST
        && !is_reserved(name)
        && !is_of_a_database(name)
}

fn is_of_a_database(name: &str) -> bool {
    DATABASE_COLUMNS.contains(&name.to_lowercase().as_str())
}

/// A field becomes a method and a constant in Rust, so its name has to be an identifier. Keywords become raw
/// identifiers.
fn identifier(
    name: &Spanned<String>,
    raw: &raw::Schema,
    out: &mut Diagnostics,
) -> Result<(), Reported> {
    if is_identifier(&name.value) {
        return normalised(name, out);
    }
    let taken = |candidate: &String| {
        is_reserved(candidate)
            || is_of_a_database(candidate)
            || raw.fields().any(|field| field.name.value == *candidate)
    };
    let nearest = nearest_identifier(&name.value).filter(|candidate| !taken(candidate));
    let help = match nearest {
        Some(nearest) => format!("call it `{nearest}`"),
        None => "use letters, digits and `_`, and begin with a letter".to_owned(),
    };
    let message = format!(
        "field name {} is not a Rust identifier",
        quoted(&name.value)
    );
    Err(out.error(name.span, message).help(help).reported())
}

/// Rust normalises identifiers, so other names would differ between the database and the program.
fn normalised(name: &Spanned<String>, out: &mut Diagnostics) -> Result<(), Reported> {
    if is_nfc(&name.value) {
        return Ok(());
    }
    let message = format!(
        "field name {} is not in Unicode normal form C",
        quoted(&name.value)
    );
    let normal: String = name.value.nfc().collect();
    let help = format!("type it anew, one character for a letter with its accent: `{normal}`");
    Err(out.error(name.span, message).help(help).reported())
}

/// PostgreSQL cuts off long names, so two of them could become the same.
fn not_too_long(name: &Spanned<String>, out: &mut Diagnostics) -> Result<(), Reported> {
    let length = name.value.len();
    if length <= LONGEST {
        return Ok(());
    }
    let message = format!("field name is too long: {length} bytes");
    let help = format!(
        "use at most {LONGEST} bytes: PostgreSQL cuts longer names off, and an index adds `ix_runs_`"
    );
    Err(out.error(name.span, message).help(help).reported())
}

/// All fields are columns of one table, and SQL folds the case of names.
fn unique(field: &raw::Field, seen: &[&raw::Field], out: &mut Diagnostics) {
    let name = &field.name;
    let folded = name.value.to_lowercase();
    let clash = seen
        .iter()
        .find(|first| first.name.value.to_lowercase() == folded);
    let Some(first) = clash else { return };
    if first.name.value == name.value {
        let message = format!("field {} is declared in both tables", quoted(&name.value));
        out.error(name.span, message)
            .label(first.name.span, format!("first declared {} here", first.role))
            .help("remove one of the two: identifying fields are the key, annotating ones are recorded about it");
    } else {
        let message = format!(
            "fields {} and {} differ only in case",
            quoted(&first.name.value),
            quoted(&name.value)
        );
        out.error(name.span, message)
            .label(first.name.span, "first declared here")
            .help("rename one of them: databases take both for one column");
    }
}
