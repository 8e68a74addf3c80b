//! The text form of a time in SQLite, and in the defaults of both databases.

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};

/// The time as SQLite stores it: `2026-11-25 13:07:00.000250`, UTC.
///
/// ```
/// use chrono::{TimeZone, Utc};
/// let time = Utc.with_ymd_and_hms(2026, 11, 25, 13, 7, 0).unwrap();
/// assert_eq!(wallow_schema::format_time(&time), "2026-11-25 13:07:00.000000");
/// ```
pub fn format_time(time: &DateTime<Utc>) -> String {
    let naive = time.naive_utc();
    let date = naive.date();
    let of_day = naive.time();
    // chrono represents a leap second as second 59 with more than 10⁹ nanoseconds.
    let micros = of_day.nanosecond().min(999_999_999) / 1000;
    let mut text = *b"0000-00-00 00:00:00.000000";
    for (end, value) in [
        (4, date.year().unsigned_abs()),
        (7, date.month()),
        (10, date.day()),
        (13, of_day.hour()),
        (16, of_day.minute()),
        (19, of_day.second()),
        (26, micros),
    ] {
        digits(&mut text[..end], value);
    }
    str::from_utf8(&text).unwrap_or_default().to_owned()
}

/// Writes a number to the end of a text that has zeros there.
fn digits(text: &mut [u8], mut value: u32) {
    for digit in text.iter_mut().rev() {
        if value == 0 {
            break;
        }
        *digit += u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
}
