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
    let mut text = String::with_capacity(26);
    digits(&mut text, date.year().unsigned_abs(), 4, '-');
    digits(&mut text, date.month(), 2, '-');
    digits(&mut text, date.day(), 2, ' ');
    digits(&mut text, of_day.hour(), 2, ':');
    digits(&mut text, of_day.minute(), 2, ':');
    digits(&mut text, of_day.second(), 2, '.');
    digits(&mut text, micros, 6, ' ');
    text.pop();
    text
}

fn digits(text: &mut String, value: u32, width: u32, end: char) {
    for place in (0..width).rev() {
        let digit = value / 10_u32.pow(place) % 10;
        text.push(char::from(b'0' + u8::try_from(digit).unwrap_or(0)));
    }
    text.push(end);
}
