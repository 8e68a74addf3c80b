//! "Did you mean": the known name that is nearest to a wrong one.

use crate::schema::FieldType;

/// Names of types in other languages and tools.
const TYPE_ALIASES: [(&str, FieldType); 44] = [
    ("i8", FieldType::Int),
    ("i16", FieldType::Int),
    ("i32", FieldType::Int),
    ("i64", FieldType::Int),
    ("int32", FieldType::Int),
    ("int64", FieldType::Int),
    ("u8", FieldType::Int),
    ("u16", FieldType::Int),
    ("u32", FieldType::Int),
    ("u64", FieldType::Int),
    ("usize", FieldType::Int),
    ("integer", FieldType::Int),
    ("bigint", FieldType::Int),
    ("long", FieldType::Int),
    ("number", FieldType::Float),
    ("numeric", FieldType::Float),
    ("decimal", FieldType::Float),
    ("double", FieldType::Float),
    ("double precision", FieldType::Float),
    ("real", FieldType::Float),
    ("f32", FieldType::Float),
    ("f64", FieldType::Float),
    ("float32", FieldType::Float),
    ("float64", FieldType::Float),
    ("str", FieldType::String),
    ("text", FieldType::String),
    ("char", FieldType::String),
    ("varchar", FieldType::String),
    ("enum", FieldType::String),
    ("uuid", FieldType::String),
    ("boolean", FieldType::Bool),
    ("flag", FieldType::Bool),
    ("jsonb", FieldType::Json),
    ("object", FieldType::Json),
    ("dict", FieldType::Json),
    ("map", FieldType::Json),
    ("list", FieldType::Json),
    ("array", FieldType::Json),
    ("date", FieldType::Datetime),
    ("time", FieldType::Datetime),
    ("timestamp", FieldType::Datetime),
    ("timestamptz", FieldType::Datetime),
    ("pathbuf", FieldType::Path),
    ("file", FieldType::Path),
];

/// Other tools' names for keys of a field.
const KEY_ALIASES: [(&str, &str); 8] = [
    ("comment", "doc"),
    ("description", "doc"),
    ("help", "doc"),
    ("dtype", "type"),
    ("kind", "type"),
    ("ty", "type"),
    ("null", "nullable"),
    ("initial", "default"),
];

/// The known name that was probably meant. Every "did you mean" uses this measure.
///
/// Differences of case, spaces around the name, and `-` for `_` do not count. Then a few typing errors are allowed,
/// more in a longer name; then a part of the name (`precision`).
pub fn near<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let written = plain(written);
    let exact = known
        .clone()
        .into_iter()
        .find(|name| plain(name) == written);
    exact
        .or_else(|| nearest(&written, known.clone()))
        .or_else(|| containing(&written, known))
}

/// The key of the schema file that was probably meant, including the names of other programs.
pub(crate) fn near_key<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let plain = plain(written);
    let alias = KEY_ALIASES.iter().find(|(alias, _)| *alias == plain);
    let meant = alias.and_then(|(_, meant)| known.clone().into_iter().find(|name| name == meant));
    meant.or_else(|| near(written, known))
}

/// The type that was probably meant.
pub(crate) fn near_type(written: &str) -> Option<FieldType> {
    let plain = plain(written);
    let alias = TYPE_ALIASES.iter().find(|(alias, _)| *alias == plain);
    alias.map(|&(_, ty)| ty).or_else(|| {
        let names = FieldType::ALL.map(FieldType::as_str);
        near(written, names)?.parse().ok()
    })
}

fn plain(name: &str) -> String {
    name.trim().to_lowercase().replace('-', "_")
}

fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let slips = (written.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::osa_distance(written, &plain(name)), name))
        // A name with as many errors as characters is not near.
        .filter(|&(distance, name)| distance <= slips && distance < name.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, name)| name)
}

fn containing<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let long_enough = written.len() >= 3;
    known
        .into_iter()
        .find(|name| long_enough && plain(name).contains(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = ["name", "description", "float_precision"];

    #[test]
    fn slips_case_and_parts_are_understood() {
        for (written, meant) in [
            ("nmae", "name"),
            ("Name", "name"),
            (" name ", "name"),
            ("float-precision", "float_precision"),
            ("floatprecison", "float_precision"),
            ("precision", "float_precision"),
            ("desc", "description"),
        ] {
            assert_eq!(near(written, KEYS), Some(meant), "{written}");
        }
    }

    #[test]
    fn what_is_far_off_is_not_guessed() {
        for written in ["", "x", "owner", "licence", "io"] {
            assert_eq!(near(written, KEYS), None, "{written}");
        }
    }

    #[test]
    fn types_of_other_languages_are_understood() {
        for (written, meant) in [
            ("str", FieldType::String),
            ("Text", FieldType::String),
            ("boolean", FieldType::Bool),
            ("flaot", FieldType::Float),
            ("timestamp", FieldType::Datetime),
            ("strnig ", FieldType::String),
        ] {
            assert_eq!(near_type(written), Some(meant), "{written}");
        }
        assert_eq!(near_type("tensor"), None);
    }
}
