//! Which of the values of a record counts for a column.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::conversion::convert;
use super::super::{Cell, Member};
use super::{Candidate, Mapping};

impl Mapping {
    /// The value of the nearest name for each column. Values that are not used, because a nearer name has one, are noted.
    pub(super) fn nearest(
        &mut self,
        values: Vec<(Arc<str>, Cell)>,
        within: Vec<Member>,
    ) -> Vec<Option<Candidate>> {
        let values = self.with_members(values, within);
        let mut found = Vec::with_capacity(values.len());
        for (name, cell) in values {
            let Some((place, distance)) = self.names.meaning(&name) else {
                continue;
            };
            let cell = cell.for_type(self.columns[place].ty);
            // A name with a value precedes every name without one.
            let rank = (cell.is_nothing(), distance);
            let rival = None;
            let candidate = Candidate {
                rank,
                name,
                cell,
                rival,
            };
            found.push((place, candidate));
        }
        // Names of the same rank stay in the order of the record.
        found.sort_by_key(|(place, candidate)| (*place, candidate.rank));
        let mut nearest = self.columns.iter().map(|_| None).collect::<Vec<_>>();
        for (place, candidate) in found {
            let slot: &mut Option<Candidate> = &mut nearest[place];
            let Some(taken) = slot else {
                *slot = Some(candidate);
                continue;
            };
            if taken.rank == candidate.rank {
                taken.rival.get_or_insert(candidate.name);
            } else if !candidate.cell.is_nothing() {
                let ty = self.columns[place].ty;
                let is_different = convert(ty, candidate.cell) != convert(ty, taken.cell.clone());
                let ignored = &mut self.names.ignored;
                ignored.value(place, &candidate.name, &taken.name, is_different);
            }
        }
        nearest
    }

    /// The values, and the members of objects that mean a field. Of an object that means a field itself, only those count
    /// that `--map` names.
    fn with_members(
        &mut self,
        values: Vec<(Arc<str>, Cell)>,
        within: Vec<Member>,
    ) -> Vec<(Arc<str>, Cell)> {
        self.not_read.clear();
        let mut opened = BTreeSet::new();
        let mut members = Vec::new();
        for member in within {
            let names = &self.names;
            let of = &values[member.of].0;
            let is_open = names.look_up(of).is_none() && !names.leaves_out(of);
            if names.asks(&member.name) || (is_open && names.look_up(&member.name).is_some()) {
                opened.insert(member.of);
                members.push((member.name, member.cell));
            } else if let Some(place) = names.place_of_last(&member.name) {
                self.not_read.entry(place).or_insert(member.name);
            }
        }
        let values = values.into_iter().enumerate();
        // An object of which a member is read is not reported as left out.
        let values = values.filter(|(index, (name, _))| {
            !opened.contains(index) || self.names.look_up(name).is_some()
        });
        values.map(|(_, value)| value).chain(members).collect()
    }
}
