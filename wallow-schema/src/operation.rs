//! The steps of a migration: what comparing two schemas returns, and what SQL is written from.

use std::fmt;

pub use crate::column::Column;
use crate::diagnostic::{listed, quoted};
use crate::schema::{ATTEMPTS, DefaultValue, KeyField, Role, Schema};

/// One step of a migration. Its text is a line for people: "add the annotating field `host` (string)".
///
/// A step contains what it removes, so each has a way back: `op.reverse().reverse() == op`.
///
/// ```
/// use wallow_schema::operation::Operation;
///
/// let add = Operation::AddIndex { field: "seed".to_owned() };
/// assert_eq!(add.to_string(), "index `seed`");
/// assert_eq!(add.reverse().to_string(), "drop the index of `seed`");
/// assert_eq!(add.reverse().reverse(), add);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Operation {
    /// Creates the table of this schema, with its indexes.
    CreateTable(Box<Schema>),
    /// Drops the table of this schema.
    DropTable(Box<Schema>),
    /// Renames a field and its index.
    RenameField {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
        /// Whether it has an index of its own.
        indexed: bool,
    },
    /// Adds a column. Its index and the change of the key are steps of their own.
    AddField(Column),
    /// Drops a column that has no index and is not in the key any more.
    DropField(Column),
    /// Changes type, default, nullability or role of a field; the names are the same.
    AlterField {
        /// What it was.
        from: Column,
        /// What it becomes.
        to: Column,
    },
    /// Changes the unique index over the key.
    ChangeKey {
        /// The old fields, in the order of the index, under their new names.
        from: Vec<KeyField>,
        /// The new fields, in alphabetical order.
        to: Vec<KeyField>,
    },
    /// Adds an index on a field.
    AddIndex {
        /// The field.
        field: String,
    },
    /// Drops the index on a field.
    DropIndex {
        /// The field.
        field: String,
    },
    /// Stops if there are runs: new fields that every run needs have no value for them.
    ExpectNoRuns {
        /// These fields, in the order of the schema.
        fields: Vec<String>,
        /// Whether this is the way back, on which the fields are dropped and runs may be there.
        back: bool,
    },
    /// Creates the table with the history of attempts.
    CreateAttempts,
    /// Drops the table with the history of attempts.
    DropAttempts,
    /// Gives the table what PostgreSQL needs for a queue of runs, an index and settings. Nothing on SQLite.
    CreateQueueStorage,
    /// Takes that off the table again.
    DropQueueStorage,
}

impl Operation {
    /// The way back.
    #[must_use]
    pub fn reverse(&self) -> Self {
        match self.clone() {
            Self::CreateTable(schema) => Self::DropTable(schema),
            Self::DropTable(schema) => Self::CreateTable(schema),
            Self::RenameField { from, to, indexed } => Self::RenameField {
                from: to,
                to: from,
                indexed,
            },
            Self::AddField(column) => Self::DropField(column),
            Self::DropField(column) => Self::AddField(column),
            Self::AlterField { from, to } => Self::AlterField { from: to, to: from },
            Self::ChangeKey { from, to } => Self::ChangeKey { from: to, to: from },
            Self::AddIndex { field } => Self::DropIndex { field },
            Self::DropIndex { field } => Self::AddIndex { field },
            Self::ExpectNoRuns { fields, back } => Self::ExpectNoRuns {
                fields,
                back: !back,
            },
            Self::CreateAttempts => Self::DropAttempts,
            Self::DropAttempts => Self::CreateAttempts,
            Self::CreateQueueStorage => Self::DropQueueStorage,
            Self::DropQueueStorage => Self::CreateQueueStorage,
        }
    }

    /// What this step loses for good, so that its reverse cannot restore it; `None` if nothing.
    ///
    /// ```
    /// use wallow_schema::operation::{Column, Operation};
    /// # use wallow_schema::{FieldType, Role};
    ///
    /// # let (role, ty) = (Role::Annotating, FieldType::String);
    /// let host = Column { name: "host".to_owned(), role, ty, default: None, nullable: true };
    /// let add = Operation::AddField(host);
    /// assert_eq!(add.lossy(), None);
    /// assert_eq!(add.reverse().lossy().as_deref(), Some("the values of `host`"));
    /// ```
    pub fn lossy(&self) -> Option<String> {
        match self {
            Self::DropTable(_) => Some("every run".to_owned()),
            Self::DropField(column) => Some(format!("the values of `{}`", column.name)),
            Self::DropAttempts => Some("the history of attempts".to_owned()),
            Self::AlterField { from, to } if from.nullable && !to.nullable => {
                if from.is_optional() && to.role == Role::Identifying {
                    return None;
                }
                to.default.as_ref()?;
                Some(format!(
                    "which runs had no `{}`: they get its default",
                    to.name
                ))
            }
            _ => None,
        }
    }
}

