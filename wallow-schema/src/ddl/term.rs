//! The terms of an index: columns, and the two expressions that stand for an optional field of the key.
//!
//! In a unique index over plain columns `NULL` equals nothing, so two runs without a value would be two runs. For an
//! optional field the index has two terms in the place of its column: whether the value is absent, and the value, or a
//! stand-in of its type if it is absent. The first term tells the stand-in from a run that has just this value.

use std::borrow::Cow;
use std::fmt;

use super::{Dialect, quote_identifier};
use crate::schema::{FieldType, KeyField};

/// A term of an index.
///
/// Its text is SQL:
///
/// ```
/// use wallow_schema::ddl::IndexTerm;
///
/// let term = IndexTerm::parse("COALESCE(momentum, (0.0)::double precision)");
/// assert_eq!(term.to_string(), "coalesce(\"momentum\", 0.0)");
/// assert_eq!(term.column(), Some("momentum"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum IndexTerm {
    /// A column.
    Column(String),
    /// Whether the column is `NULL`.
    IsNull(String),
    /// The column, or a constant if it is `NULL`.
    Coalesce(String, Cow<'static, str>),
    /// An expression that no schema makes.
    Other(String),
}

impl IndexTerm {
    /// The terms of a key in a dialect, in the order of the index.
    ///
    /// ```
    /// use wallow_schema::ddl::{Dialect, IndexTerm};
    ///
    /// let text = "[project]\nname = 'sweep'\n[identifying.seed]\ntype = 'int'\n\
    ///             [identifying.nesterov]\ntype = 'bool'\noptional = true\n";
    /// let schema = wallow_schema::parse(text, "wallow.toml")?;
    /// let terms = IndexTerm::of_key(&schema.key(), Dialect::Postgres);
    /// let terms: Vec<String> = terms.iter().map(ToString::to_string).collect();
    /// assert_eq!(terms, ["(\"nesterov\" IS NULL)", "coalesce(\"nesterov\", false)", "\"seed\""]);
    /// # Ok::<(), wallow_schema::Diagnostics>(())
    /// ```
    pub fn of_key(key: &[KeyField], dialect: Dialect) -> Vec<Self> {
        let terms = key.iter().flat_map(|field| match field.optional {
            None => vec![Self::Column(field.name.clone())],
            Some(ty) => vec![
                Self::IsNull(field.name.clone()),
                Self::Coalesce(field.name.clone(), Cow::Borrowed(dialect.stand_in(ty))),
            ],
        });
        terms.collect()
    }

    /// Reads an expression as a database prints it: `PostgreSQL` adds casts and parentheses, `SQLite` keeps the text of
    /// the statement.
    pub fn parse(expression: &str) -> Self {
        let bare = without_parentheses(expression);
        let other = || Self::Other(expression.trim().to_owned());
        if let Some(column) = identifier(bare) {
            return Self::Column(column);
        }
        if let Some(head) = strip_suffix_ignoring_case(bare, "IS NULL") {
            return identifier(without_parentheses(head)).map_or_else(other, Self::IsNull);
        }
        let arguments = strip_prefix_ignoring_case(bare, "coalesce")
            .map(str::trim)
            .and_then(|rest| rest.strip_prefix('(')?.strip_suffix(')'));
        match arguments.map(split) {
            Some(parts) if parts.len() == 2 => identifier(without_parentheses(parts[0]))
                .zip(constant(parts[1]))
                .map_or_else(other, |(column, value)| {
                    Self::Coalesce(column, Cow::Owned(value))
                }),
            _ => other(),
        }
    }

    /// The terms of the text of a `CREATE INDEX`; empty if it is not one.
    pub fn parse_index(statement: &str) -> Vec<Self> {
        let Some((_, list)) = cut(statement, '(') else {
            return Vec::new();
        };
        let Some((list, _)) = cut(list, ')') else {
            return Vec::new();
        };
        split(list).into_iter().map(Self::parse).collect()
    }

    /// The column that the term depends on; `None` if it is an expression of another kind.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Column(column) | Self::IsNull(column) | Self::Coalesce(column, _) => Some(column),
            Self::Other(_) => None,
        }
    }

    /// The term as SQL, with this SQL in the place of the column.
    pub fn over(&self, column: &str) -> String {
        match self {
            Self::Column(_) => column.to_owned(),
            Self::IsNull(_) => format!("({column} IS NULL)"),
            Self::Coalesce(_, value) => format!("coalesce({column}, {value})"),
            Self::Other(expression) => expression.clone(),
        }
    }
}

impl fmt::Display for IndexTerm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.column().map(quote_identifier);
        f.write_str(&self.over(&column.unwrap_or_default()))
    }
}

impl Dialect {
    /// The constant that stands in an index for an absent value of a type.
    const fn stand_in(self, ty: FieldType) -> &'static str {
        match (ty, self) {
            (FieldType::Int, _) | (FieldType::Bool, Self::Sqlite) => "0",
            (FieldType::Float, _) => "0.0",
            // No key has another type than text here. SQLite reads `false` as a column, if there is one.
            (FieldType::Bool, Self::Postgres) => "false",
            _ => "''",
        }
    }
}

