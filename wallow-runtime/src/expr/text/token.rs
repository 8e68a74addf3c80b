//! Text into tokens, each with its place.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;
use winnow::ascii::{digit1, multispace0};
use winnow::combinator::{alt, opt};
use winnow::error::{ContextError, ErrMode};
use winnow::prelude::*;
use winnow::stream::LocatingSlice;
use winnow::token::{literal, one_of, take_till, take_while};

use wallow_schema::is_beyond_floats;

use super::problem::Problem;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A bare word: a column, a key or a word of the language.
    Word(String),
    /// A name in backquotes: never a word of the language.
    Name(String),
    /// A text in quotes.
    Text(String),
    Int(i64),
    Float(f64),
    Symbol(&'static str),
}

impl Token {
    /// The token as a message names it; a number as it is written, because a float may have lost digits.
    pub(super) fn describe(&self, written: &str) -> String {
        match self {
            Token::Word(word) => format!("`{word}`"),
            Token::Name(name) => format!("the name `{name}`"),
            Token::Text(text) => format!("the text {text:?}"),
            Token::Int(_) | Token::Float(_) => format!("the number {written}"),
            Token::Symbol(symbol) => format!("`{symbol}`"),
        }
    }
}

pub(super) fn starts_word(char: char) -> bool {
    char == '_' || char.is_alphabetic()
}

pub(super) fn continues_word(char: char) -> bool {
    char == '_' || char.is_alphanumeric() || is_combining_mark(char)
}

type Input<'t> = LocatingSlice<&'t str>;
type Parsed<T> = Result<T, ErrMode<ContextError>>;

/// Symbols, the longer ones first.
const SYMBOLS: [&str; 14] = [
    "==", "!=", "<=", ">=", "<>", "<", ">", "=", "(", ")", "[", "]", ",", ".",
];

/// Every token of the text.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>, Problem> {
    let mut input = LocatingSlice::new(text);
    let mut tokens = Vec::new();
    loop {
        let _: &str = multispace0::<_, ErrMode<ContextError>>
            .parse_next(&mut input)
            .unwrap_or_default();
        if input.is_empty() {
            return Ok(tokens);
        }
        let start = text.len() - input.len();
        match token.with_span().parse_next(&mut input) {
            Ok(token) => tokens.push(token),
            Err(_) => return Err(unreadable(text, start)),
        }
    }
}

/// The token at the beginning of the text, and its length.
pub(super) fn first(text: &str) -> Option<(Token, usize)> {
    let mut input = LocatingSlice::new(text);
    let first = token.with_span().parse_next(&mut input);
    first.ok().map(|(token, place)| (token, place.end))
}

fn unreadable(text: &str, start: usize) -> Problem {
    let rest = &text[start..];
    let first = rest.chars().next().unwrap_or_default();
    match first {
        '"' | '\'' | '`' => Problem::new(
            start..text.len(),
            "this text is not closed, or has an escape that JSON does not know",
            format!("close it with {first}; a backslash is written `\\\\`"),
        ),
        '&' | '|' | '!' => Problem::new(
            start..start + first.len_utf8(),
            format!("`{first}` means nothing here"),
            "write `and`, `or`, `not`",
        ),
        // A number that became infinite or zero would select other runs.
        _ if is_beyond_floats(number_at(rest)) => Problem::new(
            start..start + number_at(rest).len(),
            format!("no float is near `{}`", number_at(rest)),
            "write `inf` or `-inf` if infinity is meant, and `0` if zero is meant",
        ),
        _ => Problem::new(
            start..start + first.len_utf8(),
            format!("`{first}` means nothing here"),
            "write conditions such as `status == \"completed\" and val_loss < 0.3`",
        ),
    }
}

/// The characters of a number at the beginning of a text.
fn number_at(text: &str) -> &str {
    let is_other = |char: char| !char.is_ascii_alphanumeric() && !"+-.".contains(char);
    &text[..text.find(is_other).unwrap_or(text.len())]
}

fn token(input: &mut Input<'_>) -> Parsed<Token> {
    alt((number, word, name, text, single_quoted, symbol)).parse_next(input)
}

fn word(input: &mut Input<'_>) -> Parsed<Token> {
    (one_of(starts_word), take_while(0.., continues_word))
        .take()
        .map(|word: &str| Token::Word(word.to_owned()))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> Parsed<Token> {
    let infinite = (opt('-'), "inf").take().map(|text: &str| {
        Token::Float(if text.starts_with('-') {
            f64::NEG_INFINITY
        } else {
            f64::INFINITY
        })
    });
    let fraction = opt(('.', digit1));
    let exponent = opt((one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1));
    let finite = (opt('-'), digit1, fraction, exponent)
        .take()
        .verify_map(|text: &str| {
            let whole = text.parse().ok().map(Token::Int);
            let float = || text.parse().ok().filter(|_| !is_beyond_floats(text));
            whole.or_else(|| float().map(Token::Float))
        });
    let (number, next) = (
        alt((finite, infinite)),
        winnow::combinator::not(one_of(continues_word)),
    );
    winnow::combinator::terminated(number, next).parse_next(input)
}

/// A name in backquotes; a backquote in it is doubled.
fn name(input: &mut Input<'_>) -> Parsed<Token> {
    doubled('`').map(Token::Name).parse_next(input)
}

/// A text in single quotes, taken as it is; a quote in it is doubled.
fn single_quoted(input: &mut Input<'_>) -> Parsed<Token> {
    doubled('\'').map(Token::Text).parse_next(input)
}

fn doubled<'t>(quote: char) -> impl Parser<Input<'t>, String, ErrMode<ContextError>> {
    move |input: &mut Input<'t>| {
        let _ = one_of(quote).parse_next(input)?;
        let mut content = String::new();
        loop {
            let part: &str = take_till(0.., quote).parse_next(input)?;
            content.push_str(part);
            let _ = one_of(quote).parse_next(input)?;
            match opt(one_of(quote)).parse_next(input)? {
                Some(quote) => content.push(quote),
                None => return Ok(content),
            }
        }
    }
}

/// A text in double quotes, with the escapes of JSON.
fn text(input: &mut Input<'_>) -> Parsed<Token> {
    let part = alt((
        take_while(1.., |char| char != '"' && char != '\\').void(),
        ('\\', winnow::token::any).void(),
    ));
    (
        '"',
        winnow::combinator::repeat::<_, _, (), _, _>(0.., part),
        '"',
    )
        .take()
        .verify_map(|text: &str| {
            // JSON allows no raw line break, but the meaning is clear, so it is accepted.
            let text = text
                .replace('\n', "\\n")
                .replace('\r', "\\r")
                .replace('\t', "\\t");
            serde_json::from_str(&text).ok().map(Token::Text)
        })
        .parse_next(input)
}

fn symbol(input: &mut Input<'_>) -> Parsed<Token> {
    for symbol in SYMBOLS {
        if opt(literal(symbol)).parse_next(input)?.is_some() {
            return Ok(Token::Symbol(symbol));
        }
    }
    Err(ErrMode::Backtrack(ContextError::new()))
}
