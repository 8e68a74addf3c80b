//! Types of columns that hold only some of the values of a field, or other ones than were written.
//!
//! What enters: the type of a column as the database names it, and the type of a field. What leaves: how the column gets
//! the type of the field, with every value (on PostgreSQL, because SQLite has no statement for it), and whether values
//! must not be written to it before.

use wallow_schema::FieldType;
use wallow_schema::ddl::Dialect;

/// The expression for the values of `column` in the type of a field, if the type that the column `is` holds fewer of
/// them; otherwise `None`.
pub(crate) fn widened(is: &str, field: &str, column: &str) -> Option<String> {
    let (name, has_length) = name_and_length(is);
    match (name, field) {
        ("smallint" | "integer", "bigint") => Some(format!("{column}::bigint")),
        // By its shortest decimal, as `f32` is read everywhere: 0.1 stays 0.1.
        ("real", "double precision") => Some(format!("{column}::text::double precision")),
        // The cast takes away the blanks that the type has added.
        ("character" | "bpchar" | "name" | "\"char\"" | "citext", "text") => {
            Some(format!("{column}::text"))
        }
        ("character varying", "text") if has_length => Some(format!("{column}::text")),
        ("date", "timestamp without time zone") => Some(format!("{column}::timestamp")),
        ("timestamp", "timestamp without time zone")
            if has_length && is.ends_with("without time zone") =>
        {
            Some(format!("{column}::timestamp"))
        }
        // A new type has the collation of the database.
        (_, "text") if is.contains(COLLATE) => Some(format!("{column}::text")),
        _ => None,
    }
}

/// The name of a type of PostgreSQL, and whether it has a length or a precision.
fn name_and_length(ty: &str) -> (&str, bool) {
    ty.split_once('(')
        .map_or((ty, false), |(name, _)| (name, true))
}

/// Between a type and a collation in which texts that differ may be equal.
pub(crate) const COLLATE: &str = " COLLATE ";

/// Whether a column of this type keeps other values of a field than were written, without an error, or takes two that
/// differ for the same. Types that hold fewer values are not meant if they refuse all others.
pub(crate) fn is_unfaithful(is: &str, field: FieldType, dialect: Dialect) -> bool {
    let is_text = matches!(field, FieldType::String | FieldType::Path);
    if is.contains(COLLATE) {
        return is_text;
    }
    match dialect {
        Dialect::Sqlite => match Affinity::of(is) {
            Affinity::Text => !is_text && !matches!(field, FieldType::Json | FieldType::Datetime),
            Affinity::Blob => false,
            // `1e3` becomes 1000.
            Affinity::Integer | Affinity::Numeric => is_text,
            Affinity::Real => is_text || matches!(field, FieldType::Int | FieldType::Bool),
        },
        Dialect::Postgres => {
            let (name, has_length) = name_and_length(is);
            match name {
                // They round, and no field is read from `numeric`.
                "real" | "numeric" => matches!(field, FieldType::Float | FieldType::Int),
                // An int of more than 15 digits is compared as the nearest float, which may be that of another one.
                "double precision" => field == FieldType::Int,
                // A fraction is rounded away.
                "smallint" | "integer" | "bigint" => field == FieldType::Float,
                "character" | "bpchar" | "name" | "\"char\"" | "citext" => is_text,
                "date" => field == FieldType::Datetime,
                "timestamp" => has_length && field == FieldType::Datetime,
                _ => false,
            }
        }
    }
}

/// Whether SQLite compares values of a column of this type as texts, so that its collation matters.
pub(crate) fn compares_texts(declared: &str) -> bool {
    matches!(Affinity::of(declared), Affinity::Text | Affinity::Blob)
}

/// What SQLite makes of the values of a column.
///
/// Source: <https://www.sqlite.org/datatype3.html#determination_of_column_affinity>, whose rules are applied in this
/// order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    Integer,
    Text,
    Blob,
    Real,
    Numeric,
}

impl Affinity {
    fn of(declared: &str) -> Self {
        let declared = declared.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        if has(&["INT"]) {
            Affinity::Integer
        } else if has(&["CHAR", "CLOB", "TEXT"]) {
            Affinity::Text
        } else if has(&["BLOB"]) || declared.is_empty() {
            Affinity::Blob
        } else if has(&["REAL", "FLOA", "DOUB"]) {
            Affinity::Real
        } else {
            Affinity::Numeric
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldType, is_unfaithful, widened};
    use wallow_schema::ddl::Dialect::{Postgres, Sqlite};

    #[test]
    fn types_that_change_values_are_known() {
        use FieldType::{Bool, Datetime, Float, Int, Json, Path, String};
        for (is, field, dialect, expected) in [
            ("TEXT", String, Sqlite, false),
            ("VARCHAR(10)", Path, Sqlite, false),
            ("STRING", String, Sqlite, true),
            ("NUMERIC", String, Sqlite, true),
            ("", String, Sqlite, false),
            ("TEXT COLLATE NOCASE", String, Sqlite, true),
            ("TEXT", Int, Sqlite, true),
            ("TEXT", Float, Sqlite, true),
            ("BIGINT", Int, Sqlite, false),
            ("FLOAT", Int, Sqlite, true),
            ("NUMERIC", Float, Sqlite, false),
            ("BOOLEAN", Bool, Sqlite, false),
            ("TEXT", Bool, Sqlite, true),
            ("DATETIME", Datetime, Sqlite, false),
            ("JSON", Json, Sqlite, false),
            ("text", String, Postgres, false),
            ("character varying(3)", String, Postgres, false),
            ("character(3)", String, Postgres, true),
            ("text COLLATE ci", String, Postgres, true),
            ("numeric(6,2)", Float, Postgres, true),
            ("real", Float, Postgres, true),
            ("integer", Int, Postgres, false),
            ("timestamp without time zone", Datetime, Postgres, false),
            ("timestamp(0) without time zone", Datetime, Postgres, true),
            ("date", Datetime, Postgres, true),
        ] {
            assert_eq!(
                is_unfaithful(is, field, dialect),
                expected,
                "{is} {field:?}"
            );
        }
    }

    #[test]
    fn only_types_that_hold_less_are_widened() {
        for (is, field, expected) in [
            ("smallint", "bigint", true),
            ("integer", "bigint", true),
            ("bigint", "bigint", false),
            ("real", "double precision", true),
            ("double precision", "double precision", false),
            ("character(3)", "text", true),
            ("character varying(3)", "text", true),
            ("character varying", "text", false),
            ("text", "text", false),
            ("date", "timestamp without time zone", true),
            (
                "timestamp(3) without time zone",
                "timestamp without time zone",
                true,
            ),
            (
                "timestamp(3) with time zone",
                "timestamp without time zone",
                false,
            ),
            (
                "timestamp with time zone",
                "timestamp without time zone",
                false,
            ),
            ("numeric", "double precision", false),
            ("text COLLATE ci", "text", true),
            ("INTEGER", "INTEGER", false),
            ("VARCHAR(3)", "TEXT", false),
        ] {
            assert_eq!(widened(is, field, "c").is_some(), expected, "{is} {field}");
        }
    }
}
