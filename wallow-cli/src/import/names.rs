//! Which column of the schema a name of another program means.
//!
//! What enters: the columns of the schema, and the names in `--map`. What leaves: for each name its column and its
//! distance; a smaller distance is nearer. A name that differs from the schema's in case, surrounding blanks or Unicode
//! form is farther than one that is equal, so it counts only if no other name of the record is nearer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use wallow_runtime::dynamic::Column;
use wallow_runtime::value::BUILT_INS;

use self::unused::{Ignored, LeftOut};
use crate::output::Failure;

pub(super) mod unused;

/// Columns of a table of runs that are not imported, because they only have a meaning in their own database.
const IGNORED: [&str; 2] = ["id", "_wallow_attempt"];

/// The groups that may precede a name, nearest first, for identifying fields and for annotating fields. A loss function
/// is a parameter and a loss is a metric, but both are called `loss`.
const IDENTIFYING: [&str; 5] = ["params.", "config.", "attrs.", "tags.", "metrics."];
const ANNOTATING: [&str; 5] = ["metrics.", "params.", "config.", "attrs.", "tags."];

/// The distances of names: names in `--map` precede names of fields; each may also match only after folding case,
/// blanks and Unicode form. A group before a name adds up to five.
const MAPPED: usize = 0;
const MAPPED_FOLDED: usize = 6;
const EXACT: usize = 12;
const FOLDED: usize = 18;

/// At most this many names are remembered: each record of a file may have names of its own.
const MANY: usize = 1 << 16;

/// The column that a name means: its place and the distance of the name.
pub(super) type Meaning = Option<(usize, usize)>;

/// The meanings of names.
pub(super) struct Dictionary {
    /// The place of each column, by its name and by its folded name.
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
    /// The place of the first annotating field.
    annotating: usize,
    /// The names in `--map`: the column of each, or `None` if its values are left out.
    map: BTreeMap<String, Option<usize>>,
    /// The names in `--map` that mean a column, by their folded form. Names to leave out must match exactly.
    map_folded: HashMap<String, String>,
    known: HashMap<Arc<str>, Meaning>,
    /// Names in `--map` that occurred in a record.
    met: BTreeSet<String>,
    /// Names of records that mean no column.
    pub(super) left_out: LeftOut,
    /// Names of records that mean a column for which a nearer name exists.
    pub(super) ignored: Ignored,
    /// The columns that are read, if these are not all.
    only: Option<BTreeSet<usize>>,
    /// Names of records that mean a column that is not read, with its place.
    pub(super) unread: BTreeMap<String, usize>,
}

impl Dictionary {
    /// A dictionary for these columns, with this many columns in the key, of which only some may be read.
    pub(super) fn new(
        columns: &[Column],
        key: usize,
        map: &[(String, String)],
        only: Option<&[usize]>,
    ) -> Result<Self, Failure> {
        // The id of a run is not imported.
        let places = || columns.iter().enumerate().skip(1);
        let exact = places().map(|(place, column)| (column.name.clone(), place));
        let exact = exact.collect::<HashMap<_, _>>();
        let folded = unique(places().map(|(place, column)| (fold(&column.name), place)));
        let mut meanings = BTreeMap::new();
        for (theirs, ours) in map {
            let ours = (!ours.is_empty()).then(|| place(columns, ours));
            let ours = ours.transpose()?;
            let before = meanings.insert(theirs.clone(), ours);
            if before.is_some_and(|before| before != ours) {
                return Err(Failure::usage(format!(
                    "`--map` says two things of `{theirs}`; leave one of them out"
                )));
            }
        }
        let map = meanings;
        let targeted = map.iter().filter(|(_, place)| place.is_some());
        let map_folded = unique(targeted.map(|(theirs, _)| (fold(theirs), theirs.clone())));
        Ok(Dictionary {
            exact,
            folded,
            annotating: BUILT_INS + key,
            map,
            map_folded,
            known: HashMap::new(),
            met: BTreeSet::new(),
            left_out: LeftOut::default(),
            ignored: Ignored::default(),
            only: only.map(|only| only.iter().copied().collect()),
            unread: BTreeMap::new(),
        })
    }

    /// Whether `--map` wants this name.
    pub(super) fn asks(&self, theirs: &str) -> bool {
        self.map.get(theirs).is_some_and(Option::is_some)
    }

    /// Whether `--map` leaves this name out.
    pub(super) fn leaves_out(&self, theirs: &str) -> bool {
        self.map.get(theirs).is_some_and(Option::is_none)
    }

    /// The place of the field whose name is the last part of this one.
    pub(super) fn place_of_last(&self, theirs: &str) -> Option<usize> {
        let (_, last) = theirs.rsplit_once('.')?;
        let place = self.exact.get(last).copied();
        place.filter(|place| *place >= BUILT_INS)
    }

    /// The names in `--map` that occurred in no record.
    pub(super) fn not_met(&self) -> Vec<String> {
        let names = self.map.keys().filter(|name| !self.met.contains(*name));
        names.cloned().collect()
    }

    /// The column that a name means, without recording that the name occurred.
    pub(super) fn look_up(&self, theirs: &str) -> Meaning {
        match self.mapped(theirs) {
            Some((_, meaning)) => meaning,
            None => self.by_name(theirs),
        }
    }

