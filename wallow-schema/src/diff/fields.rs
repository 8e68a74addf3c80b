//! New, changed and dropped fields: their steps, and what is refused.

use super::names::Names;
use super::{Hints, Refusal, Refusals, column};
use crate::column::are_stored_alike;
use crate::operation::Operation;
use crate::schema::{Field, FieldType, Role};

/// New columns. Existing runs need a value: NULL, or the default.
pub(super) fn added(names: &Names<'_>, hints: &Hints, refusals: &mut Refusals) -> Vec<Operation> {
    let mut steps = Vec::new();
    let without_value = names
        .come()
        .filter(|field| field.default.is_none() && !field.nullable);
    let without_value = without_value.map(|field| field.name.clone());
    let without_value = without_value.collect::<Vec<_>>();
    if hints.no_runs && !without_value.is_empty() {
        steps.push(Operation::ExpectNoRuns {
            fields: without_value,
            back: false,
        });
    }
    for field in names.come() {
        let name = field.name.clone();
        match (field.role, &field.default) {
            _ if hints.no_runs => steps.push(Operation::AddField(column(names.new, field))),
            (Role::Identifying, None) if !field.nullable => {
                refusals.push(Refusal::NoDefault { field: name });
            }
            (Role::Annotating, None) if !field.nullable => {
                refusals.push(Refusal::NeverNull { field: name });
            }
            _ => steps.push(Operation::AddField(column(names.new, field))),
        }
    }
    steps
}

/// Columns that stay and change.
pub(super) fn altered(names: &Names<'_>, refusals: &mut Refusals) -> Vec<Operation> {
    let mut steps = Vec::new();
    for (old, new) in names.kept() {
        if !can_become(old.ty, new.ty) {
            refusals.push(Refusal::Type {
                field: new.name.clone(),
                from: old.ty,
                to: new.ty,
            });
            continue;
        }
        let mut from = column(names.old, old);
        let to = column(names.new, new);
        from.name.clone_from(&to.name);
        if from.role != to.role || !from.is_stored_like(&to) {
            steps.push(Operation::AlterField { from, to });
        }
    }
    steps
}

/// Whether a field leaves the key.
pub(super) fn is_demotion(step: &Operation) -> bool {
    matches!(step, Operation::AlterField { from, to }
        if from.role == Role::Identifying && to.role == Role::Annotating)
}

/// Types that are stored in the same way, and numbers: the script stops if a value would become another one.
const fn can_become(from: FieldType, to: FieldType) -> bool {
    are_stored_alike(from, to)
        || matches!(
            (from, to),
            (FieldType::Int, FieldType::Float) | (FieldType::Float, FieldType::Int)
        )
}

/// Dropped columns, unless a new one may be the same under another name.
pub(super) fn dropped(names: &Names<'_>, hints: &Hints, refusals: &mut Refusals) -> Vec<Operation> {
    let mut steps = Vec::new();
    for field in names.gone() {
        match refused_drop(field, names, hints) {
            None => steps.push(Operation::DropField(column(names.old, field))),
            // The consequences of a refused hint are not reported as well.
            Some(_) if names.is_refused(field) || names.come().any(|new| names.is_refused(new)) => {
            }
            Some(refusal) => refusals.push(refusal),
        }
    }
    steps
}

fn refused_drop(field: &Field, names: &Names<'_>, hints: &Hints) -> Option<Refusal> {
    let dropped = field.name.clone();
    let is_said = hints.drops.contains(&dropped);
    let mut twins = names.come().filter(|new| differ_in_case_alone(field, new));
    let candidates = names.come().filter(|new| look_alike(field, new));
    let candidates: Vec<String> = candidates.map(|new| new.name.clone()).collect();
    if let Some(twin) = twins.next() {
        let added = twin.name.clone();
        Some(Refusal::SameButCase { dropped, added })
    } else if !is_said && !candidates.is_empty() {
        Some(Refusal::Ambiguous {
            dropped,
            candidates,
        })
    } else if field.role == Role::Identifying && !hints.allow_drop_identifying {
        Some(Refusal::DropIdentifying { field: dropped })
    } else {
        None
    }
}

/// Whether a dropped and a new field could be the same one.
fn look_alike(old: &Field, new: &Field) -> bool {
    old.ty == new.ty && old.role == new.role
}

/// A database treats both names as the same column, and cannot add the new one before the old one is dropped.
fn differ_in_case_alone(old: &Field, new: &Field) -> bool {
    old.name.to_lowercase() == new.name.to_lowercase()
}
