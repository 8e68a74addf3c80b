//! A tree as text.

use std::fmt;

use super::is_plain;
use crate::expr::node::{Comparison, Node, Operand, Place, Step};
use crate::sql::Bind;

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Constant(value) => write!(f, "{value}"),
            Node::Compare {
                operand,
                comparison,
                value,
            } => {
                write!(f, "{operand} {comparison} {}", Literal(value))
            }
            Node::Between { operand, low, high } => {
                write!(
                    f,
                    "{operand} between {} and {}",
                    Literal(low),
                    Literal(high)
                )
            }
            Node::In {
                operand,
                values,
                negated,
                ..
            } => {
                let not = if *negated { "not " } else { "" };
                write!(f, "{operand} {not}in [")?;
                for (index, value) in values.iter().enumerate() {
                    let separator = if index > 0 { ", " } else { "" };
                    write!(f, "{separator}{}", Literal(value))?;
                }
                f.write_str("]")
            }
            Node::Null { operand, negated } => {
                write!(f, "{operand} is {}null", if *negated { "not " } else { "" })
            }
            Node::Text {
                column,
                place,
                text,
                ..
            } => {
                let operator = match place {
                    Place::Anywhere => "contains",
                    Place::Start => "starts with",
                    Place::End => "ends with",
                };
                write!(f, "{} {operator} {}", Name(&column.name), Text(text))
            }
            Node::And(nodes) => joined(f, nodes, " and "),
            Node::Or(nodes) => joined(f, nodes, " or "),
            Node::Not(node) => write!(f, "not ({node})"),
            Node::Invalid(reason) => write!(f, "<cannot be evaluated: {reason}>"),
        }
    }
}

/// Parts that are joined themselves are put in parentheses, even if they need none.
fn joined(f: &mut fmt::Formatter<'_>, nodes: &[Node], operator: &str) -> fmt::Result {
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            f.write_str(operator)?;
        }
        match node {
            Node::And(_) | Node::Or(_) => write!(f, "({node})")?,
            node => write!(f, "{node}")?,
        }
    }
    Ok(())
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operand::Column(column) => Name(&column.name).fmt(f),
            Operand::Json { column, path } => {
                Name(&column.name).fmt(f)?;
                for step in &path.steps {
                    match step {
                        Step::Key(key) => write!(f, ".{}", Key(key))?,
                        Step::Index(index) => write!(f, "[{index}]")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Comparison::Eq => "==",
            Comparison::Ne => "!=",
            Comparison::Lt => "<",
            Comparison::Le => "<=",
            Comparison::Gt => ">",
            Comparison::Ge => ">=",
        })
    }
}

/// The name of a column, in backquotes if it needs them.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return f.write_str(self.0);
        }
        write!(f, "`{}`", self.0.replace('`', "``"))
    }
}

/// A key of a path, in quotes if it needs them.
pub(super) struct Key<'a>(pub(super) &'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_plain(self.0) {
            return f.write_str(self.0);
        }
        Text(self.0).fmt(f)
    }
}

/// A text in quotes, with the escapes of JSON.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", serde_json::Value::from(self.0))
    }
}

struct Literal<'a>(&'a Bind<'static>);

impl fmt::Display for Literal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Bind::Int(Some(value)) => write!(f, "{value}"),
            // With a dot or an exponent, so that it is not read back as an integer.
            Bind::Float(Some(value)) => write!(f, "{value:?}"),
            Bind::Bool(Some(value)) => write!(f, "{value}"),
            Bind::Text(Some(text)) | Bind::Json(Some(text)) => Text(text).fmt(f),
            Bind::Time(Some(time)) => {
                write!(
                    f,
                    "\"{}\"",
                    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
                )
            }
            Bind::Int(None)
            | Bind::Float(None)
            | Bind::Bool(None)
            | Bind::Text(None)
            | Bind::Json(None)
            | Bind::Time(None) => f.write_str("null"),
        }
    }
}
