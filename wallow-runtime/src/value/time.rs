//! Times as wallow stores them: UTC, to the microsecond, as text of one fixed shape on SQLite.
//!
//! Invariant: for years 1 to 9999 the text sorts as the time does.

use std::time::SystemTime;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeZone, Utc};
pub use wallow_schema::format_time;

/// Anything that names an instant: a `chrono` time of any zone, or a [`SystemTime`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no instant",
    label = "a `chrono::DateTime` of any time zone, or a `SystemTime`, is expected here"
)]
pub trait IntoUtc {
    /// The instant, in UTC.
    fn into_utc(self) -> DateTime<Utc>;
}

impl<Tz: TimeZone> IntoUtc for DateTime<Tz> {
    fn into_utc(self) -> DateTime<Utc> {
        self.with_timezone(&Utc)
    }
}

impl IntoUtc for SystemTime {
    fn into_utc(self) -> DateTime<Utc> {
        self.into()
    }
}

/// Whether the four digits of the stored text can hold the year.
pub(crate) fn year_fits(time: &DateTime<Utc>) -> bool {
    (1..=9999).contains(&time.year())
}

/// Microseconds since 1970, UTC.
pub(crate) fn to_micros(time: &DateTime<Utc>) -> i64 {
    time.timestamp_micros()
}

/// The time this many microseconds after 1970, kept within the years that the text form can hold.
pub(crate) fn from_micros(micros: i64) -> DateTime<Utc> {
    const FIRST: i64 = -62_135_596_800_000_000; // 0001-01-01 00:00:00
    const LAST: i64 = 253_402_300_799_999_999; // 9999-12-31 23:59:59.999999
    DateTime::from_timestamp_micros(micros.clamp(FIRST, LAST)).unwrap_or_default()
}

/// Reads a stored time: the fixed shape, or what other programs write there (no fraction, a
/// shorter one, `T` in the middle, a zone at the end). A time without a zone is UTC.
///
/// ```
/// use wallow_runtime::value::{format_time, parse_time};
/// let time = parse_time("2026-11-25T13:07:00Z").unwrap();
/// assert_eq!(format_time(&time), "2026-11-25 13:07:00.000000");
/// assert!(parse_time("yesterday").is_none());
/// ```
pub fn parse_time(text: &str) -> Option<DateTime<Utc>> {
    fixed(text.as_bytes()).or_else(|| lenient(text).filter(year_fits))
}

/// Reads the fixed shape. Every row has several times, so for speed the digits are read in pairs, without loops.
fn fixed(text: &[u8]) -> Option<DateTime<Utc>> {
    if text.len() != 26 || !separators(text) {
        return None;
    }
    let pair = |at: usize| {
        let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
        if tens > 9 || ones > 9 {
            return None;
        }
        Some(u32::from(tens) * 10 + u32::from(ones))
    };
    let year = i32::try_from(pair(0)? * 100 + pair(2)?).ok()?;
    if year == 0 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year, pair(5)?, pair(8)?)?;
    let micros = (pair(20)? * 100 + pair(22)?) * 100 + pair(24)?;
    let time = date.and_hms_micro_opt(pair(11)?, pair(14)?, pair(17)?, micros)?;
    Some(time.and_utc())
}

fn separators(text: &[u8]) -> bool {
    text[4] == b'-'
        && text[7] == b'-'
        && text[10] == b' '
        && text[13] == b':'
        && text[16] == b':'
        && text[19] == b'.'
}

fn lenient(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    [
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
    ]
    .into_iter()
    .find_map(|shape| NaiveDateTime::parse_from_str(text, shape).ok())
    .map(|time| time.and_utc())
    .or_else(|| {
        [
            "%Y-%m-%d %H:%M:%S%.f%#z",
            "%Y-%m-%dT%H:%M:%S%.f%#z",
            "%Y-%m-%d %H:%M%#z",
            "%Y-%m-%dT%H:%M%#z",
        ]
        .into_iter()
        .find_map(|shape| DateTime::parse_from_str(text, shape).ok())
        .map(|time| time.with_timezone(&Utc))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back_is_the_same_instant() {
        for micros in [
            0,
            1,
            -1,
            1_764_076_020_000_250,
            -62_135_596_800_000_000,
            253_402_300_799_999_999,
        ] {
            let time = from_micros(micros);
            let text = format_time(&time);
            assert_eq!(text.len(), 26, "{text}");
            assert_eq!(
                parse_time(&text).map(|t| to_micros(&t)),
                Some(micros),
                "{text}"
            );
        }
    }

    #[test]
    fn what_other_programs_write_is_read() {
        let expected = parse_time("2024-02-29 12:30:00.000000");
        for text in [
            "2024-02-29 12:30:00",
            "2024-02-29 12:30",
            "2024-02-29T12:30:00Z",
            "2024-02-29T14:30:00+02:00",
            "2024-02-29 14:30:00.0+02:00",
            "2024-02-29 14:30:00+02",
            "2024-02-29T14:30:00.000000+0200",
            "2024-02-29T12:30",
            "2024-02-29T12:30Z",
            "2024-02-29 14:30+02:00",
            "2024-02-29 12:30:00 UTC",
        ] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "now",
            "2024-13-01 00:00:00.000000",
            "-0002-02-02 00:00:00",
            "0000-01-01 00:00:00.000000",
            "10000-01-01 00:00:00",
            "9999-12-31T23:59:59-00:01",
            "0001-01-01T00:00:00+00:01",
            "2024-01-01 00:00:0x.000000",
            "١٢٣٤",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn times_beyond_the_text_form_are_clamped() {
        assert_eq!(
            format_time(&from_micros(i64::MIN)),
            "0001-01-01 00:00:00.000000"
        );
        assert_eq!(
            format_time(&from_micros(i64::MAX)),
            "9999-12-31 23:59:59.999999"
        );
    }
}
