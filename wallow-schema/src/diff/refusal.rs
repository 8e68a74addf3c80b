//! Why there is no migration, as data and as text.

use std::fmt;
use std::slice;

use crate::diagnostic::listed;
use crate::schema::FieldType;

/// A reason why there is no migration. Its text names what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A field is dropped, and new ones could be the same under a new name. Only a person knows.
    Ambiguous {
        /// The field that the new schema does not have.
        dropped: String,
        /// The new fields of its type and role, in the order of the file.
        candidates: Vec<String>,
    },
    /// A hint has a rename that is not possible.
    Rename {
        /// The old name.
        from: String,
        /// The new name.
        to: String,
        /// Why it is not possible.
        problem: RenameProblem,
    },
    /// Fields swap their names.
    RenameCircle {
        /// Their old names.
        fields: Vec<String>,
    },
    /// A hint names a field that is not dropped.
    UnknownDrop {
        /// The name in the hint.
        field: String,
        /// The name that was probably meant.
        near: Option<String>,
    },
    /// A dropped and a new field have names that differ only in case.
    SameButCase {
        /// The dropped field.
        dropped: String,
        /// The new field.
        added: String,
    },
    /// No conversion from one type to the other is correct for every run.
    Type {
        /// The field.
        field: String,
        /// Its old type.
        from: FieldType,
        /// Its new type.
        to: FieldType,
    },
    /// A new identifying field has no value for existing runs.
    NoDefault {
        /// The field.
        field: String,
    },
    /// A new annotating field may not be NULL and has no value for existing runs.
    NeverNull {
        /// The field.
        field: String,
    },
    /// Without this field, two runs could get the same key.
    DropIdentifying {
        /// The field.
        field: String,
    },
    /// The floats of existing keys were rounded to another number of digits.
    FloatPrecision {
        /// The old number of digits.
        from: u32,
        /// The new number of digits.
        to: u32,
        /// The identifying floats, by their new names.
        fields: Vec<String>,
    },
}

/// Why a rename makes no sense.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenameProblem {
    /// The newest snapshot has no field of the old name.
    NotThere {
        /// What may have been meant.
        near: Option<String>,
    },
    /// The schema has no field of the new name.
    NotDeclared {
        /// What may have been meant.
        near: Option<String>,
    },
    /// The schema still has the old name.
    StillDeclared,
    /// The newest snapshot has the new name already.
    Taken,
    /// Another rename has the same old or new name.
    Twice,
}

impl Refusal {
    /// What is wrong, in one line.
    pub fn message(&self) -> String {
        match self {
            Self::Ambiguous {
                dropped,
                candidates,
            } => {
                let are = if candidates.len() == 1 { "is" } else { "are" };
                format!(
                    "`{dropped}` is gone and {} {are} new, of the same type",
                    listed(candidates, "and")
                )
            }
            Self::Rename { from, to, problem } => {
                let why = match problem {
                    RenameProblem::NotThere { .. } => {
                        format!("there was no field `{from}` before")
                    }
                    RenameProblem::NotDeclared { .. } => format!("the schema has no field `{to}`"),
                    RenameProblem::StillDeclared => format!("the schema still has `{from}`"),
                    RenameProblem::Taken => format!("there is a field `{to}` already"),
                    RenameProblem::Twice => "another rename has one of the two names".to_owned(),
                };
                format!("`{from}` cannot be renamed to `{to}`: {why}")
            }
            Self::RenameCircle { fields } => format!("{} swap their names", listed(fields, "and")),
            Self::UnknownDrop { field, .. } => format!("no field `{field}` is dropped"),
            Self::SameButCase { dropped, added } => {
                format!(
                    "`{dropped}` and `{added}` differ only in case, so a database takes them for one column"
                )
            }
            Self::Type { field, from, to } => {
                format!(
                    "field `{field}` cannot become {to} instead of {from}: {}",
                    loss(*from, *to)
                )
            }
            Self::NoDefault { field } => format!(
                "new identifying field `{field}` has no default, and the runs there are need a value for it"
            ),
            Self::NeverNull { field } => format!(
                "new annotating field `{field}` is not nullable and has no default, and the runs there are need a \
                 value for it"
            ),
            Self::DropIdentifying { field } => format!(
                "identifying field `{field}` is gone, and runs that differ in it alone would become one"
            ),
            Self::FloatPrecision { from, to, fields } => format!(
                "`float_precision` cannot become {to} instead of {from}: existing keys were rounded to {from} \
                 digits, so runs would not be found again by {}",
                listed(fields, "and")
            ),
        }
    }

