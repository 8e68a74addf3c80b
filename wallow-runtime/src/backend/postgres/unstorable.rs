//! Values that only the server refuses: a character that the encoding of the database lacks, and a text that is too
//! long for an index. The server's error has the bytes of the character, or the name of the index; ours names the
//! field.

use crate::backend::Failure;
use crate::error::Error;
use crate::sql::{Bind, Part, Sql};

/// A character, and the encoding that lacks it.
struct Unstorable {
    character: char,
    encoding: String,
}

/// The failure of a statement. If a character cannot be stored, the error names the field.
pub(super) fn named(failure: Failure, sql: &Sql, binds: &[Bind<'_>]) -> Failure {
    let Failure::Other(error) = failure else {
        return failure;
    };
    let message = error.to_string();
    if let Some(field) = too_long_for_index(&message).filter(|field| is_column(sql, field)) {
        let named = error.context(format_args!("field `{field}`"));
        return Failure::Other(named.with_field(&field));
    }
    let Some(found) = Unstorable::in_message(&message) else {
        return Failure::Other(error);
    };
    let has_it = |bind: &Bind<'_>| match bind {
        Bind::Text(Some(text)) | Bind::Json(Some(text)) => text.contains(found.character),
        _ => false,
    };
    let field = binds.iter().position(has_it);
    match field.and_then(|index| column_of(sql, index)) {
        None => Failure::Other(error),
        Some(field) => {
            let named = found.error(&field).with_source(error);
            Failure::Other(named.of_refused_write())
        }
    }
}

/// The field in `index row size 2720 exceeds btree version 4 maximum 2704 for index "ix_runs_host"`.
fn too_long_for_index(message: &str) -> Option<String> {
    let (_, rest) = message.split_once("index row size ")?;
    let (_, rest) = rest.split_once(" for index \"ix_runs_")?;
    let (field, _) = rest.split_once('"')?;
    Some(field.to_owned())
}

/// Whether a statement contains a column. The name of an index alone does not prove that, because the server cuts long
/// names.
fn is_column(sql: &Sql, field: &str) -> bool {
    let name = format!("\"{field}\"");
    sql.parts()
        .iter()
        .any(|part| matches!(part, Part::Text(text) if text.contains(&name)))
}

impl Unstorable {
    /// What stands in `character with byte sequence 0xe2 0x98 0x83 in encoding "UTF8" has no equivalent in encoding
    /// "LATIN1"`.
    fn in_message(message: &str) -> Option<Self> {
        let (_, rest) = message.split_once("character with byte sequence ")?;
        let (bytes, rest) = rest.split_once(" in encoding")?;
        let (_, rest) = rest.split_once("has no equivalent in encoding \"")?;
        let bytes = bytes
            .split(' ')
            .map(|byte| u8::from_str_radix(byte.strip_prefix("0x")?, 16).ok());
        let bytes = bytes.collect::<Option<Vec<_>>>()?;
        Some(Unstorable {
            character: std::str::from_utf8(&bytes).ok()?.chars().next()?,
            encoding: rest.split('"').next()?.to_owned(),
        })
    }

    fn error(&self, field: &str) -> Error {
        let Unstorable {
            character,
            encoding,
        } = self;
        Error::validation(
            field,
            format_args!(
                "`{character}` (U+{:04X}) cannot be stored, because the database has the encoding {encoding}; leave \
                 it out, or copy the runs into a database with every character (`createdb --encoding UTF8 \
                 --template template0 NAME`)",
                u32::from(*character)
            ),
        )
    }
}

/// The column that a bind is written to, or compared with.
fn column_of(sql: &Sql, index: usize) -> Option<String> {
    let mut before = String::new();
    let mut binds = 0;
    for part in sql.parts() {
        match part {
            Part::Text(text) => before.push_str(text),
            Part::Bind if binds == index => break,
            Part::Bind => {
                binds += 1;
                before.push('?');
            }
            Part::SameBind => before.push('?'),
            Part::CheckBegin | Part::CheckEnd => {}
        }
    }
    // A text of an optional field of the key is compared as `coalesce("field", '') = coalesce(`.
    let compared = before.strip_suffix("coalesce(").unwrap_or(&before);
    let compared = compared.trim_end_matches([' ', '=', '<', '>', '!']);
    let compared = compared.strip_suffix(", '')").unwrap_or(compared);
    if let Some(name) = last_name(compared) {
        return Some(name);
    }
    let (_, list) = before.split_once("INSERT INTO \"runs\" (")?;
    let (columns, values) = list.split_once(") VALUES (")?;
    last_name(columns.split(", ").nth(commas(values))?)
}

/// The quoted name with which a text ends.
fn last_name(text: &str) -> Option<String> {
    let (_, name) = text.strip_suffix('"')?.rsplit_once('"')?;
    Some(name.to_owned())
}

/// The number of complete expressions in a list; if there are several lists, in the last one.
fn commas(list: &str) -> usize {
    let (mut depth, mut quoted, mut count) = (0, false, 0);
    for c in list.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => (depth, count) = (-1, 0),
            ')' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bind_has_a_column() {
        let mut update = Sql::new();
        update.push("UPDATE \"runs\" SET \"note\" = ").bind();
        update
            .push(", \"b\" = ")
            .bind()
            .push(" WHERE \"runs\".\"key\" = ")
            .bind();
        update
            .push(" AND coalesce(\"runs\".\"word\", '') = coalesce(")
            .bind();
        update.push(", '') AND (\"runs\".\"word\" IS NULL) = (SELECT ");
        update.same_bind().push(" IS NULL)");
        let columns = (0..4).map(|index| column_of(&update, index).unwrap());
        assert_eq!(columns.collect::<Vec<_>>(), ["note", "b", "key", "word"]);
        let mut insert = Sql::new();
        insert
            .push("INSERT INTO \"runs\" (\"uuid\", \"at\", \"a\", \"b\") VALUES (")
            .bind();
        insert.push(", now(1, ','), ").bind().push(", ").bind();
        let columns = (0..3).map(|index| column_of(&insert, index).unwrap());
        assert_eq!(columns.collect::<Vec<_>>(), ["uuid", "a", "b"]);
        insert.push("), (").bind().push(", f(").bind();
        insert.push("), ").bind().push(", ").bind();
        let columns = (3..7).map(|index| column_of(&insert, index).unwrap());
        assert_eq!(columns.collect::<Vec<_>>(), ["uuid", "at", "a", "b"]);
    }

    #[test]
    fn an_index_names_a_field() {
        let message = "index row size 2720 exceeds btree version 4 maximum 2704 for index \"ix_runs_host\"; …";
        assert_eq!(too_long_for_index(message).as_deref(), Some("host"));
        let key = message.replace("ix_runs_host", "uq_runs_identifying");
        assert_eq!(too_long_for_index(&key), None);
        let mut insert = Sql::new();
        insert.push("INSERT INTO \"runs\" (\"uuid\", \"host\") VALUES (");
        assert!(is_column(&insert, "host") && !is_column(&insert, "hos"));
    }
}
