//! Whether a name is a Rust identifier, and the nearest name that is one.

use unicode_ident::{is_xid_continue, is_xid_start};
use unicode_normalization::UnicodeNormalization;

/// Words that cannot be identifiers even with `r#`.
const NEVER_RAW: [&str; 5] = ["_", "self", "Self", "super", "crate"];

/// Whether Rust accepts it as an identifier, if necessary with `r#`.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c == '_' || is_xid_start(c));
    starts && chars.all(is_xid_continue) && !NEVER_RAW.contains(&name)
}

/// The name with `_` for the characters that Rust does not accept, if that makes an identifier.
pub(crate) fn nearest_identifier(name: &str) -> Option<String> {
    let normal: String = name.nfc().collect();
    let words = normal.split(|c| !is_xid_continue(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let joined = words.join("_");
    let candidate = if NEVER_RAW.contains(&joined.as_str()) {
        format!("{joined}_")
    } else if joined.starts_with(is_xid_start) || joined.starts_with('_') {
        joined
    } else {
        format!("_{joined}")
    };
    Some(candidate).filter(|candidate| is_identifier(candidate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_names_but_for_five() {
        for name in ["type", "match", "move", "async", "gen", "größe", "_x", "Ok"] {
            assert!(is_identifier(name), "{name}");
        }
        for name in [
            "", "_", "self", "Self", "super", "crate", "2nd", "a b", "a-b",
        ] {
            assert!(!is_identifier(name), "{name}");
        }
    }

    #[test]
    fn the_nearest_name_keeps_the_words() {
        for (name, nearest) in [
            ("learning rate", Some("learning_rate")),
            ("learning-rate", Some("learning_rate")),
            (" learning  rate (log)", Some("learning_rate_log")),
            ("2nd", Some("_2nd")),
            ("self", Some("self_")),
            ("_", Some("__")),
            ("gro\u{308}ße [m]", Some("größe_m")),
            ("", None),
            ("?!", None),
        ] {
            assert_eq!(nearest_identifier(name).as_deref(), nearest, "{name}");
        }
    }
}
