//! Tokens into a tree, against the columns of a schema.
//!
//! A recursive descent written by hand, because it knows at each place what was expected, and the error for a person
//! has to say that.

use std::ops::Range;

use wallow_schema::FieldType;

use super::columns::{is_named, known, near};
use super::keyword;
use super::literal::{column_literal, json_literal, type_of, value_help};
use super::problem::Problem;
use super::token::{Token, tokens};
use crate::expr::node::{
    ColumnRef, Comparison, DEEPEST, JsonSteps, Node, Operand, Place, Step, too_deep,
};
use crate::sql::Bind;
use crate::value::refusal;

/// Reads an expression.
pub(super) fn parse(text: &str, columns: &[ColumnRef]) -> Result<Node, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        text,
        depth: 0,
        columns,
    };
    let node = parser.either();
    let node = node.map_err(|problem| keyword::advise(problem, text, &tokens, columns))?;
    match parser.peek() {
        None if node.depth() > DEEPEST => {
            Err(Problem::new(0..text.len(), "too deeply nested", too_deep()))
        }
        None => Ok(node),
        Some(token) => {
            let message = format!(
                "{} after a complete condition",
                token.describe(&text[parser.here()])
            );
            let help = "join conditions with `and` or `or`";
            let problem = Problem::new(parser.here(), message, help);
            Err(keyword::advise(problem, text, &tokens, columns))
        }
    }
}

/// Reads a column, or a part of a json column, without a condition.
pub(super) fn operand(text: &str, columns: &[ColumnRef]) -> Result<Operand, Problem> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        next: 0,
        text,
        depth: 0,
        columns,
    };
    let operand = parser.operand()?;
    if parser.peek().is_some() {
        return parser.expected(
            "the end",
            "write a field, or a part such as `curve[0].loss`",
        );
    }
    Ok(operand)
}