/// The text before and after the first of this character that is in no quotes and no parentheses.
fn cut(text: &str, wanted: char) -> Option<(&str, &str)> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text.char_indices() {
        match quote {
            Some(end) if c == end => quote = None,
            Some(_) => {}
            None if c == wanted && depth == 0 => {
                return Some((&text[..at], &text[at + c.len_utf8()..]));
            }
            None => match c {
                '\'' | '"' | '`' => quote = Some(c),
                '[' => quote = Some(']'),
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            },
        }
    }
    None
}

/// The parts of a list, separated by commas.
fn split(mut list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    while let Some((part, rest)) = cut(list, ',') {
        parts.push(part.trim());
        list = rest;
    }
    parts.push(list.trim());
    parts
}

/// The text without pairs of parentheses around all of it.
fn without_parentheses(text: &str) -> &str {
    let mut text = text.trim();
    while let Some(inner) = text.strip_prefix('(') {
        match cut(inner, ')') {
            Some((inner, rest)) if rest.trim().is_empty() => text = inner.trim(),
            _ => break,
        }
    }
    text
}

/// A column's name, with or without quotes.
fn identifier(text: &str) -> Option<String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let inner = quoted.strip_suffix('"')?;
        let is_one = !inner.replace("\"\"", "").contains('"');
        return is_one.then(|| inner.replace("\"\"", "\""));
    }
    let mut letters = text.chars();
    let is_start = |c: char| c.is_alphabetic() || c == '_';
    let is_name = letters.next().is_some_and(is_start)
        && letters.all(|c| is_start(c) || c.is_alphanumeric() || c == '$');
    is_name.then(|| text.to_owned())
}

/// A constant without casts and parentheses; words are in lower case.
fn constant(text: &str) -> Option<String> {
    let mut text = without_parentheses(text);
    while let Some((value, _)) = text.rsplit_once("::").filter(|(value, _)| {
        // Within quotes `::` is text.
        value.matches('\'').count().is_multiple_of(2)
    }) {
        text = without_parentheses(value);
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let inner = quoted.strip_suffix('\'')?.replace("''", "");
        return (!inner.contains('\'')).then(|| text.to_owned());
    }
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+');
    (!text.is_empty() && text.chars().all(is_plain)).then(|| text.to_ascii_lowercase())
}

fn strip_prefix_ignoring_case<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn strip_suffix_ignoring_case<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    (tail.eq_ignore_ascii_case(suffix) && rest.ends_with([' ', ')', '"'])).then(|| rest.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coalesce(column: &str, value: &str) -> IndexTerm {
        IndexTerm::Coalesce(column.to_owned(), Cow::Owned(value.to_owned()))
    }

    #[test]
    fn terms_are_read_as_databases_print_them() {
        let column = |name: &str| IndexTerm::Column(name.to_owned());
        let is_null = |name: &str| IndexTerm::IsNull(name.to_owned());
        for (text, expected) in [
            ("seed", column("seed")),
            ("\"größe\"", column("größe")),
            ("\"a\"\"b\"", column("a\"b")),
            ("((f IS NULL))", is_null("f")),
            ("(\"is null\" is null)", is_null("is null")),
            ("COALESCE(f, (0.0)::double precision)", coalesce("f", "0.0")),
            ("coalesce(\"f,(\", 0)", coalesce("f,(", "0")),
            ("COALESCE(\"order\", (0)::bigint)", coalesce("order", "0")),
            ("COALESCE(s, ''::text)", coalesce("s", "''")),
            ("COALESCE(s, 'a::b'::text)", coalesce("s", "'a::b'")),
            ("COALESCE(b, false)", coalesce("b", "false")),
            ("coalesce ( b , FALSE )", coalesce("b", "false")),
        ] {
            assert_eq!(IndexTerm::parse(text), expected, "{text}");
        }
        for text in [
            "lower(name)",
            "(f IS NOT NULL)",
            "coalesce(f, g, 0)",
            "coalesce(f, lower(g))",
            "(a + b) IS NULL",
            "\"a\" || \"b\"",
            "f COLLATE NOCASE",
            "",
        ] {
            assert_eq!(IndexTerm::parse(text), IndexTerm::Other(text.to_owned()));
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let key = [
            FieldType::Int,
            FieldType::Float,
            FieldType::String,
            FieldType::Bool,
        ];
        let key = key.map(|ty| KeyField {
            name: format!("a \"{ty}\", ("),
            optional: Some(ty),
        });
        for dialect in Dialect::ALL {
            let terms = IndexTerm::of_key(&key, dialect);
            let list: Vec<String> = terms.iter().map(ToString::to_string).collect();
            let statement = format!(
                "CREATE UNIQUE INDEX \"uq (\" ON \"runs\" (\n {}\n)",
                list.join(",\n ")
            );
            assert_eq!(IndexTerm::parse_index(&statement), terms);
        }
    }
}
