//! Closed sets: string fields with a fixed list of values. Each is an enum in Rust, and a text in the database.

use super::{Cell, FromCell};
use crate::error::Error;

/// The enum of a closed set.
pub trait ClosedSet: Copy + 'static {
    /// The name of the field.
    const FIELD: &'static str;
    /// The texts as they are listed in a message.
    const EXPECTED: &'static str;
    /// Every value, in the order of the file.
    const VALUES: &'static [Self];

    /// The text in the database.
    fn text(self) -> &'static str;
}

/// The value with this text.
pub(crate) fn find<T: ClosedSet>(text: &str) -> Option<T> {
    let mut values = T::VALUES.iter().copied();
    values.find(|value| value.text() == text)
}

/// The value with this text.
///
/// # Errors
/// If there is none; the error names the field and the texts that exist.
pub fn closed_set<T: ClosedSet>(text: &str) -> Result<T, Error> {
    find(text).ok_or_else(|| {
        let texts = T::VALUES.iter().map(|value| value.text());
        let (what, help) = unknown_value(text, texts);
        Error::validation(T::FIELD, format_args!("{what}; {help}"))
    })
}

/// Why a text is refused, and what to do.
pub(crate) fn unknown_value<'a>(
    text: &str,
    values: impl IntoIterator<Item = &'a str> + Clone,
) -> (String, String) {
    let near = wallow_schema::near(text, values.clone());
    let help = near.map_or_else(
        || {
            let all = values.into_iter().map(|value| format!("`{value}`"));
            format!("the schema has {}", all.collect::<Vec<_>>().join(", "))
        },
        |near| format!("did you mean `{near}`?"),
    );
    let what = format!("`{}` is none of its values", text.escape_debug());
    (what, help)
}

impl<T: ClosedSet> FromCell for T {
    const EXPECTED: &'static str = T::EXPECTED;

    #[inline]
    fn from_cell(cell: Cell<'_>) -> Option<Self> {
        match cell {
            Cell::Text(text) => find(&text),
            _ => None,
        }
    }
}
