//! The history of attempts, of a schema that is known at run time.

use std::sync::Arc;

use wallow_schema::FieldType;
use wallow_schema::ddl::ATTEMPTS_COLUMNS;

use super::{Fields, Store, Value};
use crate::engine::{Attempt, AttemptFilter, Engine, Row};
use crate::error::Error;
use crate::expr::Expr;
use crate::value::Column;

/// Attempts are read in pages of this size.
const PAGE: usize = 256;

/// The columns of an attempt as a row: those of the table, in its order.
#[doc(hidden)]
pub fn attempt_columns() -> Vec<Column> {
    let columns = ATTEMPTS_COLUMNS.map(|name| Column {
        name: name.to_owned(),
        ty: match name {
            "run_id" | "attempt" | "pid" | "exit_code" => FieldType::Int,
            "argv" => FieldType::Json,
            "git_dirty" => FieldType::Bool,
            "started_at" | "ended_at" => FieldType::Datetime,
            _ => FieldType::String,
        },
        nullable: !matches!(name, "run_id" | "attempt" | "run_uuid" | "started_at"),
        values: Vec::new(),
        sql: None,
    });
    columns.to_vec()
}

/// Attempts, read in pages. One that cannot be read is an error, and the others follow.
#[derive(Debug)]
struct Pages {
    engine: Engine,
    filter: AttemptFilter,
    page: std::vec::IntoIter<Result<Attempt, Error>>,
    is_over: bool,
}

impl Iterator for Pages {
    type Item = Result<Attempt, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.len() == 0 && !self.is_over {
            match self.engine.attempts_page(&self.filter) {
                Ok(page) => {
                    self.is_over = page.attempts.len() < self.filter.most;
                    if let Some(last) = page.last {
                        // A number that cannot be read comes last in its run.
                        self.filter.after = match last {
                            (run, i64::MAX) => (run.saturating_add(1), i64::MIN),
                            readable => readable,
                        };
                    }
                    self.page = page.attempts.into_iter();
                }
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
        }
        self.page.next()
    }
}

impl Store {
    /// The attempts at a run, as [`Store::attempts`](crate::Store::attempts) returns them.
    ///
    /// # Errors
    /// As [`Store::attempts`](crate::Store::attempts).
    pub fn attempts(&self, identifying: &Fields) -> Result<Vec<Attempt>, Error> {
        let key = self.key(identifying)?;
        let key = key.iter().map(super::Value::borrow).collect::<Vec<_>>();
        self.engine.attempts(&key)
    }

    /// The attempts at the runs that an expression selects, in the order of ids and attempts, read in pages. One that
    /// cannot be read is an error that has the uuid of its run; the others follow.
    #[doc(hidden)]
    pub fn attempts_where(
        &self,
        expression: Expr<Row>,
    ) -> impl Iterator<Item = Result<Attempt, Error>> + use<> {
        Pages {
            engine: self.engine.clone(),
            filter: AttemptFilter {
                runs: expression.into_node(),
                after: (i64::MIN, i64::MIN),
                most: PAGE,
            },
            page: Vec::new().into_iter(),
            is_over: false,
        }
    }

    /// The same as rows with these of the columns of [`attempt_columns`].
    #[doc(hidden)]
    pub fn attempt_rows(
        &self,
        expression: Expr<Row>,
        columns: &[Column],
    ) -> impl Iterator<Item = Result<Row, Error>> + use<> {
        let names = columns.iter().map(|column| column.name.clone());
        let names: Arc<[String]> = names.collect();
        self.attempts_where(expression).map(move |attempt| {
            let attempt = attempt?;
            let values = names.iter().map(|name| value(&attempt, name));
            let values = values.collect();
            Ok(Row::new(Arc::clone(&names), values))
        })
    }

    /// Takes over attempts of another database at runs that are here, too: missing ones, and the ends of those that are
    /// open here. Returns how many rows changed.
    #[doc(hidden)]
    pub fn take_attempts(&self, attempts: &[Attempt]) -> Result<u64, Error> {
        self.engine.take_attempts(attempts)
    }

    /// An error if the schema keeps no history of attempts.
    #[doc(hidden)]
    pub fn require_attempts(&self) -> Result<(), Error> {
        self.engine.require_attempts()
    }

    /// How many attempts belong to no run, because another program has deleted it.
    #[doc(hidden)]
    pub fn orphaned_attempts(&self) -> Result<u64, Error> {
        self.engine.orphaned_attempts()
    }

    /// Deletes the attempts that belong to no run; returns how many there were.
    #[doc(hidden)]
    pub fn remove_orphaned_attempts(&self) -> Result<u64, Error> {
        self.engine.remove_orphaned_attempts()
    }
}

/// The value of a column.
fn value(attempt: &Attempt, column: &str) -> Value {
    let int = |value: Option<i64>| value.map_or(Value::Null, Value::Int);
    let text = |value: Option<&str>| value.map_or(Value::Null, |text| Value::Text(text.to_owned()));
    match column {
        "run_id" => Value::Int(attempt.run_id),
        "attempt" => Value::Int(attempt.attempt),
        "run_uuid" => text(Some(&attempt.run_uuid)),
        "host" => text(attempt.host.as_deref()),
        "pid" => int(attempt.pid),
        "os_user" => text(attempt.os_user.as_deref()),
        "argv" => Value::Json(attempt.argv.clone().into()),
        "cwd" => text(attempt.cwd.as_deref()),
        "git_commit" => text(attempt.git_commit.as_deref()),
        "git_dirty" => attempt.git_dirty.map_or(Value::Null, Value::Bool),
        "program" => text(attempt.program.as_deref()),
        "started_at" => Value::Time(attempt.started_at),
        "ended_at" => attempt.ended_at.map_or(Value::Null, Value::Time),
        "outcome" => text(attempt.outcome.as_deref()),
        "exit_code" => int(attempt.exit_code),
        "error" => text(attempt.error.as_deref()),
        _ => Value::Null,
    }
}
