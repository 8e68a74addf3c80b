//! A list of a grid, or several lists that are walked side by side.

use std::collections::BTreeMap;

use wallow_runtime::dynamic::Value;
use wallow_schema::Schema;

use super::range::MOST_CHECKED;
use super::{Values, place_of};
use crate::output::{self, Failure};

/// Lists of the same length, each with the place of its field in the key.
#[derive(Debug)]
pub(crate) struct Axis {
    lists: Vec<(usize, Values)>,
}

impl Axis {
    pub(super) fn has(&self, place: usize) -> bool {
        self.lists.iter().any(|(own, _)| *own == place)
    }

    pub(super) fn len(&self) -> u64 {
        self.lists.first().map_or(0, |(_, values)| values.len())
    }

    /// An error if the lists have the same values at two positions, as far as they are looked at.
    fn refuse_repeated(&self, schema: &Schema) -> Result<(), Failure> {
        if self.lists.iter().any(|(_, values)| values.is_distinct()) {
            return Ok(());
        }
        let mut seen = BTreeMap::new();
        for at in 0..self.len().min(MOST_CHECKED) {
            let values = self.lists.iter().map(|(_, values)| values.get(at));
            let values = format!("{:?}", values.collect::<Vec<_>>());
            if let Some(first) = seen.insert(values, at) {
                let names = self.lists.iter();
                let names = names.map(|(place, _)| &*schema.identifying[*place].name);
                return Err(Failure::usage(format!(
                    "`--zip {}`: the values at the positions {} and {} are the same; leave one of these positions out of \
                     all the lists",
                    names.collect::<Vec<_>>().join(","),
                    first + 1,
                    at + 1
                )));
            }
        }
        Ok(())
    }

    /// Writes the values at a position into a key.
    pub(super) fn put(&self, at: u64, key: &mut [Value]) {
        for (place, values) in &self.lists {
            if let Some(value) = values.get(at) {
                key[*place] = value;
            }
        }
    }
}

/// The axes of lists: one for each list, but one for all lists of a zip, at the place of its first list.
pub(super) fn zipped(
    schema: &Schema,
    lists: Vec<(usize, Values)>,
    zips: &[Vec<String>],
) -> Result<Vec<Axis>, Failure> {
    let mut groups = Vec::<Vec<usize>>::new();
    for zip in zips {
        let places = zip.iter().map(|name| place_of(schema, name));
        let places = places.collect::<Result<Vec<_>, _>>()?;
        for (index, (name, place)) in zip.iter().zip(&places).enumerate() {
            if !lists.iter().any(|(listed, _)| listed == place) {
                return Err(Failure::usage(format!(
                    "`--zip` names `{name}`, which has no list; add `{name}=…`, or leave it out of `--zip`"
                )));
            }
            if places[..index].contains(place) || groups.iter().any(|group| group.contains(place)) {
                return Err(Failure::usage(format!(
                    "`--zip` names `{name}` twice; name all lists that are walked side by side in one `--zip`"
                )));
            }
        }
        groups.push(places);
    }
    let mut axes = Vec::<Axis>::new();
    for (place, values) in lists {
        let group = groups.iter().find(|group| group.contains(&place));
        let joined = axes
            .iter_mut()
            .find(|axis| group.is_some_and(|group| group.iter().any(|member| axis.has(*member))));
        let Some(joined) = joined else {
            axes.push(Axis {
                lists: vec![(place, values)],
            });
            continue;
        };
        if joined.len() != values.len() {
            let name = |place: usize| &schema.identifying[place].name;
            return Err(Failure::usage(format!(
                "`--zip`: `{}` has {} and `{}` has {}; lists that are walked side by side have the same length",
                name(joined.lists[0].0),
                output::counted(joined.len(), "value"),
                name(place),
                values.len(),
            )));
        }
        joined.lists.push((place, values));
    }
    for axis in &axes {
        axis.refuse_repeated(schema)?;
    }
    Ok(axes)
}
