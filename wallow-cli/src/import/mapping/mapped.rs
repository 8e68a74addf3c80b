//! A record after it was mapped, and what happened to its values on the way.

use wallow_runtime::dynamic::Value;

use super::super::alteration::Alteration;

/// A record as values of columns, and what happened to the values.
#[derive(Debug, Default, PartialEq)]
pub(in crate::import) struct Mapped {
    pub(in crate::import) values: Vec<(usize, Value)>,
    pub(in crate::import) notes: Vec<(usize, Note)>,
}

/// What happened to one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::import) enum Note {
    Altered(Alteration),
    /// The record has no value, and the default is used.
    Default,
    /// The record has no value for an optional field of the key.
    Absent,
    /// An empty cell became an empty text in a key.
    EmptyText,
    /// A value of CSV goes over several lines, because it is in quotes.
    SeveralLines,
    /// Blanks around a text of CSV were removed, because the names of the columns have some, too.
    Trimmed,
    /// A text of CSV has blanks at its ends.
    Padded,
    /// A run that is running in another program became `pending`, because nobody holds a claim on it.
    Unclaimed,
}

impl Mapped {
    pub(super) fn note(&mut self, place: usize, notes: impl IntoIterator<Item = Note>) {
        let notes = notes.into_iter().map(|note| (place, note));
        self.notes.extend(notes);
    }
}
