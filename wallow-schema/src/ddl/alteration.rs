//! What has to be checked and filled in before a column can change.

use super::Dialect;
use super::guard::{Guard, TAKEN_BACK};
use super::{postgres, quote_identifier, sqlite};
use crate::column::{Column, are_stored_alike};
use crate::schema::{DefaultValue, FieldType, Role};

/// Every whole number up to this one is exactly a float.
const EXACT: u64 = 1 << f64::MANTISSA_DIGITS;

/// A column and what it becomes.
#[derive(Clone, Copy)]
pub(super) struct Alteration<'a> {
    pub(super) from: &'a Column,
    pub(super) to: &'a Column,
    /// The precision of the new schema.
    pub(super) float_precision: u32,
}

/// A condition on the existing values, without which the change would alter them.
pub(super) enum Check {
    /// No NULL.
    NoNull,
    /// No NULL in an optional field of the key.
    NoneAbsent,
    /// Whole numbers no further from zero than this, so that each is exactly a float, or a canonical float.
    Within(u64),
    /// Floats that are whole numbers of 64 bits, in a field of this role.
    Whole(Role),
    /// Floats that are canonical with this precision.
    Canonical(u32),
}

impl Alteration<'_> {
    /// The value for runs that have none.
    pub(super) fn fill(&self) -> Option<&DefaultValue> {
        let default = self.to.default.as_ref();
        default.filter(|_| self.loses_null() && !self.becomes_required())
    }

    /// Whether an optional field of the key becomes required. Absent is a value of its own, so no default stands for it.
    fn becomes_required(&self) -> bool {
        self.from.is_optional() && self.loses_null() && self.to.role == Role::Identifying
    }

    fn loses_null(&self) -> bool {
        self.from.nullable && !self.to.nullable
    }

    pub(super) fn changes_type(&self) -> bool {
        !are_stored_alike(self.from.ty, self.to.ty)
    }

    fn joins_key(&self) -> bool {
        self.from.role == Role::Annotating && self.to.role == Role::Identifying
    }

    fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        if self.becomes_required() {
            checks.push(Check::NoneAbsent);
        } else if self.loses_null() && self.to.default.is_none() {
            checks.push(Check::NoNull);
        }
        match (self.from.ty, self.to.ty) {
            (FieldType::Int, FieldType::Float) => {
                let digits = match self.to.role {
                    Role::Identifying => 10_u64.checked_pow(self.float_precision),
                    Role::Annotating => None,
                };
                checks.push(Check::Within(digits.unwrap_or(EXACT).min(EXACT)));
            }
            (FieldType::Float, FieldType::Int) => checks.push(Check::Whole(self.from.role)),
            (FieldType::Float, FieldType::Float) if self.joins_key() => {
                checks.push(Check::Canonical(self.float_precision));
            }
            _ => {}
        }
        checks
    }

    /// The guards. The column still has its old type; `name` is its current name.
    pub(super) fn guards(&self, name: &str, dialect: Dialect) -> Vec<Guard> {
        let column = quote_identifier(name);
        let guards = self.checks().into_iter().map(|check| {
            let condition = check.violated(&column, dialect);
            Guard {
                reason: check.reason(&self.to.name),
                rows: format!("SELECT 1 FROM \"runs\" WHERE {condition}"),
                message: check.message(&self.to.name, name),
            }
        });
        guards.collect()
    }
}

impl Check {
    /// The condition under which a value of the column, which is SQL, breaks the check.
    fn violated(&self, column: &str, dialect: Dialect) -> String {
        match dialect {
            Dialect::Sqlite => sqlite::violates(self, column),
            Dialect::Postgres => postgres::violates(self, column),
        }
    }

    fn reason(&self, field: &str) -> String {
        match self {
            Self::NoNull | Self::NoneAbsent => format!("some runs have no `{field}`"),
            Self::Within(bound) => format!("`{field}` has whole numbers beyond {bound}"),
            Self::Whole(_) => {
                format!("`{field}` has values that are no whole numbers of 64 bits")
            }
            Self::Canonical(precision) => {
                format!("`{field}` has values of more than {precision} significant digits")
            }
        }
    }

    fn message(&self, field: &str, column: &str) -> String {
        let reason = self.reason(field);
        match self {
            Self::NoNull => {
                format!("{reason}: fill it in, or give it a `default` in wallow.toml; {TAKEN_BACK}")
            }
            Self::NoneAbsent => format!(
                "{reason}, so it cannot become required: {}; {TAKEN_BACK}",
                none_absent(field, column)
            ),
            Self::Within(_) => {
                format!("{reason}: as floats they would be others; change them first")
            }
            Self::Whole(role) => {
                format!("{reason}: {}; {TAKEN_BACK}", whole(*role, field, column))
            }
            Self::Canonical(_) => format!("{reason}: no key has so many; round them first"),
        }
    }
}

/// The condition under which a float in a column, which is SQL, is none that a key of this precision has.
pub fn not_canonical(column: &str, precision: u32, dialect: Dialect) -> String {
    Check::Canonical(precision).violated(column, dialect)
}

/// What to do about values with a fraction in a field that becomes an int; in the table it is still this column.
fn whole(role: Role, field: &str, column: &str) -> String {
    let quoted = quote_identifier(column);
    let one = match role {
        Role::Annotating => format!("change each with `wallow set RUN {column}=VALUE`"),
        Role::Identifying => "delete their runs with `wallow rm`".to_owned(),
    };
    format!(
        "round those with a fraction (`UPDATE runs SET {quoted} = round({quoted})`), {one}, or keep `{field}` a float in \
         wallow.toml"
    )
}

/// What to do about runs that lack a field of the key that becomes required; in the table it is still this column.
pub fn none_absent(field: &str, column: &str) -> String {
    let column = quote_identifier(column);
    format!(
        "give them the value that they were made with (`UPDATE runs SET {column} = … WHERE {column} IS NULL`), delete \
         them (`DELETE FROM runs WHERE {column} IS NULL`), or keep `{field}` optional"
    )
}
