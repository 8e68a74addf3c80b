//! The two columnar formats.

/// A columnar format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    Arrow,
}

impl Format {
    /// Its name, and the format of a name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Format::Parquet => "parquet",
            Format::Arrow => "arrow",
        }
    }

    pub(super) fn of_word(word: &str) -> Option<Self> {
        [Format::Parquet, Format::Arrow]
            .into_iter()
            .find(|format| format.word() == word)
    }
}
