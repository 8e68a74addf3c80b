//! Why a run failed, as it is stored.

use std::borrow::Cow;

/// The first 1,000 characters, in a form that every database can store.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    const KEPT: usize = 1000;
    let end = text.char_indices().nth(KEPT);
    let kept = end.map_or(text, |(end, _)| &text[..end]);
    if kept.contains('\0') {
        // PostgreSQL cannot store this character.
        Cow::Owned(kept.replace('\0', "\u{FFFD}"))
    } else {
        Cow::Borrowed(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_has_at_most_a_thousand_characters_that_can_be_stored() {
        assert_eq!(excerpt("a\0b"), "a\u{FFFD}b");
        assert_eq!(excerpt("no \u{1} memory\n"), "no \u{1} memory\n");
        let long = "é\0".repeat(2_000);
        assert_eq!(excerpt(&long), "é\u{FFFD}".repeat(500));
    }
}
