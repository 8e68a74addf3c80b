//! Why an expression cannot be evaluated.

use wallow_schema::ddl::Dialect;

use super::node::{Node, Operand, Step};
use crate::sql::Bind;

const HAS_NUL: &str =
    "the expression has the character U+0000, which PostgreSQL cannot hold; take it out";

impl Node {
    /// Why the expression cannot be evaluated by a database of this kind.
    pub(crate) fn problem(&self, dialect: Dialect) -> Option<&str> {
        match self {
            Node::Invalid(reason) => Some(reason),
            Node::And(nodes) | Node::Or(nodes) => {
                nodes.iter().find_map(|node| node.problem(dialect))
            }
            Node::Not(node) => node.problem(dialect),
            _ => (dialect == Dialect::Postgres && self.has_nul()).then_some(HAS_NUL),
        }
    }

    /// Whether its own literals have U+0000. A long list is bound as JSON, in which the character is escaped.
    fn has_nul(&self) -> bool {
        match self {
            Node::Constant(_) | Node::Invalid(_) | Node::And(_) | Node::Or(_) | Node::Not(_) => {
                false
            }
            Node::Compare { operand, value, .. } => operand.has_nul() || value.has_nul(),
            Node::Between { operand, low, high } => {
                operand.has_nul() || low.has_nul() || high.has_nul()
            }
            Node::In {
                operand, values, ..
            } => operand.has_nul() || values.iter().any(Bind::has_nul),
            Node::Null { operand, .. } => operand.has_nul(),
            Node::Text { text, .. } => text.contains('\0'),
        }
    }
}

impl Operand {
    /// Whether the path into its JSON has U+0000.
    pub(super) fn has_nul(&self) -> bool {
        let Operand::Json { path, .. } = self else {
            return false;
        };
        let mut steps = path.steps.iter();
        steps.any(|step| matches!(step, Step::Key(key) if key.contains('\0')))
    }
}
