//! Matches the fields of the new schema with those of the old one.

use super::{Hints, Refusal, Refusals, RenameProblem};
use crate::operation::Operation;
use crate::schema::{Field, Schema};
use crate::suggest;

/// Two schemas, and the fields that were renamed.
pub(super) struct Names<'a> {
    pub(super) old: &'a Schema,
    pub(super) new: &'a Schema,
    /// Old and new names, in an order in which each new name is free when it is given.
    renames: Vec<(&'a str, &'a str)>,
    /// Every name in a hint that was refused.
    refused: Vec<&'a str>,
}

impl<'a> Names<'a> {
    /// Accepts the hints that make sense, and refuses the others.
    pub(super) fn of(
        old: &'a Schema,
        new: &'a Schema,
        hints: &'a Hints,
        refusals: &mut Refusals,
    ) -> Self {
        let mut valid: Vec<(&str, &str)> = Vec::new();
        let mut refused: Vec<&str> = Vec::new();
        for (from, to) in &hints.renames {
            match problem(old, new, hints, &valid, (from, to)) {
                None => valid.push((from, to)),
                Some(problem) => {
                    refused.extend([from.as_str(), to.as_str()]);
                    refusals.push(Refusal::Rename {
                        from: from.clone(),
                        to: to.clone(),
                        problem,
                    });
                }
            }
        }
        let renames = ordered(old, valid, refusals);
        let names = Self {
            old,
            new,
            renames,
            refused,
        };
        for dropped in &hints.drops {
            if !names.gone().any(|field| field.name == *dropped) {
                let gone = names.gone().map(|field| field.name.as_str());
                let near = suggest::near(dropped, gone.collect::<Vec<_>>());
                refusals.push(Refusal::UnknownDrop {
                    field: dropped.clone(),
                    near: near.map(str::to_owned),
                });
            }
        }
        names
    }

    /// The new name of an old field.
    pub(super) fn renamed<'n>(&self, old: &'n str) -> &'n str
    where
        'a: 'n,
    {
        let rename = self.renames.iter().find(|(from, _)| *from == old);
        rename.map_or(old, |&(_, to)| to)
    }

    fn origin(&self, new: &Field) -> Option<&'a Field> {
        let renamed = self.renames.iter().find(|(_, to)| *to == new.name);
        let name = match renamed {
            Some(&(from, _)) => from,
            None if self.renames.iter().any(|(from, _)| *from == new.name) => return None,
            None => new.name.as_str(),
        };
        self.old.field(name)
    }

    /// The fields of both, old and new, in the order of the new schema.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&'a Field, &'a Field)> {
        let fields = self.new.fields();
        fields.filter_map(|new| Some((self.origin(new)?, new)))
    }

    /// The fields that only the new schema has.
    pub(super) fn come(&self) -> impl Iterator<Item = &'a Field> {
        self.new.fields().filter(|new| self.origin(new).is_none())
    }

    /// The fields that only the old schema has.
    pub(super) fn gone(&self) -> impl Iterator<Item = &'a Field> {
        let goes_on = |old: &Field| self.new.field(self.renamed(&old.name)).is_some();
        self.old.fields().filter(move |old| !goes_on(old))
    }

    /// Whether a hint about this field was refused.
    pub(super) fn is_refused(&self, field: &Field) -> bool {
        self.refused.contains(&field.name.as_str())
    }

    /// The steps that rename.
    pub(super) fn renames(&self) -> Vec<Operation> {
        let steps = self
            .renames
            .iter()
            .map(|&(from, to)| Operation::RenameField {
                from: from.to_owned(),
                to: to.to_owned(),
                indexed: self.old.field(from).is_some_and(|field| field.indexed),
            });
        steps.collect()
    }
}

/// Why a rename is refused.
fn problem(
    old: &Schema,
    new: &Schema,
    hints: &Hints,
    before: &[(&str, &str)],
    (from, to): (&str, &str),
) -> Option<RenameProblem> {
    let near = |schema: &Schema, name: &str| {
        let names = schema.fields().map(|field| field.name.as_str());
        let near = suggest::near(name, names.collect::<Vec<_>>());
        near.map(str::to_owned)
    };
    let is_target = |name: &str| hints.renames.iter().any(|(_, to)| to == name);
    let is_source = |name: &str| hints.renames.iter().any(|(from, _)| from == name);
    let is_taken =
        |field: &Field| field.name.to_lowercase() == to.to_lowercase() && !is_source(&field.name);
    if old.field(from).is_none() {
        Some(RenameProblem::NotThere {
            near: near(old, from),
        })
    } else if new.field(to).is_none() {
        Some(RenameProblem::NotDeclared {
            near: near(new, to),
        })
    } else if before.iter().any(|&(f, t)| f == from || t == to) {
        Some(RenameProblem::Twice)
    } else if new.field(from).is_some() && !is_target(from) {
        Some(RenameProblem::StillDeclared)
    } else if old.fields().any(is_taken) {
        Some(RenameProblem::Taken)
    } else {
        None
    }
}

/// Orders renames so that a name is free before it is given again. In a circle, none ever is.
fn ordered<'a>(
    old: &Schema,
    mut renames: Vec<(&'a str, &'a str)>,
    refusals: &mut Refusals,
) -> Vec<(&'a str, &'a str)> {
    let mut names: Vec<String> = old
        .fields()
        .map(|field| field.name.to_lowercase())
        .collect();
    let mut ordered = Vec::new();
    while !renames.is_empty() {
        let is_free = |&(from, to): &(&str, &str)| {
            let to = to.to_lowercase();
            to == from.to_lowercase() || !names.contains(&to)
        };
        let Some(next) = renames.iter().position(is_free) else {
            let fields = renames.iter().map(|(from, _)| (*from).to_owned());
            refusals.push(Refusal::RenameCircle {
                fields: fields.collect(),
            });
            break;
        };
        let (from, to) = renames.remove(next);
        names.retain(|name| *name != from.to_lowercase());
        names.push(to.to_lowercase());
        ordered.push((from, to));
    }
    ordered
}