/// The steps of the way back, in order.
pub fn reverse(operations: &[Operation]) -> Vec<Operation> {
    operations.iter().rev().map(Operation::reverse).collect()
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateTable(_) => f.write_str("create the table `runs`"),
            Self::DropTable(_) => f.write_str("drop the table `runs`"),
            Self::RenameField { from, to, .. } => write!(f, "rename `{from}` to `{to}`"),
            Self::AddField(column) => {
                let Column { name, role, ty, .. } = column;
                let nullable = if column.nullable { "" } else { ", never NULL" };
                let nullable = match role {
                    Role::Identifying if column.nullable => ", optional",
                    Role::Identifying => "",
                    Role::Annotating => nullable,
                };
                let default = match &column.default {
                    Some(value) => format!(", default {}", display(value)),
                    None => String::new(),
                };
                write!(f, "add the {role} field `{name}` ({ty}{nullable}{default})")
            }
            Self::DropField(column) => {
                write!(f, "drop the {} field `{}`", column.role, column.name)
            }
            Self::AlterField { from, to } => {
                write!(f, "change `{}`: {}", to.name, changes(from, to).join(", "))
            }
            Self::ChangeKey { to, .. } => {
                let fields = to.iter().map(|field| match field.optional {
                    Some(_) => format!("`{}` (or its absence)", field.name),
                    None => format!("`{}`", field.name),
                });
                write!(
                    f,
                    "tell runs apart by {}",
                    fields.collect::<Vec<_>>().join(", ")
                )
            }
            Self::AddIndex { field } => write!(f, "index `{field}`"),
            Self::DropIndex { field } => write!(f, "drop the index of `{field}`"),
            Self::ExpectNoRuns { fields, back } => {
                let fields = listed(fields, "and");
                if *back {
                    write!(f, "leave {fields} to the runs that have it")
                } else {
                    write!(f, "expect no runs, which would have no value for {fields}")
                }
            }
            Self::CreateAttempts => write!(f, "keep a history of attempts, in `{ATTEMPTS}`"),
            Self::DropAttempts => write!(f, "drop the history of attempts, `{ATTEMPTS}`"),
            Self::CreateQueueStorage => {
                f.write_str("add the index and the settings for a queue of runs (PostgreSQL)")
            }
            Self::DropQueueStorage => {
                f.write_str("drop the index and the settings for a queue of runs (PostgreSQL)")
            }
        }
    }
}

/// The changes of an altered field, a few words for each.
fn changes(from: &Column, to: &Column) -> Vec<String> {
    let mut changes = Vec::new();
    if from.ty != to.ty {
        changes.push(format!("{} instead of {}", to.ty, from.ty));
    }
    if from.role != to.role {
        changes.push(format!("now {}", to.role));
    }
    match (from.is_optional(), to.is_optional()) {
        (_, true) if !from.is_optional() => changes.push("optional".to_owned()),
        (true, false) if to.role == Role::Identifying => changes.push("required".to_owned()),
        _ => match (from.nullable, to.nullable) {
            (true, false) => changes.push("never NULL".to_owned()),
            (false, true) => changes.push("may be NULL".to_owned()),
            _ => {}
        },
    }
    if !from.has_default_of(to) {
        changes.push(match &to.default {
            Some(value) => format!("default {}", display(value)),
            None => "no default".to_owned(),
        });
    }
    changes
}

/// A value for a comment: on one line, and cut off if it is long.
fn display(value: &DefaultValue) -> String {
    let text = match value {
        DefaultValue::String(text) | DefaultValue::Path(text) => format!("{text:?}"),
        other => other.to_string(),
    };
    quoted(&text).trim_matches('`').to_owned()
}
