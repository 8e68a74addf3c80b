//! Expressions as text: `status == "completed" and val_loss < 0.3 and curve.a.b[0] > 1`.
//!
//! [`tokens`](token::tokens) cuts a text into tokens, [`parse`](parse::parse) makes them a tree
//! against the columns of a schema, [`display`] writes a tree as text that parses back to it.
//!
//! ```text
//! or      = and { "or" and }
//! and     = not { "and" not }
//! not     = "not" not | "(" or ")" | "true" | "false" | operand test
//! operand = column { "." key | "[" number "]" }
//! test    = ("==" | "!=" | "<" | "<=" | ">" | ">=") literal
//!         | [ "not" ] "in" "[" [ literal { "," literal } ] "]"
//!         | "between" literal "and" literal
//!         | "is" [ "not" ] "null"
//!         | ("contains" | "starts" "with" | "ends" "with") text
//! ```
//!
//! A column whose name is a keyword, or a key that is not a plain word, is written in backquotes or quotes: `` `in` ==
//! 1 ``, `curve."a.b" > 1`.

mod columns;
mod display;
mod keyword;
mod literal;
mod parse;
mod problem;
mod token;

use wallow_schema::{Diagnostics, Schema};

use super::{Node, Operand};

pub(crate) use columns::{columns, is_named, near};

/// Keywords, which cannot be bare column names.
const WORDS: [&str; 15] = [
    "and", "between", "contains", "ends", "false", "in", "inf", "is", "nan", "not", "null", "or",
    "starts", "true", "with",
];

/// Reads an expression against the columns of a schema.
pub(crate) fn parse_node(schema: &Schema, text: &str) -> Result<Node, Diagnostics> {
    parse::parse(text, &columns(schema)).map_err(|problem| {
        Diagnostics::of(
            text,
            "expression",
            problem.place,
            problem.message,
            problem.help,
        )
    })
}

/// Reads a column, or a part of a json column such as `curve[0].loss`, against the columns of a schema. The error says
/// what is wrong and what to do.
pub(crate) fn parse_operand(schema: &Schema, text: &str) -> Result<Operand, String> {
    let operand = parse::operand(text, &columns(schema)).map_err(|problem| {
        let help = if problem.help.is_empty() { "" } else { "; " };
        format!("{}{help}{}", problem.message, problem.help)
    })?;
    if operand.has_nul() {
        return Err("a key cannot contain the character U+0000".into());
    }
    Ok(operand)
}

/// The key in quotes or backquotes at the beginning of a path, and the rest of the path.
pub(super) fn quoted_key(path: &str) -> Option<(String, &str)> {
    let (token, length) = token::first(path)?;
    match token {
        token::Token::Text(key) | token::Token::Name(key) => Some((key, &path[length..])),
        _ => None,
    }
}

/// A key as a path has it: a plain word, or a text in quotes.
pub fn path_key(key: &str) -> String {
    display::Key(key).to_string()
}

/// The key that a path has in quotes or backquotes, if that is all of the text.
pub fn unquoted_key(text: &str) -> Option<String> {
    let (key, rest) = quoted_key(text)?;
    rest.is_empty().then_some(key)
}

/// A word that needs no quotes as a name.
fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(token::starts_word)
        && chars.all(token::continues_word)
        && !WORDS.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_a_null_character_is_refused_and_its_escape_as_text_is_not() {
        let toml = "[project]\nname = \"a\"\n[identifying.seed]\ntype = \"int\"\n\
                    [annotating.extra]\ntype = \"json\"\n";
        let schema = wallow_schema::parse(toml, "wallow.toml").unwrap();
        let read = |key: &str| {
            let key = serde_json::Value::from(key).to_string();
            parse_operand(&schema, &format!("extra.{key}"))
        };
        let refusal = read("a\0").unwrap_err();
        assert!(refusal.contains("U+0000"), "{refusal}");
        let Ok(Operand::Json { path, .. }) = read(r"a\u0000") else {
            panic!("it is a path");
        };
        assert_eq!(path.text, r#"$."a\\u0000""#);
    }
}