struct Parser<'t> {
    tokens: &'t [(Token, Range<usize>)],
    next: usize,
    text: &'t str,
    depth: usize,
    columns: &'t [ColumnRef],
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    /// The place of the next token, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.tokens
            .get(self.next)
            .map_or(self.text.len()..self.text.len(), |(_, place)| place.clone())
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(next)) if next == word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn eat(&mut self, symbol: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Symbol(next)) if *next == symbol);
        self.next += usize::from(found);
        found
    }

    fn expected<T>(&self, what: &str, help: impl Into<String>) -> Result<T, Problem> {
        let found = self.peek().map_or("the end".to_owned(), |token| {
            token.describe(&self.text[self.here()])
        });
        Err(Problem::new(
            self.here(),
            format!("expected {what}, found {found}"),
            help,
        ))
    }

    fn either(&mut self) -> Result<Node, Problem> {
        self.depth += 1;
        // The whole text is the first level; each pair of parentheses adds one.
        if self.depth > DEEPEST + 1 {
            return Err(Problem::new(self.here(), "too deeply nested", too_deep()));
        }
        let mut node = self.both()?;
        while self.eat_word("or") {
            node = node.or(self.both()?);
        }
        self.depth -= 1;
        Ok(node)
    }

    fn both(&mut self) -> Result<Node, Problem> {
        let mut node = self.negation()?;
        while self.eat_word("and") {
            node = node.and(self.negation()?);
        }
        Ok(node)
    }

    fn negation(&mut self) -> Result<Node, Problem> {
        let mut negated = false;
        while self.eat_word("not") {
            negated = !negated;
        }
        let node = self.condition()?;
        Ok(if negated { node.negate() } else { node })
    }

    fn condition(&mut self) -> Result<Node, Problem> {
        if self.eat("(") {
            let node = self.either()?;
            if !self.eat(")") {
                return self.expected("`)`", "close the parenthesis");
            }
            return Ok(node);
        }
        for value in [true, false] {
            if self.eat_word(if value { "true" } else { "false" }) {
                return Ok(Node::Constant(value));
            }
        }
        let start = self.here().start;
        let operand = self.operand()?;
        let node = self.test(operand)?;
        // A literal of the right type can still be invalid, such as NaN.
        if let Node::Invalid(reason) = &node {
            let end = self.tokens[self.next - 1].1.end;
            return Err(Problem::new(start..end, reason.as_str(), ""));
        }
        Ok(node)
    }

    fn operand(&mut self) -> Result<Operand, Problem> {
        let name = match self.peek() {
            Some(Token::Name(name)) => name,
            Some(Token::Word(name)) if !super::WORDS.contains(&name.as_str()) => name,
            _ => return self.expected("the name of a field", known(self.columns, "fields: ")),
        };
        let place = self.here();
        self.next += 1;
        let Some(column) = self
            .columns
            .iter()
            .find(|column| is_named(&column.name, name))
        else {
            let message = format!("unknown field `{name}`");
            return Err(Problem::new(place, message, near(self.columns, name)));
        };
        let mut steps = Vec::new();
        loop {
            if self.eat(".") {
                steps.push(Step::Key(self.key()?));
            } else if self.eat("[") {
                steps.push(self.index()?);
            } else {
                break;
            }
        }
        if steps.is_empty() {
            return Ok(Operand::Column(column.clone()));
        }
        if column.ty != FieldType::Json {
            let message = format!("`{name}` is of type {}, which has no parts", column.ty);
            return Err(Problem::new(
                place,
                message,
                "only a json field has parts such as `curve.a[0]`",
            ));
        }
        Ok(Operand::Json {
            column: column.clone(),
            path: JsonSteps::new(steps),
        })
    }

    fn key(&mut self) -> Result<String, Problem> {
        let key = match self.peek() {
            Some(Token::Word(key) | Token::Name(key) | Token::Text(key)) => key.clone(),
            Some(Token::Int(key)) => key.to_string(),
            _ => return self.expected("a key", "write `curve.key` or `curve.\"a key\"`"),
        };
        self.next += 1;
        Ok(key)
    }

    fn index(&mut self) -> Result<Step, Problem> {
        let help = "an element is written `curve[0]`";
        let Some(Token::Int(index)) = self.peek() else {
            return self.expected("a number", help);
        };
        let Ok(index) = u32::try_from(*index) else {
            return self.expected("an index from 0", help);
        };
        self.next += 1;
        if !self.eat("]") {
            return self.expected("`]`", help);
        }
        Ok(Step::Index(index))
    }

    fn test(&mut self, operand: Operand) -> Result<Node, Problem> {
        if let Some(comparison) = self.comparison() {
            let value = self.literal(&operand)?;
            return Ok(Node::compare(operand, comparison, value));
        }
        if self.eat_word("is") {
            let negated = self.eat_word("not");
            if !self.eat_word("null") {
                return self.expected(
                    "`null`",
                    "write `is null` or `is not null`; for values `==`",
                );
            }
            return Ok(Node::Null { operand, negated });
        }
        if self.eat_word("between") {
            let low = self.any_literal(&operand)?;
            if !self.eat_word("and") {
                return self.expected("`and`", "write `between 1 and 3`");
            }
            let high = self.any_literal(&operand)?;
            return Ok(Node::between(operand, low, high));
        }
        let negated = self.eat_word("not");
        if self.eat_word("in") {
            let values = self.list(&operand)?;
            return Ok(Node::is_in(operand, values, negated));
        }
        if negated {
            return self.expected(
                "`in`",
                "write `not in [1, 2]`, or `not (…)` around a condition",
            );
        }
        self.match_text(operand)
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let Some(Token::Symbol(symbol)) = self.peek() else {
            return None;
        };
        let comparison = match *symbol {
            "==" | "=" => Comparison::Eq,
            "!=" | "<>" => Comparison::Ne,
            "<" => Comparison::Lt,
            "<=" => Comparison::Le,
            ">" => Comparison::Gt,
            ">=" => Comparison::Ge,
            _ => return None,
        };
        self.next += 1;
        Some(comparison)
    }

    fn match_text(&mut self, operand: Operand) -> Result<Node, Problem> {
        let start = self.here();
        let place = if self.eat_word("contains") {
            Place::Anywhere
        } else if self.eat_word("starts") {
            self.with("starts with")?;
            Place::Start
        } else if self.eat_word("ends") {
            self.with("ends with")?;
            Place::End
        } else {
            let help = "write an operator: == != < <= > >= in, not in, between, is null, contains, \
                        starts with, ends with";
            return self.expected("an operator", help);
        };
        match operand {
            Operand::Column(column) if matches!(column.ty, FieldType::String | FieldType::Path) => {
                let Some(Token::Text(text)) = self.peek() else {
                    return self.expected("a text", "put it in quotes: `contains \"adam\"`");
                };
                self.next += 1;
                Ok(Node::matches(column, place, text.clone()))
            }
            operand => {
                let column = operand.column();
                let message = format!(
                    "`{}` is of type {}, and this operator is for text",
                    column.name, column.ty
                );
                Err(Problem::new(
                    start,
                    message,
                    "string and path fields have `contains`, `starts with`, `ends with`",
                ))
            }
        }
    }

    fn with(&mut self, operator: &str) -> Result<(), Problem> {
        if self.eat_word("with") {
            return Ok(());
        }
        self.expected("`with`", format!("the operator is `{operator}`"))
    }

    fn list(&mut self, operand: &Operand) -> Result<Vec<Bind<'static>>, Problem> {
        let help = "a list is written `[1, 2, 3]`";
        if !self.eat("[") {
            return self.expected("`[`", help);
        }
        let mut values = Vec::new();
        while !self.eat("]") {
            if !values.is_empty() && !self.eat(",") {
                return self.expected("`,` or `]`", help);
            }
            // A comma may stand before the end.
            if !values.is_empty() && self.eat("]") {
                break;
            }
            values.push(self.literal(operand)?);
        }
        Ok(values)
    }

    /// A literal that can be equal to the operand: of a closed set, one of its values.
    fn literal(&mut self, operand: &Operand) -> Result<Bind<'static>, Problem> {
        let here = self.here();
        let value = self.any_literal(operand)?;
        let (Operand::Column(ColumnRef { name, values, .. }), Bind::Text(Some(text))) =
            (operand, &value)
        else {
            return Ok(value);
        };
        let Some((what, help)) = refusal(text, values) else {
            return Ok(value);
        };
        let text = text.escape_debug();
        let help = format!(
            "{help} (to find runs that were written with it: `{name} between \"{text}\" and \"{text}\"`)"
        );
        Err(Problem::new(here, format!("`{name}`: {what}"), help))
    }

    /// A literal that compares with the operand.
    fn any_literal(&mut self, operand: &Operand) -> Result<Bind<'static>, Problem> {
        let Some(token) = self.peek() else {
            return self.expected("a value", value_help(operand));
        };
        let value = match operand {
            Operand::Json { .. } => json_literal(token),
            Operand::Column(column) => column_literal(column.ty, token),
        };
        match value {
            Some(value) => {
                self.next += 1;
                Ok(value)
            }
            None => {
                let what = format!("a value for {}", type_of(operand));
                self.expected(&what, value_help(operand))
            }
        }
    }
}
