//! The values of `--set`, for records that lack a field.

use std::collections::BTreeSet;

use wallow_runtime::dynamic::{Column, Value};
use wallow_runtime::value::BUILT_INS;

use super::super::conversion::{Converted, convert};
use super::super::names::place;
use super::super::status::Statuses;
use crate::output::Failure;

/// A value for each column that `--set` names.
pub(super) struct SetValues {
    values: Vec<Option<Value>>,
    /// The columns whose value a record needed.
    needed: BTreeSet<usize>,
}

impl SetValues {
    /// The values for these columns, of which this many are of the key.
    pub(super) fn new(
        columns: &[Column],
        key: usize,
        statuses: Option<&Statuses>,
        set: &[(String, String)],
    ) -> Result<Self, Failure> {
        let key = BUILT_INS..BUILT_INS + key;
        let mut values = vec![None; columns.len()];
        for (ours, text) in set {
            let place = place(columns, ours)?;
            let is_absent = text.is_empty() && key.contains(&place) && columns[place].nullable;
            let value = if is_absent {
                Ok(Converted::from(Value::Null))
            } else {
                convert(columns[place].ty, text.as_str().into())
            };
            // A file may have lost something before; what a person types is meant as it is typed.
            let value = value.and_then(|value| match value.altered.first() {
                None => Ok(value.value),
                Some(lost) if key.contains(&place) => Err(format!("`{text}`: {}", lost.refusal())),
                Some(lost) => Err(format!("`{text}`: {}", lost.advice())),
            });
            let value = value.and_then(|value| match &value {
                Value::Text(text) => match columns[place].refusal(text) {
                    Some(refusal) => Err(refusal),
                    None => Ok(value),
                },
                _ => Ok(value),
            });
            let value = value.and_then(|value| match statuses {
                Some(statuses) => statuses.set(place, value),
                None => Ok(value),
            });
            let wrong = |reason: String| Failure::usage(format!("`--set {ours}`: {reason}"));
            let value = value.map_err(wrong)?;
            let before = values[place].replace(value.clone());
            if before.is_some_and(|before| before != value) {
                return Err(Failure::usage(format!(
                    "`--set` gives `{ours}` two values; leave one of them out"
                )));
            }
        }
        Ok(SetValues {
            values,
            needed: BTreeSet::new(),
        })
    }

    /// The value for a column.
    pub(super) fn get(&self, place: usize) -> Option<&Value> {
        self.values.get(place)?.as_ref()
    }

    /// The value for a column that a record lacks.
    pub(super) fn need(&mut self, place: usize) -> Option<Value> {
        let value = self.get(place)?.clone();
        self.needed.insert(place);
        Some(value)
    }

    /// The columns whose value no record needed.
    pub(super) fn not_needed(&self) -> impl Iterator<Item = usize> + '_ {
        let places = 0..self.values.len();
        places.filter(|place| self.get(*place).is_some() && !self.needed.contains(place))
    }
}
