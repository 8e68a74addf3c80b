//! What a value loses when it is converted to a field.
//!
//! Invariant: a value of the key loses nothing; if it would, the run is refused. Losses in annotating fields are
//! counted and reported.

use std::fmt;

/// One way in which a value was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alteration {
    /// No supported database stores a NaN.
    Nan,
    /// JSON has no infinity.
    Infinite,
    /// A number beyond the largest float.
    TooLarge,
    /// A number within JSON that is too large for a float.
    TooLargeForJson,
    /// A number so small that floats have no digits left for it.
    TooSmall,
    /// An integer between two floats, which was rounded.
    Rounded,
    /// A time with more than six digits after the second.
    Nanoseconds,
    /// The second 60.
    LeapSecond,
    /// The duration of a run whose end is before its start.
    Backwards,
    /// A tracker's value in the place of a time that is not a time, or not one that can be stored.
    NoTime,
    /// The largest float, which MLflow writes for infinity.
    Saturated,
}

impl Alteration {
    const ALL: [Alteration; 11] = [
        Alteration::Nan,
        Alteration::Infinite,
        Alteration::TooLarge,
        Alteration::TooLargeForJson,
        Alteration::TooSmall,
        Alteration::Rounded,
        Alteration::Nanoseconds,
        Alteration::LeapSecond,
        Alteration::Backwards,
        Alteration::NoTime,
        Alteration::Saturated,
    ];

    /// Why a key cannot have such a value.
    pub(super) fn refusal(self) -> &'static str {
        match self {
            Alteration::Nan => "it is NaN, which identifies nothing",
            Alteration::Infinite => "JSON has no infinity",
            Alteration::TooLarge | Alteration::TooLargeForJson => {
                "it is too large for a float; write `inf` if infinity is meant"
            }
            Alteration::TooSmall => "it is too small for a float; write `0` if zero is meant",
            Alteration::Rounded => {
                "no float is exactly this integer, and the nearest one would be another run"
            }
            Alteration::Nanoseconds => "a time is kept to the microsecond",
            Alteration::LeapSecond => "a leap second cannot be kept",
            Alteration::Backwards => "it ends before it begins",
            Alteration::NoTime => "it is no time between the years 1 and 9999",
            Alteration::Saturated => "it is the largest float, which MLflow writes for infinity",
        }
    }

    /// Why `--set` cannot give a field such a value, and what to write.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Alteration::Nan => {
                "NaN cannot be stored; write a number, or leave the option out if there is no value"
            }
            Alteration::Infinite => "JSON has no infinity; write it as a text: \"Infinity\"",
            Alteration::TooLargeForJson => {
                "it is too large for a number of JSON; write it as a text, in quotes"
            }
            Alteration::Rounded => {
                "no float is exactly this integer; write the float that is meant"
            }
            Alteration::Nanoseconds => {
                "a time is kept to the microsecond; write at most six digits behind the second"
            }
            Alteration::LeapSecond => "a leap second cannot be kept; write the second before it",
            Alteration::TooLarge
            | Alteration::TooSmall
            | Alteration::Backwards
            | Alteration::NoTime
            | Alteration::Saturated => self.refusal(),
        }
    }
}

impl fmt::Display for Alteration {
    /// What happened to the value, for the report.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Alteration::Nan => "NaN became NULL",
            Alteration::Infinite => "infinity within JSON became null",
            Alteration::TooLarge => "too large for a float, became infinity",
            Alteration::TooLargeForJson => "too large for a number of JSON, became null",
            Alteration::TooSmall => "too small for a float, lost digits",
            Alteration::Rounded => "rounded to the nearest float",
            Alteration::Nanoseconds => "cut to the microsecond",
            Alteration::LeapSecond => "a leap second became the microsecond before it",
            Alteration::Backwards => "NULL, because the run ends before it begins",
            Alteration::NoTime => "no time that can be kept, became NULL",
            Alteration::Saturated => {
                "the largest float, which MLflow writes for infinity, became infinity"
            }
        })
    }
}

/// All losses of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Alterations(u16);

impl Alterations {
    pub(super) fn add(&mut self, alteration: Alteration) {
        self.0 |= 1 << alteration as u16;
    }

    pub(super) fn extend(&mut self, others: Alterations) {
        self.0 |= others.0;
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Alteration> {
        let has = move |alteration: &Alteration| self.0 & (1 << *alteration as u16) != 0;
        Alteration::ALL.into_iter().filter(has)
    }

    /// The first loss, if there was one.
    pub(super) fn first(self) -> Option<Alteration> {
        self.iter().next()
    }

    /// Conversion to a number and back.
    #[cfg_attr(
        not(feature = "columnar"),
        expect(dead_code, reason = "for the process that reads columnar files")
    )]
    pub(super) fn bits(self) -> u16 {
        self.0
    }

    pub(super) fn from_bits(bits: u16) -> Self {
        Alterations(bits)
    }
}

impl From<Option<Alteration>> for Alterations {
    fn from(alteration: Option<Alteration>) -> Self {
        let mut alterations = Alterations::default();
        if let Some(alteration) = alteration {
            alterations.add(alteration);
        }
        alterations
    }
}
