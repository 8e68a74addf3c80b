//! A moment: a date, a time and its offset from UTC, from TOML or from text.

use chrono::{
    DateTime, Datelike, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, SubsecRound, Timelike,
    Utc,
};
use toml::value::{Datetime, Offset};

/// Why a value is not a moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotAMoment {
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

/// The moment of a TOML value.
pub(super) fn from_toml(written: &Datetime) -> Result<DateTime<Utc>, NotAMoment> {
    let (Some(date), Some(time)) = (written.date, written.time) else {
        return Err(NotAMoment::Half);
    };
    let offset = written.offset.ok_or(NotAMoment::NoOffset)?;
    if time.second == Some(60) {
        return Err(NotAMoment::LeapSecond);
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
        return Err(NotAMoment::Unreadable);
    };
    let local = date.and_time(time).and_local_timezone(offset).single();
    storable(local.ok_or(NotAMoment::Unreadable)?)
}

/// The moment of a text in the form of RFC 3339.
pub(super) fn from_text(written: &str) -> Result<DateTime<Utc>, NotAMoment> {
    match DateTime::parse_from_rfc3339(written) {
        Ok(moment) => storable(moment),
        Err(_) if is_local(written) => Err(NotAMoment::NoOffset),
        Err(_) if NaiveDate::parse_from_str(written, "%Y-%m-%d").is_ok() => Err(NotAMoment::Half),
        Err(_) => Err(NotAMoment::Unreadable),
    }
}

fn is_local(written: &str) -> bool {
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .any(|format| NaiveDateTime::parse_from_str(written, format).is_ok())
}

/// Databases store microseconds. The rest is cut off here, so that every reader sees the same value.
fn storable(moment: DateTime<FixedOffset>) -> Result<DateTime<Utc>, NotAMoment> {
    let moment = moment.with_timezone(&Utc);
    if moment.nanosecond() >= 1_000_000_000 {
        return Err(NotAMoment::LeapSecond);
    }
    if !(1..=9999).contains(&moment.year()) {
        return Err(NotAMoment::OutOfRange);
    }
    Ok(moment.trunc_subsecs(6))
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
            ("1979-05-27T07:32:00", Err(NotAMoment::NoOffset)),
            ("1979-05-27 07:32:00.5", Err(NotAMoment::NoOffset)),
            ("1979-05-27", Err(NotAMoment::Half)),
            ("1990-12-31T23:59:60Z", Err(NotAMoment::LeapSecond)),
            ("0000-01-01T00:00:00Z", Err(NotAMoment::OutOfRange)),
            ("9999-12-31T23:59:59-01:00", Err(NotAMoment::OutOfRange)),
        ] {
            let expected = expected.map(str::to_owned);
            let shown = |moment: DateTime<Utc>| moment.to_string();
            assert_eq!(from_text(written).map(shown), expected, "{written}");
            let toml: Datetime = written.parse().unwrap();
            assert_eq!(from_toml(&toml).map(shown), expected, "{written}");
        }
        assert_eq!(from_text("tomorrow"), Err(NotAMoment::Unreadable));
    }
}
