//! Types of columns that hold only some of the values of a field, or other ones than were written.
//!
//! What enters: two types as PostgreSQL names them in its catalogue. What leaves: how the column gets the type of the
//! field, with every value. SQLite's types limit no values, so none of its names is known here.

/// The expression for the values of `column` in the type of a field, if the type that the column `is` holds fewer of
/// them; otherwise `None`.
pub(crate) fn widened(is: &str, field: &str, column: &str) -> Option<String> {
    let (name, has_length) = match is.split_once('(') {
        Some((name, _)) => (name, true),
        None => (is, false),
    };
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
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::widened;

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
            ("INTEGER", "INTEGER", false),
            ("VARCHAR(3)", "TEXT", false),
        ] {
            assert_eq!(widened(is, field, "c").is_some(), expected, "{is} {field}");
        }
    }
}
