//! JSON as other programs write it, read without silent losses.
//!
//! Differences to `serde_json`: `NaN`, `Infinity` and `-Infinity` are accepted, because Python writes them; numbers
//! keep their digits until the type of the field is known; and a member that occurs twice in an object is an error,
//! because other readers would each take only one of the two.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Number, Value as Json};
use wallow_runtime::dynamic::Value;

use super::Cell;
use super::alteration::{Alteration, Alterations};
use super::decimal::Decimal;

/// The largest nesting depth: `serde_json` must be able to read the stored value again.
const DEEPEST: usize = 120;

/// A JSON value whose numbers are kept as texts.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node<'a> {
    Null,
    Bool(bool),
    Number(&'a str),
    /// `NaN`, `Infinity` or `-Infinity`.
    NotFinite(f64),
    Text(Cow<'a, str>),
    Array(Vec<Node<'a>>),
    Object(Vec<(Cow<'a, str>, Node<'a>)>),
}

impl<'a> Node<'a> {
    /// Reads a text that consists of exactly one value.
    pub(super) fn parse(text: &'a str) -> Result<Self, String> {
        let mut parser = Parser { text, at: 0 };
        let node = parser.value(0)?;
        parser.blanks();
        if parser.at < text.len() {
            return Err(parser.wrong("nothing more"));
        }
        Ok(node)
    }

    /// The member of an object.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        match self {
            Node::Object(members) => {
                let member = members.iter().find(|(member, _)| member == name)?;
                Some(&member.1)
            }
            _ => None,
        }
    }

    /// The value of a json field, and what was lost.
    pub(super) fn json(self) -> (Json, Alterations) {
        let mut altered = Alterations::default();
        (self.plain(&mut altered), altered)
    }

    fn plain(self, altered: &mut Alterations) -> Json {
        match self {
            Node::Null => Json::Null,
            Node::Bool(value) => Json::Bool(value),
            Node::Number(text) => number(text, altered),
            Node::NotFinite(value) => {
                altered.add(if value.is_nan() {
                    Alteration::Nan
                } else {
                    Alteration::Infinite
                });
                Json::Null
            }
            Node::Text(text) => Json::String(text.into_owned()),
            Node::Array(items) => {
                let items = items.into_iter().map(|item| item.plain(altered));
                Json::Array(items.collect())
            }
            Node::Object(members) => {
                let members = members.into_iter();
                let members = members.map(|(name, node)| (name.into_owned(), node.plain(altered)));
                Json::Object(members.collect::<Map<_, _>>())
            }
        }
    }
}

impl From<Node<'_>> for Cell {
    fn from(node: Node<'_>) -> Self {
        match node {
            Node::Null => Cell::Value(Value::Null),
            Node::Number(text) => Cell::Number(text.to_owned()),
            Node::NotFinite(value) => Cell::Value(Value::Float(value)),
            node => {
                let (value, altered) = node.json();
                Cell::Altered(Value::Json(value), altered)
            }
        }
    }
}

/// A number within JSON.
pub(super) fn number(text: &str, altered: &mut Alterations) -> Json {
    if let Ok(value) = text.parse::<i64>()
        && text != "-0"
    {
        return value.into();
    }
    if let Ok(value) = text.parse::<u64>() {
        return value.into();
    }
    let Some(decimal) = Decimal::parse(text) else {
        return Json::Null;
    };
    let (value, lost) = decimal.float();
    match (Number::from_f64(value), lost) {
        (None, _) => {
            altered.add(Alteration::TooLargeForJson);
            Json::Null
        }
        (Some(number), lost) => {
            altered.extend(lost.into());
            Json::Number(number)
        }
    }
}

