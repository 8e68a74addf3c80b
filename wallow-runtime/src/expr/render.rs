//! Expressions as SQL. No other module writes them.

mod part;
mod postgres;

use std::borrow::Cow;

use wallow_schema::FieldType;
use wallow_schema::ddl::{Dialect, quote_identifier as quote};

use super::node::{ColumnRef, Comparison, Node, Operand, Place, kind};
use crate::sql::{Bind, Statement};

/// Where SQL and binds go: a statement of the engine, or one of diesel's.
pub(crate) trait Sink<'b> {
    fn sql(&mut self, text: &str);
    /// A literal that lives in the tree.
    fn literal(&mut self, bind: &'b Bind<'static>);
    /// A text that lives in the tree.
    fn text(&mut self, text: &'b str);
    /// The text depends on the number of values, so the statement is not kept prepared.
    fn varies(&mut self);
}

impl Node {
    /// Writes the expression as SQL of the dialect.
    pub(crate) fn render<'b>(&'b self, dialect: Dialect, out: &mut impl Sink<'b>) {
        match self {
            Node::Constant(true) => out.sql("1 = 1"),
            // An invalid expression is refused before it is rendered.
            Node::Constant(false) | Node::Invalid(_) => out.sql("1 = 0"),
            Node::Compare {
                operand,
                comparison,
                value,
            } => {
                place(operand, Some(value), comparison.by_order(), dialect, out);
                out.sql(comparison.sql());
                compared(operand, value, dialect, out);
            }
            Node::Between { operand, low, high } => {
                place(operand, Some(low), true, dialect, out);
                out.sql(" BETWEEN ");
                out.literal(low);
                out.sql(" AND ");
                out.literal(high);
            }
            Node::In {
                operand,
                values,
                json,
                negated,
            } => {
                let lists = by_kind(values);
                if let [values] = &lists[..] {
                    is_in(operand, values, json.as_deref(), *negated, dialect, out);
                } else {
                    // A part of JSON has only one of these kinds, and a comparison with any other kind is NULL.
                    out.sql("coalesce(");
                    for (index, values) in lists.iter().enumerate() {
                        if index > 0 {
                            out.sql(", ");
                        }
                        is_in(operand, values, None, *negated, dialect, out);
                    }
                    out.sql(")");
                }
            }
            Node::Null { operand, negated } => {
                place(operand, None, false, dialect, out);
                out.sql(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            Node::Text {
                column,
                place,
                text,
                end,
            } => match dialect {
                Dialect::Sqlite => matches(column, *place, text, end.as_deref(), out),
                Dialect::Postgres => postgres::matches(column, *place, text, out),
            },
            Node::And(nodes) => joined(nodes, " AND ", dialect, out),
            Node::Or(nodes) => joined(nodes, " OR ", dialect, out),
            Node::Not(node) => {
                out.sql("NOT (");
                node.render(dialect, out);
                out.sql(")");
            }
        }
    }
}

impl Comparison {
    /// Whether it compares by order (`<`, `<=`, `>`, `>=`).
    fn by_order(self) -> bool {
        !matches!(self, Comparison::Eq | Comparison::Ne)
    }

    fn sql(self) -> &'static str {
        match self {
            Comparison::Eq => " = ",
            Comparison::Ne => " <> ",
            Comparison::Lt => " < ",
            Comparison::Le => " <= ",
            Comparison::Gt => " > ",
            Comparison::Ge => " >= ",
        }
    }
}

impl ColumnRef {
    /// The column with its table, so that it is unambiguous in a join.
    pub(crate) fn sql(&self) -> String {
        format!("\"runs\".{}", quote(&self.name))
    }

    /// The column for a comparison by order. Text is ordered by code points, whatever the collation of a PostgreSQL
    /// database is.
    pub(crate) fn ordered(&self, dialect: Dialect) -> String {
        let column = self.sql();
        match (dialect, self.ty) {
            (Dialect::Postgres, FieldType::String | FieldType::Path) => {
                format!("{column} COLLATE \"C\"")
            }
            _ => column,
        }
    }
}

/// SQLite parses a chain of operators as a tree as deep as the chain is long, and accepts no tree deeper than a
/// thousand. So longer chains are split into halves in parentheses.
const LONGEST_CHAIN: usize = 100;

fn joined<'b>(nodes: &'b [Node], operator: &str, dialect: Dialect, out: &mut impl Sink<'b>) {
    out.sql("(");
    if nodes.len() > LONGEST_CHAIN {
        let (first, second) = nodes.split_at(nodes.len() / 2);
        joined(first, operator, dialect, out);
        out.sql(operator);
        joined(second, operator, dialect, out);
        out.sql(")");
        return;
    }
    for (index, node) in nodes.iter().enumerate() {
        if index > 0 {
            out.sql(operator);
        }
        node.render(dialect, out);
    }
    out.sql(")");
}

