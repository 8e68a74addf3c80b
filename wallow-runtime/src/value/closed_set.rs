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
    listed(text).map_err(|reason| Error::validation(T::FIELD, reason))
}

/// The value with this text, or why there is none.
pub(crate) fn listed<T: ClosedSet>(text: &str) -> Result<T, String> {
    find(text).ok_or_else(|| {
        let (what, help) = unknown_value(text, T::VALUES.iter().map(|value| value.text()));
        format!("{what}; {help}")
    })
}

/// Why a field with these values does not take a text, and what to do. Without values a field takes any text.
pub(crate) fn refusal(text: &str, values: &[String]) -> Option<(String, String)> {
    let is_taken = values.is_empty() || values.iter().any(|known| known == text);
    (!is_taken).then(|| unknown_value(text, values.iter().map(String::as_str)))
}

/// Why a text is refused, and what to do.
fn unknown_value<'a>(
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