/// A position in a text.
struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Node<'a>, String> {
        if depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        self.blanks();
        for (word, node) in [
            ("null", Node::Null),
            ("true", Node::Bool(true)),
            ("false", Node::Bool(false)),
            ("NaN", Node::NotFinite(f64::NAN)),
            ("Infinity", Node::NotFinite(f64::INFINITY)),
            ("-Infinity", Node::NotFinite(f64::NEG_INFINITY)),
        ] {
            if self.takes(word) {
                return Ok(node);
            }
        }
        match self.next() {
            Some(b'"') => Ok(Node::Text(self.string()?)),
            Some(b'[') => self.array(depth),
            Some(b'{') => self.object(depth),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => Err(self.wrong("a value")),
        }
    }

    fn array(&mut self, depth: usize) -> Result<Node<'a>, String> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.takes("]") {
            return Ok(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.takes("]") {
                return Ok(Node::Array(items));
            }
            if !self.takes(",") {
                return Err(self.wrong("`,` or `]`"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Node<'a>, String> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.takes("}") {
            return Ok(Node::Object(members));
        }
        loop {
            self.blanks();
            if self.next() != Some(b'"') {
                return Err(self.wrong("a name in quotes"));
            }
            let name = self.string()?;
            self.blanks();
            if !self.takes(":") {
                return Err(self.wrong("`:`"));
            }
            members.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.takes("}") {
                break;
            }
            if !self.takes(",") {
                return Err(self.wrong("`,` or `}`"));
            }
        }
        match twice(&members) {
            Some(name) => Err(format!("the member {name:?} stands twice in one object")),
            None => Ok(Node::Object(members)),
        }
    }

    /// Reads the string that begins here.
    fn string(&mut self) -> Result<Cow<'a, str>, String> {
        let start = self.at;
        let mut escaped = false;
        let mut plain = true;
        for (index, byte) in self.text.bytes().enumerate().skip(start + 1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => (escaped, plain) = (true, false),
                b'"' => {
                    self.at = index + 1;
                    if plain {
                        return Ok(Cow::Borrowed(&self.text[start + 1..index]));
                    }
                    let text = serde_json::from_str(&self.text[start..=index]);
                    return text.map(Cow::Owned).map_err(|_| {
                        self.at = start;
                        self.wrong("a string with escapes that are ones")
                    });
                }
                0..0x20 => {
                    self.at = index;
                    return Err(self.wrong("no control character within a string"));
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        Err(self.wrong("the end of a string"))
    }

    fn number(&mut self) -> Result<Node<'a>, String> {
        let start = self.at;
        let negative = self.takes("-");
        let whole = self.digits();
        let mut good = whole > 0
            && (whole == 1 || self.text.as_bytes()[start + usize::from(negative)] != b'0');
        if self.takes(".") {
            good &= self.digits() > 0;
        }
        if self.takes("e") || self.takes("E") {
            let _ = self.takes("+") || self.takes("-");
            good &= self.digits() > 0;
        }
        if !good {
            self.at = start;
            return Err(self.wrong("a number as JSON has them"));
        }
        Ok(Node::Number(&self.text[start..self.at]))
    }

    fn digits(&mut self) -> usize {
        let digits = self.text[self.at..].bytes();
        let count = digits.take_while(u8::is_ascii_digit).count();
        self.at += count;
        count
    }

    fn blanks(&mut self) {
        let blanks = self.text[self.at..].bytes();
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += blanks.take_while(is_blank).count();
    }

    fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn takes(&mut self, word: &str) -> bool {
        let taken = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if taken {
            self.at += word.len();
        }
        taken
    }

    /// The error that names what was expected here.
    fn wrong(&self, expected: &str) -> String {
        let before = self.text[..self.at].chars().count() + 1;
        let found = match self.text[self.at..].chars().next() {
            Some(found) => format!("`{found}`"),
            None => "the end".into(),
        };
        format!("character {before}: expected {expected}, found {found}")
    }
}

/// The error for a name that occurs twice.
pub(super) fn twice<'m, T>(members: &'m [(Cow<'_, str>, T)]) -> Option<&'m str> {
    if members.len() < 16 {
        let names = members.iter().enumerate();
        let mut names = names.map(|(index, (name, _))| (&members[..index], name));
        let found = names.find(|(before, name)| before.iter().any(|(other, _)| other == *name));
        return found.map(|(_, name)| &**name);
    }
    let mut met = HashSet::with_capacity(members.len());
    let mut names = members.iter().map(|(name, _)| &**name);
    names.find(|&name| !met.insert(name))
}

#[cfg(test)]
mod tests;
