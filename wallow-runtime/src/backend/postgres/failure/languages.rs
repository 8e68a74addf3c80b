//! Messages of PostgreSQL in other languages than English, for those that decide the kind of an error.
//!
//! The code of an error (SQLSTATE) would be the same in all languages, but diesel does not expose it, except for a few,
//! such as uniqueness and serialisation. A server speaks the language of its `lc_messages`, which only an administrator
//! may change. These are the translations in PostgreSQL's own catalogs: German, Spanish, French, Italian, Japanese,
//! Georgian, Korean, Russian, Swedish, Ukrainian and Chinese.

mod messages;

use std::borrow::Cow;

use messages::MESSAGES;

/// The languages of the table below, as they appear in `lc_messages`.
const LANGUAGES: [&str; 11] = [
    "de", "es", "fr", "it", "ja", "ka", "ko", "ru", "sv", "uk", "zh",
];

/// The message, with the words that decide its kind replaced by the English ones.
pub(super) fn in_english(text: &str) -> Cow<'_, str> {
    let translations = MESSAGES.iter().flat_map(|(english, others)| {
        let others = others.iter();
        others.map(move |other| (*other, *english))
    });
    // One message may be the beginning of another: a wait for a lock, and any wait.
    let found = translations
        .filter(|(other, _)| text.contains(other))
        .max_by_key(|(other, _)| other.len());
    match found {
        Some((other, english)) => Cow::Owned(text.replacen(other, english, 1)),
        None => Cow::Borrowed(text),
    }
}

/// Whether messages under this setting of `lc_messages` are recognised.
pub(in super::super) fn is_understood(setting: &str) -> bool {
    let language = setting.split(['.', '_', '@']).next().unwrap_or_default();
    matches!(language, "" | "C" | "POSIX" | "en" | "English")
        || LANGUAGES.binary_search(&language).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(LANGUAGES.is_sorted());
    }

    #[test]
    fn languages_have_several_names() {
        for language in [
            "",
            "C",
            "C.UTF-8",
            "POSIX",
            "en_US.UTF-8",
            "English_United States.1252",
            "de_DE.UTF-8",
            "fr_FR",
            "es",
        ] {
            assert!(is_understood(language), "{language}");
        }
        for language in ["pl_PL.UTF-8", "Catalan", "tr"] {
            assert!(!is_understood(language), "{language}");
        }
    }

    #[test]
    fn the_longest_translation_counts() {
        for (said, meant) in [
            (
                "annullamento dell'istruzione a causa di timeout di lock",
                "canceling statement due to lock timeout",
            ),
            (
                "выполнение оператора отменено из-за тайм-аута",
                "canceling statement due to statement timeout",
            ),
            (
                "выполнение оператора отменено из-за тайм-аута блокировки",
                "canceling statement due to lock timeout",
            ),
            ("division by zero", "division by zero"),
        ] {
            assert_eq!(in_english(said), meant);
        }
    }
}
