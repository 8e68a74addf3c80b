//! The width of a text in terminal columns, and texts cut to a width: by graphemes, so that neither an emoji nor an
//! accent is split.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// Marks a place where a text was cut; one column wide.
pub(crate) const CUT: &str = "…";

/// The width of a text without control characters.
pub(crate) fn of(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.width()
    }
}

/// The text, or as much of its beginning as fits before a `…`.
pub(crate) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    if of(text) <= limit {
        return Cow::Borrowed(text);
    }
    let Some(room) = limit.checked_sub(of(CUT)) else {
        return Cow::Borrowed("");
    };
    let mut kept = 0;
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        used += of(grapheme);
        if used > room {
            break;
        }
        kept += grapheme.len();
    }
    Cow::Owned(format!("{}{CUT}", &text[..kept]))
}

/// The text padded with blanks on the right, or on the left if it is aligned to the right.
pub(crate) fn padded(text: &str, width: usize, right: bool) -> String {
    let blanks = " ".repeat(width.saturating_sub(of(text)));
    if right {
        blanks + text
    } else {
        text.to_owned() + &blanks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_graphemes() {
        let family = "👨‍👩‍👧";
        for (text, limit, expected) in [
            ("adam", 4, "adam"),
            ("adamw", 4, "ada…"),
            ("adam", 1, "…"),
            ("adam", 0, ""),
            ("数据集合", 8, "数据集合"),
            ("数据集合", 7, "数据集…"),
            ("数据集合", 6, "数据…"),
            (&format!("{family}{family}"), 3, &format!("{family}…")),
            (&format!("{family}{family}"), 2, "…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            let displayed = cut(text, limit);
            assert_eq!(displayed, expected, "{text} in {limit}");
            assert!(of(&displayed) <= limit, "{text} in {limit}");
        }
    }

    #[test]
    fn blanks_fill_a_column() {
        assert_eq!(padded("7", 3, true), "  7");
        assert_eq!(padded("数", 3, false), "数 ");
        assert_eq!(padded("long", 3, false), "long");
    }
}