    /// Whether no option of a command allows the change: wallow.toml has to be another.
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Type { .. }
                | Self::NoDefault { .. }
                | Self::NeverNull { .. }
                | Self::FloatPrecision { .. }
        )
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            Self::Ambiguous {
                dropped,
                candidates,
            } => {
                let renames = candidates
                    .iter()
                    .map(|new| format!("`--rename {dropped}={new}`"));
                format!(
                    "say {} if it is the same field under a new name, or `--drop {dropped}` to lose its values",
                    renames.collect::<Vec<_>>().join(" or ")
                )
            }
            Self::Rename { from, problem, .. } => match problem {
                RenameProblem::NotThere { near: Some(near) }
                | RenameProblem::NotDeclared { near: Some(near) } => {
                    format!("did you mean `{near}`?")
                }
                RenameProblem::NotThere { near: None } => {
                    "the old name comes first: `--rename old=new`".to_owned()
                }
                RenameProblem::NotDeclared { near: None } => {
                    "give the field its new name in `wallow.toml` first".to_owned()
                }
                RenameProblem::StillDeclared => {
                    format!("remove `{from}` from `wallow.toml`, or leave the rename out")
                }
                RenameProblem::Taken => "choose a name that is free".to_owned(),
                RenameProblem::Twice => "give every field one new name".to_owned(),
            },
            Self::RenameCircle { .. } => {
                "rename one of them to a third name in this migration, and on in the next"
                    .to_owned()
            }
            Self::UnknownDrop {
                near: Some(near), ..
            } => format!("did you mean `{near}`?"),
            Self::UnknownDrop { field, near: None } => {
                format!("remove `{field}` from `wallow.toml` first, or leave `--drop` out")
            }
            Self::SameButCase { dropped, added } => format!(
                "say `--rename {dropped}={added}` if it is the same field, or remove it in one migration and add it \
                 in the next"
            ),
            Self::Type { field, from, to } => format!(
                "keep {from}, or add a field of another name as {to}, fill it from `{field}`, and drop `{field}` later"
            ),
            Self::NoDefault { field } => format!(
                "add a line `default = …` under `[identifying.{field}]`: the value all runs so far were made with"
            ),
            Self::NeverNull { field } => format!(
                "add a line `default = …` under `[annotating.{field}]`, or remove `nullable = false`"
            ),
            Self::DropIdentifying { field } => format!(
                "see `wallow collisions {field}`; if there are none, say `--allow-drop-identifying`, or move the \
                 field under `[annotating]` to keep its values"
            ),
            Self::FloatPrecision { from, .. } => format!(
                "keep `float_precision = {from}`, or begin a new project with a database of its own"
            ),
        }
    }
}

/// Why values of one type are not values of the other.
const fn loss(from: FieldType, to: FieldType) -> &'static str {
    match (from, to) {
        (FieldType::String | FieldType::Path, _) => "not every text is such a value",
        _ => "the values there are say something else",
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message(), self.help())
    }
}

/// Every reason why there is no migration, one on each line. As an error it is never empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    pub(super) fn push(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// The outcome, if nothing was refused.
    pub(super) fn or<T>(self, outcome: T) -> Result<T, Self> {
        if self.0.is_empty() {
            Ok(outcome)
        } else {
            Err(self)
        }
    }

    /// The reasons, one by one.
    pub fn iter(&self) -> slice::Iter<'_, Refusal> {
        self.0.iter()
    }
}

impl<'a> IntoIterator for &'a Refusals {
    type Item = &'a Refusal;
    type IntoIter = slice::Iter<'a, Refusal>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Refusals {}
