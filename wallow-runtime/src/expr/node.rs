//! The tree of an expression.

use std::borrow::Cow;
use std::fmt::Write as _;

use wallow_schema::{FieldType, canonical_float};

use super::literal::Literal;
use crate::sql::Bind;
use crate::value::{from_micros, to_micros, too_large, year_fits};

/// A column in an expression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ColumnRef {
    pub(crate) name: Cow<'static, str>,
    pub(crate) ty: FieldType,
    pub(crate) nullable: bool,
    /// Significant digits, if the values are canonical floats.
    pub(crate) precision: Option<u32>,
    /// The values of a closed set, if the expression was parsed from text; typed expressions need no check.
    pub(crate) values: Vec<String>,
    /// Whether the values are a closed set, so that an expression can only name one of a few.
    pub(crate) is_closed: bool,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Where in a text another one has to occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Anywhere,
    Start,
    End,
}

/// One step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(u32),
}

/// The path to a part of a JSON value, also in SQLite's form: `$."a"."b"[0]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonSteps {
    pub(crate) steps: Vec<Step>,
    pub(crate) text: String,
}

impl JsonSteps {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        // Writing to a String cannot fail.
        let mut text = String::from("$");
        for step in &steps {
            match step {
                Step::Key(key) => {
                    text.push('.');
                    text.push_str(&serde_json::Value::from(key.as_str()).to_string());
                }
                Step::Index(index) => drop(write!(text, "[{index}]")),
            }
        }
        JsonSteps { steps, text }
    }
}

/// What is compared: a column, or a part of a JSON column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Column(ColumnRef),
    Json { column: ColumnRef, path: JsonSteps },
}

/// An expression. Its literals are ready to bind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Constant(bool),
    Compare {
        operand: Operand,
        comparison: Comparison,
        value: Bind<'static>,
    },
    Between {
        operand: Operand,
        low: Bind<'static>,
        high: Bind<'static>,
    },
    /// `json` is the same list as one text, if it is long.
    In {
        operand: Operand,
        values: Vec<Bind<'static>>,
        json: Option<String>,
        negated: bool,
    },
    Null {
        operand: Operand,
        negated: bool,
    },
    /// `end` is the first text after all that start with `text`.
    Text {
        column: ColumnRef,
        place: Place,
        text: String,
        end: Option<String>,
    },
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// Cannot be evaluated, for this reason, which is reported when the expression is used.
    Invalid(String),
}

/// How deeply operators may be nested. No person could read a deeper condition, the parsers of databases give up near a
/// thousand, and a recursive walk over an expression that a program builds could exhaust the stack.
pub(crate) const DEEPEST: usize = 100;

/// The reason for refusing a deeper expression.
pub(crate) fn too_deep() -> String {
    format!(
        "more than {DEEPEST} operators stand within each other; join conditions of one kind side by side \
         (`Expr::all`, `Expr::any`), or compare with a list"
    )
}

impl Node {
    /// How deeply operators are nested.
    pub(crate) fn depth(&self) -> usize {
        match self {
            Node::And(nodes) | Node::Or(nodes) => {
                1 + nodes.iter().map(Node::depth).max().unwrap_or(0)
            }
            Node::Not(node) => 1 + node.depth(),
            _ => 0,
        }
    }

    /// `self and other`, flat if possible.
    pub(crate) fn and(self, other: Node) -> Node {
        match (self, other) {
            (Node::Constant(true), node) | (node, Node::Constant(true)) => node,
            (Node::And(mut nodes), Node::And(more)) => {
                nodes.extend(more);
                Node::And(nodes)
            }
            (Node::And(mut nodes), node) => {
                nodes.push(node);
                Node::And(nodes)
            }
            (node, Node::And(mut nodes)) => {
                nodes.insert(0, node);
                Node::And(nodes)
            }
            (one, other) => Node::And(vec![one, other]),
        }
    }

    /// `self or other`, flat if possible.
    pub(crate) fn or(self, other: Node) -> Node {
        match (self, other) {
            (Node::Constant(false), node) | (node, Node::Constant(false)) => node,
            (Node::Or(mut nodes), Node::Or(more)) => {
                nodes.extend(more);
                Node::Or(nodes)
            }
            (Node::Or(mut nodes), node) => {
                nodes.push(node);
                Node::Or(nodes)
            }
            (node, Node::Or(mut nodes)) => {
                nodes.insert(0, node);
                Node::Or(nodes)
            }
            (one, other) => Node::Or(vec![one, other]),
        }
    }

    pub(crate) fn negate(self) -> Node {
        match self {
            Node::Not(node) => *node,
            Node::Constant(value) => Node::Constant(!value),
            node => Node::Not(Box::new(node)),
        }
    }

