//! The name of a migration: the moment that orders it among the others, and a few words for people.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use unicode_normalization::UnicodeNormalization;

/// The format of a version. diesel keeps only its digits.
const FORMAT: &str = "%Y-%m-%d-%H%M%S";

/// Longer names are cut off, because the length of a path is limited.
const LONGEST_SLUG: usize = 60;

/// The moment a migration was written, in UTC and to the second: `2026-01-31-120000`.
///
/// ```
/// use wallow_schema::migration::Version;
///
/// let version: Version = "2026-01-31-120000".parse()?;
/// assert_eq!(version.to_string(), "2026-01-31-120000");
/// assert_eq!(version.diesel(), "20260131120000");
/// # Ok::<(), wallow_schema::migration::InvalidName>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(NaiveDateTime);

impl Version {
    /// The version of a migration that is written now. It is always later than `head`, even if the clock is not.
    ///
    /// ```
    /// use chrono::{TimeZone, Utc};
    /// use wallow_schema::migration::Version;
    ///
    /// let noon = Utc.with_ymd_and_hms(2026, 1, 31, 12, 0, 0).unwrap();
    /// let first = Version::next(noon, None);
    /// assert_eq!(first.to_string(), "2026-01-31-120000");
    /// assert_eq!(Version::next(noon, Some(first)).to_string(), "2026-01-31-120001");
    /// ```
    pub fn next(now: DateTime<Utc>, head: Option<Self>) -> Self {
        let now = now.naive_utc().trunc_subsecs(0);
        let after = head.and_then(|head| head.0.checked_add_signed(TimeDelta::seconds(1)));
        Self(after.map_or(now, |after| after.max(now)))
    }

    /// The version as diesel writes it into `__diesel_schema_migrations`.
    pub fn diesel(self) -> String {
        self.to_string().replace('-', "")
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format(FORMAT))
    }
}

impl FromStr for Version {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let version = NaiveDateTime::parse_from_str(text, FORMAT).map(Self);
        // The parser accepts missing zeros, and two spellings would be two folders.
        version
            .ok()
            .filter(|version| version.to_string() == text)
            .ok_or_else(|| InvalidName(text.to_owned()))
    }
}

/// The name of a migration and of its folders: `2026-01-31-120000_add_warmup`.
///
/// ```
/// use wallow_schema::migration::Name;
///
/// let version = "2026-01-31-120000".parse()?;
/// let name = Name::new(version, "Add Warm-up!")?;
/// assert_eq!(name.to_string(), "2026-01-31-120000_add_warm_up");
/// assert_eq!(name.to_string().parse(), Ok(name));
/// # Ok::<(), wallow_schema::migration::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name {
    version: Version,
    slug: String,
}

impl Name {
    /// A name from a person's message about the migration.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if no letter or digit of the message can be used in the name of a folder.
    pub fn new(version: Version, message: &str) -> Result<Self, InvalidName> {
        let slug = slug(message);
        if slug.is_empty() {
            return Err(InvalidName(message.to_owned()));
        }
        Ok(Self { version, slug })
    }

    /// When it was written.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// What it is about: lower-case letters, digits and `_`.
    pub fn slug(&self) -> &str {
        &self.slug
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.version, self.slug)
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let wrong = || InvalidName(text.to_owned());
        let (version, slug) = text.split_once('_').ok_or_else(wrong)?;
        let name = Self {
            version: version.parse().map_err(|_| wrong())?,
            slug: slug.to_owned(),
        };
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if slug.is_empty() || !slug.chars().all(allowed) {
            return Err(wrong());
        }
        Ok(name)
    }
}

/// The characters of the message that every file system and every shell accepts.
fn slug(message: &str) -> String {
    let mut slug = String::new();
    for c in message.nfkd() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if c.is_ascii() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    let slug = slug.trim_matches('_');
    let cut = slug.get(..LONGEST_SLUG).unwrap_or(slug);
    cut.trim_end_matches('_').to_owned()
}

/// A text that names no migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName(String);

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` names no migration; a name is like `2026-01-31-120000_add_warmup`, \
             its message a few words with letters from a to z",
            self.0.escape_debug()
        )
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_a_folder_name() {
        for (message, expected) in [
            ("add warmup_steps", "add_warmup_steps"),
            ("  Größe: ändern?  ", "groe_andern"),
            ("../../etc", "etc"),
            ("a\nb", "a_b"),
            ("ﬁne", "fine"),
            ("数", ""),
        ] {
            assert_eq!(slug(message), expected, "{message}");
        }
        assert_eq!(slug(&"long_".repeat(40)).len(), 59);
    }

    #[test]
    fn only_one_spelling_is_a_version() {
        for text in [
            "2026-1-31-120000",
            "2026-01-31",
            "2026-02-30-120000",
            "+2026-01-31-120000",
            "2026-01-31-120000 ",
            "20260131120000",
            "",
        ] {
            assert!(text.parse::<Version>().is_err(), "{text}");
        }
        for text in [
            "2026-01-31-120000_",
            "2026-01-31-120000_A",
            "x_y",
            "2026-01-31-120000_a/b",
        ] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
