//! Why a run failed, as it is stored.

use std::borrow::Cow;

use wallow_schema::redact;

/// This many characters are kept.
const KEPT: usize = 1000;

/// This many are searched for passwords, because one may be cut off where the excerpt ends.
const SEARCHED: usize = 4 * KEPT;

/// The first 1,000 characters, without passwords of databases, in a form that every database can store. A worker that
/// cannot reach a server often says where it is, and everyone who can read the runs reads this.
pub(super) fn excerpt(text: &str) -> Cow<'_, str> {
    let searched = beginning(text, SEARCHED);
    let safe = redact::text(searched);
    if safe == searched && !text.contains('\0') {
        return Cow::Borrowed(beginning(text, KEPT));
    }
    // PostgreSQL cannot store this character.
    Cow::Owned(beginning(&safe, KEPT).replace('\0', "\u{FFFD}"))
}

fn beginning(text: &str, most: usize) -> &str {
    match text.char_indices().nth(most) {
        Some((end, _)) => &text[..end],
        None => text,
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

    #[test]
    fn an_excerpt_has_no_password() {
        let url = "postgres://me:s3cret@db/runs";
        let error = format!("cannot reach {url}: timed out\nlr=0.1 loss=nan epoch: 3/10");
        let safe = error.replace("s3cret", "…");
        assert_eq!(excerpt(&error), safe);
        // Also if it is cut off within the URL.
        let cut = format!("{} {url}", "x".repeat(980));
        assert!(!excerpt(&cut).contains("s3c"));
    }
}
