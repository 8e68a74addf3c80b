//! A datetime: a date, a time and its offset from UTC, from TOML or from text.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Timelike,
    Utc,
};
use toml::value::{Datetime, Offset};

/// Why a value is not a datetime.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InvalidDatetime {
    /// Not a date and time in the form of RFC 3339.
    Unreadable,
    /// A date or a time alone.
    Half,
    /// A date and a time without an offset from UTC.
    NoOffset,
    /// A leap second (second 60), which databases do not store.
    LeapSecond,
    /// Not in the years 1 to 9999 of UTC, so databases do not store it.
    OutOfRange,
}

/// The datetime of a TOML value.
pub(super) fn from_toml(written: &Datetime) -> Result<DateTime<Utc>, InvalidDatetime> {
    let (Some(date), Some(time)) = (written.date, written.time) else {
        return Err(InvalidDatetime::Half);
    };
    let offset = written.offset.ok_or(InvalidDatetime::NoOffset)?;
    if time.second == Some(60) {
        return Err(InvalidDatetime::LeapSecond);
    }
    let date = NaiveDate::from_ymd_opt(
        i32::from(date.year),
        u32::from(date.month),
        u32::from(date.day),
    );
    let time = NaiveTime::from_hms_nano_opt(
        u32::from(time.hour),
        u32::from(time.minute),
        u32::from(time.second.unwrap_or(0)),
        time.nanosecond.unwrap_or(0),
    );
    let minutes = match offset {
        Offset::Z => 0,
        Offset::Custom { minutes } => i32::from(minutes),
    };
    let offset = FixedOffset::east_opt(minutes * 60);
    let (Some(date), Some(time), Some(offset)) = (date, time, offset) else {
        return Err(InvalidDatetime::Unreadable);
    };
    let local = date.and_time(time).and_local_timezone(offset).single();
    storable(local.ok_or(InvalidDatetime::Unreadable)?)
}

/// The datetime of a text in the form of RFC 3339.
pub(super) fn from_text(written: &str) -> Result<DateTime<Utc>, InvalidDatetime> {
    match DateTime::parse_from_rfc3339(written) {
        Ok(datetime) => storable(datetime),
        Err(_) if is_local(written) => Err(InvalidDatetime::NoOffset),
        Err(_) if NaiveDate::parse_from_str(written, "%Y-%m-%d").is_ok() => {
            Err(InvalidDatetime::Half)
        }
        Err(_) => Err(InvalidDatetime::Unreadable),
    }
}

fn is_local(written: &str) -> bool {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .any(|format| NaiveDateTime::parse_from_str(written, format).is_ok())
}

/// Databases store microseconds. The rest is cut off here, so that every reader sees the same value.
fn storable(datetime: DateTime<FixedOffset>) -> Result<DateTime<Utc>, InvalidDatetime> {
    let datetime = datetime.with_timezone(&Utc);
    if datetime.nanosecond() >= 1_000_000_000 {
        return Err(InvalidDatetime::LeapSecond);
    }
    if !(1..=9999).contains(&datetime.year()) {
        return Err(InvalidDatetime::OutOfRange);
    }
    Ok(datetime.trunc_subsecs(6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_toml_agree() {
        for (written, expected) in [
            ("1979-05-27T07:32:00Z", Ok("1979-05-27 07:32:00 UTC")),
            (
                "1979-05-27T00:32:00.999999999-07:00",
                Ok("1979-05-27 07:32:00.999999 UTC"),
            ),
            ("1979-05-27T07:32:00", Err(InvalidDatetime::NoOffset)),
            ("1979-05-27 07:32:00.5", Err(InvalidDatetime::NoOffset)),
            ("1979-05-27", Err(InvalidDatetime::Half)),
            ("1990-12-31T23:59:60Z", Err(InvalidDatetime::LeapSecond)),
            ("0000-01-01T00:00:00Z", Err(InvalidDatetime::OutOfRange)),
            (
                "9999-12-31T23:59:59-01:00",
                Err(InvalidDatetime::OutOfRange),
            ),
        ] {
            let expected = expected.map(str::to_owned);
            let display = |datetime: DateTime<Utc>| datetime.to_string();
            assert_eq!(from_text(written).map(display), expected, "{written}");
            let toml: Datetime = written.parse().unwrap();
            assert_eq!(from_toml(&toml).map(display), expected, "{written}");
        }
        assert_eq!(from_text("tomorrow"), Err(InvalidDatetime::Unreadable));
    }
}
