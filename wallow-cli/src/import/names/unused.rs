//! Names of records whose values are not imported, for the report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};
use std::sync::Arc;

/// At most this many names are kept; further names are only counted.
const KEPT: usize = 1000;

/// Names that mean no column.
#[derive(Debug, Default, Clone)]
pub(in crate::import) struct LeftOut {
    names: BTreeSet<String>,
    more: usize,
}

impl LeftOut {
    pub(super) fn insert(&mut self, name: &str) {
        if self.names.contains(name) {
            return;
        }
        if self.names.len() < KEPT {
            self.names.insert(name.to_owned());
        } else {
            self.more += 1;
        }
    }

    /// The names, as far as they are kept, in alphabetical order.
    pub(in crate::import) fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    pub(in crate::import) fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(self.names.iter(), self.more))
    }
}

/// A list of names: the first ones, and how many more there are.
pub(in crate::import) fn listed<'a>(
    names: impl ExactSizeIterator<Item = &'a String>,
    more: usize,
) -> String {
    const LISTED: usize = 20;
    let more = more + names.len().saturating_sub(LISTED);
    let names = names.take(LISTED).map(String::as_str).collect::<Vec<_>>();
    let mut list = names.join(", ");
    if more > 0 {
        let _ = write!(list, " and {more} more");
    }
    list
}

/// Names that mean a column for which the same record or table has a nearer name.
#[derive(Debug, Default, Clone)]
pub(in crate::import) struct Ignored {
    names: BTreeMap<FartherName, Count>,
}

/// A name, its column, and the nearer name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct FartherName {
    place: usize,
    theirs: Arc<str>,
    nearer: Arc<str>,
}

/// In how many records the name had a value, and in how many of these the value differed from that of the nearer name.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    records: u64,
    different: u64,
}

impl Ignored {
    /// Counts a value that was not used, and whether it differed from the one that was.
    pub(in crate::import) fn value(
        &mut self,
        place: usize,
        theirs: &Arc<str>,
        nearer: &Arc<str>,
        is_different: bool,
    ) {
        if let Some(count) = self.count(place, theirs, nearer) {
            count.records += 1;
            count.different += u64::from(is_different);
        }
    }

    fn count(&mut self, place: usize, theirs: &Arc<str>, nearer: &Arc<str>) -> Option<&mut Count> {
        let name = FartherName {
            place,
            theirs: Arc::clone(theirs),
            nearer: Arc::clone(nearer),
        };
        if self.names.len() >= KEPT && !self.names.contains_key(&name) {
            return None;
        }
        Some(self.names.entry(name).or_default())
    }

    /// A line for each name; `column` returns the name of a field.
    pub(in crate::import) fn lines<'a>(
        &'a self,
        column: impl Fn(usize) -> &'a str + 'a,
    ) -> impl Iterator<Item = String> + 'a {
        self.names.iter().map(move |(name, count)| {
            let FartherName {
                place,
                theirs,
                nearer,
            } = name;
            let Count { records, different } = count;
            let plural = if *records == 1 { "" } else { "s" };
            let other = match different {
                0 => "with the same value".to_owned(),
                _ if records == different => "with another value".to_owned(),
                _ => format!("{different} of them with another value"),
            };
            format!(
                "ignored: `{theirs}` in {records} record{plural}, {other}; `{}` was taken from `{nearer}`",
                column(*place)
            )
        })
    }
}
