//! What is different in PostgreSQL: parts of JSON, long lists, and the search for a text.

use wallow_schema::ddl::{Dialect, quote_text};

use super::Sink;
use crate::expr::node::{ColumnRef, Operand, Place, Step};
use crate::sql::Bind;
use crate::value::RunStatus;

/// One of the few values of a column as a constant in the text, if it is one.
///
/// After five executions of a prepared statement the server plans it for any value. Whether an index pays depends on how
/// many runs have the value: nine tenths may be completed, and a few be pending. So the plan has to know it. The few
/// values have few texts, which stay prepared like all others.
pub(super) fn constant(operand: &Operand, value: &Bind<'static>) -> Option<String> {
    let Operand::Column(column) = operand else {
        return None;
    };
    match value {
        Bind::Bool(Some(value)) => Some(value.to_string()),
        Bind::Text(Some(text)) => {
            let is_status = column.name == "status" && RunStatus::of(text).is_some();
            (is_status || column.is_closed).then(|| quote_text(text, Dialect::Postgres))
        }
        _ => None,
    }
}

/// The part of a JSON column if it is of the literal's kind, else `NULL`.
pub(super) fn json<'b>(
    column: &ColumnRef,
    steps: &'b [Step],
    literal: Option<&Bind<'static>>,
    by_order: bool,
    out: &mut impl Sink<'b>,
) {
    let Some(literal) = literal else {
        // As text, because JSON `null` becomes SQL `NULL` then.
        part(column, steps, out);
        return out.sql(" #>> '{}'");
    };
    let (kind, cast) = match literal {
        Bind::Int(_) | Bind::Float(_) => ("number", "::numeric"),
        Bind::Bool(_) => ("boolean", "::boolean"),
        Bind::Text(_) | Bind::Json(_) | Bind::Time(_) => ("string", " #>> '{}'"),
    };
    out.sql("(CASE WHEN jsonb_typeof(");
    part(column, steps, out);
    out.sql(&format!(") = '{kind}' THEN "));
    part(column, steps, out);
    out.sql(cast);
    out.sql(" END)");
    if by_order && kind == "string" {
        out.sql(" COLLATE \"C\"");
    }
}

/// The path into the column. A step by number applies only to arrays, one by key only to objects.
fn part<'b>(column: &ColumnRef, steps: &'b [Step], out: &mut impl Sink<'b>) {
    out.sql(&format!("({}::jsonb", column.sql()));
    for step in steps {
        match step {
            Step::Key(key) => {
                out.sql(" -> ");
                out.text(key);
                out.sql("::text");
            }
            Step::Index(index) => out.sql(&format!(" -> {index}")),
        }
    }
    out.sql(")");
}

/// The elements of a list that is bound as one JSON text.
pub(super) fn elements<'b>(
    json: &'b str,
    literal: Option<&Bind<'static>>,
    out: &mut impl Sink<'b>,
) {
    out.sql("SELECT element");
    out.sql(match literal {
        Some(Bind::Int(_)) => "::bigint",
        Some(Bind::Time(_)) => "::timestamp",
        _ => "",
    });
    out.sql(" FROM jsonb_array_elements_text(");
    out.text(json);
    out.sql("::jsonb) AS list (element)");
}

/// Literal and case-sensitive, with functions that have no wildcards.
pub(super) fn matches<'b>(
    column: &ColumnRef,
    place: Place,
    text: &'b str,
    out: &mut impl Sink<'b>,
) {
    let column = column.sql();
    if text.is_empty() {
        // Every text contains the empty one; for `NULL` the result is `NULL`.
        return out.sql(&format!("{column} = {column}"));
    }
    match place {
        Place::Anywhere => {
            out.sql(&format!("strpos({column}, "));
            out.text(text);
            out.sql(") > 0");
        }
        Place::Start => {
            out.sql(&format!("starts_with({column}, "));
            out.text(text);
            out.sql(")");
        }
        Place::End => {
            out.sql(&format!("right({column}, length("));
            out.text(text);
            out.sql(")) = ");
            out.text(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wallow_schema::FieldType;

    fn of(name: &'static str, is_closed: bool, value: &Bind<'static>) -> Option<String> {
        let column = ColumnRef {
            name: name.into(),
            ty: FieldType::String,
            nullable: true,
            precision: None,
            values: Vec::new(),
            is_closed,
        };
        constant(&Operand::Column(column), value)
    }

    #[test]
    fn only_values_of_which_there_are_few_are_constants() {
        let text = |text: &'static str| Bind::Text(Some(text.into()));
        assert_eq!(
            of("status", false, &text("completed")).as_deref(),
            Some("'completed'")
        );
        // Any program can ask for any word, and each would stay prepared.
        assert_eq!(of("status", false, &text("FINISHED")), None);
        assert_eq!(of("host", false, &text("completed")), None);
        assert_eq!(
            of("optimiser", true, &text("o'brien")).as_deref(),
            Some("'o''brien'")
        );
        assert_eq!(
            of("amp", false, &Bind::Bool(Some(true))).as_deref(),
            Some("true")
        );
        assert_eq!(of("seed", false, &Bind::Int(Some(3))), None);
    }
}
