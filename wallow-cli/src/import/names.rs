//! Which column of the schema a name of another program means.
//!
//! What enters: the columns of the schema, and what `--map` says. What leaves: for a name its column, and how near it is:
//! the smaller the distance, the nearer. A name in another case, with blanks around it or in another Unicode form is
//! farther than one that is written as the schema has it, so it counts only if no other name of the record is nearer.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::{self, Write as _};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;
use wallow_runtime::dynamic::Column;
use wallow_runtime::value::BUILT_INS;

use crate::output::Failure;

/// What a table of runs has that no other database needs.
const IGNORED: [&str; 2] = ["id", "_wallow_attempt"];

/// Groups that stand before a name, the nearest first: for identifying fields, and for annotating ones. A loss
/// function is a parameter, a loss a metric, and both are called `loss`.
const IDENTIFYING: [&str; 4] = ["params.", "attrs.", "tags.", "metrics."];
const ANNOTATING: [&str; 4] = ["metrics.", "params.", "attrs.", "tags."];

/// How near a name is that is written as the schema has it; behind a group it is up to four farther.
const EXACT: usize = 1;

/// How near a name is that is the same but for case, blanks and Unicode form.
const FOLDED: usize = 6;

/// At most this many names are kept: each record of a file may have names of its own.
const MANY: usize = 1 << 16;

/// At most this many names that mean nothing are kept; the others are counted.
const KEPT: usize = 1000;

/// The column that a name means: its place, and its distance.
pub(super) type Meaning = Option<(usize, usize)>;

/// What names mean.
pub(super) struct Dictionary {
    /// The place of each column, by its name and by its folded name.
    exact: HashMap<String, usize>,
    folded: HashMap<String, usize>,
    /// The first place of an annotating field.
    annotating: usize,
    /// What `--map` says: the column, or none if a value is left out.
    map: BTreeMap<String, Option<usize>>,
    map_folded: HashMap<String, String>,
    known: HashMap<Arc<str>, Meaning>,
    /// Names of `--map` that a record had.
    met: BTreeSet<String>,
    /// Names of records that mean no column.
    pub(super) left_out: LeftOut,
}

impl Dictionary {
    /// For these columns, of which this many are of the key.
    pub(super) fn new(
        columns: &[Column],
        key: usize,
        map: &[(String, String)],
    ) -> Result<Self, Failure> {
        // The id of a run is not brought along.
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
        let map_folded = unique(map.keys().map(|theirs| (fold(theirs), theirs.clone())));
        Ok(Dictionary {
            exact,
            folded,
            annotating: BUILT_INS + key,
            map,
            map_folded,
            known: HashMap::new(),
            met: BTreeSet::new(),
            left_out: LeftOut::default(),
        })
    }

    /// Whether `--map` asks for this name.
    pub(super) fn asks(&self, theirs: &str) -> bool {
        self.map.get(theirs).is_some_and(Option::is_some)
    }

    /// The names of `--map` that no record had.
    pub(super) fn not_met(&self) -> Vec<String> {
        let names = self.map.keys().filter(|name| !self.met.contains(*name));
        names.cloned().collect()
    }

    /// The column that a name means, without noting that it was met.
    pub(super) fn look_up(&self, theirs: &str) -> Meaning {
        match self.mapped(theirs) {
            Some((_, place)) => place.map(|place| (place, 0)),
            None => self.by_name(theirs),
        }
    }

    /// The column that a name means.
    pub(super) fn meaning(&mut self, theirs: &Arc<str>) -> Meaning {
        if let Some(known) = self.known.get(theirs) {
            return *known;
        }
        let meaning = match self.mapped(theirs) {
            Some((name, place)) => {
                self.met.insert(name);
                place.map(|place| (place, 0))
            }
            None => {
                let found = self.by_name(theirs);
                if found.is_none() && !IGNORED.contains(&&**theirs) {
                    self.left_out.insert(theirs);
                }
                found
            }
        };
        if self.known.len() < MANY {
            self.known.insert(Arc::clone(theirs), meaning);
        }
        meaning
    }

    /// Takes a name that differs from one beside it only in its form for no name of a field; whether it is such a one.
    pub(super) fn forget(&mut self, theirs: &Arc<str>) -> bool {
        let is_folded = matches!(self.meaning(theirs), Some((_, FOLDED..)));
        if is_folded {
            self.known.insert(Arc::clone(theirs), None);
            self.left_out.insert(theirs);
        }
        is_folded
    }

    /// Notes that the value under a name was not taken, because another name is nearer.
    pub(super) fn lost(&mut self, theirs: &Arc<str>) {
        if matches!(self.meaning(theirs), Some((_, FOLDED..))) {
            self.left_out.insert(theirs);
        }
    }

    /// What `--map` says of a name: the name there, and the column.
    fn mapped(&self, theirs: &str) -> Option<(String, Option<usize>)> {
        if let Some(place) = self.map.get(theirs) {
            return Some((theirs.to_owned(), *place));
        }
        if self.map.is_empty() || self.exact.contains_key(theirs) {
            return None;
        }
        let name = self.map_folded.get(&fold(theirs))?;
        Some((name.clone(), *self.map.get(name)?))
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
        let groups = if place < self.annotating {
            IDENTIFYING
        } else {
            ANNOTATING
        };
        let distance = groups.iter().position(|known| *known == group)?;
        Some((place, nearest + 1 + distance))
    }
}

/// Names that mean no column.
#[derive(Debug, Default, Clone)]
pub(super) struct LeftOut {
    names: BTreeSet<String>,
    more: usize,
}

impl LeftOut {
    fn insert(&mut self, name: &str) {
        if self.names.contains(name) {
            return;
        }
        if self.names.len() < KEPT {
            self.names.insert(name.to_owned());
        } else {
            self.more += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.names.iter(), self.more))
    }
}

/// Names one after the other; of many the first ones, and how many more.
pub(super) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a String>, more: usize) -> String {
    const LISTED: usize = 20;
    let more = more + names.len().saturating_sub(LISTED);
    let names = names.take(LISTED).map(String::as_str).collect::<Vec<_>>();
    let mut list = names.join(", ");
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

/// The place of a column that a person names.
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

/// A name without what does not tell names apart: blanks and byte order marks around it, case, Unicode form.
fn fold(name: &str) -> String {
    let trimmed = name.trim_matches(|char: char| char.is_whitespace() || char == '\u{feff}');
    if trimmed.is_ascii() {
        return trimmed.to_ascii_lowercase();
    }
    trimmed.nfc().flat_map(char::to_lowercase).collect()
}

/// The entries whose key is theirs alone.
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
