//! Parts of JSON columns outside of conditions: as columns of a result, in orders and in measures. There the path is a
//! literal of the text, because a column is not repeated with its binds in `GROUP BY` or in a window.

use wallow_schema::ddl::Dialect;

use crate::expr::node::{ColumnRef, JsonSteps, Operand, Step};

impl Operand {
    /// The value: a column, or a part as JSON. A missing part is `NULL`, and so is a JSON `null`.
    pub(crate) fn value(&self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Operand::Column(column), _) => column.sql(),
            (Operand::Json { column, path }, Dialect::Sqlite) => {
                let (column, path) = (column.sql(), text(&path.text, dialect));
                format!(
                    "CASE WHEN json_valid({column}, 2) THEN nullif({column} -> {path}, 'null') END"
                )
            }
            (Operand::Json { column, path }, Dialect::Postgres) => {
                format!("nullif({}, 'null'::jsonb)", part(column, path))
            }
        }
    }

    /// A column, or a part if it is a number, else `NULL`.
    pub(crate) fn number(&self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Operand::Column(column), _) => column.sql(),
            (Operand::Json { column, path }, Dialect::Sqlite) => {
                sqlite(column, path, "'integer', 'real'")
            }
            (Operand::Json { column, path }, Dialect::Postgres) => {
                let part = part(column, path);
                format!(
                    "CASE WHEN jsonb_typeof({part}) = 'number' THEN {part}::numeric::double precision END"
                )
            }
        }
    }

    /// What runs with the same value have in common: a column; or the number, the text, or else the JSON of a part. `1`
    /// and `1.0` are one number. Groups are also ordered by it.
    pub(crate) fn grouped(&self, dialect: Dialect) -> Vec<String> {
        let Operand::Json { column, path } = self else {
            return vec![self.value(dialect)];
        };
        let value = self.value(dialect);
        let other = match dialect {
            Dialect::Sqlite => {
                let (column, path) = (column.sql(), text(&path.text, dialect));
                format!(
                    "CASE WHEN json_valid({column}, 2) \
                     AND json_type({column}, {path}) NOT IN ('integer', 'real', 'text') THEN {value} END"
                )
            }
            Dialect::Postgres => {
                let part = part(column, path);
                format!(
                    "(CASE WHEN jsonb_typeof({part}) NOT IN ('number', 'string') THEN ({value})::text END) COLLATE \"C\""
                )
            }
        };
        let mut terms = self.ordered(dialect);
        terms.push(other);
        terms
    }

    /// The value that the runs of a group by [`grouped`](Operand::grouped) have.
    pub(crate) fn of_group(&self, dialect: Dialect) -> String {
        let value = self.value(dialect);
        match (self, dialect) {
            (Operand::Column(_), _) => value,
            (Operand::Json { .. }, Dialect::Sqlite) => format!("min({value})"),
            (Operand::Json { .. }, Dialect::Postgres) => {
                format!("min(({value})::text COLLATE \"C\")::jsonb")
            }
        }
    }

    /// What runs are ordered by, one after the other: a column, or the numbers among parts, and then the texts.
    pub(crate) fn ordered(&self, dialect: Dialect) -> Vec<String> {
        match (self, dialect) {
            (Operand::Column(column), _) => vec![column.ordered(dialect)],
            (Operand::Json { column, path }, Dialect::Sqlite) => {
                vec![self.number(dialect), sqlite(column, path, "'text'")]
            }
            (Operand::Json { column, path }, Dialect::Postgres) => {
                let part = part(column, path);
                let texts = format!(
                    "(CASE WHEN jsonb_typeof({part}) = 'string' THEN {part} #>> '{{}}' END) COLLATE \"C\""
                );
                vec![self.number(dialect), texts]
            }
        }
    }
}

/// The part if it is of one of these kinds. A cell that is not valid JSON must not make the query fail.
fn sqlite(column: &ColumnRef, path: &JsonSteps, kinds: &str) -> String {
    let (column, path) = (column.sql(), text(&path.text, Dialect::Sqlite));
    format!(
        "CASE WHEN json_valid({column}, 2) AND json_type({column}, {path}) IN ({kinds}) \
         THEN json_extract({column}, {path}) END"
    )
}

/// The path into the column. A step by number applies only to arrays, one by key only to objects.
fn part(column: &ColumnRef, path: &JsonSteps) -> String {
    let steps = path.steps.iter().map(|step| match step {
        Step::Key(key) => format!(" -> {}::text", text(key, Dialect::Postgres)),
        Step::Index(index) => format!(" -> {index}"),
    });
    format!("({}::jsonb{})", column.sql(), steps.collect::<String>())
}

/// A literal. PostgreSQL reads a backslash as the setting `standard_conforming_strings` says, unless the literal says it.
fn text(text: &str, dialect: Dialect) -> String {
    let quoted = text.replace('\'', "''");
    if dialect == Dialect::Postgres && quoted.contains('\\') {
        format!(" E'{}'", quoted.replace('\\', "\\\\"))
    } else {
        format!("'{quoted}'")
    }
}