    /// Whether the expression asks for this column itself, not for a part of its JSON.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        let is = |column: &ColumnRef| column.name == name;
        match self {
            Node::Constant(_) | Node::Invalid(_) => false,
            Node::Compare { operand, .. }
            | Node::Between { operand, .. }
            | Node::In { operand, .. }
            | Node::Null { operand, .. } => {
                matches!(operand, Operand::Column(column) if is(column))
            }
            Node::Text { column, .. } => is(column),
            Node::And(nodes) | Node::Or(nodes) => nodes.iter().any(|node| node.mentions(name)),
            Node::Not(node) => node.mentions(name),
        }
    }

    pub(crate) fn matches(column: ColumnRef, place: Place, text: String) -> Node {
        let end = if place == Place::Start {
            after_prefix(&text)
        } else {
            None
        };
        Node::Text {
            column,
            place,
            text,
            end,
        }
    }

    pub(crate) fn compare(
        operand: Operand,
        comparison: Comparison,
        value: impl Into<Literal>,
    ) -> Node {
        match literal(&operand, value.into()) {
            Ok(value) => Node::Compare {
                operand,
                comparison,
                value,
            },
            Err(reason) => Node::Invalid(reason),
        }
    }

    pub(crate) fn between(
        operand: Operand,
        low: impl Into<Literal>,
        high: impl Into<Literal>,
    ) -> Node {
        match (
            literal(&operand, low.into()),
            literal(&operand, high.into()),
        ) {
            (Ok(low), Ok(high)) => Node::Between { operand, low, high },
            (Err(reason), _) | (_, Err(reason)) => Node::Invalid(reason),
        }
    }

    pub(crate) fn is_in(
        operand: Operand,
        values: impl IntoIterator<Item = impl Into<Literal>>,
        negated: bool,
    ) -> Node {
        let values = values
            .into_iter()
            .map(|value| literal(&operand, value.into()));
        match values.collect::<Result<Vec<_>, _>>() {
            Ok(values) if values.is_empty() => Node::Constant(negated),
            Ok(values) => {
                let is_of_one_kind = values.iter().all(|value| kind(value) == kind(&values[0]));
                let json = if values.len() > LONG_LIST && is_of_one_kind {
                    as_json(&values)
                } else {
                    None
                };
                Node::In {
                    operand,
                    values,
                    json,
                    negated,
                }
            }
            Err(reason) => Node::Invalid(reason),
        }
    }
}

/// The kind of a value in JSON. A part of a JSON field is only compared with literals of its own kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Bool,
    Text,
}

/// The kind of a literal.
pub(super) fn kind(value: &Bind<'static>) -> Kind {
    match value {
        Bind::Int(_) | Bind::Float(_) => Kind::Number,
        Bind::Bool(_) => Kind::Bool,
        Bind::Text(_) | Bind::Json(_) | Bind::Time(_) => Kind::Text,
    }
}

/// Lists longer than this are bound as one JSON text, because databases limit the number of binds.
const LONG_LIST: usize = 500;

/// The list as JSON; `None` if JSON cannot represent its values exactly.
fn as_json(values: &[Bind<'static>]) -> Option<String> {
    let values = values.iter().map(|value| match value {
        Bind::Int(Some(value)) => Some(serde_json::Value::from(*value)),
        Bind::Text(Some(value)) => Some(serde_json::Value::from(value.as_ref())),
        Bind::Time(Some(value)) => Some(crate::value::format_time(value).into()),
        _ => None,
    });
    values
        .collect::<Option<Vec<_>>>()
        .map(|values| serde_json::Value::from(values).to_string())
}

/// The first text, in the order of code points, after all that start with `prefix`.
fn after_prefix(prefix: &str) -> Option<String> {
    let mut chars = prefix.chars().collect::<Vec<_>>();
    while let Some(last) = chars.pop() {
        let next = match last {
            '\u{D7FF}' => Some('\u{E000}'),
            last => char::from_u32(u32::from(last) + 1),
        };
        if let Some(next) = next {
            chars.push(next);
            return Some(chars.into_iter().collect());
        }
    }
    None
}

impl Operand {
    pub(crate) fn column(&self) -> &ColumnRef {
        match self {
            Operand::Column(column) | Operand::Json { column, .. } => column,
        }
    }
}

/// A literal in the form of the column's values: canonical, and not a value such as NaN, which compares with nothing.
fn literal(operand: &Operand, value: Literal) -> Result<Bind<'static>, String> {
    let column = operand.column();
    let value = value.0;
    match value.map_err(|value| format!("`{}`: {}", column.name, too_large(value)))? {
        Bind::Float(Some(value)) if value.is_nan() => Err(format!(
            "`{}` is compared with NaN, which compares with nothing",
            column.name
        )),
        Bind::Float(Some(value)) => Ok(Bind::Float(Some(match (operand, column.precision) {
            (Operand::Column(_), Some(precision)) => canonical_float(value, precision),
            _ => value,
        }))),
        Bind::Time(Some(value)) if !year_fits(&value) => Err(format!(
            "`{}` is compared with {value}, outside the years 1 to 9999",
            column.name
        )),
        // Cut to the microsecond, as times are stored.
        Bind::Time(Some(value)) => Ok(Bind::Time(Some(from_micros(to_micros(&value))))),
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_prefix_is_just_after_it() {
        assert_eq!(after_prefix("ab").as_deref(), Some("ac"));
        assert_eq!(after_prefix("a\u{10FFFF}").as_deref(), Some("b"));
        assert_eq!(after_prefix("\u{D7FF}").as_deref(), Some("\u{E000}"));
        assert_eq!(after_prefix("\u{10FFFF}"), None);
    }
}