/// The operand: a column, or the part of a JSON column if it is of the literal's kind, else `NULL`. (In SQLite any text
/// is greater than any number.)
fn place<'b>(
    operand: &'b Operand,
    literal: Option<&Bind<'static>>,
    by_order: bool,
    dialect: Dialect,
    out: &mut impl Sink<'b>,
) {
    match (operand, dialect) {
        (Operand::Column(column), _) if by_order => out.sql(&column.ordered(dialect)),
        (Operand::Column(column), _) => out.sql(&column.sql()),
        (Operand::Json { column, path }, Dialect::Sqlite) => {
            let column = column.sql();
            // A cell that is not valid JSON (Python writes NaN into it) must not make the query fail.
            out.sql(&format!("CASE WHEN json_valid({column}, 2) "));
            if let Some(literal) = literal {
                out.sql(&format!("AND json_type({column}, "));
                out.text(&path.text);
                out.sql(&format!(") IN ({}) ", json_kind(literal)));
            }
            out.sql(&format!("THEN json_extract({column}, "));
            out.text(&path.text);
            out.sql(") END");
        }
        (Operand::Json { column, path }, Dialect::Postgres) => {
            postgres::json(column, &path.steps, literal, by_order, out);
        }
    }
}

/// The results of `json_type` for values that can be compared with the literal.
fn json_kind(literal: &Bind<'static>) -> &'static str {
    match literal {
        Bind::Int(_) | Bind::Float(_) => "'integer', 'real'",
        Bind::Bool(_) => "'true', 'false'",
        Bind::Text(_) | Bind::Json(_) | Bind::Time(_) => "'text'",
    }
}

/// The values of a list, grouped by kind.
fn by_kind<'b>(values: &'b [Bind<'static>]) -> Vec<Vec<&'b Bind<'static>>> {
    let mut lists: Vec<Vec<&'b Bind<'static>>> = Vec::new();
    for value in values {
        match lists.iter_mut().find(|list| kind(list[0]) == kind(value)) {
            Some(list) => list.push(value),
            None => lists.push(vec![value]),
        }
    }
    lists
}

fn is_in<'b>(
    operand: &'b Operand,
    values: &[&'b Bind<'static>],
    json: Option<&'b str>,
    negated: bool,
    dialect: Dialect,
    out: &mut impl Sink<'b>,
) {
    place(operand, values.first().copied(), false, dialect, out);
    out.sql(if negated { " NOT IN (" } else { " IN (" });
    list(operand, values, json, dialect, out);
    out.sql(")");
}

fn list<'b>(
    operand: &Operand,
    values: &[&'b Bind<'static>],
    json: Option<&'b str>,
    dialect: Dialect,
    out: &mut impl Sink<'b>,
) {
    if let Some(json) = json {
        match dialect {
            Dialect::Sqlite => {
                out.sql("SELECT value FROM json_each(");
                out.text(json);
                out.sql(")");
            }
            Dialect::Postgres => postgres::elements(json, values.first().copied(), out),
        }
        return;
    }
    out.varies();
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            out.sql(", ");
        }
        compared(operand, value, dialect, out);
    }
}

/// The value that the operand is compared with.
fn compared<'b>(
    operand: &Operand,
    value: &'b Bind<'static>,
    dialect: Dialect,
    out: &mut impl Sink<'b>,
) {
    let constant = match dialect {
        Dialect::Sqlite => None,
        Dialect::Postgres => postgres::constant(operand, value),
    };
    match constant {
        Some(constant) => out.sql(&constant),
        None => out.literal(value),
    }
}

/// Literal and case-sensitive: bytes are compared, which is correct because no UTF-8 character occurs within another.
fn matches<'b>(
    column: &ColumnRef,
    place: Place,
    text: &'b str,
    end: Option<&'b str>,
    out: &mut impl Sink<'b>,
) {
    let column = column.sql();
    if text.is_empty() {
        // Every text contains the empty one; for `NULL` the result is `NULL`.
        out.sql(&format!("{column} = {column}"));
        return;
    }
    match place {
        Place::Anywhere => {
            out.sql(&format!("instr(CAST({column} AS BLOB), CAST("));
            out.text(text);
            out.sql(" AS BLOB)) > 0");
        }
        // A range, so that an index serves.
        Place::Start => {
            out.sql(&format!("({column} >= "));
            out.text(text);
            if let Some(end) = end {
                out.sql(&format!(" AND {column} < "));
                out.text(end);
            }
            out.sql(")");
        }
        // The length first: SQLite's `substr` of an empty blob is `NULL`.
        Place::End => {
            out.sql(&format!("(length(CAST({column} AS BLOB)) >= length(CAST("));
            out.text(text);
            out.sql(&format!(
                " AS BLOB)) AND substr(CAST({column} AS BLOB), -length(CAST("
            ));
            out.text(text);
            out.sql(" AS BLOB))) = CAST(");
            out.text(text);
            out.sql(" AS BLOB))");
        }
    }
}

impl<'b> Sink<'b> for Statement<'b> {
    fn sql(&mut self, text: &str) {
        self.sql.push(text);
    }

    fn literal(&mut self, bind: &'b Bind<'static>) {
        self.sql.bind();
        self.binds.push(bind.reborrow());
    }

    fn text(&mut self, text: &'b str) {
        self.sql.bind();
        self.binds.push(Bind::Text(Some(Cow::Borrowed(text))));
    }

    fn varies(&mut self) {
        self.sql.forget_after_use();
    }
}
