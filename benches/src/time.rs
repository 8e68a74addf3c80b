//! Times as text, by hand, for the floor.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

/// `2026-11-25 13:07:00.000250`.
pub(crate) fn format(time: &DateTime<Utc>) -> String {
    let mut text = *b"0000-00-00 00:00:00.000000";
    let mut put = |start: usize, width: usize, mut value: u32| {
        for place in text[start..start + width].iter_mut().rev() {
            *place += u8::try_from(value % 10).unwrap_or(0);
            value /= 10;
        }
    };
    put(0, 4, time.year().unsigned_abs());
    put(5, 2, time.month());
    put(8, 2, time.day());
    put(11, 2, time.hour());
    put(14, 2, time.minute());
    put(17, 2, time.second());
    put(20, 6, time.timestamp_subsec_micros());
    str::from_utf8(&text).unwrap_or_default().to_owned()
}

/// Reads the time that such a text names; `None` for any other shape.
pub(crate) fn parse(text: &str) -> Option<DateTime<Utc>> {
    let text = text.as_bytes();
    if text.len() != 26 {
        return None;
    }
    let number = |start: usize, width: usize| {
        text[start..start + width]
            .iter()
            .try_fold(0_u32, |sum, byte| match byte {
                b'0'..=b'9' => Some(sum * 10 + u32::from(byte - b'0')),
                _ => None,
            })
    };
    let year = i32::try_from(number(0, 4)?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, number(5, 2)?, number(8, 2)?)?;
    let time = date.and_hms_micro_opt(
        number(11, 2)?,
        number(14, 2)?,
        number(17, 2)?,
        number(20, 6)?,
    )?;
    Some(time.and_utc())
}
