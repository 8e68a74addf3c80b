//! The `:` between user and password, and the `@` behind them, in every form in which people write them.

use std::ops::Range;

/// The colon of other keyboards looks the same, `%3A` is what some tools make of it, and `;` is its key without shift.
const COLONS: [&str; 7] = [":", ";", "%3A", "%3a", "\u{ff1a}", "\u{fe55}", "\u{fe13}"];

const AT_SIGNS: [&str; 4] = ["@", "%40", "\u{ff20}", "\u{fe6b}"];

/// The first colon.
pub(super) fn colon(text: &str) -> Option<Range<usize>> {
    let found = COLONS.iter();
    let found = found.filter_map(|mark| Some((text.find(mark)?, mark.len())));
    found.min().map(|(start, length)| start..start + length)
}

/// The last `@`.
pub(super) fn last_at(text: &str) -> Option<Range<usize>> {
    let found = AT_SIGNS.iter();
    let found = found.filter_map(|mark| Some((text.rfind(mark)?, mark.len())));
    found.max().map(|(start, length)| start..start + length)
}

/// The colon at the end of a text.
pub(super) fn at_end(text: &str) -> Option<&'static str> {
    COLONS.into_iter().find(|mark| text.ends_with(mark))
}