    /// The column that a name means.
    pub(super) fn meaning(&mut self, theirs: &Arc<str>) -> Meaning {
        if let Some(known) = self.known.get(theirs) {
            return *known;
        }
        let meaning = match self.mapped(theirs) {
            Some((name, meaning)) => {
                self.met.insert(name);
                meaning
            }
            None => {
                let found = self.by_name(theirs);
                if found.is_none() && !IGNORED.contains(&&**theirs) {
                    self.left_out.insert(theirs);
                }
                found
            }
        };
        let meaning = self.if_read(theirs, meaning);
        if self.known.len() < MANY {
            self.known.insert(Arc::clone(theirs), meaning);
        }
        meaning
    }

    /// Whether a column is read.
    pub(super) fn reads(&self, place: usize) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(&place))
    }

    /// This meaning of a name, unless its column is not read.
    fn if_read(&mut self, theirs: &str, meaning: Meaning) -> Meaning {
        let place = match meaning {
            Some((place, _)) => place,
            // The id, which has the first place, and the number of the attempt are columns of a table of runs, too.
            None if IGNORED.contains(&theirs) => 0,
            None => return None,
        };
        if self.reads(place) {
            return meaning;
        }
        if self.unread.len() < MANY {
            self.unread.insert(theirs.to_owned(), place);
        }
        None
    }

    /// What `--map` says about a name: the name there, and the column.
    fn mapped(&self, theirs: &str) -> Option<(String, Meaning)> {
        if let Some(place) = self.map.get(theirs) {
            return Some((theirs.to_owned(), place.map(|place| (place, MAPPED))));
        }
        if self.map.is_empty() || self.exact.contains_key(theirs) {
            return None;
        }
        let form = fold(theirs);
        let found = self
            .mapped_behind(theirs, MAPPED, |name| Some(name.to_owned()))
            .or_else(|| {
                let name = self.map_folded.get(&form)?;
                Some((name.clone(), (*self.map.get(name)?)?, MAPPED_FOLDED))
            })
            .or_else(|| {
                self.mapped_behind(&form, MAPPED_FOLDED, |name| {
                    self.map_folded.get(name).cloned()
                })
            });
        found.map(|(name, place, distance)| (name, Some((place, distance))))
    }

    /// The name in `--map` that equals a name without its group, with the column and the distance.
    fn mapped_behind(
        &self,
        theirs: &str,
        nearest: usize,
        name: impl Fn(&str) -> Option<String>,
    ) -> Option<(String, usize, usize)> {
        let (group, behind) = theirs.split_at(theirs.find('.')? + 1);
        let name = name(behind)?;
        let place = (*self.map.get(&name)?)?;
        Some((name, place, nearest + self.distance(group, place)?))
    }

    fn by_name(&self, theirs: &str) -> Meaning {
        let exact = self.behind_groups(theirs, EXACT, &self.exact);
        exact.or_else(|| self.behind_groups(&fold(theirs), FOLDED, &self.folded))
    }

    fn behind_groups(
        &self,
        theirs: &str,
        nearest: usize,
        places: &HashMap<String, usize>,
    ) -> Meaning {
        if let Some(place) = places.get(theirs) {
            return Some((*place, nearest));
        }
        let (group, name) = theirs.split_at(theirs.find('.')? + 1);
        let place = *places.get(name).filter(|&&place| place >= BUILT_INS)?;
        Some((place, nearest + self.distance(group, place)?))
    }

    /// The distance that a group adds; `None` if it is not a known group.
    fn distance(&self, group: &str, place: usize) -> Option<usize> {
        let groups = if place < self.annotating {
            IDENTIFYING
        } else {
            ANNOTATING
        };
        let distance = groups.iter().position(|known| *known == group)?;
        Some(1 + distance)
    }
}

/// The place of a column that a person typed.
pub(super) fn place(columns: &[Column], name: &str) -> Result<usize, Failure> {
    let place = columns.iter().position(|column| column.name == name);
    place.filter(|&place| place > 0).ok_or_else(|| {
        let known = columns[1..].iter().map(|column| column.name.as_str());
        let known = known.collect::<Vec<_>>().join(", ");
        Failure::usage(format!(
            "there is no field `{name}`; the schema has: {known}"
        ))
    })
}

/// A name in a form without differences that do not matter: surrounding blanks and byte order marks, case, Unicode
/// form.
fn fold(name: &str) -> String {
    let trimmed = name.trim_matches(|char: char| char.is_whitespace() || char == '\u{feff}');
    if trimmed.is_ascii() {
        return trimmed.to_ascii_lowercase();
    }
    trimmed.nfc().flat_map(char::to_lowercase).collect()
}

/// The entries whose key occurs only once.
fn unique<T>(entries: impl Iterator<Item = (String, T)>) -> HashMap<String, T> {
    let mut all = HashMap::<String, Option<T>>::new();
    for (name, value) in entries {
        let several = all.contains_key(&name);
        all.insert(name, if several { None } else { Some(value) });
    }
    let entries = all.into_iter();
    entries
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}
